using Kappa.Numerics;

namespace Kappa.Certificates;

/// <summary>The local bounds of one block's attention, G = A Z and H = ρ_a Z + G W_V (C.15 a–f).</summary>
/// <remarks>Source: derived for this project; the rules and their proofs are on the page of the path certificate. Every array is over the M token rows.</remarks>
internal sealed class AttentionBounds
{
    private readonly LayerCentre _centre;
    private readonly ParameterBall _ball;
    private readonly BlockIndices _at;
    private readonly LocalBound _input;
    private readonly double _temperature;
    private readonly SpectralNorm _norms;
    private readonly AttentionRows _rows;
    private readonly double _queryNorm, _keyNorm, _valueNorm, _columnRoot, _attentionNorm;
    private readonly double[] _scratch;

    /// <param name="centre">The block at θ_0.</param>
    /// <param name="ball">Where the bounds shall hold.</param>
    /// <param name="at">Index of its matrices.</param>
    /// <param name="input">Bounds of Z, closed, with the pseudo-block.</param>
    /// <param name="temperature">|τ|.</param>
    /// <param name="norms">Workspace.</param>
    public AttentionBounds(LayerCentre centre, ParameterBall ball, BlockIndices at, LocalBound input, double temperature, SpectralNorm norms)
    {
        (_centre, _ball, _at, _input, _temperature, _norms) = (centre, ball, at, input, temperature, norms);
        _queryNorm = centre.QueryNorm + ball[at.Query];
        _keyNorm = centre.KeyNorm + ball[at.Key];
        _valueNorm = centre.ValueNorm + ball[at.Value];
        _rows = new AttentionRows(centre, ball, at, input, temperature);
        _columnRoot = Math.Sqrt(_rows.LargestColumnSum);
        _attentionNorm = Math.Min(_columnRoot, _rows.AttentionNorm);
        _scratch = new double[input.RowNorm.Length];
        Mixed = BoundMixed();
        Output = new LocalBound(centre.AttentionOutput, at.Blocks);
    }

    /// <summary>Bounds of G = A Z.</summary>
    public LocalBound Mixed { get; }

    /// <summary>Bounds of H, not yet closed.</summary>
    public LocalBound Output { get; }

    /// <summary>sup ‖diag(w) Z‖₂ (C.15).</summary>
    public double WeightedInput(ReadOnlySpan<double> weights) => Weighted(_input.Centre, _input.Change, weights);

    /// <summary>sup ‖diag(w) Z W_Q‖₂ by the better of two routes.</summary>
    public double WeightedQuery(ReadOnlySpan<double> weights) => Math.Min(
        Weighted(_centre.Query, (_input.Change * _queryNorm) + ((_input.CentreNorm + _input.Centre.Error) * _ball[_at.Query]) + _centre.Query.Error, weights),
        WeightedInput(weights) * _queryNorm);

    /// <summary>‖diag(w) Ĉ‖₂ + max w · change, the change from the doubles Ĉ, so with their error.</summary>
    public double Weighted(EnclosedMatrix centre, double change, ReadOnlySpan<double> weights) =>
        _norms.UpperBound(centre.Values, weights) + (change == 0 ? 0 : Largest(weights) * change);

    /// <summary>Rows z_r W_Q at most [M].</summary>
    public double[] QueryRows => _rows.Query;

