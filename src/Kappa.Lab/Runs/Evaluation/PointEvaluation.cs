using Kappa.Certificates;
using Kappa.Models;
using Kappa.Spectra;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>What a point's evaluation includes, and what it may cost.</summary>
public sealed record PointEvaluationOptions
{
    /// <summary>Most bytes that the Jacobian and the workspace of its singular values may take; 0 leaves the kernel out. Default 1 GiB.</summary>
    public long KernelMemory { get; init; } = JacobianSpectrum.DefaultMemoryLimit;

    /// <summary>Most seconds that the kernel in full may take by its forecast; beyond it the ends are estimated. Default two minutes.</summary>
    public double KernelSeconds { get; init; } = new KernelBudget().Seconds;

    /// <summary>Whether the kernel's ends are to be estimated from products with it (P.7) even where it fits. Default false.</summary>
    public bool IsMatrixFree { get; init; }

    /// <summary>Whether to estimate both ends of the Hessian of the loss (R.7): the sharpness and the smallest eigenvalue. Default false.</summary>
    public bool WithHessian { get; init; }

    /// <summary>Whether to estimate where the eigenvalues of the kernel are (P.8). Default false.</summary>
    public bool WithDensity { get; init; }

    /// <summary>Whether to evaluate the convergence theorems; one that would take minutes is left out. Default true.</summary>
    public bool WithCertificates { get; init; } = true;

    /// <summary>Threads of a pass, at least 1; no result depends on it.</summary>
    public int Threads { get; init; } = 1;
}

/// <summary>Everything that can be said of a point without a step: loss and gradient (R.4, R.6), PL ratio and kernel (P.4), spectra of every block (P.1–P.3).</summary>
/// <remarks>All values are exact but for rounding, except <see cref="KernelEnds"/>, <see cref="Hessian"/> and <see cref="KernelDensity"/>, which are estimates and say how far they came. A loss that is not finite is an outcome: what follows from it is NaN. Immutable.</remarks>
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

    /// <summary>What was estimated: the kernel's ends where it was left out for its size or when asked for, and what else was asked for.</summary>
    public required PointEstimates Estimates { get; init; }

    /// <summary>Both ends of the kernel, estimated from products with it (P.7): where it was left out for its size, or when asked for.</summary>
    public KernelExtremes? KernelEnds => Estimates.KernelEnds;

    /// <summary>Both ends of the Hessian of the loss, estimated (R.7); null when not asked for.</summary>
    public Sharpness? Hessian => Estimates.Hessian;

    /// <summary>Where the eigenvalues of the kernel are, estimated (P.8); null when not asked for.</summary>
    public SpectralDensity? KernelDensity => Estimates.KernelDensity;

    /// <summary>Why something that was asked for was not estimated; null when nothing is missing.</summary>
    public string? EstimateOmission => Estimates.Omission;

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
        using var model = new ResidualTransformer(point.Shape, point.Inputs, point.Targets, point.Samples, options.Threads);
        Matrix residual = Matrix.Allocate(point.Targets.Rows, point.Targets.Columns);
        var gradient = new ResidualTransformerWeights(point.Shape);
        model.Forward(point.Weights);
        double loss = model.ForwardResidual(residual);
        model.Backward(point.Weights, model.AllSamples, residual, gradient, point.Trained);
        Matrix output = Matrix.Allocate(residual.Rows, residual.Columns);
        model.ForwardOutput.CopyTo(output);
        LayerSpectra[] layers = [.. Enumerable.Range(0, point.Shape.Depth).Select(layer => LayerSpectra.Of(layer, model.Layer(layer), point.Samples))];

        // The kernel comes last: its passes replace what the model computed.
        string? omission = Omission(point, loss, options);
        var estimates = PointEstimates.Of(model, point, isKernelWanted: IsEstimateWanted(point, omission, options), options, double.IsFinite(loss));
        return new PointEvaluation(point, output, loss, gradient, layers)
        {
            KernelOmission = omission,
            Estimates = estimates,
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
        long order = Math.Min(outputs, parameters);
        if (order * (order + 64) > Array.MaxLength)
            return FormattableString.Invariant($"the triangular factor of the Jacobian of {outputs} outputs in {parameters} parameters has more than {Array.MaxLength} elements");
        const double mebibyte = 1 << 20;
        return bytes <= memory
            ? null
            : FormattableString.Invariant($"the Jacobian of {outputs} outputs in {parameters} parameters needs {Math.Ceiling(bytes / mebibyte):F0} MiB but {Math.Floor(memory / mebibyte):F0} MiB are allowed");
    }

    /// <summary>Time and memory of both routes to the kernel (P.4, P.7), from the sizes alone.</summary>
    /// <param name="point">The point.</param>
    /// <param name="options">What may be spent.</param>
    public static KernelForecast ForecastOf(ModelPoint point, PointEvaluationOptions options)
    {
        ArgumentNullException.ThrowIfNull(point);
        ArgumentNullException.ThrowIfNull(options);
        return KernelForecast.Of(point.Shape, point.Samples, point.Tokens, point.Trained, new KernelBudget { Bytes = options.KernelMemory, Seconds = options.KernelSeconds });
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

    private static string? Omission(ModelPoint point, double loss, PointEvaluationOptions options) =>
        !double.IsFinite(loss) ? "the loss is not finite"
        : options.KernelMemory == 0 ? "not asked for"
        : options.IsMatrixFree ? "the matrix-free route was asked for"
        : KernelObstacle(point, options.KernelMemory) ?? (ForecastOf(point, options) is { Route: not KernelRoute.Full } forecast ? forecast.Reason.TrimEnd('.') : null);

    private static bool IsEstimateWanted(ModelPoint point, string? omission, PointEvaluationOptions options) =>
        omission is not null && options.KernelMemory > 0 && (options.IsMatrixFree || ForecastOf(point, options).Route == KernelRoute.MatrixFree);

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
