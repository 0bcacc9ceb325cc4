using System.Globalization;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>What is estimated at a point by Lanczos (P.7, P.8, R.7), within the memory that is allowed.</summary>
/// <param name="KernelEnds">Both ends of the kernel; <see langword="null"/> when not asked for or not possible.</param>
/// <param name="Hessian">Both ends of the Hessian of the loss; likewise.</param>
/// <param name="KernelDensity">Where the eigenvalues of the kernel are; likewise.</param>
/// <param name="Omission">Why something that was asked for is missing; <see langword="null"/> when nothing is.</param>
public sealed record PointEstimates(KernelExtremes? KernelEnds, Sharpness? Hessian, SpectralDensity? KernelDensity, string? Omission)
{
    /// <summary>Why the Hessian that was asked for has no ends although it could be
    /// afforded: a kink of the activation; <see langword="null"/> when it has.</summary>
    public string? HessianKink { get; private init; }

    // With fewer products not even the largest eigenvalue would be seen.
    private const int FewestProducts = 20;

    /// <summary>Estimates what is wanted.</summary>
    /// <param name="point">The point.</param>
    /// <param name="isKernelWanted">Whether the kernel's ends are.</param>
    /// <param name="options">What else is, and how much memory it may take.</param>
    /// <param name="isFinite">Whether the loss is; otherwise there is nothing to estimate.</param>
    internal static PointEstimates Of(ModelPoint point, bool isKernelWanted, PointEvaluationOptions options, bool isFinite)
    {
        if (!isFinite)
            return new PointEstimates(
                null, null, null, isKernelWanted || options.WithHessian || options.WithDensity ? "the loss is not finite" : null);

        // Every product keeps a vector.
        long memory = options.KernelMemory > 0 ? options.KernelMemory : JacobianSpectrum.DefaultMemoryLimit;
        long outputs = point.Outputs, parameters = point.TrainedParameters;
        int kernelProducts = Affordable(outputs, memory), hessianProducts = Affordable(parameters, memory);
        var missing = new List<string>();
        var kernel = new KernelOperator(point.Exact, point.Parameters, point.Trained);
        bool isHessianWanted = Wanted(options.WithHessian, hessianProducts, "Hessian", parameters),
            hasKink = isHessianWanted && StandsOnKink(point);
        return new PointEstimates(
            Wanted(isKernelWanted, kernelProducts, "kernel", outputs)
                ? KernelExtremes.Of(kernel, parameters, new LanczosOptions { MaximumProducts = kernelProducts })
                : null,
            isHessianWanted && !hasKink
                ? Sharpness.Of(
                    new HessianOperator(point.Exact, point.Parameters, point.Trained),
                    new LanczosOptions { MaximumProducts = hessianProducts })
                : null,
            Wanted(options.WithDensity, kernelProducts, "density of the kernel", outputs)
                ? SpectralDensity.Estimate(kernel, DensityOptions(kernelProducts))
                : null,
            missing.Count > 0 ? string.Join("; ", missing) : null)
        {
            HessianKink = hasKink ? DifferencedHessian.KinkReason : null,
        };

        bool Wanted(bool isWanted, int products, string what, long size)
        {
            if (isWanted && products < FewestProducts && products < size)
            {
                const double mebibyte = 1 << 20;
                missing.Add(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"the {what} needs {FewestProducts} vectors of {size} numbers, "
                            + $"{Math.Ceiling(sizeof(double) * size * FewestProducts / mebibyte):F0} MiB, but "
                            + $"{Math.Floor(memory / mebibyte):F0} MiB are allowed"));
                return false;
            }

            return isWanted;
        }
    }

    // An exact product cannot see that the gradient jumps at the point itself;
    // a difference along one direction that moves every parameter does.
    private static bool StandsOnKink(ModelPoint point)
    {
        if (!point.Model.HasKinks)
            return false;

        // The point keeps its model: the loss is not disposed of.
        var loss = new ModelLoss(point.Exact, point.Parameters, point.Trained);
        double[] at = loss.Coordinates.Gather(point.Parameters.Vector), direction = new double[at.Length];
        new RandomSequence(0, "kink at the point").FillGaussian(direction);
        var hessian = new DifferencedHessian(loss, at);
        hessian.Apply(direction, new double[at.Length]);
        return hessian.FoundKink;
    }

    private static int Affordable(long size, long memory) =>
        (int)Math.Clamp((memory / (sizeof(double) * size)) - 3, 1, new LanczosOptions().MaximumProducts);

    private static SpectralDensityOptions DensityOptions(int products)
    {
        var options = new SpectralDensityOptions();
        return options with { Steps = Math.Min(options.Steps, products) };
    }
}
