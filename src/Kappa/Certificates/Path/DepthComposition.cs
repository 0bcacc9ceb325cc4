using Kappa.Certificates.Ball;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates.Path;

/// <summary>The chain rule over the blocks of the model: what a block does to its
/// input, composed with how that input depends on earlier blocks (C.17).</summary>
/// <param name="ball">Where the bounds shall hold.</param>
/// <param name="at">Indices of the block.</param>
/// <param name="previous">Bounds of the block's input with its own second derivatives.</param>
internal sealed class DepthComposition(ParameterBall ball, BlockIndices at, LocalBound previous)
{
    private UpperBound _attentionTransfer;

    /// <summary>Limits the first derivatives of H by T^H ℓ_b(Z).</summary>
    /// <param name="attentionOutput">Bounds of H with the pseudo-block, before closing.</param>
    /// <param name="centre">‖∂H/∂Z‖ at θ_0.</param>
    public void LimitAttention(LocalBound attentionOutput, UpperBound centre)
    {
        _attentionTransfer = LimitFirst(attentionOutput, centre);
        for (int b = 0; b <= at.Blocks; b++)
        {
            attentionOutput.LimitRows(b);
        }
    }

    /// <summary>Composes the second derivatives of Z⁺ and H, and the first ones of Z⁺.</summary>
    /// <param name="output">Bounds of Z⁺ with the pseudo-block.</param>
    /// <param name="centre">‖∂Z⁺/∂Z‖ at θ_0.</param>
    /// <param name="attentionOutput">Bounds of H with the pseudo-block.</param>
    public void Compose(LocalBound output, UpperBound centre, LocalBound attentionOutput)
    {
        UpperBound transfer = LimitFirst(output, centre);
        ComposeSecond(output, transfer);
        ComposeSecond(attentionOutput, _attentionTransfer);
    }

    // T = ‖∂/∂Z‖ at the centre + q_ZZ ‖ΔZ‖ + Σ_c q_Zc C_c, and ℓ_b ← min(ℓ_b, T ℓ_b(Z))
    private UpperBound LimitFirst(LocalBound bound, UpperBound centre)
    {
        var own = new UpperBound[ball.Blocks];
        for (int c = 0; c < own.Length; c++)
        {
            own[c] = at.IsOwn(c) ? bound.Second[at.Input, c] : default;
        }

        UpperBound change = bound.Second[at.Input, at.Input] * previous.Change;
        UpperBound transfer = UpperBound.Min(bound.First[at.Input], centre + change + ball.Reach(own));
        bound.First[at.Input] = transfer;
        for (int b = 0; b < at.Query; b++)
        {
            bound.First[b] = UpperBound.Min(bound.First[b], transfer * previous.First[b]);
        }

        return transfer;
    }

    // q_bc = T q_bc(Z) + min(direct, q_ZZ ℓ_bℓ_c for two earlier blocks, q_Zc ℓ_b for one)
    private void ComposeSecond(LocalBound bound, UpperBound transfer)
    {
        for (int b = 0; b < at.End; b++)
        {
            for (int c = 0; c < at.End; c++)
            {
                if (at.IsEarlier(b) || at.IsEarlier(c))
                {
                    UpperBound through = transfer * previous.Second[b, c];
                    bound.Second[b, c] = UpperBound.Min(bound.Second[b, c], Chain(bound, b, c)) + through;
                }
            }
        }
    }

    private UpperBound Chain(LocalBound bound, int b, int c) => (at.IsEarlier(b), at.IsEarlier(c)) switch
    {
        (true, true) => bound.Second[at.Input, at.Input] * previous.First[b] * previous.First[c],
        (true, false) => bound.Second[at.Input, c] * previous.First[b],
        _ => bound.Second[at.Input, b] * previous.First[c],
    };
}
