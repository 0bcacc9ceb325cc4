using Kappa.Certificates;
using Kappa.Lab.Runs.Certification;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>Everything that can be said of a point of model G or S without a step: loss and gradient, PL ratio and kernel (P.4), the features' spectrum (G.3, S.4), its theorems.</summary>
/// <remarks>Exact but for rounding. A loss that is not finite is an outcome. Immutable.</remarks>
internal sealed class TrainableEvaluation
{
    private TrainableEvaluation(TrainablePoint point, Matrix output, double loss, ModelParameters gradient) => (Point, Output, Loss, Gradient) = (point, output, loss, gradient);

    /// <summary>The point.</summary>
    public TrainablePoint Point { get; }

    /// <summary>F, the samples stacked.</summary>
    public Matrix Output { get; }

    /// <summary>ℒ.</summary>
    public double Loss { get; }

    /// <summary>∇ℒ, zero in what is not trained.</summary>
    public ModelParameters Gradient { get; }

    /// <summary>‖∇ℒ‖ over the trained matrices.</summary>
    public double GradientNorm => Vectors.Norm(Gradient.Vector);

    /// <summary>‖∇ℒ‖²/(2ℒ) (P.4).</summary>
    public double PlRatio => GradientNorm / (2 * Loss) * GradientNorm;

    /// <summary>The singular values of B (G.3) or F_pre (S.4), largest first; empty when the loss is not finite.</summary>
    public IReadOnlyList<double> FeatureValues { get; private init; } = [];

    /// <summary>What can be trusted of them.</summary>
    public SpectrumSummary? Features { get; private init; }

    /// <summary>The singular values of J, largest first; their squares are the kernel's eigenvalues. Empty when left out.</summary>
    public IReadOnlyList<double> JacobianValues { get; private init; } = [];

    /// <summary>What can be trusted of them; <see langword="null"/> when left out.</summary>
    public SpectrumSummary? Jacobian { get; private init; }

    /// <summary>Why <see cref="Jacobian"/> was left out; <see langword="null"/> when it was not.</summary>
    public string? KernelOmission { get; private init; }

    /// <summary>The eigenvalues of K, as many as there are outputs, largest first: beyond the parameters they are 0. Empty when left out.</summary>
    public IReadOnlyList<double> KernelEigenvalues =>
        KernelOmission is null ? [.. Enumerable.Range(0, Output.Span.Length).Select(k => k < JacobianValues.Count ? JacobianValues[k] * JacobianValues[k] : 0)] : [];

    /// <summary>What was estimated: the kernel's ends where it was left out for its size or when asked for, and what else was asked for.</summary>
    public required PointEstimates Estimates { get; init; }

    /// <summary>What each theorem about the model says.</summary>
    public IReadOnlyList<Certificate> Certificates { get; private init; } = [];

    /// <summary>Evaluates.</summary>
    /// <param name="point">The point.</param>
    /// <param name="options">What may be spent; null for the defaults.</param>
    public static TrainableEvaluation Of(TrainablePoint point, PointEvaluationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(point);
        options ??= new PointEvaluationOptions();
        IModel model = point.Model;
        var gradient = new ModelParameters(model.Layout);
        double loss = model.LossAndGradient(point.Parameters, model.AllSamples, gradient, point.Trained);
        Matrix output = Matrix.Allocate(model.Samples * model.OutputRows, model.OutputColumns);
        model.Output(point.Parameters, model.AllSamples, output);
        if (!double.IsFinite(loss))
        {
            return new TrainableEvaluation(point, output, loss, gradient) { KernelOmission = "the loss is not finite", Estimates = PointEstimates.Of(point, options.IsMatrixFree, options, isFinite: false) };
        }

        var theorems = ModelTheorems.At(model, point.Parameters, point.Trained);
        string? omission = Omission(point, output, options);
        (double[] jacobian, SpectrumSummary? kernel) = omission is null ? Spectrum(JacobianMatrix.Of(model, point.Parameters, point.Trained)) : ([], null);
        (double[] values, SpectrumSummary? features) = model switch
        {
            Transformer { Shape.IsKernelAttention: true } attention => Spectrum(TransformerFeatures.OfHeads(attention, point.Parameters)),
            Transformer { Shape.IsShallowEncoder: true } encoder => Spectrum(TransformerFeatures.Pooled(encoder, point.Parameters)),
            _ => ([], null),
        };
        return new TrainableEvaluation(point, output, loss, gradient)
        {
            FeatureValues = values,
            Features = features,
            JacobianValues = jacobian,
            Jacobian = kernel,
            KernelOmission = omission,
            Estimates = PointEstimates.Of(point, omission is not null && options.KernelMemory > 0, options, isFinite: true),
            Certificates = [.. theorems.All.Select(theorem => theorems.Ask(theorem, CertificateOptions.Default))],
        };
    }

    private static (double[] Values, SpectrumSummary? Summary) Spectrum(in Matrix matrix)
    {
        SpectrumSummary summary = JacobianMatrix.Spectrum(matrix, out double[] values);
        return (values, summary);
    }

    // The Jacobian and the copy that its factorisation works in.
    private static string? Omission(TrainablePoint point, in Matrix output, PointEvaluationOptions options)
    {
        long outputs = output.Span.Length, count = point.Model.Layout.Blocks.Where(point.Trained.Includes).Sum(block => (long)block.Length);
        double bytes = 2.0 * sizeof(double) * outputs * count;
        long memory = options.KernelMemory;
        return options.IsMatrixFree ? "the matrix-free route was asked for"
            : memory == 0 ? "not asked for"
            : bytes > memory ? FormattableString.Invariant($"it needs {bytes / (1 << 20):F0} MiB for {outputs} outputs and {count} trained parameters, more than {memory >> 20} MiB")
            : null;
    }
}
