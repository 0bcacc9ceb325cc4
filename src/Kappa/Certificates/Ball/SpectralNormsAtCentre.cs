using Kappa.Certificates.Enclosures;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates.Ball;

/// <summary>Spectral norms of what one block computes at θ_0.</summary>
/// <param name="Inputs">‖Z_i‖₂ of each sample [N].</param>
/// <param name="Attention">max_i ‖A_i‖₂; √n, which bounds it, where the input is constant and it is not used.</param>
/// <param name="Mixed">‖A Z‖₂ of the stacked rows.</param>
/// <param name="AttentionOutput">‖H‖₂.</param>
/// <param name="Hidden">‖Φ‖₂.</param>
internal sealed record LayerSpectralNorms(
    UpperBound[] Inputs, UpperBound Attention, UpperBound Mixed, UpperBound AttentionOutput, UpperBound Hidden);

/// <summary>Everything that the bounds on a ball need to know about its centre θ_0: spectral
/// norms, and the smallest singular values of the last block. Computed once a point.</summary>
/// <remarks>Every norm is at least, every floor at most that of the exact matrix: the errors of
/// <see cref="PreciseForward"/> are added or taken off (C.39). A floor is 0 where the shape has none.</remarks>
internal sealed class SpectralNormsAtCentre
{
    private readonly SpectralNorm _norms = new();

    /// <summary>Computes them.</summary>
    /// <param name="point">The point.</param>
    public SpectralNormsAtCentre(ResidualTransformerPoint point)
    {
        var forward = new PreciseForward(point);
        (ResidualNorm, Underflows) = (forward.ResidualNorm, forward.Underflows);
        HiddenFloor = EnclosedMatrix.Of(forward.Last.Hidden).RowFloor();
        AttentionOutputFloor = EnclosedMatrix.Of(forward.Last.AttentionOutput).RowFloor();
        var lastOutput = EnclosedMatrix.Of(forward.Last.Output);
        (LastOutput, LastOutputFloor) = point.Weights.Readout is null
            ? (default, default)
            : (lastOutput.Largest(_norms), lastOutput.RowFloor());
        Parameters = [.. point.Weights.Layout.Blocks.Select(block => _norms.Of(point.Weights[block]))];
        FfnOutFloor = SingularValueFloor.OfColumns(point.Weights.Block(point.Shape.Depth - 1).FfnOut);
        ReadoutFloor = point.Weights.Readout is Matrix readout ? SingularValueFloor.OfColumns(readout) : (LowerBound)1;
        Layers = [.. forward.Layers.Select((layer, l) => Norms(layer, point.Model, isFirst: l == 0))];
    }

    /// <summary>R = ‖F − Y‖ = √(2ℒ_0) at most.</summary>
    public UpperBound ResidualNorm { get; }

    /// <summary>Whether squares of the last features or attention outputs underflow.</summary>
    public bool Underflows { get; }

    /// <summary>‖W_b⁰‖₂ in layout order.</summary>
    public UpperBound[] Parameters { get; }

    /// <summary>The blocks' intermediate matrices.</summary>
    public LayerSpectralNorms[] Layers { get; }

    /// <summary>‖Z^L‖₂; 0 without readout, where it is not used.</summary>
    public UpperBound LastOutput { get; }

    /// <summary>σ_M(Φ) of the last block; 0 when m &lt; M.</summary>
    public LowerBound HiddenFloor { get; }

    /// <summary>σ_M(H) of the last block; 0 when d &lt; M.</summary>
    public LowerBound AttentionOutputFloor { get; }

    /// <summary>σ_M(Z^L) with a readout; 0 when d &lt; M or without readout.</summary>
    public LowerBound LastOutputFloor { get; }

    /// <summary>σ_d(W_2) of the last block; 0 when m &lt; d.</summary>
    public LowerBound FfnOutFloor { get; }

    /// <summary>σ_{d_out}(W_U); 0 when d &lt; d_out, 1 without readout.</summary>
    public LowerBound ReadoutFloor { get; }

    /// <summary>Whether every norm is a finite number.</summary>
    public bool AreFinite =>
        Parameters.All(norm => norm.IsFinite) && LastOutput.IsFinite
        && Layers.All(layer =>
            layer.Inputs.All(norm => norm.IsFinite) && (layer.Attention + layer.Mixed + layer.AttentionOutput + layer.Hidden).IsFinite);

    private LayerSpectralNorms Norms(PreciseLayer layer, ResidualTransformer model, bool isFirst) => new(
        EachSample(EnclosedMatrix.Of(layer.Input), model),
        isFirst ? UpperBound.Sqrt(model.Tokens) : UpperBound.Max(EachSample(EnclosedMatrix.Of(layer.Attention), model)),
        EnclosedMatrix.Of(layer.Mixed).Largest(_norms),
        EnclosedMatrix.Of(layer.AttentionOutput).Largest(_norms),
        EnclosedMatrix.Of(layer.Hidden).Largest(_norms));

    private UpperBound[] EachSample(EnclosedMatrix stacked, ResidualTransformer model)
    {
        int tokens = model.Tokens;
        return [.. Enumerable.Range(0, model.Samples).Select(i =>
            _norms.Of(stacked.Values.RowRange(i * tokens, tokens)) + UpperBound.Norm(stacked.RowError.AsSpan(i * tokens, tokens)))];
    }
}
