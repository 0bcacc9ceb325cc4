using Kappa.Models;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Models;

/// <summary>What is refused, in words; and that nothing else is.</summary>
public sealed class TransformerRulesTests
{
    private static readonly TransformerShape Plain = new() { InputWidth = 6, FfnWidth = 5 };

    // Each breaks one rule, some others besides.
    private static readonly TransformerShape[] Broken =
    [
        Plain with { InputWidth = 0 }, Plain with { Tokens = 0 }, Plain with { Depth = 0 }, Plain with { Width = -1 },
        Plain with { Heads = 0 }, Plain with { KeyWidth = 0 },
        Plain with { ValueWidth = 0 }, Plain with { OutputWidth = 0 }, Plain with { FfnWidth = 0 },
        Plain with { ReadoutWidth = 0, Readout = ReadoutKind.Tokens },
        Plain with { AttentionResidual = double.NaN }, Plain with { FfnResidual = double.PositiveInfinity },
        Plain with { OutputScale = double.NaN, Readout = ReadoutKind.Tokens, ReadoutWidth = 1 }, Plain with { NormEpsilon = 0 },
        Plain with { Input = (TransformerInput)9, HasEmbedding = true },
        Plain with { Positions = (PositionKind)9 }, Plain with { Mask = (AttentionMask)9 }, Plain with { Norm = (NormPlace)9 },
        Plain with { NormKind = (NormKind)9 },
        Plain with { Readout = (ReadoutKind)9, ReadoutWidth = 1 }, Plain with { Pooling = (TokenPooling)9 },
        Plain with { Reduction = (LossReduction)9 }, Plain with { Parameters = (ParameterForm)9 },
        Plain with { Kernel = AttentionKernel.Gaussian with { Temperature = -1 } },
        Plain with { Activation = new Activation(ActivationKind.LeakyRelu, 2) },
        Plain with { AttentionActivation = new Activation(ActivationKind.SmoothLeakyRelu, Smoothing: 0) },
        Plain with { Input = TransformerInput.Identifiers }, Plain with { Width = 5 },
        Plain with { Positions = PositionKind.Learned }, Plain with { Heads = 4 }, Plain with { HasOutput = false, OutputWidth = 6 },
        Plain with { HasOutput = false, ValueWidth = 2, FfnWidth = null },
        Plain with { HasOutput = false, ValueWidth = 2, AttentionResidual = 0 },
        Plain with { OutputWidth = 2, AttentionResidual = 0, FfnWidth = null, Depth = 2 }, Plain with { FfnWidth = null, FfnResidual = 0 },
        Plain with { FfnWidth = null, HasFfnBiases = true }, Plain with { Readout = ReadoutKind.Pooled },
        Plain with { HasReadoutBias = true }, Plain with { OutputScale = 2 },
        Plain with { Readout = ReadoutKind.Pooled, ReadoutWidth = 2, Pooling = TokenPooling.First, Mask = AttentionMask.Causal },
        Plain with { Parameters = ParameterForm.Heads, Depth = 2 }, Plain with { Parameters = ParameterForm.Transposed },
    ];

    [Fact]
    public void Every_rule_is_broken_by_a_shape_that_is_refused_in_one_line_with_what_was_found()
    {
        foreach (TransformerRule rule in TransformerRules.All)
        {
            TransformerShape? shape = Broken.FirstOrDefault(shape => !rule.Holds(shape));
            Assert.True(shape is not null, rule.Must);
            string message = Assert.Throws<ArgumentException>(shape.Validate).Message;
            Assert.Contains(rule.Explain(shape), message, StringComparison.Ordinal);
            Assert.DoesNotContain('{', message);
            Assert.DoesNotContain('\n', message);
            Assert.All(rule.Properties, property => Assert.Contains($"{property} is ", message, StringComparison.Ordinal));
        }

        Assert.All(Broken, shape => Assert.Throws<ArgumentException>(shape.Validate));
    }

    [Fact]
    public void A_rule_speaks_the_names_of_whoever_asks()
    {
        TransformerShape shape = Plain with { Heads = 4 };
        TransformerRule broken = Assert.Single(TransformerRules.All, rule => !rule.Holds(shape));
        Assert.Equal(
            "model.heads must divide model.width unless the widths of keys and values are given but model.heads is 4 and model.width is "
                + "6. A head takes its share of the width.",
            broken.Explain(shape, property => $"model.{char.ToLowerInvariant(property[0])}{property[1..]}"));
    }

