using Kappa.Certificates;
using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Points;

/// <summary>What a point's evaluation includes, and what it may cost.</summary>
public sealed record PointEvaluationOptions
{
    /// <summary>Most bytes that the Jacobian and the workspace of its singular values may take; 0 leaves the kernel out. Default 1 GiB.</summary>
    public long KernelMemory { get; init; } = JacobianSpectrum.DefaultMemoryLimit;

    /// <summary>Whether to evaluate the convergence theorems; one that would take minutes is left out. Default true.</summary>
    public bool WithCertificates { get; init; } = true;

    /// <summary>Threads of a pass, at least 1; no result depends on it.</summary>
    public int Threads { get; init; } = 1;
}

/// <summary>Everything that can be said of a point without a step: loss and gradient (R.4, R.6), PL ratio and kernel (P.4), spectra of every block (P.1–P.3).</summary>
/// <remarks>All values are exact but for rounding; nothing here is an estimate. A loss that is not finite is an outcome: what follows from it is NaN. Immutable.</remarks>
public sealed class PointEvaluation
{
    private PointEvaluation(ModelPoint point, Matrix output, double loss, ResidualTransformerWeights gradient, IReadOnlyList<LayerSpectra> layers)
    {
        (Point, Output, Loss, Gradient, Layers) = (point, output, loss, gradient, layers);
        GradientNorm = Norm(gradient.Vector);
    }

    /// <summary>The point.</summary>
    public ModelPoint Point { get; }

    /// <summary>F (R.4) [N·n, d_out].</summary>
    public Matrix Output { get; }

    /// <summary>ℒ = ½‖F − Y‖² (R.4); not finite when the pass overflows.</summary>
    public double Loss { get; }

    /// <summary>∇ℒ (R.6), zero in what is not trained.</summary>
    public ResidualTransformerWeights Gradient { get; }

    /// <summary>‖∇ℒ‖ over the trained parameters.</summary>
    public double GradientNorm { get; }

    /// <summary>‖∇ℒ‖²/(2ℒ) (P.4): a Rayleigh quotient of the kernel, between its smallest and largest eigenvalue; NaN when the loss is 0.</summary>
    public double PlRatio => GradientNorm / (2 * Loss) * GradientNorm;

    /// <summary>The spectra of each block, from the first.</summary>
    public IReadOnlyList<LayerSpectra> Layers { get; }

    /// <summary>The spectrum of the Jacobian and the kernel (P.4); null when it was left out.</summary>
    public JacobianSpectrum? Kernel { get; private init; }

    /// <summary>Why the kernel was left out; null when it was not.</summary>
    public string? KernelOmission { get; private init; }

    /// <summary>What the ball and the path certificate say (C.9, C.14), the step size their own; empty when not asked for.</summary>
    public IReadOnlyList<Certificate> Certificates { get; private init; } = [];

    /// <summary>‖∇_b ℒ‖ of one matrix.</summary>
    /// <param name="block">A matrix of the point.</param>
    public double BlockGradientNorm(ParameterBlock block) => Norm(Gradient[block].Span);

    /// <summary>Evaluates a point.</summary>
    /// <param name="point">The point; not changed.</param>
    /// <param name="options">What may be spent; null for the defaults.</param>
    public static PointEvaluation Of(ModelPoint point, PointEvaluationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(point);
        options ??= new PointEvaluationOptions();
        using var model = new ResidualTransformer(point.Shape, point.Inputs, point.Samples, options.Threads);
        var objective = new Objective(point.Targets);
        Matrix residual = Matrix.Allocate(point.Targets.Rows, point.Targets.Columns);
        var gradient = new ResidualTransformerWeights(point.Shape);
        model.Forward(point.Weights);
        double loss = objective.LossAndGradient(model.Output, residual);
        model.Backward(point.Weights, residual, gradient, point.Trained);
        Matrix output = Matrix.Allocate(model.Output.Rows, model.Output.Columns);
        model.Output.CopyTo(output);
        LayerSpectra[] layers = [.. Enumerable.Range(0, point.Shape.Depth).Select(layer => LayerSpectra.Of(layer, model.Layer(layer), point.Samples))];

        // The kernel comes last: its passes replace what the model computed.
        string? omission = Omission(point, loss, options.KernelMemory);
        return new PointEvaluation(point, output, loss, gradient, layers)
        {
            KernelOmission = omission,
            Certificates = options.WithCertificates ? CertificatesOf(point) : [],
            Kernel = omission is null ? JacobianSpectrum.Of(model, point.Weights, point.Trained, options.KernelMemory, withBlocks: true) : null,
        };
    }

    /// <summary>Why the kernel of <paramref name="point"/> cannot be computed in so much memory; null when it can.</summary>
    /// <param name="point">The point.</param>
    /// <param name="memory">Most bytes that the Jacobian and the workspace of its singular values may take.</param>
    public static string? KernelObstacle(ModelPoint point, long memory)
    {
        ArgumentNullException.ThrowIfNull(point);
        long outputs = (long)point.Targets.Rows * point.Targets.Columns;
        long parameters = point.TrainedBlocks.Sum(block => (long)block.Length);
        long bytes = JacobianSpectrum.ForecastBytes(outputs, parameters);
        if (outputs * parameters > Array.MaxLength)
            return $"the Jacobian of {outputs} outputs in {parameters} parameters has more than {Array.MaxLength} elements";
        const double mebibyte = 1 << 20;
        return bytes <= memory
            ? null
            : FormattableString.Invariant($"the Jacobian of {outputs} outputs in {parameters} parameters needs {Math.Ceiling(bytes / mebibyte):F0} MiB but {Math.Floor(memory / mebibyte):F0} MiB are allowed");
    }

    // Multiply-adds of the path certificate that take some ten seconds: about thirty products [d, m]·[m, d] for each token row and block.
    private const double LongCertificate = 3e11;

    private static Certificate[] CertificatesOf(ModelPoint point)
    {
        using var at = new TrainingPoint(point.Inputs, point.Samples, point.Targets, point.Weights, point.Trained);
        double work = 30.0 * point.Shape.Depth * point.Inputs.Rows * point.Shape.Width * point.Shape.Width * point.Shape.FfnWidth;
        string[] names = work <= LongCertificate ? ["ball", "path"] : ["ball"];
        return [.. names.Select(name => Theorems.Find(name)!.Evaluate(at))];
    }

    private static string? Omission(ModelPoint point, double loss, long memory) =>
        !double.IsFinite(loss) ? "the loss is not finite"
        : memory == 0 ? "not asked for"
        : KernelObstacle(point, memory);

    // Scaled: the squares of a large gradient would overflow where its norm does not.
    private static double Norm(ReadOnlySpan<double> vector)
    {
        double largest = 0;
        foreach (double value in vector)
            largest = Math.Max(largest, Math.Abs(value));
        if (largest == 0 || !double.IsFinite(largest))
            return largest;
        double sum = 0;
        foreach (double value in vector)
            sum += value / largest * (value / largest);
        return largest * Math.Sqrt(sum);
    }
}
