using System.Globalization;
using Kappa.Lab.Specifications;
using Kappa.Models;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Lab.Tests.Specifications;

public sealed class SpecificationRoundTripTests
{
    private static readonly ExperimentSpecification[] Bases =
    [
        new(),
        new() { Data = new() { Source = DataSource.Teacher } },
        new() { Data = new() { Source = DataSource.Text, Path = "none" } },
        new() { Data = new() { Source = DataSource.Arrays, Path = "a \"b\" \\ c: #é\U0001F600.npz" } },
        new() { Data = new() { Source = DataSource.Arrays, Inputs = "~", Targets = "[x]" } },
        new() { Model = new() { Kind = ModelKind.KernelAttention, Heads = 3, Kernel = Models.AttentionKernelKind.Gaussian, Width = 12 } },
        new()
        {
            Model = new()
            {
                Heads = 2,
                Norm = NormPlace.Before,
                Bias = BiasedLayers.All,
                Mask = AttentionMask.Causal,
                Embedding = true,
                ReadoutWidth = 3,
            },
        },
        new()
        {
            Model = new()
            {
                FfnWidth = null, Readout = ReadoutKind.Pooled, OutputMatrix = true, AttentionActivation = ActivationKind.LeakyRelu,
                FinalNorm = true, NormParameters = false,
            },
        },
        new() { Model = new() { Kind = ModelKind.ShallowEncoder } },
        new() { Model = new() { Kind = ModelKind.ShallowEncoder }, Data = new() { Source = DataSource.Correlated } },
        new()
        {
            Model = new() { Kind = ModelKind.Classifier }, Data = new() { Source = DataSource.Pathfinder, ContourLength = 9 },
            Descent = new() { StepSize = StepSizeSpecification.Fixed(0.1) },
        },
        new()
        {
            Model = new() { Kind = ModelKind.Classifier, MasksPadding = false }, Data = new() { Source = DataSource.Reviews },
            Descent = new() { StepSize = StepSizeSpecification.Fixed(0.1) }, Telemetry = new() { TestEvery = 3 },
        },
    ];

    [Fact]
    public void What_is_written_reads_back_as_the_same_specification_resolved_or_not()
    {
        var changed = new HashSet<string>();
        for (int seed = 0; seed < 400; seed++)
        {
            ExperimentSpecification specification = Random(seed, changed);
            AssertRoundTrip(specification);
            AssertRoundTrip(specification.Resolve());
            Assert.Equal(specification.Resolve(), specification.Resolve().Resolve());
            Assert.Equal(RunName.Identity(specification), RunName.Identity(specification.Resolve()));
            IReadOnlyList<string> words = SpecificationWriter.Changes(specification);
            if (!words.Any(word => word.Contains('"', StringComparison.Ordinal)))
            {
                Assert.Equal(specification, SpecificationReader.Read(null, words).Specification);
            }
        }

        // The generator is only as good as the keys it moves away from their defaults.
        Assert.Equal([], SpecificationKeys.All.Select(key => key.Path).Except(changed));
    }

    [Fact]
    public void Changes_are_the_words_that_make_the_specification_of_the_default_one()
    {
        Assert.Empty(SpecificationWriter.Changes(new ExperimentSpecification()));
        var specification = new ExperimentSpecification { Model = new() { FfnWidth = 64 }, Data = new() { Seed = 3 }, Seed = 2 };
        Assert.Equal(["ffnWidth=64", "data.seed=3", "seed=2"], SpecificationWriter.Changes(specification));
    }

