using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>What is estimated at a point by Lanczos (P.7, P.8, R.7), within the memory that is allowed.</summary>
/// <param name="KernelEnds">Both ends of the kernel; <see langword="null"/> when not asked for or not possible.</param>
/// <param name="Hessian">Both ends of the Hessian of the loss; likewise.</param>
/// <param name="IsHessianDifferenced">Whether its products are differences of gradients, right to about eight digits, and not exact.</param>
/// <param name="KernelDensity">Where the eigenvalues of the kernel are; likewise.</param>
/// <param name="Omission">Why something that was asked for is missing; <see langword="null"/> when nothing is.</param>
public sealed record PointEstimates(KernelExtremes? KernelEnds, Sharpness? Hessian, bool IsHessianDifferenced, SpectralDensity? KernelDensity, string? Omission)
{
    /// <summary>Why the Hessian that was asked for has no ends although it could be afforded: a kink of the activation; <see langword="null"/> when it has.</summary>
    public string? HessianKink { get; private init; }

    // With fewer products not even the largest eigenvalue would be seen.
    private const int FewestProducts = 20;

    // A difference of gradients is right to about 1e-8 of the Hessian's size: an eigenvector is not followed beyond that.
    private const double DifferencedTolerance = 1e-5;

    /// <summary>Estimates what is wanted of model R.</summary>
    /// <param name="model">The evaluator; its last forward pass is replaced.</param>
    /// <param name="point">The point.</param>
    /// <param name="isKernelWanted">Whether the kernel's ends are.</param>
    /// <param name="options">What else is, and how much memory it may take.</param>
    /// <param name="isFinite">Whether the loss is; otherwise there is nothing to estimate.</param>
    internal static PointEstimates Of(ResidualTransformer model, ModelPoint point, bool isKernelWanted, PointEvaluationOptions options, bool isFinite) => Of(
        new Sources(
            (long)point.Targets.Rows * point.Targets.Columns, point.TrainedBlocks.Sum(block => (long)block.Length), () => new KernelOperator(model, point.Weights, point.Trained),
            () => new HessianOperator(model, point.Weights, point.Trained), IsDifferenced: false),
        isKernelWanted, options, isFinite);

    /// <summary>Estimates what is wanted of another model. Its kernel by exact products where it has a tangent, its Hessian by differences.</summary>
    /// <param name="point">The point.</param>
    /// <param name="isKernelWanted">Whether the kernel's ends are.</param>
    /// <param name="options">What else is, and how much memory it may take.</param>
    /// <param name="isFinite">Whether the loss is; otherwise there is nothing to estimate.</param>
    internal static PointEstimates Of(TrainablePoint point, bool isKernelWanted, PointEvaluationOptions options, bool isFinite)
    {
        IModel model = point.Model;
        return Of(
            new Sources(
                (long)model.Samples * model.OutputRows * model.OutputColumns, model.Layout.Blocks.Where(point.Trained.Includes).Sum(block => (long)block.Length),
                () => new KernelOperator(model, point.Parameters, point.Trained), () => HessianOf(point), IsDifferenced: !model.HasExactProducts)
            {
                StandsOnKink = () => model is { HasKinks: true, HasExactProducts: true } && StandsOnKink(point),
            },
            isKernelWanted, options, isFinite);
    }

    // The point keeps its model: the loss is not disposed of.
    private static ISymmetricOperator HessianOf(TrainablePoint point)
    {
        var loss = new ModelLoss(point.Model, point.Model.AllSamples, point.Parameters, point.Trained);
        return loss.HessianAt(loss.Coordinates.Gather(point.Parameters.Vector));
    }

