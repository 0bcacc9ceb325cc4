using Kappa.Certificates.Ball;
using Kappa.Certificates.Enclosures;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates.Path;

/// <summary>The local bounds of one block's attention, G = A Z and H = ρ_a Z + G W_V (C.15 a–f).</summary>
/// <remarks>Source: derived for this project; the rules and their proofs are on the
/// page of the path certificate. Every array is over the M token rows.</remarks>
internal sealed class LocalAttentionBounds
{
    private readonly LayerAtCentre _centre;
    private readonly ParameterBall _ball;
    private readonly BlockIndices _at;
    private readonly LocalBound _input;
    private readonly UpperBound _temperature;
    private readonly SpectralNorm _norms;
    private readonly AttentionRowBounds _rows;
    private readonly UpperBound _queryNorm, _keyNorm, _valueNorm, _columnRoot, _attentionNorm;

    /// <param name="centre">The block at θ_0.</param>
    /// <param name="ball">Where the bounds shall hold.</param>
    /// <param name="at">Index of its matrices.</param>
    /// <param name="input">Bounds of Z, closed, with the pseudo-block.</param>
    /// <param name="temperature">|τ|.</param>
    /// <param name="norms">Workspace.</param>
    public LocalAttentionBounds(
        LayerAtCentre centre, ParameterBall ball, BlockIndices at, LocalBound input, UpperBound temperature, SpectralNorm norms)
    {
        (_centre, _ball, _at, _input, _temperature, _norms) = (centre, ball, at, input, temperature, norms);
        _queryNorm = centre.QueryNorm + ball[at.Query];
        _keyNorm = centre.KeyNorm + ball[at.Key];
        _valueNorm = centre.ValueNorm + ball[at.Value];
        _rows = new AttentionRowBounds(centre, ball, at, input, temperature);
        _columnRoot = UpperBound.Sqrt(_rows.LargestColumnSum);
        _attentionNorm = UpperBound.Min(_columnRoot, _rows.AttentionNorm);
        Mixed = BoundMixed();
        Output = new LocalBound(centre.AttentionOutput, at.Blocks);
    }

    /// <summary>Bounds of G = A Z.</summary>
    public LocalBound Mixed { get; }

    /// <summary>Bounds of H, not yet closed.</summary>
    public LocalBound Output { get; }

    /// <summary>sup ‖diag(w) Z‖₂ (C.15).</summary>
    public UpperBound WeightedInput(ReadOnlySpan<UpperBound> weights) => Weighted(_input.Centre, _input.Change, weights);

    /// <summary>sup ‖diag(w) Z W_Q‖₂ by the better of two routes.</summary>
    public UpperBound WeightedQuery(ReadOnlySpan<UpperBound> weights) => UpperBound.Min(
        Weighted(
            _centre.Query,
            (_input.Change * _queryNorm) + ((_input.CentreNorm + _input.Centre.Error) * _ball[_at.Query]) + _centre.Query.Error, weights),
        WeightedInput(weights) * _queryNorm);

    /// <summary>‖diag(w) Ĉ‖₂ + max w · change, the change from the doubles Ĉ, so with their error.</summary>
    public UpperBound Weighted(EnclosedMatrix centre, UpperBound change, ReadOnlySpan<UpperBound> weights) =>
        _norms.Of(centre.Values, weights) + (UpperBound.Max(weights) * change);

    /// <summary>Fills <see cref="Output"/>: H = ρ_a Z + G W_V (C.15 f).</summary>
    /// <param name="residual">|ρ_a|.</param>
    public void BoundOutput(UpperBound residual)
    {
        int value = _at.Value;
        for (int b = 0; b <= _at.Blocks; b++)
        {
            Output.First[b] = (residual * _input.First[b]) + (_valueNorm * Mixed.First[b]) + (b == value ? Mixed.Norm : default);
            for (int r = 0; r < _input.RowNorm.Length; r++)
            {
                Output.FirstRows[b][r] = (residual * _input.FirstRows[b][r]) + (_valueNorm * Mixed.FirstRows[b][r])
                    + (b == value ? Mixed.RowNorm[r] : default);
            }

            for (int c = 0; c <= _at.Blocks; c++)
            {
                Output.Second[b, c] = _valueNorm * Mixed.Second[b, c];
            }
        }

        for (int b = 0; b <= _at.Blocks; b++)
        {
            // The product rule: ∂²(G W_V) has the derivative of G once for W_V.
            Output.AddSecond(value, b, Mixed.First[b]);
        }

        LimitByCovariance(Output, _rows.KeyCovariance, _rows.Covariance);
    }

