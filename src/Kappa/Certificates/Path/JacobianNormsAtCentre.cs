using Kappa.Certificates.Enclosures;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates.Path;

/// <summary>Bounds of the norms of the first derivatives of one block's output at θ_0: in its
/// input, in every weight matrix up to it, and in all trained ones together (C.17).</summary>
/// <remarks>Norms of the computed matrices with the error of computing them
/// (C.37): above the exact ones by little more than rounding.</remarks>
internal sealed class JacobianNormsAtCentre
{
    // Norms over the weights cost (M d)³; beyond this order only those in the input are computed.
    private const int LargestOrder = 700;

    private GramEnclosure[] _grams = [];

    /// <summary>max_i ‖∂Z⁺_i/∂Z_i‖₂; 0 for the first block, whose input is constant.</summary>
    public UpperBound Transfer { get; private init; }

    /// <summary>max_i ‖∂H_i/∂Z_i‖₂; 0 for the first block.</summary>
    public UpperBound AttentionTransfer { get; private init; }

    /// <summary>‖∂Z⁺/∂W_b‖ for each b up to this block, or <c>null</c> where it is not computed.</summary>
    public UpperBound[]? Output { get; private set; }

    /// <summary>‖diag(‖W_1 diag(ψ'_r)‖) ∂H/∂W_b‖ for each b up to W_V of this block, or <c>null</c> where it is not computed.</summary>
    public UpperBound[]? Hidden { get; private set; }

    /// <summary>‖∂Z⁺/∂(all trained blocks)‖; infinite where it is not computed. For the last block this is σ_max(J).</summary>
    public UpperBound JointOutput { get; private set; } = UpperBound.Infinity;

    /// <summary>σ_min of the Jacobian of Z⁺ in all trained blocks at least; 0 where it is
    /// not computed or nothing can be shown. For the last block this is σ_min(J).</summary>
    public LowerBound JointFloor { get; private set; }

    /// <summary>‖diag(‖W_1 diag(ψ'_r)‖) ∂H/∂(all trained blocks before W_1 of this block)‖; infinite where it is not computed.</summary>
    public UpperBound JointHidden { get; private set; } = UpperBound.Infinity;

    /// <summary>Whether the norms over the weights are computed for a problem of this size.</summary>
    public static bool IsAffordable(int rows, int width) => (long)rows * width <= LargestOrder;

    /// <summary>One for each block.</summary>
    /// <param name="shape">The model.</param>
    /// <param name="layers">Its blocks at θ_0, with stacks where there is more than one or the floor is wanted.</param>
    /// <param name="isTrained">Which blocks of the layout are trained.</param>
    /// <param name="norms">Workspace.</param>
    /// <param name="wantsFloor">Whether σ_min(J) is wanted.</param>
    public static JacobianNormsAtCentre[] Of(
        ResidualTransformerShape shape, LayerAtCentre[] layers, IReadOnlyList<bool> isTrained, SpectralNorm norms, bool wantsFloor)
    {
        var result = new JacobianNormsAtCentre[layers.Length];
        bool wantsGrams = wantsFloor || (layers.Length > 1 && IsAffordable(layers[0].Input.Values.Rows, shape.Width));
        for (int layer = 0; layer < layers.Length; layer++)
        {
            LayerAtCentre centre = layers[layer];
            InputJacobian? output = layer == 0 ? null : InputJacobian.Of(shape, centre, toAttentionOutput: false);
            InputJacobian? attention = layer == 0 ? null : InputJacobian.Of(shape, centre, toAttentionOutput: true);
            result[layer] = new JacobianNormsAtCentre
            { Transfer = output?.Norm(norms) ?? default, AttentionTransfer = attention?.Norm(norms) ?? default };
            if (wantsGrams && centre.Rows.Stacks is TokenRowStacks stacks)
            {
                GramEnclosure[] earlier = layer == 0 ? [] : result[layer - 1]._grams;
                GramEnclosure[] outputGrams = [
                    .. earlier.Select(gram => output!.Carry(gram)), .. WeightJacobianGrams.OfOutput(centre, stacks, shape.LogitScale)];
                GramEnclosure[] hiddenGrams = [
                    .. earlier.Select(gram => attention!.Carry(gram)),
                    .. WeightJacobianGrams.OfAttentionOutput(centre, stacks, shape.LogitScale)];
                hiddenGrams = [.. hiddenGrams.Select(gram => gram.Weighted(centre.Rows.FfnIn))];
                result[layer].Take(outputGrams, hiddenGrams, layers.Length > 1, layer == layers.Length - 1, isTrained, norms);
                if (layer > 0)
                {
                    result[layer - 1]._grams = []; // Carried on: the next block needs those of this one alone.
                }

                if (wantsFloor && layer == layers.Length - 1)
                {
                    result[layer].JointFloor = GramEnclosure.Sum(outputGrams, isTrained).RootFloor();
                }
            }
        }

        return result;
    }

    // Block by block where later blocks build on it, jointly at the end.
    private void Take(
        GramEnclosure[] outputGrams, GramEnclosure[] hiddenGrams, bool isDeep, bool isLast, IReadOnlyList<bool> isTrained,
        SpectralNorm norms)
    {
        _grams = outputGrams;
        if (isDeep)
        {
            Output = [.. outputGrams.Select(gram => gram.RootNorm(norms))];
            Hidden = [.. hiddenGrams.Select(gram => gram.RootNorm(norms))];
        }

        if (isLast)
        {
            JointOutput = GramEnclosure.Sum(outputGrams, isTrained).RootNorm(norms);
            JointHidden = GramEnclosure.Sum(hiddenGrams, isTrained).RootNorm(norms);
        }
    }
}
