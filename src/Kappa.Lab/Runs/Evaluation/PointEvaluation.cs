using System.Globalization;
using Kappa.Certificates;
using Kappa.Models;
using Kappa.Spectra;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>What a point's evaluation includes, and what it may cost.</summary>
public sealed record PointEvaluationOptions
{
    /// <summary>Most bytes that the Jacobian and the workspace of its singular
    /// values may take; 0 leaves the kernel out. Default 1 GiB.</summary>
    public long KernelMemory { get; init; } = JacobianSpectrum.DefaultMemoryLimit;

    /// <summary>Most seconds that the kernel in full may take by its forecast;
    /// beyond it the ends are estimated. Default two minutes.</summary>
    public double KernelSeconds { get; init; } = new KernelBudget().Seconds;

    /// <summary>Whether the kernel's ends are to be estimated from products with it (P.7) even where it fits. Default false.</summary>
    public bool IsMatrixFree { get; init; }

    /// <summary>Whether to estimate both ends of the Hessian of the loss (R.7):
    /// the sharpness and the smallest eigenvalue. Default false.</summary>
    public bool WithHessian { get; init; }

    /// <summary>Whether to estimate where the eigenvalues of the kernel are (P.8). Default false.</summary>
    public bool WithDensity { get; init; }

    /// <summary>Whether to evaluate the convergence theorems; one that would take minutes is left out. Default true.</summary>
    public bool WithCertificates { get; init; } = true;
}

/// <summary>Everything that can be said of a point of any model without a step: loss and gradient,
/// PL ratio and kernel (P.4), spectra of every layer and head (P.1–P.3), theorems.</summary>
/// <remarks>All values are exact but for rounding, except <see cref="Estimates"/>, which say how far
/// they came. A loss that is not finite is an outcome: what follows from it is NaN. Immutable.</remarks>
public sealed class PointEvaluation
{
    // Multiply-adds of the path certificate that take some ten seconds: about thirty products [d, m]·[m, d] for each token row and block.
    private const double LongCertificate = 3e11;

    private PointEvaluation(ModelPoint point, Matrix output, double loss, ModelParameters gradient)
    {
        (Point, Output, Loss, Gradient) = (point, output, loss, gradient);
        GradientNorm = Norm(gradient.Vector);
    }

    /// <summary>The point.</summary>
    public ModelPoint Point { get; }

    /// <summary>F, the samples stacked.</summary>
    public Matrix Output { get; }

    /// <summary>ℒ; not finite when the pass overflows.</summary>
    public double Loss { get; }

    /// <summary>∇ℒ, zero in what is not trained; NaN when the loss is not finite.</summary>
    public ModelParameters Gradient { get; }

    /// <summary>‖∇ℒ‖ over the trained parameters.</summary>
    public double GradientNorm { get; }

    /// <summary>‖∇ℒ‖²/(2ℒ) (P.4): for a squared error a Rayleigh quotient of the kernel,
    /// between its smallest and largest eigenvalue; NaN when the loss is 0.</summary>
    public double PlRatio => GradientNorm / (2 * Loss) * GradientNorm;

    /// <summary>The spectra of every layer, from the first, in the order of computation.</summary>
    public IReadOnlyList<LayerSpectrum> Layers { get; private init; } = [];

    /// <summary>The spectrum of what the trained values of model G are linear in, B (G.3),
    /// or the readout of model S, F_pre (S.4); <see langword="null"/> for others.</summary>
    public MatrixSpectrum? Features { get; private init; }

    /// <summary>The spectrum of the Jacobian and the kernel (P.4), with that of every trained matrix; null when it was left out.</summary>
    public JacobianSpectrum? Kernel { get; private init; }

    /// <summary>Why the kernel was left out; null when it was not.</summary>
    public string? KernelOmission { get; private init; }

    /// <summary>What was estimated: the kernel's ends where it was left out
    /// for its size or when asked for, and what else was asked for.</summary>
    public required PointEstimates Estimates { get; init; }

    /// <summary>What the theorems about the model say, the step size their own;
    /// of a model that none is about, why. Empty when not asked for.</summary>
    public IReadOnlyList<Certificate> Certificates { get; private init; } = [];

    /// <summary>‖∇_b ℒ‖ of one matrix.</summary>
    /// <param name="block">A matrix of the point.</param>
    public double BlockGradientNorm(ParameterBlock block) => Norm(Gradient[block].Span);

    /// <summary>The spectrum of one matrix.</summary>
    /// <param name="layer">Block number from 0.</param>
    /// <param name="part">One part that the model has.</param>
    /// <param name="head">Head number from 0, where each head has one.</param>
    public MatrixSpectrum SpectrumOf(int layer, LayerPart part, int? head = null) =>
        Layers.Single(spectrum => spectrum.Matrix.Layer == layer && spectrum.Matrix.Part == part && spectrum.Matrix.Head == head).Spectrum;

