using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates.Ball;

/// <summary>Bounds of the matrices of the last block and of the output on a ball (C.1–C.6).</summary>
/// <param name="AttentionOutput">H of the last block (R.2).</param>
/// <param name="Hidden">Φ of the last block (R.3).</param>
/// <param name="LastOutput">Z^L (R.3); its value is meaningful with a readout only.</param>
/// <param name="Output">F (R.4).</param>
internal sealed record ResidualTransformerBounds(
    DerivativeBounds AttentionOutput, DerivativeBounds Hidden, DerivativeBounds LastOutput, DerivativeBounds Output)
{
    /// <summary>Propagates the bounds from the inputs to the output, block after block.</summary>
    /// <param name="calculus">The ball's rules.</param>
    /// <param name="shape">The model.</param>
    /// <param name="tokens">n.</param>
    /// <param name="centre">Norms at θ_0.</param>
    public static ResidualTransformerBounds Propagate(
        BoundCalculus calculus, ResidualTransformerShape shape, int tokens, SpectralNormsAtCentre centre)
    {
        DerivativeBounds z = calculus.Constant(0), h = z, phi = z;
        for (int l = 0; l < shape.Depth; l++)
        {
            LayerSpectralNorms norms = centre.Layers[l];

            // (R.1, R.2) H = ρ_a Z + (A Z) W_V
            var at = BlockIndices.Of(l, shape.Depth);
            DerivativeBounds mixed = AttentionDerivativeBounds.Mixed(
                calculus, z, Weight(at.Query), Weight(at.Key), shape.LogitScale, tokens, norms);
            h = calculus.About(
                norms.AttentionOutput, BoundCalculus.Sum(shape.AttentionResidual, z, BoundCalculus.Product(mixed, Weight(at.Value))));

            // (R.3) Φ = ψ(H W_1), Z⁺ = ρ_f H + Φ W_2
            phi = calculus.Map(
                BoundCalculus.Product(h, Weight(at.FfnIn)), UpperBound.OfComputed(shape.Activation.DerivativeBound),
                UpperBound.OfComputed(shape.Activation.SecondDerivativeBound ?? double.PositiveInfinity), norms.Hidden);
            z = BoundCalculus.Sum(shape.FfnResidual, h, BoundCalculus.Product(phi, Weight(at.FfnOut)));
        }

        // (R.4) F = Z^L W_U
        int readout = BlockIndices.ReadoutOf(shape.Depth);
        z = shape.ReadoutWidth is null ? z : calculus.About(centre.LastOutput, z);
        DerivativeBounds output = shape.ReadoutWidth is null
            ? z
            : BoundCalculus.Product(z, calculus.Parameter(readout, centre.Parameters[readout]));
        return new ResidualTransformerBounds(h, phi, z, output);

        DerivativeBounds Weight(int index) => calculus.Parameter(index, centre.Parameters[index]);
    }
}
