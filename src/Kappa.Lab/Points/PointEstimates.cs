using Kappa.Models;
using Kappa.Spectra;

namespace Kappa.Lab.Points;

/// <summary>What is estimated at a point by Lanczos (P.7, P.8, R.7), within the memory that is allowed.</summary>
internal sealed record PointEstimates(KernelExtremes? KernelEnds, Sharpness? Hessian, SpectralDensity? KernelDensity, string? Omission)
{
    // With fewer products not even the largest eigenvalue would be seen.
    private const int FewestProducts = 20;

    /// <summary>Estimates what is wanted.</summary>
    /// <param name="model">The evaluator; its last forward pass is replaced.</param>
    /// <param name="point">The point.</param>
    /// <param name="isKernelWanted">Whether the kernel's ends are.</param>
    /// <param name="options">What else is, and how much memory it may take.</param>
    /// <param name="isFinite">Whether the loss is; otherwise there is nothing to estimate.</param>
    public static PointEstimates Of(ResidualTransformer model, ModelPoint point, bool isKernelWanted, PointEvaluationOptions options, bool isFinite)
    {
        if (!isFinite)
            return new PointEstimates(null, null, null, isKernelWanted || options.WithHessian || options.WithDensity ? "the loss is not finite" : null);

        // Every product keeps a vector.
        long memory = options.KernelMemory > 0 ? options.KernelMemory : JacobianSpectrum.DefaultMemoryLimit;
        long outputs = (long)point.Targets.Rows * point.Targets.Columns;
        long parameters = point.TrainedBlocks.Sum(block => (long)block.Length);
        int kernelProducts = Affordable(outputs, memory);
        int hessianProducts = Affordable(parameters, memory);
        var missing = new List<string>();
        return new PointEstimates(
            Wanted(isKernelWanted, kernelProducts, "kernel", outputs) ? KernelExtremes.Of(model, point.Weights, point.Trained, new LanczosOptions { MaximumProducts = kernelProducts }) : null,
            Wanted(options.WithHessian, hessianProducts, "Hessian", parameters) ? Sharpness.Of(model, point.Weights, point.Targets, point.Trained, new LanczosOptions { MaximumProducts = hessianProducts }) : null,
            Wanted(options.WithDensity, kernelProducts, "density of the kernel", outputs) ? SpectralDensity.Estimate(new KernelOperator(model, point.Weights, point.Trained), DensityOptions(kernelProducts)) : null,
            missing.Count > 0 ? string.Join("; ", missing) : null);

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

    private static int Affordable(long size, long memory) => (int)Math.Clamp((memory / (sizeof(double) * size)) - 3, 1, new LanczosOptions().MaximumProducts);

    private static SpectralDensityOptions DensityOptions(int products)
    {
        var options = new SpectralDensityOptions();
        return options with { Steps = Math.Min(options.Steps, products) };
    }
}