    /// <summary>ℓ_Q ≤ τ ‖diag(query_r) Z‖₂ and ℓ_K ≤ τ ‖diag(key_r) Z W_Q‖₂, in total and by row (C.15 f).</summary>
    public void LimitByCovariance(LocalBound bound, UpperBound[] query, UpperBound[] key)
    {
        int q = _at.Query, k = _at.Key;
        bound.First[q] = UpperBound.Min(bound.First[q], _temperature * WeightedInput(query));
        bound.First[k] = UpperBound.Min(bound.First[k], _temperature * WeightedQuery(key));
        for (int r = 0; r < query.Length; r++)
        {
            bound.FirstRows[q][r] = UpperBound.Min(bound.FirstRows[q][r], _temperature * query[r] * _input.RowNorm[r]);
            bound.FirstRows[k][r] = UpperBound.Min(bound.FirstRows[k][r], _temperature * key[r] * _rows.Query[r]);
        }
    }

    /// <summary>sup ‖Cov_r W_V T‖ from its value at θ_0 (C.15 f).</summary>
    public UpperBound[] CovarianceThrough(UpperBound[] centre, UpperBound[] transfer, UpperBound[] transferChange) =>
        Through(centre, _rows.CovarianceChange, _centre.Rows.Covariance, transfer, transferChange);

    /// <summary>sup ‖W_Kᵀ Cov_r W_V T‖ from its value at θ_0 (C.15 f).</summary>
    public UpperBound[] KeyCovarianceThrough(UpperBound[] centre, UpperBound[] transfer, UpperBound[] transferChange) =>
        Through(centre, _rows.KeyCovarianceChange, _centre.Rows.KeyCovariance, transfer, transferChange);

    private static UpperBound[] Through(
        UpperBound[] centre, UpperBound[] change, UpperBound[] boundCentre, UpperBound[] transfer, UpperBound[] transferChange)
    {
        var result = new UpperBound[centre.Length];
        for (int r = 0; r < result.Length; r++)
        {
            result[r] = centre[r] + (change[r] * transfer[r]) + (boundCentre[r] * transferChange[r]);
        }

        return result;
    }

    private LocalBound BoundMixed()
    {
        var mixed = new LocalBound(_centre.Mixed, _at.Blocks);
        UpperBound[] total = LogitDerivatives();
        BoundMixedFirst(mixed);
        BoundMixedSecond(mixed, total);
        return mixed.Close(_ball, _centre.MixedNorm);
    }

    // (C.15 c)  α_b, the derivative of the centred logits in the norm of the attention weights, over all rows
    private UpperBound[] LogitDerivatives()
    {
        var total = new UpperBound[_at.Blocks + 1];
        UpperBound early = _temperature * (UpperBound.Max(_rows.QueryKeySpread) + (UpperBound.Max(_rows.QueryKey) * _columnRoot));
        for (int b = 0; b < total.Length; b++)
        {
            total[b] = b == _at.Query ? _temperature * WeightedInput(_rows.KeySpread)
                : b == _at.Key ? _temperature * WeightedQuery(_rows.Spread)
                : early * _input.First[b];
            total[b] = UpperBound.Min(total[b], UpperBound.Norm(_rows.Logit[b]));
        }

        return total;
    }

