using System.Numerics.Tensors;
using Kappa.Certificates.Ball;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates.Path;

/// <summary>What a ball of weights does to ψ' and ψ'' in each row and unit
/// of the feed-forward part (C.15 g and the ψ'' terms of i).</summary>
internal sealed class ActivationRowBounds
{
    private readonly LayerAtCentre _centre;
    private readonly LocalBound _input;
    private readonly SpectralNorm _norms;
    private readonly UpperBound[] _change;
    private readonly Matrix _curvature;

    public ActivationRowBounds(
        LayerAtCentre centre, ParameterBall ball, BlockIndices at, LocalBound input, ResidualTransformerShape shape, SpectralNorm norms)
    {
        (_centre, _input, _norms) = (centre, input, norms);
        int rows = input.RowNorm.Length;
        UpperBound[][] entries = EntryDerivatives(at, centre.FfnInColumnNorm + ball[at.FfnIn]);
        _change = Reach(ball, entries);
        _curvature = LocalCurvature(shape.Activation);
        UpperBound[] largest = [.. Enumerable.Range(0, rows).Select(r => (UpperBound)TensorPrimitives.Max<double>(_curvature.Row(r)))];
        UpperBound[] curvedIn = CurvedFfnIn();
        (FfnIn, FfnOut, Transfer, TransferChange) = (
            new UpperBound[rows], new UpperBound[rows], new UpperBound[rows], new UpperBound[rows]);
        BoundTransfers(ball, at, shape, curvedIn);
        CurvedEntry = [.. entries.Select(rowsOfBlock => UpperBound.MaxProduct(largest, rowsOfBlock))];
        CurvedRow = [
            .. input.FirstRows.Select((rowsOfBlock, b) =>
                b == at.FfnIn
                    ? UpperBound.MaxProduct(largest, input.RowNorm)
                    : PeakCurved(rowsOfBlock, curvedIn, largest, ball[at.FfnIn]))];
        UnitChange = LargestUnitChange();
        CurvedUnits = BoundCurvedUnits(ball[at.FfnOut]);
    }

    /// <summary>w1_r ≥ sup ‖W_1 diag(ψ'_r)‖₂ [M].</summary>
    public UpperBound[] FfnIn { get; }

    /// <summary>w2_r ≥ sup ‖diag(ψ'_r) W_2‖₂ [M].</summary>
    public UpperBound[] FfnOut { get; }

    /// <summary>sup ‖T_r‖₂, T_r = ρ_f I + W_1 diag(ψ'_r) W_2 [M].</summary>
    public UpperBound[] Transfer { get; }

    /// <summary>sup ‖T_r − T_r⁰‖₂, which may exceed what ‖T_r‖₂ can grow by [M].</summary>
    public UpperBound[] TransferChange { get; }

    /// <summary>max_r max_j c_rj |dP_b|_rj at most [B + 1].</summary>
    public UpperBound[] CurvedEntry { get; }

    /// <summary>β_b: the largest row norm of ψ'' ∘ dP_b [B + 1].</summary>
    public UpperBound[] CurvedRow { get; }

    /// <summary>max_j ‖w2_j‖ ‖diag(c_j |h|) H‖₂, for W_1 twice.</summary>
    public UpperBound CurvedUnits { get; }

    /// <summary>max_r |ψ'_rj − its centre| by unit, from the curvature [m].</summary>
    public UpperBound[] UnitChange { get; }

    // |dP_rj| ≤ ‖dh_r‖ ‖w_j‖, and for W_1 ‖h_r‖                           [B + 1][M]
    private UpperBound[][] EntryDerivatives(BlockIndices at, UpperBound columnNorm)
    {
        UpperBound[][] entries = [.. _input.FirstRows.Select(rows => rows.Select(first => first * columnNorm).ToArray())];
        for (int r = 0; r < _input.RowNorm.Length; r++)
        {
            entries[at.FfnIn][r] += _input.RowNorm[r];
        }

        return entries;
    }

    private static UpperBound[] Reach(ParameterBall ball, UpperBound[][] entries)
    {
        UpperBound[] reach = new UpperBound[entries[0].Length], row = new UpperBound[entries.Length];
        for (int r = 0; r < reach.Length; r++)
        {
            for (int b = 0; b < row.Length; b++)
            {
                row[b] = entries[b][r];
            }

            reach[r] = ball.Reach(row);
        }

        return reach;
    }

    // c_rj = max |ψ''| within the reach of P_rj, whose double is off by its error                            [M, m]
    private Matrix LocalCurvature(Activation activation)
    {
        Matrix curvature = Matrix.Allocate(_centre.Preactivation.Values.Rows, _centre.Preactivation.Values.Columns);
        for (int r = 0; r < curvature.Rows; r++)
        {
            ReadOnlySpan<double> preactivation = _centre.Preactivation.Values.Row(r);
            Span<double> row = curvature.Row(r);
            double reach = (_change[r] + _centre.Preactivation.RowError[r]).Value;
            for (int j = 0; j < row.Length; j++)
            {
                row[j] = activation.SecondDerivativeBoundNear(preactivation[j], reach);
            }
        }

        return curvature;
    }