    [Fact]
    public void Presets_and_the_smallest_sizes_are_legal()
    {
        TransformerShape[] legal =
        [
            Plain, new() { InputWidth = 1 }, Plain with { KeyWidth = 11, Heads = 4, ValueWidth = 1 },
            TransformerShape.KernelAttention(4, 2), TransformerShape.ShallowEncoder(3, 100, 0.1),
            TransformerShape.Classifier(5, 2, 7), TransformerShape.Residual(
                new ResidualTransformerShape { Width = 4, FfnWidth = 6, ReadoutWidth = 2 }),
        ];
        Assert.All(legal, shape => shape.Validate());
    }

    [Fact]
    public void A_form_that_theorems_are_about_is_known_by_what_has_an_effect()
    {
        TransformerShape kernel = TransformerShape.KernelAttention(6, 2), encoder = TransformerShape.ShallowEncoder(3, 8, 0.5);
        var general = new TransformerShape
        {
            InputWidth = 6,
            Heads = 2,
            KeyWidth = 3,
            Kernel = AttentionKernel.Softmax with { Temperature = 1 / Math.Sqrt(3), NormalisesRows = true },
            AttentionResidual = 0,
            Activation = new Activation(ActivationKind.Relu),
            NormEpsilon = 1,
            Tokens = 4,
            Parameters = ParameterForm.Heads,
        };
        Assert.All([kernel, general, kernel with { OutputWidth = 2, Kernel = AttentionKernel.Gaussian }], shape =>
            Assert.True(shape.IsKernelAttention));
        Assert.All(
            [
                encoder, general with { Parameters = ParameterForm.Blocks }, kernel with { Kernel = AttentionKernel.Linear },
                kernel with { Mask = AttentionMask.Causal },
                kernel with { AttentionResidual = 1 }, kernel with { HasLastNorm = true }, kernel with { Reduction = LossReduction.Mean },
            ],
            shape => Assert.False(shape.IsKernelAttention));
        Assert.All([encoder, encoder with { Pooling = TokenPooling.Mean, Reduction = LossReduction.Mean, OutputScale = 2 }], shape =>
            Assert.True(shape.IsShallowEncoder));
        Assert.All(
            [
                kernel, encoder with { Pooling = TokenPooling.First },
                encoder with { AttentionActivation = new Activation(ActivationKind.Gelu) }, encoder with { KeyWidth = 3 },
                encoder with { HasReadoutBias = true }, encoder with { Kernel = AttentionKernel.Gaussian },
            ],
            shape => Assert.False(shape.IsShallowEncoder));
    }

    [Fact]
    public void Data_that_do_not_fit_are_named_with_their_numbers()
    {
        TransformerShape shape = TransformerShape.Classifier(3, 2, 5) with { Width = 4, FfnWidth = 3 };
        var data = new TransformerData { Samples = 2, Identifiers = [0, 1, 2, 3, 4, 0], Labels = [0, 1] };
        Refused("there are 5", data with { Identifiers = [0, 1, 2, 3, 4] });
        Refused("number 1 is 5", data with { Identifiers = [0, 5, 2, 3, 4, 0] });
        Refused("has 2", data with { Identifiers = [0, 1, 2, 3] });
        Refused("number 1 is 2", data with { Labels = [0, 2] });
        Refused("2 labels but there are 1", data with { Labels = [0] });
        Refused("targets or labels", data with { Labels = null });
        Refused("number 0 is 4", data with { Lengths = [4, 1] });
        Refused("[1e-18, 1e18]", data, shape with { Activation = new Activation(ActivationKind.SmoothLeakyRelu, Smoothing: 1e-30) },
            Precision.Single);
        Refused("pooled over", data with { Labels = [0, 1, 0, 1, 0, 1], Lengths = [1, 2] }, shape with { Readout = ReadoutKind.Tokens });
        Refused("Y must be [2, 2] but is [2, 1]", data with { Labels = null, Targets = Matrix.Allocate(2, 1) });
        Refused("X must be [N·n, 5] with N = 2", data with { Inputs = Matrix.Allocate(6, 4) },
            shape with { Input = TransformerInput.Arrays });

        void Refused(string part, TransformerData wrong, TransformerShape? of = null, Precision precision = Precision.Double) =>
            Assert.Contains(part, Assert.Throws<ArgumentException>(() => new Transformer(of ?? shape, wrong, 1, precision)).Message,
                StringComparison.Ordinal);
    }
}
