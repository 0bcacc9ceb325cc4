using Kappa.Certificates.Ball;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates.Path;

/// <summary>The local bounds of one block's feed-forward part, Φ = ψ(H W_1) and Z⁺ = ρ_f H + Φ W_2 (C.15 g–i).</summary>
/// <remarks>Source: derived for this project; the rules and their proofs are on the page of the path certificate.</remarks>
internal sealed class LocalFeedForwardBounds
{
    private readonly LayerAtCentre _centre;
    private readonly ParameterBall _ball;
    private readonly BlockIndices _at;
    private readonly LocalBound _input;
    private readonly Activation _activation;
    private readonly SpectralNorm _norms;
    private readonly UpperBound _residual, _slope, _ffnInNorm, _ffnOutNorm, _ffnInRadius, _ffnOutRadius;
    private readonly ActivationRowBounds _rows;
    private readonly UpperBound[] _preactivation;

    /// <param name="centre">The block at θ_0.</param>
    /// <param name="ball">Where the bounds shall hold.</param>
    /// <param name="at">Index of its matrices.</param>
    /// <param name="input">Bounds of H, closed.</param>
    /// <param name="shape">ρ_f and ψ.</param>
    /// <param name="norms">Workspace.</param>
    public LocalFeedForwardBounds(
        LayerAtCentre centre, ParameterBall ball, BlockIndices at, LocalBound input, ResidualTransformerShape shape, SpectralNorm norms)
    {
        (_centre, _ball, _at, _input, _activation, _norms) = (centre, ball, at, input, shape.Activation, norms);
        (_residual, _slope) = ((UpperBound)shape.FfnResidual, UpperBound.OfComputed(shape.Activation.DerivativeBound));
        (_ffnInRadius, _ffnOutRadius) = (ball[at.FfnIn], ball[at.FfnOut]);
        (_ffnInNorm, _ffnOutNorm) = (centre.FfnInNorm + _ffnInRadius, centre.FfnOutNorm + _ffnOutRadius);
        _rows = new ActivationRowBounds(centre, ball, at, input, shape, norms);
        _preactivation = [.. input.First.Select(first => first * _ffnInNorm)];
        _preactivation[at.FfnIn] += input.Norm;
        Hidden = BoundHidden();
        Output = new LocalBound(centre.Output, at.Blocks);
    }

    /// <summary>Bounds of Φ, closed.</summary>
    public LocalBound Hidden { get; }

    /// <summary>Bounds of Z⁺, not yet closed.</summary>
    public LocalBound Output { get; }

    /// <summary>sup ‖W_1 diag(ψ'_r)‖₂ [M].</summary>
    public UpperBound[] FfnIn => _rows.FfnIn;

    /// <summary>Fills <see cref="Output"/> (C.15 h, i).</summary>
    /// <param name="attention">The bounds that led to H.</param>
    public void BoundOutput(LocalAttentionBounds attention)
    {
        BoundOutputFirst(attention);
        BoundOutputSecond();
    }

    // (C.15 h)  ℓ_b(Φ)
    private LocalBound BoundHidden()
    {
        var hidden = new LocalBound(_centre.Hidden, _at.Blocks);
        UpperBound steepest = UpperBound.Max(_rows.FfnIn);
        for (int b = 0; b <= _at.Blocks; b++)
        {
            bool isFfnIn = b == _at.FfnIn;
            hidden.First[b] = UpperBound.Min(_slope * _preactivation[b], isFfnIn ? UnitBound() : steepest * _input.First[b]);
            for (int r = 0; r < _rows.FfnIn.Length; r++)
            {
                UpperBound own = isFfnIn ? _slope * _input.RowNorm[r] : default;
                hidden.FirstRows[b][r] = UpperBound.Min(
                    _slope * _input.FirstRows[b][r] * _ffnInNorm, _input.FirstRows[b][r] * _rows.FfnIn[r])
                    + own;
            }
        }

        return hidden;
    }

