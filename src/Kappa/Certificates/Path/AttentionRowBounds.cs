using Kappa.Certificates.Ball;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates.Path;

/// <summary>What a ball of weights does to each row of the attention: how much
/// its logits can swing, and the spreads that follow (C.15 a–c).</summary>
internal sealed class AttentionRowBounds
{
    // Beyond this swing of the logits the ratio of attention weights says nothing any more.
    private const double LargestOscillation = 30;

    // From e^ω = 2 on the entrywise bound of A is better than centre plus change.
    private const double LargestSmallOscillation = 0.69;

    private readonly LayerAtCentre _centre;
    private readonly ParameterBall _ball;
    private readonly BlockIndices _at;
    private readonly LocalBound _input;
    private readonly UpperBound _temperature;
    private readonly UpperBound[] _growth, _tokenChange;

    public AttentionRowBounds(LayerAtCentre centre, ParameterBall ball, BlockIndices at, LocalBound input, UpperBound temperature)
    {
        (_centre, _ball, _at, _input, _temperature) = (centre, ball, at, input, temperature);
        int rows = input.RowNorm.Length;
        QueryKeyChange = ChangeOfQueryKey();
        QueryKeyNorm = UpperBound.Min(
            (centre.QueryNorm + ball[at.Query]) * (centre.KeyNorm + ball[at.Key]), centre.QueryKeyNorm + QueryKeyChange);
        (Query, QueryKey, Spread, KeySpread, QueryKeySpread, FarthestToken) = (Rows(), Rows(), Rows(), Rows(), Rows(), Rows());
        (
            Covariance, CovarianceChange, KeyCovariance, KeyCovarianceChange, _growth,
            _tokenChange) = (Rows(), Rows(), Rows(), Rows(), Rows(), Rows());
        Upper = Matrix.Allocate(rows, centre.Tokens);
        UpperBound largestOscillation = default;
        for (int r = 0; r < rows; r++)
        {
            largestOscillation = UpperBound.Max(largestOscillation, Swing(r));
            BoundRow(r);
        }

        LargestColumnSum = ColumnSum();
        AttentionNorm = largestOscillation.Value < LargestSmallOscillation ? centre.AttentionNorm + AttentionChange() : UpperBound.Infinity;
        Token = [.. Enumerable.Range(0, at.Blocks + 1).Select(TokenDerivative)];
        Logit = [.. Enumerable.Range(0, at.Blocks + 1).Select(LogitDerivative)];

        UpperBound[] Rows() => new UpperBound[rows];
    }

    /// <summary>sup ‖W_Q W_Kᵀ‖₂.</summary>
    public UpperBound QueryKeyNorm { get; }

    /// <summary>sup ‖W_Q W_Kᵀ − its centre‖₂.</summary>
    private UpperBound QueryKeyChange { get; }

    /// <summary>sup ‖z_r W_Q‖ [M].</summary>
    public UpperBound[] Query { get; }

    /// <summary>sup ‖z_r W_Q W_Kᵀ‖ [M].</summary>
    public UpperBound[] QueryKey { get; }

    /// <summary>sup κ_r [M].</summary>
    public UpperBound[] Spread { get; }

    /// <summary>sup ω^K_r [M].</summary>
    public UpperBound[] KeySpread { get; }

    /// <summary>sup ω^M_r [M].</summary>
    public UpperBound[] QueryKeySpread { get; }

    /// <summary>sup max_j ‖z̃_j‖ [M].</summary>
    public UpperBound[] FarthestToken { get; }

    /// <summary>sup ‖Cov_r W_V‖₂ [M].</summary>
    public UpperBound[] Covariance { get; }

    /// <summary>sup ‖Cov_r W_V − its centre‖₂ [M].</summary>
    public UpperBound[] CovarianceChange { get; }

    /// <summary>sup ‖W_Kᵀ Cov_r W_V‖₂ [M].</summary>
    public UpperBound[] KeyCovariance { get; }

    /// <summary>sup ‖W_Kᵀ Cov_r W_V − its centre‖₂ [M].</summary>
    public UpperBound[] KeyCovarianceChange { get; }

