using Kappa.Certificates;
using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Lab.Selftest;

/// <summary>A small random model whose targets lie near its output: sizes, coefficients, activation,
/// trained blocks and the direction of the residual are functions of the seed.</summary>
/// <remarks>Depth 1 to 4, up to 3 samples of up to 3 tokens, every smooth activation, readouts,
/// any sign of ρ and τ, W_2 = 0 with a large W_1 (C.11) in a third of the cases.</remarks>
internal sealed class CertifiedCase
{
    // A run is judged down to this share of the size of what the output is
    // summed from: some ten times the rounding of a forward pass of these sizes.
    private const double Rounding = 1e-13;

    private readonly long _seed;
    private readonly double[] _draws = new double[40];
    private readonly ResidualTransformerWeights _weights;
    private readonly Matrix _output;
    private readonly Matrix _direction;
    private int _next;

    public CertifiedCase(long seed)
    {
        _seed = seed;
        new RandomSequence(seed, "selftest.certified").FillUniform(_draws);
        Samples = Whole(1, 3);
        int rows = Samples * Whole(1, 3);
        ResidualTransformerShape shape = Shape(rows);
        Inputs = Gaussian("inputs", rows, shape.Width, Between(0.3, 1.5));
        var initialisation = new Initialisation { Scheme = InitialisationScheme.LeCun, Gain = Between(0.5, 1.5) };
        Trained = Subset(ParameterLayout.For(shape));
        using var original = new ResidualTransformerPoint(
            Inputs, Samples, Matrix.Allocate(rows, shape.OutputWidth), initialisation.Create(shape, seed), Trained);
        bool isScaled = Next() < 1.0 / 3 && shape.Activation.Kind != ActivationKind.Gelu;
        double scale = Math.Pow(10, Between(1, 6));
        using ResidualTransformerPoint point = isScaled ? CertifiableInitialisation.At(original, scale) : original;
        _weights = point.Weights;
        _output = Copy(point.Model.ForwardOutput);
        Noise = Rounding * SizeOfTerms(point);
        _direction = Gaussian("residual", rows, shape.OutputWidth, 1);
        if (Next() < 0.5)
        {
            Slow(point);
        }

        Vectors.Scale(_direction.Span, 1 / Vectors.Norm(_direction.Span));
        FirstResidual = Math.Pow(10, Between(-4, 0));
        StepShare = Next() < 0.8 ? null : Between(0.05, 1);
    }

    public int Depth => _weights.Shape.Depth;

    public int Samples { get; }

    public Matrix Inputs { get; }

    public TrainedSet Trained { get; }

    /// <summary>Differences of the residual's norm below it are rounding.</summary>
    public double Noise { get; }

    /// <summary>‖F − Y‖ to begin with.</summary>
    public double FirstResidual { get; }

    /// <summary>The share of the largest certified step that is asked for and used; <c>null</c> for the certificate's own.</summary>
    public double? StepShare { get; }

    /// <summary>The point whose residual has the given norm.</summary>
    public ResidualTransformerPoint At(double residualNorm)
    {
        Matrix targets = Copy(_output);
        Vectors.AddScaled(targets.Span, -residualNorm, _direction.Span);
        return new ResidualTransformerPoint(Inputs, Samples, targets, _weights, Trained);
    }

    /// <summary>The next number of the case's own, uniform in [0, 1).</summary>
    public double Next() => _draws[_next++ % _draws.Length];

    public override string ToString() => $"seed {_seed}: N = {Samples}, M = {Inputs.Rows}, {_weights.Shape}";

    private ResidualTransformerShape Shape(int rows)
    {
        int width = Whole(1, 7);
        double kind = Next();
        return new ResidualTransformerShape
        {
            Depth = Math.Max(1, Whole(-3, 4)),
            Width = width,
            FfnWidth = rows + Whole(0, 8),
            KeyWidth = Whole(1, width + 2),
            AttentionResidual = Coefficient(),
            FfnResidual = Coefficient(),
            Temperature = Between(-2, 2),
            ReadoutWidth = Next() < 0.25 ? Whole(1, width) : null,
            Activation = kind < 0.15 ? new Activation(ActivationKind.Identity)
                : kind < 0.3 ? new Activation(ActivationKind.Gelu)
                : new Activation(ActivationKind.SmoothLeakyRelu, Between(0, 0.9), Math.Pow(10, Between(-1.3, 0.3))),
        };
    }

    private TrainedSet Subset(ParameterLayout layout)
    {
        if (Next() < 0.5)
        {
            return TrainedSet.All;
        }

        double[] included = new double[layout.Blocks.Count];
        new RandomSequence(_seed, "selftest.certified.trained").FillUniform(included);
        string[] names = [.. layout.Blocks.Where((_, b) => included[b] < 0.6).Select(block => block.Name)];
        return names.Length > 0 ? TrainedSet.OfNames(names) : TrainedSet.All;
    }

    // e ← e − K e/‖K e‖·‖e‖ leaves what gradient descent is slowest to remove.
    private void Slow(ResidualTransformerPoint point)
    {
        var gradient = new ResidualTransformerWeights(point.Shape);
        Matrix image = Matrix.Allocate(_direction.Rows, _direction.Columns);
        double largest = 0;
        for (int k = 0; k < 12; k++)
        {
            double norm = Vectors.Norm(_direction.Span);
            point.Model.Backward(_weights, point.Model.AllSamples, _direction, gradient, Trained);
            point.Model.Tangent(_weights, point.Model.AllSamples, gradient, image);
            largest = Math.Max(largest, Vectors.Norm(image.Span) / norm);
            if (!(largest > 0 && double.IsFinite(largest)))
            {
                return;
            }

            Vectors.AddScaled(_direction.Span, -1 / largest, image.Span);
            Vectors.Scale(_direction.Span, 1 / Math.Max(Vectors.Norm(_direction.Span), double.Epsilon));
        }
    }

    private static double SizeOfTerms(ResidualTransformerPoint point)
    {
        LayerView last = point.Model.Layer(point.Shape.Depth - 1);
        double output = Vectors.Norm(last.AttentionOutput.Span)
            + (Vectors.Norm(last.Hidden.Span) * Vectors.Norm(point.Weights.Block(point.Shape.Depth - 1).FfnOut.Span));
        return output * (point.Weights.Readout is Matrix readout ? Vectors.Norm(readout.Span) : 1);
    }

    private double Coefficient()
    {
        double draw = Next(), value = Between(-1.2, 1.2);
        return draw < 0.3 ? 1 : draw < 0.45 ? 0 : value;
    }

    private double Between(double low, double high) => low + (Next() * (high - low));

    private int Whole(int low, int high) => low + (int)(Next() * (high - low + 1));

    private Matrix Gaussian(string name, int rows, int columns, double scale)
    {
        Matrix matrix = Matrix.Allocate(rows, columns);
        new RandomSequence(_seed, $"selftest.certified.{name}").FillGaussian(matrix.Span);
        Vectors.Scale(matrix.Span, scale);
        return matrix;
    }

    private static Matrix Copy(in Matrix matrix)
    {
        Matrix copy = Matrix.Allocate(matrix.Rows, matrix.Columns);
        matrix.CopyTo(copy);
        return copy;
    }
}