    // (C.15 d)
    private void BoundMixedFirst(LocalBound mixed)
    {
        UpperBound early = (
            _temperature * (
                UpperBound.MaxProduct(_rows.Spread, _rows.QueryKeySpread)
                + (UpperBound.MaxProduct(_rows.Spread, _rows.QueryKey) * _columnRoot)))
            + _attentionNorm;
        for (int b = 0; b <= _at.Blocks; b++)
        {
            mixed.First[b] = early * _input.First[b];
            for (int r = 0; r < _input.RowNorm.Length; r++)
            {
                mixed.FirstRows[b][r] = (_rows.Spread[r] * _rows.Logit[b][r]) + _rows.Token[b][r];
            }
        }

        mixed.First[_at.Query] = _temperature * WeightedInput(Product(_rows.Spread, _rows.KeySpread));
        mixed.First[_at.Key] = _temperature * WeightedQuery(Product(_rows.Spread, _rows.Spread));
    }

    // (C.15 e)
    private void BoundMixedSecond(LocalBound mixed, UpperBound[] logit)
    {
        int blocks = _at.Blocks + 1;
        UpperBound[] first = _input.First;
        UpperBound[] third = [.. _rows.Logit.Select(rows => UpperBound.MaxProduct(_rows.FarthestToken, rows))];
        UpperBound[] logitRow = [.. _rows.Logit.Select(rows => UpperBound.Max(rows))];
        UpperBound[] tokenRow = [.. _rows.Token.Select(rows => UpperBound.Max(rows))];
        UpperBound[] spreadFirst = [.. _input.FirstRows.Select(rows => UpperBound.MaxProduct(_rows.Spread, rows))];
        UpperBound[] spreadToken = [.. _rows.Token.Select(rows => UpperBound.MaxProduct(_rows.Spread, rows))];
        UpperBound bilinear = _temperature * _rows.QueryKeyNorm;
        for (int b = 0; b < blocks; b++)
        {
            for (int c = 0; c <= b; c++)
            {
                // E[s̃ s̃ z̃], the third cumulant;  Cov(s, dz) both ways;  Cov(D²s, z)
                UpperBound cumulant = UpperBound.Min(third[b] * logit[c], logit[b] * third[c]);
                UpperBound mixing = UpperBound.Min(logitRow[b] * _columnRoot * first[c], logit[b] * tokenRow[c])
                    + UpperBound.Min(logitRow[c] * _columnRoot * first[b], logit[c] * tokenRow[b]);
                UpperBound logits = bilinear * (
                    UpperBound.Min(spreadFirst[b] * _columnRoot * first[c], first[b] * spreadToken[c])
                    + UpperBound.Min(spreadFirst[c] * _columnRoot * first[b], first[c] * spreadToken[b]));
                mixed.AddSecond(b, c, cumulant + mixing + logits);
            }
        }

        AddQueryKeySecond(mixed, tokenRow);
    }

    // (C.15 e)  D²s in W_Q or W_K and anything before, and in W_Q and W_K
    private void AddQueryKeySecond(LocalBound mixed, UpperBound[] tokenRow)
    {
        UpperBound spreadInput = WeightedInput(_rows.Spread);
        UpperBound keySpread = UpperBound.MaxProduct(_rows.Spread, _rows.KeySpread),
            squaredSpread = UpperBound.MaxProduct(_rows.Spread, _rows.Spread);
        UpperBound spreadRow = UpperBound.MaxProduct(_rows.Spread, _input.RowNorm),
            spreadQuery = UpperBound.MaxProduct(_rows.Spread, _rows.Query);
        for (int b = 0; b <= _at.Blocks; b++)
        {
            UpperBound first = _input.First[b];
            if (first.Value == 0)
            {
                continue;
            }

            mixed.AddSecond(
                _at.Query, b,
                _temperature * (
                    (keySpread * first) + (_keyNorm * UpperBound.Min(spreadRow * _columnRoot * first, spreadInput * tokenRow[b]))));
            mixed.AddSecond(
                _at.Key, b,
                _temperature * (
                    (_queryNorm * squaredSpread * first)
                    + UpperBound.Min(spreadQuery * _columnRoot * first, spreadInput * _queryNorm * tokenRow[b])));
        }

        mixed.AddSecond(_at.Query, _at.Key, _temperature * WeightedInput(Product(_rows.Spread, _rows.Spread)));
    }

    private static UpperBound[] Product(UpperBound[] x, UpperBound[] y) => [.. x.Zip(y, (first, second) => first * second)];
}
