using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Tests.Models;

/// <summary>A shape drawn from the whole space of choices, with data and parameters: everything a function of the seed.</summary>
internal sealed class RandomTransformer
{
    private readonly Random _draw;

    /// <summary>Draws it.</summary>
    /// <param name="seed">Any integer.</param>
    /// <param name="isSmooth">Whether activations without second derivative are left out.</param>
    public RandomTransformer(int seed, bool isSmooth = true)
    {
        _draw = new Random(seed);
        bool isLong = _draw.Next(25) == 0;
        (int samples, int tokens) = isLong ? (_draw.Next(1, 3), _draw.Next(129, 145)) : _draw.Next(12) == 0
            ? (_draw.Next(20, 45), _draw.Next(1, 5)) : (_draw.Next(1, 5), _draw.Next(1, 8));
        Shape = Draw(tokens, isLong, isSmooth);
        int rows = Shape.Readout == ReadoutKind.Pooled ? samples : samples * tokens;
        bool hasLabels = Shape.OutputColumns > 1 && _draw.Next(3) == 0;
        Data = new TransformerData
        {
            Samples = samples,
            Inputs = Shape.Input == TransformerInput.Arrays ? ModelCase.Gaussian(samples * tokens, Shape.InputWidth, seed, "inputs")
                : default,
            Identifiers = Shape.Input == TransformerInput.Arrays ? null : Numbers(samples * tokens, 0, Shape.InputWidth),
            Targets = hasLabels ? default : ModelCase.Gaussian(rows, Shape.OutputColumns, seed, "targets"),
            Labels = hasLabels ? Numbers(rows, 0, Shape.OutputColumns) : null,
            Lengths = Shape.Readout == ReadoutKind.Pooled && _draw.Next(3) == 0 ? Numbers(samples, 1, tokens + 1) : null,
        };
        Parameters = new ModelParameters(Shape.NewLayout());
        new RandomSequence(seed, "parameters").FillGaussian(Parameters.Vector);
        foreach (ParameterBlock block in Parameters.Layout.Blocks)
        {
            Vectors.Scale(Parameters[block].Span, 0.8 / Math.Sqrt(Shape.FanIn(block)));
        }
    }

    public TransformerShape Shape { get; }

    public TransformerData Data { get; }

    public ModelParameters Parameters { get; }

    public Transformer New(int threads = 1, Precision precision = Precision.Double) => new(Shape, Data, threads, precision);

    /// <summary>A Gaussian direction of norm 1.</summary>
    public ModelParameters Direction(string name)
    {
        var direction = new ModelParameters(Parameters.Layout);
        new RandomSequence(7, name).FillGaussian(direction.Vector);
        Vectors.Scale(direction.Vector, 1 / Vectors.Norm(direction.Vector));
        return direction;
    }

    private TransformerShape Draw(int tokens, bool isLong, bool isSmooth)
    {
        int width = _draw.Next(6) == 0 ? 1 : _draw.Next(2, 9), heads = _draw.Next(1, 4), valueWidth = _draw.Next(1, 5);
        var input = (TransformerInput)_draw.Next(2);
        bool hasOutput = _draw.Next(3) > 0, hasEmbedding = input == TransformerInput.Identifiers || _draw.Next(2) == 0;
        var form = (ParameterForm)(_draw.Next(5) == 0 ? _draw.Next(1, 3) : 0);
        if (form == ParameterForm.Transposed)
        {
            (heads, hasOutput) = (1, false);
        }

        if (!hasOutput && _draw.Next(2) == 0)
        {
            // Heads that fill the width.
            (heads, valueWidth) = width % heads == 0 ? (heads, width / heads) : (1, width);
        }

        int outputWidth = hasOutput ? _draw.Next(3) == 0 ? _draw.Next(1, 6) : width : heads * valueWidth;
        bool isSquare = outputWidth == width;
        var readout = (ReadoutKind)_draw.Next(3);
        AttentionMask mask = (AttentionMask)_draw.Next(2);
        var shape = new TransformerShape
        {
            Input = input,
            InputWidth = hasEmbedding ? _draw.Next(1, 8) : width,
            HasEmbedding = hasEmbedding,
            Positions = (PositionKind)_draw.Next(3),
            Tokens = tokens,
            Width = width,
            Depth = isSquare && form == ParameterForm.Blocks ? _draw.Next(1, isLong ? 2 : 4) : 1,
            Heads = heads,
            KeyWidth = _draw.Next(1, 6),
            ValueWidth = valueWidth,
            Kernel = Kernel(),
            HasOutput = hasOutput,
            HasAttentionBiases = form == ParameterForm.Blocks && _draw.Next(2) == 0,
            Mask = mask,
            AttentionActivation = _draw.Next(4) == 0 ? Activation(isSmooth) : null,
            AttentionResidual = isSquare ? Coefficient() : 0,
            FfnWidth = isSquare && _draw.Next(4) > 0 ? _draw.Next(1, 9) : null,
            Activation = Activation(isSmooth),
            Norm = (NormPlace)_draw.Next(3),
            NormKind = (NormKind)_draw.Next(2),
            HasNormParameters = _draw.Next(3) > 0,
            NormEpsilon = 0.1 + _draw.NextDouble(),
            HasLastNorm = _draw.Next(3) == 0,
            Readout = readout,
            ReadoutWidth = readout == ReadoutKind.None ? null : _draw.Next(1, 5),
            Pooling = (TokenPooling)_draw.Next(mask == AttentionMask.Causal ? 2 : 3),
            HasReadoutBias = readout != ReadoutKind.None && _draw.Next(2) == 0,
            OutputScale = readout != ReadoutKind.None && _draw.Next(3) == 0 ? 1.7 : 1,
            Reduction = (LossReduction)_draw.Next(2),
            Parameters = form,
        };
        shape = hasOutput ? shape with { OutputWidth = outputWidth } : shape;
        return shape.FfnWidth is null ? shape : shape with { HasFfnBiases = _draw.Next(2) == 0, FfnResidual = Coefficient() };
    }

    private AttentionKernel Kernel()
    {
        var kind = (AttentionKernelKind)_draw.Next(3);
        double? temperature = _draw.Next(3) == 0 ? 0.3 + _draw.NextDouble() : null;
        return new AttentionKernel(kind, kind != AttentionKernelKind.Gaussian && _draw.Next(4) == 0 ? -temperature : temperature,
            kind == AttentionKernelKind.Gaussian && _draw.Next(2) == 0);
    }

    private Activation Activation(bool isSmooth) => new((isSmooth ? _draw.Next(3) : _draw.Next(5)) switch
    {
        0 => ActivationKind.Identity,
        1 => ActivationKind.SmoothLeakyRelu,
        2 => ActivationKind.Gelu,
        3 => ActivationKind.Relu,
        _ => ActivationKind.LeakyRelu,
    });

    private double Coefficient() => _draw.Next(4) switch { 0 => 0, 1 => -0.7, _ => 1 };

    private int[] Numbers(int count, int least, int below) => [.. Enumerable.Range(0, count).Select(_ => _draw.Next(least, below))];
}
