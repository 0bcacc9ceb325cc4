using Kappa.Lab.Formats;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Models;
using Xunit;

namespace Kappa.Lab.Tests.Specifications;

/// <summary>What does not go together is refused with one sentence that names the key, and its neighbour is taken.</summary>
public sealed class ModelKeysTests
{
    // Words, what is said, and words that are taken; the first are words of a specification that has this fault alone.
    private static readonly (string Refused, string Sentence, string Taken)[] s_cases =
    [
        (
            "width=4 heads=3",
            "heads must divide width unless the widths of keys and values are given but heads is 3 and width is 4. A head takes its "
                + "share of the width.",
            "width=4 heads=3 keyWidth=2 valueWidth=2 outputMatrix=true"),
        (
            "model.kind=classifier source=reviews stepSize=0.1 embedding=false",
            "source of identifiers must have embedding but embedding is false and source is reviews. An identifier is no vector until a "
                + "table makes it one.",
            "model.kind=classifier source=reviews stepSize=0.1"),
        (
            "model.kind=classifier patch=14 stepSize=0.1 embedding=false width=16",
            "width must be inputWidth without embedding but width is 16 and inputWidth is 196 and embedding is false. Tokens enter the "
                + "first block as they are; give them an embedding or the same width.",
            "model.kind=classifier patch=14 stepSize=0.1 embedding=false width=196"),
        (
            "width=4 heads=2 valueWidth=3 keyWidth=2",
            "attentionResidual must be 0 where heads × valueWidth differs from width but attentionResidual is 1 and heads × valueWidth "
                + "is 6 and width is 4 and outputMatrix is false. A residual connection adds matrices of one width; take outputMatrix of "
                + "that width, or heads that fill it.",
            "width=4 heads=2 valueWidth=3 keyWidth=2 outputMatrix=true"),
        (
            "width=4 valueWidth=3 attentionResidual=0",
            "ffnWidth must be none where heads × valueWidth differs from width but ffnWidth is 32 and heads × valueWidth is 3 and width "
                + "is 4 and outputMatrix is false. The feed-forward layer reads and writes rows of the model's width; take outputMatrix "
                + "of that width, or heads that fill it.",
            "width=4 valueWidth=3 attentionResidual=0 ffnWidth=none"),
        (
            "width=4 valueWidth=3 attentionResidual=0 ffnWidth=none depth=2",
            "depth must be 1 where heads × valueWidth differs from width but depth is 2 and heads × valueWidth is 3 and width is 4 and "
                + "outputMatrix is false. The next block reads rows of the model's width; take outputMatrix of that width, or heads that "
                + "fill it.",
            "width=4 valueWidth=3 attentionResidual=0 ffnWidth=none depth=1"),
        (
            "ffnWidth=none bias=ffn",
            "bias must be false where ffnWidth is none but bias is ffn and ffnWidth is none. There is no feed-forward layer that could "
                + "have them.",
            "ffnWidth=none bias=true"),
        (
            "readout=tokens",
            "readoutWidth must be given with a readout, and only then but readoutWidth is none and readout is tokens. It is the number "
                + "of columns of W_U.",
            "readout=tokens readoutWidth=3"),
        (
            "readout=pooled pooling=first mask=causal",
            "pooling must not take the first token under a causal mask with this readout but pooling is first and mask is causal and "
                + "readout is pooled. The first token sees no other; pool by mean or sum.",
            "readout=pooled pooling=mean mask=causal"),
        (
            "kernel=gaussian temperature=-1",
            "temperature is the inverse squared bandwidth of the gaussian kernel and must be positive but is -1.",
            "kernel=linear temperature=-1"),
        (
            "precision=single activationSmoothing=1e-30",
            "activationSmoothing must be from 1E-18 to 1E+18 in single precision, where its square must be a number, but is 1E-30; set "
                + "precision=double.",
            "precision=single activation=relu"),
        (
            "loss=crossEntropy stepSize=0.1",
            "loss 'crossEntropy' needs classes, which source 'gaussian' does not have; set source=digits, pathfinder or reviews, or "
                + "loss=squaredError.",
            "loss=squaredError stepSize=0.1"),
        (
            "source=digits patch=14 width=196",
            "source 'digits' has one class for a sample, so readout must be 'pooled' but is 'none'; set readout=pooled, or start from "
                + "model.kind=classifier.",
            "source=digits patch=14 width=196 readout=pooled"),
        (
            "source=correlated",
            "source 'correlated' has one number for a sample, so readout must be 'pooled' but is 'none'; set readout=pooled, or start "
                + "from model.kind=shallowEncoder.",
            "source=correlated readout=pooled"),
        (
            "source=text readout=pooled",
            "source 'text' has a target for each token, so readout must be 'none' or 'tokens' but is 'pooled'; set readout=tokens with a "
                + "readoutWidth, or another source.",
            "source=text readout=tokens readoutWidth=4"),
        (
            "model.kind=classifier stepSize=0.1 readoutWidth=3",
            "readoutWidth must be the number of classes of source 'digits', 10, but is 3; leave it out.",
            "model.kind=classifier stepSize=0.1 readoutWidth=10"),
        (
            "readout=pooled readoutWidth=3",
            "readoutWidth must be 1 where source 'gaussian' has one number for a pooled sample but is 3; leave it out, or set "
                + "source=teacher.",
            "readout=pooled readoutWidth=3 source=teacher"),
        (
            "method=adam",
            "stepSize must be a number for method 'adam', where 1/λ_max(J Jᵀ) says nothing about it; give one, for example stepSize=0.001.",
            "method=adam stepSize=0.001"),
        (
            "stepSize=adaptive(1) weightDecay=0.1",
            "stepSize adaptive(c) is for plain gradient descent; give auto(c) or a number, or leave out method, warmUp, decay, "
                + "weightDecay and gradientClip.",
            "stepSize=auto(1) weightDecay=0.1"),
        (
            "width=1048576 heads=4096", "the model must have at most 2147483591 parameters but has 3298601992192; reduce a width or depth.",
            "width=64 heads=64"),

        (
            "inputWidth=3", "inputWidth has no effect where tokens enter as they are or are read; remove it or set embedding=true.",
            "embedding=true inputWidth=3"),
        (
            "encoderWidth=8", "encoderWidth has no effect but in model.kind 'shallowEncoder'; remove it or give keyWidth and valueWidth.",
            "model.kind=shallowEncoder encoderWidth=8"),
        (
            "normalisesRows=true", "normalisesRows has no effect but on the gaussian kernel; remove it or set kernel=gaussian.",
            "kernel=gaussian normalisesRows=true"),
        (
            "outputMatrixWidth=4", "outputMatrixWidth has no effect without W_O; remove it or set outputMatrix=true.",
            "outputMatrix=true outputMatrixWidth=16"),
        (
            "model.kind=classifier stepSize=0.1 masksPadding=false",
            "masksPadding has no effect on samples without padding; remove it or set source=reviews.",
            "model.kind=classifier stepSize=0.1 source=reviews masksPadding=false"),
        (
            "ffnWidth=none ffnResidual=0", "ffnResidual has no effect without a feed-forward layer; remove it or give ffnWidth.",
            "ffnWidth=4 ffnResidual=0"),
        (
            "ffnWidth=none activation=relu", "activation has no effect without a feed-forward layer; remove it or give ffnWidth.",
            "ffnWidth=4 activation=relu"),
        (
            "activation=relu activationSlope=0.3",
            "activationSlope has no effect without a leaky activation; remove it or set activation=smoothLeakyRelu.",
            "activation=relu attentionActivation=leakyRelu activationSlope=0.3"),
        (
            "activation=gelu activationSmoothing=0.3",
            "activationSmoothing has no effect but on smoothLeakyRelu; remove it or set activation=smoothLeakyRelu.",
            "activationSmoothing=0.3"),
        (
            "normKind=rms", "normKind has no effect where nothing is normalised; remove it or set norm=pre or finalNorm=true.",
            "norm=post normKind=rms"),
        (
            "normParameters=false",
            "normParameters has no effect where nothing is normalised; remove it or set norm=pre or finalNorm=true.",
            "finalNorm=true normParameters=false"),
        (
            "normEpsilon=0.1", "normEpsilon has no effect where nothing is normalised; remove it or set norm=pre or finalNorm=true.",
            "norm=pre normEpsilon=0.1"),
        ("readout=none readoutWidth=4", "readoutWidth has no effect without a readout; remove it or set readout=tokens.", "readoutWidth=4"),
        (
            "readoutBias=true", "readoutBias has no effect without a readout; remove it or set readout=tokens.",
            "readoutWidth=4 readoutBias=true"),
        ("pooling=sum", "pooling has no effect but on a pooled readout; remove it or set readout=pooled.", "readout=pooled pooling=sum"),
        ("outputScale=2", "outputScale has no effect without a readout; remove it or set readout=tokens.", "readoutWidth=4 outputScale=2"),
        (
            "model.kind=classifier stepSize=0.1 lossReduction=sum",
            "lossReduction has no effect on the cross-entropy, which is always averaged; remove it or set loss=squaredError.",
            "model.kind=classifier stepSize=0.1 lossReduction=sum loss=squaredError"),
        (
            "model.kind=shallowEncoder scheme=he",
            "scheme has no effect on the shallow encoder, whose start is encoderStart; remove it or set encoderStart.",
            "model.kind=shallowEncoder heads=2 scheme=he"),
        (
            "encoderStart=he", "encoderStart has no effect but on the shallow encoder as it is (S.1); remove it or set scheme.",
            "model.kind=shallowEncoder encoderStart=he"),
        (
            "model.kind=shallowEncoder branchScale=inverseSqrtDepth",
            "branchScale has no effect on the shallow encoder; remove it or set valueGain.", "branchScale=inverseSqrtDepth"),
        ("ffnWidth=none ffnInGain=2", "ffnInGain has no effect without a feed-forward layer; remove it or give ffnWidth.", "ffnInGain=2"),
        (
            "ffnWidth=none ffnOutGain=2", "ffnOutGain has no effect without a feed-forward layer; remove it or give ffnWidth.",
            "ffnOutGain=2"),
        (
            "ffnWidth=none zeroFfnOut=true", "zeroFfnOut has no effect without a feed-forward layer; remove it or give ffnWidth.",
            "zeroFfnOut=true"),
        ("outputGain=2", "outputGain has no effect without W_O; remove it or set outputMatrix=true.", "outputMatrix=true outputGain=2"),
        ("readoutGain=2", "readoutGain has no effect without a readout; remove it or set readout=tokens.", "readoutWidth=3 readoutGain=2"),
        (
            "targetDistance=2 targetScale=1",
            "targetScale has no effect beside targetDistance, which measures in the output at the start; give one of them.",
            "targetDistance=2"),
        (
            "testEvery=2", "testEvery has no effect where there is nothing to test on; remove it or set source=digits.",
            "model.kind=classifier stepSize=0.1 testEvery=2"),
    ];

