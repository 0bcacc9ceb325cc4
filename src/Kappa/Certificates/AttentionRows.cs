using Kappa.Numerics;

namespace Kappa.Certificates;

/// <summary>What a ball of weights does to each row of the attention: how much its logits can swing, and the spreads that follow (C.15 a–c).</summary>
internal sealed class AttentionRows
{
    // Beyond this swing of the logits the ratio of attention weights says nothing any more.
    private const double LargestOscillation = 30;

    // From e^ω = 2 on the entrywise bound of A is better than centre plus change.
    private const double LargestSmallOscillation = 0.69;

    private readonly LayerCentre _centre;
    private readonly ParameterBall _ball;
    private readonly BlockIndices _at;
    private readonly LocalBound _input;
    private readonly double _temperature;
    private readonly double[] _ratio, _tokenChange;

    public AttentionRows(LayerCentre centre, ParameterBall ball, BlockIndices at, LocalBound input, double temperature)
    {
        (_centre, _ball, _at, _input, _temperature) = (centre, ball, at, input, temperature);
        int rows = input.RowNorm.Length;
        QueryKeyChange = ChangeOfQueryKey();
        QueryKeyNorm = Math.Min((centre.QueryNorm + ball[at.Query]) * (centre.KeyNorm + ball[at.Key]), centre.QueryKeyNorm + QueryKeyChange);
        (Query, QueryKey, Spread, KeySpread, QueryKeySpread, FarthestToken) = (new double[rows], new double[rows], new double[rows], new double[rows], new double[rows], new double[rows]);
        (Covariance, KeyCovariance, _ratio, _tokenChange) = (new double[rows], new double[rows], new double[rows], new double[rows]);
        Upper = Matrix.Allocate(rows, centre.Tokens);
        double largestOscillation = 0;
        for (int r = 0; r < rows; r++)
        {
            largestOscillation = Math.Max(largestOscillation, Swing(r));
            BoundRow(r);
        }

        LargestColumnSum = ColumnSum();
        AttentionNorm = largestOscillation < LargestSmallOscillation ? centre.AttentionNorm + AttentionChange() : double.PositiveInfinity;
        Token = [.. Enumerable.Range(0, at.Blocks + 1).Select(TokenDerivative)];
        Logit = [.. Enumerable.Range(0, at.Blocks + 1).Select(LogitDerivative)];
    }

    /// <summary>sup ‖W_Q W_Kᵀ‖₂.</summary>
    public double QueryKeyNorm { get; }

    /// <summary>sup ‖W_Q W_Kᵀ − its centre‖₂.</summary>
    private double QueryKeyChange { get; }

    /// <summary>sup ‖z_r W_Q‖ [M].</summary>
    public double[] Query { get; }

    /// <summary>sup ‖z_r W_Q W_Kᵀ‖ [M].</summary>
    public double[] QueryKey { get; }

    /// <summary>sup κ_r [M].</summary>
    public double[] Spread { get; }

    /// <summary>sup ω^K_r [M].</summary>
    public double[] KeySpread { get; }

    /// <summary>sup ω^M_r [M].</summary>
    public double[] QueryKeySpread { get; }

    /// <summary>sup max_j ‖z̃_j‖ [M].</summary>
    public double[] FarthestToken { get; }

    /// <summary>sup ‖Cov_r W_V‖₂ [M].</summary>
    public double[] Covariance { get; }

    /// <summary>sup ‖W_Kᵀ Cov_r W_V‖₂ [M].</summary>
    public double[] KeyCovariance { get; }

    /// <summary>sup of the largest column sum of any A_i, at most n.</summary>
    public double LargestColumnSum { get; }

    /// <summary>sup max_i ‖A_i‖₂ as centre plus change; infinite where that is not useful.</summary>
    public double AttentionNorm { get; }

    /// <summary>‖dz_b‖_{p,r}: derivative of the tokens in the norm of row r's attention weights [B + 1][M].</summary>
    public double[][] Token { get; }

    /// <summary>α_{b,r}: derivative of row r's centred logits in the same norm [B + 1][M].</summary>
    public double[][] Logit { get; }

    // p_j ≤ e^ω p⁰_j, at most 1 [M, n].
    private Matrix Upper { get; }

    private double ChangeOfQueryKey()
    {
        double query = _ball[_at.Query], key = _ball[_at.Key];
        double separate = (_centre.QueryNorm * key) + (_centre.KeyNorm * query) + (query * key);
        bool isJoint = (_ball.IsJoint(_at.Query) || query == 0) && (_ball.IsJoint(_at.Key) || key == 0) && double.IsFinite(_ball.JointRadius);
        double radius = _ball.JointRadius;
        return isJoint ? Math.Min(separate, (double.Hypot(_centre.QueryNorm, _centre.KeyNorm) * radius) + (0.5 * radius * radius)) : separate;
    }

