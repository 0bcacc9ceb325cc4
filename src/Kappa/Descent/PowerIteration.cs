using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Descent;

/// <summary>An estimate of λ_max(J Jᵀ), the largest eigenvalue of the neural tangent kernel (P.4), and how good it is.</summary>
/// <param name="Value">The Rayleigh quotient ‖J v‖² at the last unit vector v: never above λ_max but for rounding.</param>
/// <param name="Residual">‖JᵀJ v − Value·v‖: some eigenvalue lies within this distance of Value.</param>
/// <param name="Iterations">Products with JᵀJ that were made.</param>
/// <param name="Converged">Whether the residual came below the tolerance times Value.</param>
public readonly record struct LargestKernelEigenvalue(double Value, double Residual, int Iterations, bool Converged);

/// <summary>Power iteration on JᵀJ by one tangent (J v) and one backward pass (Jᵀ u) per iteration.</summary>
/// <remarks>
/// The start vector is Gaussian from the sequence <c>power-iteration</c> of the seed, so the result is a function of the arguments. The
/// largest eigenvalue is approached from below with error ratio (λ₂/λ₁)² per iteration; a start orthogonal to the leading vector has
/// probability zero. When J is zero the value is 0 and counts as converged.
/// </remarks>
public static class PowerIteration
{
    /// <summary>λ_max(J Jᵀ) at <paramref name="parameters"/>.</summary>
    /// <param name="model">The model.</param>
    /// <param name="parameters">Where.</param>
    /// <param name="trained">Parameters that J is taken in.</param>
    /// <param name="seed">Seed of the start vector.</param>
    /// <param name="tolerance">Relative residual at which to stop, dimensionless.</param>
    /// <param name="maximumIterations">Most iterations, at least 1.</param>
    /// <exception cref="ArgumentException">The parameters do not fit the model, or a trained name is not in it.</exception>
    public static LargestKernelEigenvalue Estimate(
        IModel model, ModelParameters parameters, TrainedSet trained, long seed = 0, double tolerance = 1e-6, int maximumIterations = 500)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(trained);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maximumIterations);
        var vector = new ModelParameters(model.Layout);
        var image = new ModelParameters(model.Layout);
        Matrix tangent = Matrix.Allocate(model.Samples * model.OutputRows, model.OutputColumns);
        SetStart(vector, trained, seed);
        var estimate = new LargestKernelEigenvalue(0, 0, 0, false);
        for (int iteration = 1; iteration <= maximumIterations && !estimate.Converged; iteration++)
        {
            // u = J v,  λ = ‖u‖²,  w = Jᵀ u,  residual ‖w − λ v‖
            model.Tangent(parameters, model.AllSamples, vector, tangent);
            model.Backward(parameters, model.AllSamples, tangent, image, trained);
            double value = Vectors.SquaredNorm(tangent.Span);
            Vectors.Scale(vector.Vector, value);
            double residual = Math.Sqrt(Vectors.SquaredDistance(image.Vector, vector.Vector));
            estimate = new LargestKernelEigenvalue(value, residual, iteration, residual <= tolerance * value);
            Normalise(image.Vector, vector.Vector);
        }

        return estimate;
    }

    private static void SetStart(ModelParameters vector, TrainedSet trained, long seed)
    {
        new RandomSequence(seed, "power-iteration").FillGaussian(vector.Vector);
        foreach (ParameterBlock block in vector.Layout.Blocks.Where(block => !trained.Includes(block)))
        {
            vector[block].Fill(0);
        }

        Normalise(vector.Vector, vector.Vector);
    }

    private static void Normalise(double[] source, double[] destination)
    {
        double norm = Vectors.Norm(source);
        source.CopyTo(destination, 0);
        Vectors.Scale(destination, norm == 0 ? 0 : 1 / norm);
    }
}