    /// <summary>sup of the largest column sum of any A_i, at most n.</summary>
    public UpperBound LargestColumnSum { get; }

    /// <summary>sup max_i ‖A_i‖₂ as centre plus change; infinite where that is not useful.</summary>
    public UpperBound AttentionNorm { get; }

    /// <summary>‖dz_b‖_{p,r}: derivative of the tokens in the norm of row r's attention weights [B + 1][M].</summary>
    public UpperBound[][] Token { get; }

    /// <summary>α_{b,r}: derivative of row r's centred logits in the same norm [B + 1][M].</summary>
    public UpperBound[][] Logit { get; }

    // p_j ≤ e^ω p⁰_j, at most 1 [M, n].
    private Matrix Upper { get; }

    private UpperBound ChangeOfQueryKey()
    {
        UpperBound query = _ball[_at.Query], key = _ball[_at.Key], radius = _ball.JointRadius;
        UpperBound separate = (_centre.QueryNorm * key) + (_centre.KeyNorm * query) + (query * key);
        bool isJoint = (_ball.IsJoint(_at.Query) || query.Value == 0) && (_ball.IsJoint(_at.Key) || key.Value == 0) && radius.IsFinite;
        return isJoint
            ? UpperBound.Min(separate, (UpperBound.Norm([_centre.QueryNorm, _centre.KeyNorm]) * radius) + (radius * radius / 2))
            : separate;
    }

    // (C.15 a)  oscillation over j of the change of the logits of row r
    private UpperBound Swing(int r)
    {
        TokenRowsAtCentre centre = _centre.Rows;
        int tokens = _centre.Tokens, first = r / tokens * tokens;
        ReadOnlySpan<UpperBound> changes = _input.RowChange.AsSpan(first, tokens);
        UpperBound largestChange = UpperBound.Max(changes), rowChange = _input.RowChange[r];
        UpperBound queryKeyChange = (rowChange * QueryKeyNorm) + (centre.Input[r] * QueryKeyChange);
        QueryKey[r] = centre.QueryKey[r] + queryKeyChange;
        UpperBound queryRadius = _ball[_at.Query], queryNorm = _centre.QueryNorm + queryRadius;
        Query[r] = UpperBound.Min(
            centre.Query[r] + (rowChange * queryNorm) + (centre.Input[r] * queryRadius), _input.RowNorm[r] * queryNorm);
        UpperBound oscillation = _temperature * ((queryKeyChange * centre.Diameters[r]) + (2 * QueryKey[r] * largestChange));
        _growth[r] = Growth(oscillation);
        UpperBound squares = default;
        for (int j = 0; j < tokens; j++)
        {
            var weight = (UpperBound)_centre.Attention[r, j];
            squares += weight * UpperBound.Square(changes[j]);
            Upper[r, j] = UpperBound.Min((1 + _growth[r]) * weight, 1).Value;
        }

        _tokenChange[r] = UpperBound.Min(UpperBound.Sqrt(squares), largestChange);
        FarthestToken[r] = UpperBound.Min(
            centre.FarthestToken[r] + (2 * largestChange) + (UpperBound.Min(_growth[r], 1) * centre.Diameters[r]),
            centre.Diameters[r] + (2 * largestChange));
        return oscillation;
    }

    // e^ω − 1 ≤ ω e^ω, which keeps its digits where ω is small; infinite where
    // ω is so large that the ratio of attention weights says nothing any more.
    private static UpperBound Growth(UpperBound oscillation)
    {
        if (!(oscillation.Value <= LargestOscillation))
        {
            return UpperBound.Infinity;
        }

        var power = UpperBound.OfComputed(PreciseExponential.Of(oscillation.Value).High);
        return UpperBound.Min(oscillation * power, power.Excess(1));
    }