    [Fact]
    public void The_written_text_lists_every_key_once_in_the_order_of_the_table() => Assert.Equal(
        """
        model:
          kind: residual
          depth: 1
          width: 16
          embedding: false
          positions: none
          heads: 1
          keyWidth: 16
          valueWidth: 16
          kernel: softmax
          temperature: 0.25
          mask: none
          outputMatrix: false
          attentionActivation: none
          attentionResidual: 1
          ffnWidth: 32
          activation: smoothLeakyRelu
          activationSlope: 0.1
          activationSmoothing: 0.5
          ffnResidual: 1
          bias: false
          norm: none
          finalNorm: false
          readout: none
          readoutWidth: none
          loss: squaredError
          lossReduction: sum
          trained: all
        data:
          source: gaussian
          samples: 2
          tokens: 4
          tokenScale: 0.25
          targetScale: 0.25
          correlation: 0
          seed: 7
        initialisation:
          scheme: gaussian
          gain: 1
          queryGain: 1
          keyGain: 1
          valueGain: 1
          ffnInGain: 1
          ffnOutGain: 1
          zeroFfnOut: false
          branchScale: none
        descent:
          stepSize: auto(0.5)
          method: gradientDescent
          batchSize: all
          warmUp: 0
          decay: none
          weightDecay: 0
          gradientClip: none
          steps: 2000
          lossFloor: 1E-24
          gradientTolerance: 0
          precision: double
        telemetry:
          quantities: all
          every: 1
          spectraAt: [0]
          checkpointEvery: 1000
        seed: 7

        """,
        SpecificationWriter.Write(new ExperimentSpecification { Seed = 7 }.Resolve()));