    // ‖W_1⁰ diag(c_r)‖₂                                                     [M]
    private UpperBound[] CurvedFfnIn()
    {
        var result = new UpperBound[_change.Length];
        Matrix transposed = Transposition.Of(_centre.Weights.FfnIn);
        for (int r = 0; r < result.Length; r++)
        {
            result[r] = _norms.Of(transposed, _curvature.Row(r));
        }

        return result;
    }

    // (C.15 g)
    private void BoundTransfers(ParameterBall ball, BlockIndices at, ResidualTransformerShape shape, UpperBound[] curvedIn)
    {
        UpperBound slope = UpperBound.OfComputed(shape.Activation.DerivativeBound),
            range = UpperBound.OfComputed(shape.Activation.DerivativeRange);
        UpperBound inRadius = ball[at.FfnIn], outRadius = ball[at.FfnOut];
        UpperBound inNorm = _centre.FfnInNorm + inRadius, outNorm = _centre.FfnOutNorm + outRadius;
        TokenRowsAtCentre rows = _centre.Rows;
        for (int r = 0; r < _change.Length; r++)
        {
            // Where nothing moves 0 · c would still cost a norm.
            UpperBound change = _change[r];
            UpperBound inChange = UpperBound.Min(curvedIn[r] * change, range * _centre.FfnInNorm);
            UpperBound outChange = change.Value == 0 ? default : _norms.Of(_centre.Weights.FfnOut, _curvature.Row(r)) * change;
            FfnIn[r] = UpperBound.Min(rows.FfnIn[r] + (slope * inRadius) + inChange, slope * inNorm);
            FfnOut[r] = UpperBound.Min(rows.FfnOut[r] + (slope * outRadius) + outChange, slope * outNorm);
            UpperBound transfer = rows.Transfer[r] + (FfnIn[r] * outRadius) + (slope * outNorm * inRadius)
                + (inChange * _centre.FfnOutNorm);
            Transfer[r] = UpperBound.Min(transfer, (UpperBound)shape.FfnResidual + (FfnIn[r] * outNorm));

            // Where sup ‖W_1 diag(ψ'_r)‖ cannot grow, ‖T_r‖ cannot either, but T_r can turn: the product rule around θ_0, with ‖W_2‖ there.
            UpperBound turn = (FfnIn[r] * outRadius) + (((slope * inRadius) + inChange) * _centre.FfnOutNorm);
            TransferChange[r] = UpperBound.Max(turn, Transfer[r].Excess(rows.Transfer[r]));
        }
    }

    private UpperBound[] LargestUnitChange()
    {
        var change = new UpperBound[_curvature.Columns];
        for (int r = 0; r < _change.Length; r++)
        {
            for (int j = 0; j < change.Length; j++)
            {
                change[j] = UpperBound.Max(change[j], (UpperBound)_curvature[r, j] * _change[r]);
            }
        }

        return change;
    }

    // ‖diag(c_j |h|) H‖₂ by the largest row sum of its Gram matrix, or by its largest weight
    private UpperBound BoundCurvedUnits(UpperBound ffnOutRadius)
    {
        Matrix weights = Matrix.Allocate(_curvature.Rows, _curvature.Columns);
        for (int r = 0; r < weights.Rows; r++)
        {
            for (int j = 0; j < weights.Columns; j++)
            {
                weights[r, j] = ((UpperBound)_curvature[r, j] * _input.RowNorm[r]).Value;
            }
        }

        Matrix sums = Matrix.Allocate(weights.Rows, weights.Columns);
        Products.Multiply(_centre.OutputGram, weights, sums);
        UpperBound largest = default, lost = UpperBound.Lost(weights.Rows);
        for (int j = 0; j < weights.Columns; j++)
        {
            UpperBound weight = default, rowSum = default;
            for (int r = 0; r < weights.Rows; r++)
            {
                var own = (UpperBound)weights[r, j];
                weight = UpperBound.Max(weight, own);
                rowSum = UpperBound.Max(rowSum, (UpperBound.OfComputed(sums[r, j]) + lost) * own);
            }

            UpperBound unit = UpperBound.Min(UpperBound.Sqrt(rowSum) + (weight * _input.Change), weight * _input.Norm);
            largest = UpperBound.Max(largest, unit * (_centre.FfnOutRowNorms[j] + ffnOutRadius));
        }

        return largest;
    }

    // max_r ℓ_{b,r}(H) (‖W_1⁰ diag(c_r)‖ + max_j c_rj C_1)
    private static UpperBound PeakCurved(UpperBound[] rows, UpperBound[] curvedIn, UpperBound[] largest, UpperBound radius)
    {
        UpperBound peak = default;
        for (int r = 0; r < rows.Length; r++)
        {
            peak = UpperBound.Max(peak, rows[r] * (curvedIn[r] + (largest[r] * radius)));
        }

        return peak;
    }
}