    // (C.15 b) and the covariances of (C.15 f)
    private void BoundRow(int r)
    {
        TokenRowsAtCentre centre = _centre.Rows;
        UpperBound ratio = 1 + _growth[r], root = UpperBound.Sqrt(ratio), change = _tokenChange[r], spread = centre.Spread[r];
        UpperBound keyRadius = _ball[_at.Key], keyNorm = _centre.KeyNorm + keyRadius, valueRadius = _ball[_at.Value],
            valueNorm = _centre.ValueNorm + valueRadius;
        Spread[r] = root * (spread + change);
        KeySpread[r] = root * (centre.KeySpread[r] + (spread * keyRadius) + (change * keyNorm));
        QueryKeySpread[r] = root * (centre.QueryKeySpread[r] + (spread * QueryKeyChange) + (change * QueryKeyNorm));
        UpperBound squaredSpread = spread * spread;
        UpperBound covarianceChange = (_growth[r] * squaredSpread) + (ratio * ((2 * spread * change) + (change * change)));
        CovarianceChange[r] = (covarianceChange * valueNorm) + (squaredSpread * valueRadius);
        Covariance[r] = centre.Covariance[r] + CovarianceChange[r];
        KeyCovarianceChange[r] = (covarianceChange * keyNorm * valueNorm)
            + (squaredSpread * ((keyRadius * valueNorm) + (_centre.KeyNorm * valueRadius)));
        KeyCovariance[r] = centre.KeyCovariance[r] + KeyCovarianceChange[r];
    }

    private UpperBound ColumnSum()
    {
        UpperBound largest = default;
        double[] sums = new double[_centre.Tokens];
        for (int sample = 0; sample < _centre.Samples; sample++)
        {
            Array.Clear(sums);
            for (int r = 0; r < _centre.Tokens; r++)
            {
                Vectors.AddScaled(sums, 1, Upper.Row((sample * _centre.Tokens) + r));
            }

            largest = UpperBound.Max(largest, UpperBound.OfComputed(System.Numerics.Tensors.TensorPrimitives.Max<double>(sums)));
        }

        return UpperBound.Min(largest, _centre.Tokens);
    }

    // max_i ‖A_i − A_i⁰‖ from |p_j − p⁰_j| ≤ (e^ω − 1) p⁰_j
    private UpperBound AttentionChange()
    {
        UpperBound largest = default;
        int tokens = _centre.Tokens;
        var rows = new UpperBound[tokens];
        for (int sample = 0; sample < _centre.Samples; sample++)
        {
            for (int r = 0; r < tokens; r++)
            {
                rows[r] = _growth[(sample * tokens) + r] * UpperBound.Norm(_centre.Attention.Row((sample * tokens) + r));
            }

            largest = UpperBound.Max(largest, UpperBound.Norm(rows));
        }

        return largest;
    }

    private UpperBound[] TokenDerivative(int block)
    {
        var rows = new UpperBound[_input.RowNorm.Length];
        UpperBound[] first = _input.FirstRows[block];
        if (_input.First[block].Value == 0)
        {
            return rows;
        }

        int tokens = _centre.Tokens;
        for (int r = 0; r < rows.Length; r++)
        {
            ReadOnlySpan<UpperBound> sample = first.AsSpan(r / tokens * tokens, tokens);
            UpperBound squares = default;
            for (int j = 0; j < tokens; j++)
            {
                squares += (UpperBound)Upper[r, j] * UpperBound.Square(sample[j]);
            }

            rows[r] = UpperBound.Min(UpperBound.Sqrt(squares), UpperBound.Max(sample));
        }

        return rows;
    }

    // (C.15 c)
    private UpperBound[] LogitDerivative(int block)
    {
        var rows = new UpperBound[_input.RowNorm.Length];
        bool isZero = block != _at.Query && block != _at.Key && _input.First[block].Value == 0;
        for (int r = 0; r < rows.Length && !isZero; r++)
        {
            rows[r] = _temperature * (block == _at.Query ? _input.RowNorm[r] * KeySpread[r]
                : block == _at.Key ? Spread[r] * Query[r]
                : (_input.FirstRows[block][r] * QueryKeySpread[r]) + (QueryKey[r] * Token[block][r]));
        }

        return rows;
    }
}