    [Fact]
    public void A_value_that_follows_from_others_is_written_as_default_until_it_is_resolved()
    {
        string text = SpecificationWriter.Write(new());
        Assert.Contains("  keyWidth: default\n", text, StringComparison.Ordinal);
        Assert.Contains("  seed: default\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Trained_blocks_have_one_canonical_form()
    {
        var model = new ModelSpecification { Depth = 2, ReadoutWidth = 3 };
        Assert.Equal(TrainedBlocks.All, TrainedBlocks.Of("readout", "ffnOut", "ffnIn", "value", "key", "query").Canonical(model));
        Assert.Equal(
            TrainedBlocks.Of("query", "value", "blocks.1.key"),
            TrainedBlocks.Of("blocks.1.value", "blocks.1.key", "blocks.0.value", "query").Canonical(model));
        Assert.Equal(["blocks.0.value", "blocks.1.value", "blocks.1.ffn_out"], TrainedBlocks.Of("blocks.1.ffn_out", "value").Names(model));
    }

    [Fact]
    public void The_names_of_blocks_are_those_of_the_parameter_layout()
    {
        var model = new ModelSpecification { Depth = 3, ReadoutWidth = 5 };
        Assert.Equal(Models.ParameterLayout.For(model.ToShape()).Blocks.Select(block => block.Name), TrainedBlocks.All.Names(model));
        Assert.True(
            TrainedBlocks.Of("value").ToTrainedSet(model).Includes(Models.ParameterLayout.For(model.ToShape()).Find("blocks.2.value")));
        Assert.False(
            TrainedBlocks.Of("value").ToTrainedSet(model).Includes(Models.ParameterLayout.For(model.ToShape()).Find("blocks.2.key")));
    }

    [Fact]
    public void Every_key_that_applies_changes_the_identity()
    {
        var identities = new HashSet<string> { RunName.Identity(new()) };
        string[] words =
        [
            "depth=2", "width=8", "ffnWidth=8", "keyWidth=8", "valueWidth=8 outputMatrix=true", "temperature=1", "attentionResidual=0",
            "ffnResidual=0", "activation=gelu", "activationSlope=0.2",
            "activationSmoothing=1", "readoutWidth=4", "trained=value", "embedding=true", "positions=learned", "heads=4", "kernel=linear",
            "mask=causal", "outputMatrix=true", "attentionActivation=relu",
            "bias=true", "norm=pre", "finalNorm=true", "readout=pooled", "lossReduction=mean",
            "loss=crossEntropy readout=pooled source=digits patch=14 width=196 stepSize=1",
            "source=teacher", "samples=3", "tokens=3", "tokenScale=1", "targetScale=1", "targetDistance=1", "correlation=0.5",
            "data.seed=1", "scheme=he", "gain=2", "queryGain=2",
            "keyGain=2", "valueGain=2", "ffnInGain=2", "ffnOutGain=2", "zeroFfnOut=true", "branchScale=inverseSqrtDepth", "stepSize=0.1",
            "method=momentum", "batchSize=1 stepSize=0.2", "warmUp=1",
            "decay=linear", "weightDecay=1", "gradientClip=1", "steps=1", "lossFloor=0", "gradientTolerance=1", "precision=single",
            "quantities=loss", "every=2", "spectraAt=last", "checkpointEvery=1",
            "seed=1",
        ];
        foreach (string word in words)
            Assert.True(identities.Add(RunName.Identity(SpecificationReader.Read(null, word.Split(' ')).Specification!)), word);
        string[] names = [.. words.Select(word => word[..word.IndexOf('=', StringComparison.Ordinal)]), "kind", "readoutWidth"];
        Assert.All(
            SpecificationKeys.All.Where(key => KeyRules.Applies(key, new())),
            key => Assert.True(names.Contains(key.Name) || names.Contains(key.Path), key.Path));
        Assert.True(identities.Add(RunName.Identity(new(), dataFingerprint: "00")));
    }

    [Fact]
    public void Every_key_of_another_kind_of_model_changes_the_identity_of_its_runs()
    {
        (string Kind, string[] Words)[] kinds =
        [
            (
                "model.kind=kernelAttention",
                ["heads=2", "valueWidth=3", "keyWidth=3", "kernel=gaussian", "readoutWidth=3", "method=momentum", "stepSize=0.3"]),
            (
                "model.kind=shallowEncoder",
                [
                    "encoderWidth=8", "outputScale=2", "pooling=mean", "lossReduction=mean", "encoderStart=he", "temperature=1",
                    "source=correlated", "warmUp=3", "decay=linear"]),
            (
                "model.kind=classifier source=digits stepSize=0.1",
                ["heads=4", "batchSize=10", "patch=7", "testSamples=20", "testEvery=5", "method=adam", "samples=20", "depth=3"]),
        ];
        var identities = new HashSet<string> { RunName.Identity(new()) };
        foreach ((string kind, string[] words) in kinds)
        {
            Assert.True(identities.Add(RunName.Identity(SpecificationReader.Read(null, kind.Split(' ')).Specification!)), kind);
            Assert.All(
                words,
                word =>
                    Assert.True(
                        identities.Add(
                            RunName.Identity(
                                SpecificationReader.Read(
                                    null,
                                    [.. kind.Split(' ').Where(given => given.Split('=')[0] != word.Split('=')[0]), word]).Specification!)),
                        word));
        }
    }

    [Fact]
    public void Different_words_for_the_same_experiment_give_the_same_identity()
    {
        string[][] words = [
            ["keyWidth=16", "temperature=0.25"], ["data.seed=0"], ["trained=[ffnOut,ffnIn,value,key,query]"], ["spectraAt=[0,0]"],
            ["samples=2", "tokenScale=0.25"]];
        foreach (string[] same in words)
            Assert.Equal(RunName.Identity(new()), RunName.Identity(SpecificationReader.Read(null, same).Specification!));
        Assert.Equal(
            RunName.Identity(new() { Model = new() { Activation = Models.ActivationKind.Relu } }),
            RunName.Identity(
                new() { Model = new() { Activation = Models.ActivationKind.Relu, ActivationSlope = 0.7, ActivationSmoothing = 3 } }));
    }

    [Fact]
    public void Every_key_of_a_model_decides_the_name_of_its_runs()
    {
        foreach (ModelKind kind in Enum.GetValues<ModelKind>())
        {
            ExperimentSpecification specification = new ExperimentSpecification { Model = new() { Kind = kind } }.Resolve();
            string written = SpecificationWriter.Write(specification);
            string hashed = $"{written}numerics: {RunName.NumericsVersion}\ndata: none\n";
            Assert.Equal(
                Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(hashed))),
                RunName.Identity(specification));
            Assert.All(
                SpecificationKeys.All.Where(key => KeyRules.Applies(key, specification)),
                key => Assert.Contains($"{key.Name}: {key.Format(specification)}\n", written, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_run_is_named_by_twelve_digits_after_its_label()
    {
        string name = RunName.Of(new(), label: "no-residual_2.b");
        Assert.Matches("^no-residual_2\\.b-[0-9a-f]{12}$", name);
        Assert.Equal(RunName.Of(new()), name[^12..]);
        foreach (string label in new[] { "", ".", "..", "-x", "a/b", "a b", "é", new string('a', 65) })
            Assert.Contains(
                "must have 1 to 64 letters", Assert.Throws<BadInputException>(() => RunName.Of(new(), label: label)).Message,
                StringComparison.Ordinal);
    }

    [Fact]
    public void Gains_of_the_branches_carry_depth_scale_and_zero()
    {
        var law = new InitialisationSpecification { ValueGain = 3, FfnOutGain = 5, BranchScale = BranchScale.InverseSqrtDepth };
        Assert.Equal(
            (1.5, 2.5, 1), (law.ToInitialisation(4).ValueGain, law.ToInitialisation(4).FfnOutGain, law.ToInitialisation(4).QueryGain));
        Assert.Equal(0, (law with { ZeroFfnOut = true }).ToInitialisation(4).FfnOutGain);
        Assert.Equal(5, (law with { BranchScale = BranchScale.None }).ToInitialisation(4).FfnOutGain);
    }

    private static void AssertRoundTrip(ExperimentSpecification specification)
    {
        SpecificationReading reading = SpecificationReader.ReadText("written", SpecificationWriter.Write(specification), []);
        Assert.Equal([], reading.Problems);
        Assert.Equal(specification, reading.Specification);
    }

    // From a base that fits its data source, tries a random text for every key and keeps what leaves a sound specification.
    private static ExperimentSpecification Random(int seed, HashSet<string> changed)
    {
        var random = new RandomSequence(seed, "specification");
        ExperimentSpecification specification = Bases[seed % Bases.Length];
        int draw = 0;
        foreach (SpecificationKey key in SpecificationKeys.All)
        {
            if (key.Path is "data.source" or "model.kind")
            {
                _ = changed.Add(key.Path);
                continue;
            }

            (ExperimentSpecification next, string? problem) = key.Assign(specification, Value(random, ref draw, key));
            specification = problem is null && SpecificationRules.Check(next).Count == 0 ? next : specification;
            if (key.Format(specification) != key.Format(new()))
                _ = changed.Add(key.Path);
        }

        return specification;
    }

    private static SettingValue Value(RandomSequence random, ref int draw, SpecificationKey key)
    {
        double uniform = random.Below(draw++, 1L << 53) / (double)(1L << 53);
        double real = Math.Exp((uniform - 0.5) * 40);
        string[] bare =
        [
            "default", "none", "true", "last", "auto(0.1)", "same(abc-12)", "readout",
            random.Below(draw++, 300).ToString(CultureInfo.InvariantCulture),
            ((long)random.Block(draw++).First).ToString(CultureInfo.InvariantCulture),
            real.ToString("R", CultureInfo.InvariantCulture), (-real).ToString("R", CultureInfo.InvariantCulture),
            uniform.ToString("R", CultureInfo.InvariantCulture),
            string.Create(CultureInfo.InvariantCulture, $"adaptive({real:R})"), .. key.Values.Split(" | "),
        ];
        long choice = random.Below(draw++, bare.Length + 3);
        return choice < bare.Length
            ? new(bare[choice], false)
            : choice == bare.Length
                ? new(string.Concat(Enumerable.Range(0, 8).Select(_ => char.ConvertFromUtf32((int)random.Below(choice + 1, 0xD800)))), true)
                : SettingValue.List(
                    [
                        .. "value,blocks.0.ffn_in,3,0,last".Split(',').Skip((int)random.Below(draw++, 4)).Take((int)(choice - bare.Length))
                            .Select(item => new SettingValue(item, false))]);
    }
}
