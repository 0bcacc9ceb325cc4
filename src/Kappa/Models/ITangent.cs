namespace Kappa.Models;

/// <summary>A trainable model whose output can be differentiated along a direction in one pass: with <see cref="ITrainable.Backward"/> it gives exact products with the kernel J Jᵀ (P.4).</summary>
public interface ITangent : ITrainable
{
    /// <summary>J v over all samples: the derivative of F(θ + t v) at t = 0, exact but for rounding, in double precision whatever that of the passes.</summary>
    /// <param name="parameters">θ; not changed.</param>
    /// <param name="direction">v; zero in what is not trained. Not changed.</param>
    /// <param name="tangent">Overwritten: J v [N·rows, columns].</param>
    /// <exception cref="ArgumentException">A layout or shape differs.</exception>
    void Tangent(ModelParameters parameters, ModelParameters direction, Matrix tangent);
}