    /// <summary>Fills <see cref="Output"/>: H = ρ_a Z + G W_V (C.15 f).</summary>
    /// <param name="residual">|ρ_a|.</param>
    public void BoundOutput(double residual)
    {
        int value = _at.Value;
        for (int b = 0; b <= _at.Blocks; b++)
        {
            Output.First[b] = (residual * _input.First[b]) + (_valueNorm * Mixed.First[b]) + (b == value ? Mixed.Norm : 0);
            for (int r = 0; r < _scratch.Length; r++)
            {
                Output.FirstRows[b][r] = (residual * _input.FirstRows[b][r]) + (_valueNorm * Mixed.FirstRows[b][r]) + (b == value ? Mixed.RowNorm[r] : 0);
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
    public void LimitByCovariance(LocalBound bound, double[] query, double[] key)
    {
        int q = _at.Query, k = _at.Key;
        bound.First[q] = Math.Min(bound.First[q], _temperature * WeightedInput(query));
        bound.First[k] = Math.Min(bound.First[k], _temperature * WeightedQuery(key));
        for (int r = 0; r < query.Length; r++)
        {
            bound.FirstRows[q][r] = Math.Min(bound.FirstRows[q][r], _temperature * query[r] * _input.RowNorm[r]);
            bound.FirstRows[k][r] = Math.Min(bound.FirstRows[k][r], _temperature * key[r] * _rows.Query[r]);
        }
    }

    /// <summary>sup ‖Cov_r W_V T‖ from its value at θ_0 (C.15 f).</summary>
    public double[] CovarianceThrough(double[] centre, double[] transfer, double[] transferChange) => Through(centre, _rows.Covariance, _centre.Rows.Covariance, transfer, transferChange);

    /// <summary>sup ‖W_Kᵀ Cov_r W_V T‖ from its value at θ_0 (C.15 f).</summary>
    public double[] KeyCovarianceThrough(double[] centre, double[] transfer, double[] transferChange) => Through(centre, _rows.KeyCovariance, _centre.Rows.KeyCovariance, transfer, transferChange);

    private static double[] Through(double[] centre, double[] bound, double[] boundCentre, double[] transfer, double[] transferChange)
    {
        double[] result = new double[centre.Length];
        for (int r = 0; r < result.Length; r++)
        {
            result[r] = centre[r] + ((bound[r] - boundCentre[r]) * transfer[r]) + (boundCentre[r] * transferChange[r]);
        }

        return result;
    }

    private static double Largest(ReadOnlySpan<double> values) => System.Numerics.Tensors.TensorPrimitives.Max(values);

    private LocalBound BoundMixed()
    {
        var mixed = new LocalBound(_centre.Mixed, _at.Blocks);
        double[] total = LogitDerivatives();
        BoundMixedFirst(mixed);
        BoundMixedSecond(mixed, total);
        return mixed.Close(_ball, _centre.MixedNorm);
    }

    // (C.15 c)  α_b, the derivative of the centred logits in the norm of the attention weights, over all rows
    private double[] LogitDerivatives()
    {
        double[] total = new double[_at.Blocks + 1];
        double early = _temperature * (Largest(_rows.QueryKeySpread) + (Largest(_rows.QueryKey) * _columnRoot));
        for (int b = 0; b < total.Length; b++)
        {
            total[b] = b == _at.Query ? _temperature * WeightedInput(_rows.KeySpread)
                : b == _at.Key ? _temperature * WeightedQuery(_rows.Spread)
                : early * _input.First[b];
            total[b] = Math.Min(total[b], Vectors.Norm(_rows.Logit[b]));
        }

        return total;
    }

    // (C.15 d)
    private void BoundMixedFirst(LocalBound mixed)
    {
        double early = (_temperature * (Peak(_rows.Spread, _rows.QueryKeySpread) + (Peak(_rows.Spread, _rows.QueryKey) * _columnRoot))) + _attentionNorm;
        for (int b = 0; b <= _at.Blocks; b++)
        {
            mixed.First[b] = early * _input.First[b];
            for (int r = 0; r < _scratch.Length; r++)
            {
                mixed.FirstRows[b][r] = (_rows.Spread[r] * _rows.Logit[b][r]) + _rows.Token[b][r];
            }
        }

        mixed.First[_at.Query] = _temperature * WeightedInput(Product(_rows.Spread, _rows.KeySpread));
        mixed.First[_at.Key] = _temperature * WeightedQuery(Product(_rows.Spread, _rows.Spread));
    }

    // (C.15 e)
    private void BoundMixedSecond(LocalBound mixed, double[] logit)
    {
        int blocks = _at.Blocks + 1;
        double[] first = _input.First;
        double[] third = [.. _rows.Logit.Select(rows => Peak(_rows.FarthestToken, rows))];
        double[] logitRow = [.. _rows.Logit.Select(rows => Largest(rows))];
        double[] tokenRow = [.. _rows.Token.Select(rows => Largest(rows))];
        double[] spreadFirst = [.. _input.FirstRows.Select(rows => Peak(_rows.Spread, rows))];
        double[] spreadToken = [.. _rows.Token.Select(rows => Peak(_rows.Spread, rows))];
        double bilinear = _temperature * _rows.QueryKeyNorm;
        for (int b = 0; b < blocks; b++)
        {
            for (int c = 0; c <= b; c++)
            {
                // E[s̃ s̃ z̃], the third cumulant;  Cov(s, dz) both ways;  Cov(D²s, z)
                double cumulant = Math.Min(third[b] * logit[c], logit[b] * third[c]);
                double mixing = Math.Min(logitRow[b] * _columnRoot * first[c], logit[b] * tokenRow[c]) + Math.Min(logitRow[c] * _columnRoot * first[b], logit[c] * tokenRow[b]);
                double logits = bilinear * (Math.Min(spreadFirst[b] * _columnRoot * first[c], first[b] * spreadToken[c]) + Math.Min(spreadFirst[c] * _columnRoot * first[b], first[c] * spreadToken[b]));
                mixed.AddSecond(b, c, cumulant + mixing + logits);
            }
        }

        AddQueryKeySecond(mixed, tokenRow);
    }

    // (C.15 e)  D²s in W_Q or W_K and anything before, and in W_Q and W_K
    private void AddQueryKeySecond(LocalBound mixed, double[] tokenRow)
    {
        double spreadInput = WeightedInput(_rows.Spread);
        double keySpread = Peak(_rows.Spread, _rows.KeySpread), squaredSpread = Peak(_rows.Spread, _rows.Spread);
        double spreadRow = Peak(_rows.Spread, _input.RowNorm), spreadQuery = Peak(_rows.Spread, _rows.Query);
        for (int b = 0; b <= _at.Blocks; b++)
        {
            double first = _input.First[b];
            if (first == 0)
            {
                continue;
            }

            mixed.AddSecond(_at.Query, b, _temperature * ((keySpread * first) + (_keyNorm * Math.Min(spreadRow * _columnRoot * first, spreadInput * tokenRow[b]))));
            mixed.AddSecond(_at.Key, b, _temperature * ((_queryNorm * squaredSpread * first) + Math.Min(spreadQuery * _columnRoot * first, spreadInput * _queryNorm * tokenRow[b])));
        }

        mixed.AddSecond(_at.Query, _at.Key, _temperature * WeightedInput(Product(_rows.Spread, _rows.Spread)));
    }

    private double[] Product(double[] x, double[] y)
    {
        System.Numerics.Tensors.TensorPrimitives.Multiply(x, y, _scratch);
        return _scratch;
    }

    private static double Peak(double[] x, double[] y)
    {
        double largest = 0;
        for (int r = 0; r < x.Length; r++)
        {
            // Infinite times zero must not hide as NaN behind a comparison.
            double product = x[r] * y[r];
            largest = product > largest || double.IsNaN(product) ? product : largest;
        }

        return largest;
    }
}