    /// <summary>Evaluates a point.</summary>
    /// <param name="point">The point; not changed.</param>
    /// <param name="options">What may be spent; null for the defaults.</param>
    public static PointEvaluation Of(ModelPoint point, PointEvaluationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(point);
        options ??= new PointEvaluationOptions();
        IModel model = point.Exact;
        var gradient = new ModelParameters(model.Layout);
        double loss = model.LossAndGradient(point.Parameters, model.AllSamples, gradient, point.Trained);
        if (!double.IsFinite(loss))
        {
            foreach (ParameterBlock block in point.TrainedBlocks)
                gradient[block].Fill(double.NaN);
        }

        Matrix output = Matrix.Allocate(model.Samples * model.OutputRows, model.OutputColumns);
        model.Output(point.Parameters, model.AllSamples, output);
        string? omission = Omission(point, loss, options);
        return new PointEvaluation(point, output, loss, gradient)
        {
            Layers = LayerSpectrum.AllOf(model, point.Parameters),
            Features = FeaturesOf(model, point.Parameters),
            KernelOmission = omission,
            Estimates = PointEstimates.Of(point, IsEstimateWanted(point, omission, options), options, double.IsFinite(loss)),
            Certificates = options.WithCertificates ? CertificatesOf(point) : [],
            Kernel = omission is null
                ? JacobianSpectrum.Of(model, point.Parameters, point.Trained, options.KernelMemory, withBlocks: true)
                : null,
        };
    }

    /// <summary>Why the kernel of <paramref name="point"/> cannot be computed in so much memory; null when it can.</summary>
    /// <param name="point">The point.</param>
    /// <param name="memory">Most bytes that the Jacobian and the workspace of its singular values may take.</param>
    public static string? KernelObstacle(ModelPoint point, long memory)
    {
        ArgumentNullException.ThrowIfNull(point);
        long outputs = point.Outputs, parameters = point.TrainedParameters;
        long bytes = JacobianSpectrum.ForecastBytes(outputs, parameters);
        long order = Math.Min(outputs, parameters);
        if (order * (order + 64) > Array.MaxLength)
            return string.Create(
                CultureInfo.InvariantCulture,
                $"the triangular factor of the Jacobian of {outputs} outputs in {parameters} parameters has more than {Array.MaxLength} "
                    + $"elements");
        const double mebibyte = 1 << 20;
        return bytes <= memory
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"the Jacobian of {outputs} outputs in {parameters} parameters needs {Math.Ceiling(bytes / mebibyte):F0} MiB but "
                    + $"{Math.Floor(memory / mebibyte):F0} MiB are allowed");
    }

    /// <summary>Time and memory of both routes to the kernel (P.4, P.7), from the sizes alone.</summary>
    /// <param name="point">The point.</param>
    /// <param name="options">What may be spent.</param>
    public static KernelForecast ForecastOf(ModelPoint point, PointEvaluationOptions options)
    {
        ArgumentNullException.ThrowIfNull(point);
        ArgumentNullException.ThrowIfNull(options);
        return KernelForecast.Of(
            point.Model, point.Trained, new KernelBudget { Bytes = options.KernelMemory, Seconds = options.KernelSeconds });
    }

    // Kernel-floor is left to kappa certify: it costs as much as the kernel in full.
    private static Certificate[] CertificatesOf(ModelPoint point)
    {
        IModel model = point.Exact;
        IReadOnlyList<Theorem> theorems = Theorems.About(model);
        IEnumerable<Theorem> asked = theorems.Count > 0 && model is not ResidualTransformer ? theorems
            : ((string[])(IsLong(model) ? ["ball"] : ["ball", "path"])).Select(name => Theorems.Find(name)!);
        return [.. asked.Select(theorem => theorem.Evaluate(model, point.Parameters, point.Trained))];
    }

    private static bool IsLong(IModel model) => model is ResidualTransformer { Shape: var shape, Rows: var rows }
        && 30.0 * shape.Depth * rows * shape.Width * shape.Width * shape.FfnWidth > LongCertificate;

    private static MatrixSpectrum? FeaturesOf(IModel model, ModelParameters parameters) => model switch
    {
        Transformer { Shape.IsKernelAttention: true } attention =>
            MatrixSpectrum.Of(TransformerFeatures.OfHeads(attention, parameters), model.Samples),
        Transformer { Shape.IsShallowEncoder: true } encoder =>
            MatrixSpectrum.Of(TransformerFeatures.Pooled(encoder, parameters), model.Samples),
        _ => null,
    };

    private static string? Omission(ModelPoint point, double loss, PointEvaluationOptions options) =>
        !double.IsFinite(loss) ? "the loss is not finite"
        : options.KernelMemory == 0 ? "not asked for"
        : options.IsMatrixFree ? "the matrix-free route was asked for"
        : KernelObstacle(point, options.KernelMemory)
            ?? (ForecastOf(point, options) is { Route: not KernelRoute.Full } forecast ? forecast.Reason.TrimEnd('.') : null);

    private static bool IsEstimateWanted(ModelPoint point, string? omission, PointEvaluationOptions options) =>
        omission is not null && options.KernelMemory > 0
            && (options.IsMatrixFree || ForecastOf(point, options).Route == KernelRoute.MatrixFree);

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