    // (C.15 a)  oscillation over j of the change of the logits of row r
    private double Swing(int r)
    {
        RowCentre centre = _centre.Rows;
        int tokens = _centre.Tokens, first = r / tokens * tokens;
        ReadOnlySpan<double> changes = _input.RowChange.AsSpan(first, tokens);
        double largestChange = System.Numerics.Tensors.TensorPrimitives.Max(changes);
        double rowChange = _input.RowChange[r];
        double queryKeyChange = (rowChange * QueryKeyNorm) + (centre.Input[r] * QueryKeyChange);
        QueryKey[r] = centre.QueryKey[r] + queryKeyChange;
        double queryRadius = _ball[_at.Query], queryNorm = _centre.QueryNorm + queryRadius;
        Query[r] = Math.Min(centre.Query[r] + (rowChange * queryNorm) + (centre.Input[r] * queryRadius), _input.RowNorm[r] * queryNorm);
        double oscillation = _temperature * ((queryKeyChange * centre.Diameters[r]) + (QueryKey[r] * 2 * largestChange));
        _ratio[r] = oscillation > LargestOscillation ? double.PositiveInfinity : Math.Exp(oscillation);
        double squares = 0;
        for (int j = 0; j < tokens; j++)
        {
            squares += _centre.Attention[r, j] * changes[j] * changes[j];
            Upper[r, j] = Math.Min(_centre.Attention[r, j] * _ratio[r], 1);
        }

        _tokenChange[r] = Math.Sqrt(squares);
        FarthestToken[r] = Math.Min(
            centre.FarthestToken[r] + (2 * largestChange) + (Math.Min(_ratio[r] - 1, 1) * centre.Diameters[r]),
            centre.Diameters[r] + (2 * largestChange));
        return oscillation;
    }

    // (C.15 b) and the covariances of (C.15 f)
    private void BoundRow(int r)
    {
        RowCentre centre = _centre.Rows;
        double root = Math.Sqrt(_ratio[r]), change = _tokenChange[r], spread = centre.Spread[r];
        double keyRadius = _ball[_at.Key], keyNorm = _centre.KeyNorm + keyRadius, valueRadius = _ball[_at.Value], valueNorm = _centre.ValueNorm + valueRadius;
        Spread[r] = root * (spread + change);
        KeySpread[r] = root * (centre.KeySpread[r] + (spread * keyRadius) + (change * keyNorm));
        QueryKeySpread[r] = root * (centre.QueryKeySpread[r] + (spread * QueryKeyChange) + (change * QueryKeyNorm));
        double squaredSpread = spread * spread;
        double covarianceChange = ((_ratio[r] - 1) * squaredSpread) + (_ratio[r] * ((2 * spread * change) + (change * change)));
        Covariance[r] = centre.Covariance[r] + (covarianceChange * valueNorm) + (squaredSpread * valueRadius);
        KeyCovariance[r] = centre.KeyCovariance[r] + (covarianceChange * keyNorm * valueNorm) + (squaredSpread * ((keyRadius * valueNorm) + (_centre.KeyNorm * valueRadius)));
    }

    private double ColumnSum()
    {
        double largest = 0;
        double[] sums = new double[_centre.Tokens];
        for (int sample = 0; sample < _centre.Samples; sample++)
        {
            Array.Clear(sums);
            for (int r = 0; r < _centre.Tokens; r++)
            {
                Vectors.AddScaled(sums, 1, Upper.Row((sample * _centre.Tokens) + r));
            }

            largest = Math.Max(largest, System.Numerics.Tensors.TensorPrimitives.Max<double>(sums));
        }

        return Math.Min(largest, _centre.Tokens);
    }

    // max_i ‖A_i − A_i⁰‖ from |p_j − p⁰_j| ≤ (e^ω − 1) p⁰_j
    private double AttentionChange()
    {
        double largest = 0;
        for (int sample = 0; sample < _centre.Samples; sample++)
        {
            double squares = 0;
            for (int r = sample * _centre.Tokens; r < (sample + 1) * _centre.Tokens; r++)
            {
                squares += (_ratio[r] - 1) * (_ratio[r] - 1) * Vectors.SquaredNorm(_centre.Attention.Row(r));
            }

            largest = Math.Max(largest, squares);
        }

        return Math.Sqrt(largest);
    }

    private double[] TokenDerivative(int block)
    {
        double[] rows = new double[_input.RowNorm.Length];
        double[] first = _input.FirstRows[block];
        if (_input.First[block] == 0)
        {
            return rows;
        }

        int tokens = _centre.Tokens;
        for (int r = 0; r < rows.Length; r++)
        {
            ReadOnlySpan<double> sample = first.AsSpan(r / tokens * tokens, tokens);
            double squares = 0;
            for (int j = 0; j < tokens; j++)
            {
                squares += Upper[r, j] * sample[j] * sample[j];
            }

            rows[r] = Math.Min(Math.Sqrt(squares), System.Numerics.Tensors.TensorPrimitives.Max(sample));
        }

        return rows;
    }

    // (C.15 c)
    private double[] LogitDerivative(int block)
    {
        double[] rows = new double[_input.RowNorm.Length];
        bool isZero = block != _at.Query && block != _at.Key && _input.First[block] == 0;
        for (int r = 0; r < rows.Length && !isZero; r++)
        {
            rows[r] = _temperature * (block == _at.Query ? _input.RowNorm[r] * KeySpread[r]
                : block == _at.Key ? Spread[r] * Query[r]
                : (_input.FirstRows[block][r] * QueryKeySpread[r]) + (QueryKey[r] * Token[block][r]));
        }

        return rows;
    }
}