    // An exact product cannot see that the gradient jumps at the point itself; a difference along one direction that moves every parameter does.
    private static bool StandsOnKink(TrainablePoint point)
    {
        var loss = new ModelLoss(point.Model, point.Model.AllSamples, point.Parameters, point.Trained);
        double[] at = loss.Coordinates.Gather(point.Parameters.Vector), direction = new double[at.Length];
        new RandomSequence(0, "kink at the point").FillGaussian(direction);
        var hessian = new DifferencedHessian(loss, at);
        hessian.Apply(direction, new double[at.Length]);
        return hessian.FoundKink;
    }

    private static PointEstimates Of(Sources sources, bool isKernelWanted, PointEvaluationOptions options, bool isFinite)
    {
        if (!isFinite)
            return new PointEstimates(null, null, sources.IsDifferenced, null, isKernelWanted || options.WithHessian || options.WithDensity ? "the loss is not finite" : null);

        // Every product keeps a vector.
        long memory = options.KernelMemory > 0 ? options.KernelMemory : JacobianSpectrum.DefaultMemoryLimit;
        int kernelProducts = Affordable(sources.Outputs, memory), hessianProducts = Affordable(sources.Parameters, memory);
        var missing = new List<string>();
        if (sources.Kernel is null && (isKernelWanted || options.WithDensity))
            missing.Add("products with the kernel are for the residual Transformer, kernel attention and the shallow encoder");
        (Sharpness? hessian, string? kink) = Wanted(options.WithHessian, hessianProducts, "Hessian", sources.Parameters) ? EndsOf(sources, HessianOptions(hessianProducts, sources.IsDifferenced)) : default;
        return new PointEstimates(
            sources.Kernel is { } kernel && Wanted(isKernelWanted, kernelProducts, "kernel", sources.Outputs) ? KernelExtremes.Of(kernel(), sources.Parameters, new LanczosOptions { MaximumProducts = kernelProducts }) : null,
            hessian,
            sources.IsDifferenced,
            sources.Kernel is { } density && Wanted(options.WithDensity, kernelProducts, "density of the kernel", sources.Outputs) ? SpectralDensity.Estimate(density(), DensityOptions(kernelProducts)) : null,
            missing.Count > 0 ? string.Join("; ", missing) : null)
        {
            HessianKink = kink,
        };

        bool Wanted(bool isWanted, int products, string what, long size)
        {
            if (isWanted && products < FewestProducts && products < size)
            {
                const double mebibyte = 1 << 20;
                missing.Add(FormattableString.Invariant($"the {what} needs {FewestProducts} vectors of {size} numbers, {Math.Ceiling(sizeof(double) * size * FewestProducts / mebibyte):F0} MiB, but {Math.Floor(memory / mebibyte):F0} MiB are allowed"));
                return false;
            }

            return isWanted;
        }
    }

    private static (Sharpness? Ends, string? Kink) EndsOf(Sources sources, LanczosOptions options)
    {
        if (sources.StandsOnKink())
        {
            return (null, DifferencedHessian.KinkReason);
        }

        ISymmetricOperator hessian = sources.Hessian();
        var ends = Sharpness.Of(hessian, options);
        return hessian is DifferencedHessian { FoundKink: true } ? (null, DifferencedHessian.KinkReason) : (ends, null);
    }

    private static LanczosOptions HessianOptions(int products, bool isDifferenced)
    {
        var options = new LanczosOptions { MaximumProducts = products };
        return isDifferenced ? options with { Tolerance = DifferencedTolerance } : options;
    }

    private static int Affordable(long size, long memory) => (int)Math.Clamp((memory / (sizeof(double) * size)) - 3, 1, new LanczosOptions().MaximumProducts);

    private static SpectralDensityOptions DensityOptions(int products)
    {
        var options = new SpectralDensityOptions();
        return options with { Steps = Math.Min(options.Steps, products) };
    }

    private sealed record Sources(long Outputs, long Parameters, Func<ISymmetricOperator>? Kernel, Func<ISymmetricOperator> Hessian, bool IsDifferenced)
    {
        public Func<bool> StandsOnKink { get; init; } = () => false;
    }
}