    // max_j ‖diag(ψ'_j) H‖₂: its bound at θ_0, plus what ψ' and H can change
    private UpperBound UnitBound()
    {
        UpperBound largest = default;
        for (int j = 0; j < _rows.UnitChange.Length; j++)
        {
            largest = UpperBound.Max(
                largest,
                _centre.UnitNorms[j]
                    + (
                        UpperBound.Min(
                            _rows.UnitChange[j],
                            UpperBound.OfComputed(_activation.DerivativeRange)) * (_input.CentreNorm + _input.Centre.Error)));
        }

        return UpperBound.Min(_slope * _input.Norm, largest + (_slope * _input.Change));
    }

    /// <summary>ℓ_V(Φ) through diag(w1) G, then closes Φ (C.15 h).</summary>
    public void CloseHidden(LocalAttentionBounds attention)
    {
        Hidden.First[_at.Value] = UpperBound.Min(
            Hidden.First[_at.Value], attention.Weighted(attention.Mixed.Centre, attention.Mixed.Change, _rows.FfnIn));
        _ = Hidden.Close(_ball, _centre.HiddenNorm);
    }

    private void BoundOutputFirst(LocalAttentionBounds attention)
    {
        UpperBound[] transfer = _rows.Transfer;
        UpperBound largestTransfer = UpperBound.Max(transfer);
        for (int b = 0; b <= _at.Blocks; b++)
        {
            Output.First[b] = UpperBound.Min(
                (_residual * _input.First[b]) + (_ffnOutNorm * Hidden.First[b]), largestTransfer * _input.First[b]);
            for (int r = 0; r < transfer.Length; r++)
            {
                Output.FirstRows[b][r] = UpperBound.Min(
                    (_residual * _input.FirstRows[b][r]) + (_ffnOutNorm * Hidden.FirstRows[b][r]), transfer[r] * _input.FirstRows[b][r]);
            }
        }

        Output.First[_at.Value] = UpperBound.Min(
            Output.First[_at.Value], attention.Weighted(attention.Mixed.Centre, attention.Mixed.Change, transfer));
        TokenRowsAtCentre rows = _centre.Rows;
        attention.LimitByCovariance(
            Output, attention.KeyCovarianceThrough(rows.KeyCovarianceOutput, transfer, _rows.TransferChange),
            attention.CovarianceThrough(rows.CovarianceOutput, transfer, _rows.TransferChange));
        Output.First[_at.FfnIn] = attention.Weighted(_centre.AttentionOutput, _input.Change, _rows.FfnOut);
        Output.First[_at.FfnOut] = Hidden.Norm;
        for (int r = 0; r < transfer.Length; r++)
        {
            Output.FirstRows[_at.FfnIn][r] = _rows.FfnOut[r] * _input.RowNorm[r];
            Output.FirstRows[_at.FfnOut][r] = Hidden.RowNorm[r];
        }
    }

    // (C.15 i)
    private void BoundOutputSecond()
    {
        UpperBound transfer = UpperBound.Max(_rows.Transfer), ffnOut = UpperBound.Max(_rows.FfnOut);
        UpperBound[] entry = _rows.CurvedEntry, row = _rows.CurvedRow;
        UpperBound largestOutRow = UpperBound.Max(_centre.FfnOutRowNorms) + _ffnOutRadius;
        for (int b = 0; b <= _at.Blocks; b++)
        {
            for (int c = 0; c <= b; c++)
            {
                UpperBound byEntry = _ffnOutNorm * UpperBound.Min(entry[b] * _preactivation[c], _preactivation[b] * entry[c]);
                UpperBound byRow = largestOutRow * UpperBound.Min(row[b] * _preactivation[c], _preactivation[b] * row[c]);
                UpperBound curved = UpperBound.Min(byEntry, byRow);
                curved = b == _at.FfnIn && c == _at.FfnIn ? UpperBound.Min(curved, _rows.CurvedUnits) : curved;
                Output.AddSecond(b, c, (transfer * _input.Second[b, c]) + curved);
            }
        }

        for (int b = 0; b <= _at.Blocks; b++)
        {
            Output.AddSecond(_at.FfnIn, b, ffnOut * _input.First[b]);
            Output.AddSecond(_at.FfnOut, b, Hidden.First[b]);
        }
    }
}