    // Ranges of single keys say these.
    private static readonly string[] s_ofRanges = [
        "must be at least 1", "must be a finite number", "must be positive and finite", "must be one of its names", "must be valid"];

    // No specification can break these: a key without effect never reaches the shape,
    // the tokens are those of the data, and a form of storing gives way to another.
    private static readonly string[] s_unreachable =
    [
        "{Tokens} must be given with learned {Positions}", "{OutputWidth} must be left out without {HasOutput}",
        "{FfnResidual} must be left at 1 where {FfnWidth} is none",
        "{HasReadoutBias} must be false without {Readout}", "{OutputScale} must be 1 without {Readout}",
        "{Parameters} must be by blocks unless {Depth} is 1 and {HasAttentionBiases} is false",
        "{Parameters} must not be transposed unless {Heads} is 1 and {HasOutput} is false",
    ];

    public static TheoryData<int> Cases => [.. Enumerable.Range(0, s_cases.Length)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_does_not_go_together_is_refused_in_one_line_that_names_the_key(int number)
    {
        (string refused, string sentence, _) = s_cases[number];
        IReadOnlyList<Problem> problems = SpecificationReader.Read(null, refused.Split(' ')).Problems;
        Assert.Contains(sentence, problems.Select(problem => problem.Message));
        Assert.All(problems, problem => Assert.DoesNotContain('\n', problem.Message));

        // One fault is said once.
        _ = Assert.Single(problems);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_neighbour_of_what_is_refused_is_taken(int number) =>
        Assert.Equal([], SpecificationReader.Read(null, s_cases[number].Taken.Split(' ')).Problems);

    [Fact]
    public void Every_rule_of_a_shape_and_every_key_that_may_be_without_effect_has_a_case()
    {
        string[] sentences = [.. s_cases.Select(one => one.Sentence)];
        IEnumerable<string> rules = TransformerRules.All.Select(rule => rule.Must)
            .Where(must => !s_ofRanges.Any(range => must.Contains(range, StringComparison.Ordinal)) && !s_unreachable.Contains(must));
        Assert.All(rules, must => Assert.Contains(sentences, sentence => Fits(must, sentence)));

        // What a source does not take is tested with the sources; a start that is not given says nothing.
        IEnumerable<string> paths = KeyRules.Paths.Where(
            path => !path.StartsWith("data.", StringComparison.Ordinal) && path != "initialisation.from");
        Assert.All(
            paths,
            path =>
                Assert.Contains(
                    sentences, sentence => sentence.StartsWith($"{path.Split('.')[1]} has no effect", StringComparison.Ordinal)));
        Assert.All(s_unreachable, must => Assert.Contains(TransformerRules.All, rule => rule.Must == must));
    }

    [Theory]
    [InlineData("model.kind=residual", ModelForm.Residual)]
    [InlineData("readoutWidth=3 keyWidth=2 temperature=0.7 depth=3", ModelForm.Residual)]
    [InlineData("attentionResidual=0 ffnResidual=2 activation=relu", ModelForm.Residual)]
    [InlineData("model.kind=kernelAttention", ModelForm.KernelAttention)]
    [InlineData("model.kind=kernelAttention heads=4 kernel=gaussian readoutWidth=3 keyWidth=2", ModelForm.KernelAttention)]
    [InlineData("ffnWidth=none attentionResidual=0 outputMatrix=true", ModelForm.KernelAttention)]
    [InlineData("model.kind=shallowEncoder lossReduction=mean pooling=mean outputScale=3", ModelForm.ShallowEncoder)]
    [InlineData(
        "ffnWidth=none attentionResidual=0 attentionActivation=relu readout=pooled keyWidth=8 valueWidth=8", ModelForm.ShallowEncoder)]
    [InlineData("heads=2", ModelForm.General)]
    [InlineData("bias=true", ModelForm.General)]
    [InlineData("norm=pre", ModelForm.General)]
    [InlineData("mask=causal", ModelForm.General)]
    [InlineData("kernel=gaussian", ModelForm.General)]
    [InlineData("positions=sinusoidal", ModelForm.General)]
    [InlineData("embedding=true", ModelForm.General)]
    [InlineData("finalNorm=true", ModelForm.General)]
    [InlineData("lossReduction=mean", ModelForm.General)]
    [InlineData("readoutWidth=3 readoutBias=true", ModelForm.General)]
    [InlineData("model.kind=kernelAttention kernel=linear", ModelForm.General)]
    [InlineData("model.kind=kernelAttention depth=2", ModelForm.General)]
    [InlineData("model.kind=shallowEncoder pooling=first", ModelForm.General)]
    [InlineData("model.kind=shallowEncoder attentionActivation=gelu", ModelForm.General)]
    [InlineData("model.kind=classifier stepSize=0.1", ModelForm.General)]
    public void A_description_decides_on_the_model_whatever_preset_it_started_from(string words, object form)
    {
        ExperimentSpecification specification = SpecificationReader.Read(null, words.Split(' ')).Specification!;
        Assert.Equal(form, specification.Form);
        Assert.Equal(form, specification.Resolve().Form);
    }

    [Theory]
    [InlineData("", typeof(ResidualTransformer))]
    [InlineData("model.kind=kernelAttention", typeof(Transformer))]
    [InlineData("model.kind=shallowEncoder", typeof(Transformer))]
    [InlineData("heads=2 norm=post", typeof(Transformer))]
    [InlineData("model.kind=shallowEncoder source=teacher heads=2", typeof(Transformer))]
    [InlineData("model.kind=classifier loss=squaredError patch=14 samples=10 testSamples=10", typeof(Transformer))]
    public void A_model_that_has_an_implementation_of_its_own_gets_it(string words, Type type)
    {
        string[] given = [.. words.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        using var experiment = Experiment.Prepare(SpecificationReader.Read(null, given).Specification!);
        Assert.IsType(type, experiment.Model);
    }

    [Fact]
    public void A_preset_is_values_that_other_keys_may_change_in_any_order()
    {
        ModelSpecification model = SpecificationReader.Read(
            null, ["norm=post", "model.kind=classifier", "stepSize=0.1"]).Specification!.Model;
        Assert.Equal(
            (NormPlace.After, true, PositionKind.Learned, LossKind.CrossEntropy),
            (model.Norm, model.Embedding, model.Positions, model.Loss));
        Assert.Equal(
            new ModelSpecification { Kind = ModelKind.Classifier },
            new ModelSpecification { Kind = ModelKind.Classifier, Norm = NormPlace.Before, OutputMatrix = true });
        Assert.NotEqual(new ModelSpecification { Kind = ModelKind.Classifier }, model);
    }

    // The words of a rule between its properties occur in the sentence in their order.
    private static bool Fits(string must, string sentence)
    {
        int at = 0;
        foreach (string part in System.Text.RegularExpressions.Regex.Split(must, @"\{\w+\}").Where(part => part.Trim().Length > 0))
        {
            at = sentence.IndexOf(part, at, StringComparison.Ordinal);
            if (at < 0)
                return false;
        }

        return true;
    }
}
