using Kappa.Models;

namespace Kappa.Spectra;

/// <summary>Both ends of the spectrum of the Hessian ∇²ℒ (R.7) in the
/// trained parameters, by Lanczos (P.7): estimated, never proven.</summary>
/// <remarks>The Hessian of ℒ = ½‖F − Y‖² is JᵀJ + Σ_i E_i D²F_i: with small residuals the sharpness is
/// close to λ_max(K), and gradient descent with a step above 2/sharpness is locally unstable.</remarks>
/// <param name="LargestEigenvalue">The sharpness: the largest algebraic eigenvalue, from below.</param>
/// <param name="SmallestEigenvalue">The smallest algebraic eigenvalue, from above; negative where the loss is not convex.</param>
/// <param name="Products">Hessian products that were made.</param>
/// <param name="Floor">ε √P ‖T‖: what rounding in the products can make of a zero.</param>
public sealed record Sharpness(EigenvalueEstimate LargestEigenvalue, EigenvalueEstimate SmallestEigenvalue, int Products, double Floor)
{
    /// <summary>The largest modulus of an eigenvalue, from below: that of the end with the larger modulus, with its residual.</summary>
    public EigenvalueEstimate SpectralRadius =>
        Math.Abs(SmallestEigenvalue.Value) > Math.Abs(LargestEigenvalue.Value)
            ? SmallestEigenvalue with { Value = Math.Abs(SmallestEigenvalue.Value) }
            : LargestEigenvalue with { Value = Math.Abs(LargestEigenvalue.Value) };

    /// <summary>The ends at <paramref name="parameters"/>; by default until the largest eigenvalue has converged.</summary>
    /// <param name="model">The model.</param>
    /// <param name="parameters">Where.</param>
    /// <param name="trained">The parameters that the Hessian is taken in.</param>
    /// <param name="options">When to stop; when <c>null</c> the defaults, with the largest end alone waited for.</param>
    /// <exception cref="ArgumentException">The parameters do not fit the model,
    /// a trained name is not in it, or an option is out of range.</exception>
    public static Sharpness Of(IModel model, ModelParameters parameters, TrainedSet trained, LanczosOptions? options = null)
    {
        return Of(new HessianOperator(model, parameters, trained), options);
    }

    /// <summary>The ends of a Hessian that is known by its products; by default until the largest eigenvalue has converged.</summary>
    /// <param name="hessian">∇²ℒ.</param>
    /// <param name="options">When to stop; when <c>null</c> the defaults, with the largest end alone waited for.</param>
    /// <exception cref="ArgumentException">An option is out of range, or the operator is empty.</exception>
    public static Sharpness Of(ISymmetricOperator hessian, LanczosOptions? options = null)
    {
        ExtremeEigenvalues ends = Lanczos.Extremes(hessian, options ?? new LanczosOptions { Ends = SpectrumEnds.Largest });
        return new Sharpness(ends.Largest, ends.Smallest, ends.Products, ends.Floor);
    }
}
