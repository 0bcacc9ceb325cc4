using System.Numerics.Tensors;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates;

/// <summary>What a ball of weights does to ψ' and ψ'' in each row and unit of the feed-forward part (C.15 g and the ψ'' terms of i).</summary>
internal sealed class HiddenRows
{
    private readonly LayerCentre _centre;
    private readonly LocalBound _input;
    private readonly SpectralNorm _norms;
    private readonly double[] _change;
    private readonly Matrix _curvature;

    public HiddenRows(LayerCentre centre, ParameterBall ball, BlockIndices at, LocalBound input, ResidualTransformerShape shape, SpectralNorm norms)
    {
        (_centre, _input, _norms) = (centre, input, norms);
        int rows = input.RowNorm.Length;
        double[][] entries = EntryDerivatives(at, centre.FfnInColumnNorm + ball[at.FfnIn]);
        _change = Reach(ball, entries);
        _curvature = LocalCurvature(shape.Activation);
        double[] largest = [.. Enumerable.Range(0, rows).Select(r => TensorPrimitives.Max<double>(_curvature.Row(r)))];
        double[] curvedIn = CurvedFfnIn();
        (FfnIn, FfnOut, Transfer, TransferChange) = (new double[rows], new double[rows], new double[rows], new double[rows]);
        BoundTransfers(ball, at, shape, curvedIn);
        CurvedEntry = [.. entries.Select(rowsOfBlock => Peak(largest, rowsOfBlock))];
        CurvedRow = [.. input.FirstRows.Select((rowsOfBlock, b) => b == at.FfnIn ? Peak(largest, input.RowNorm) : PeakCurved(rowsOfBlock, curvedIn, largest, ball[at.FfnIn]))];
        UnitChange = LargestUnitChange();
        CurvedUnits = BoundCurvedUnits(ball[at.FfnOut]);
    }

    /// <summary>w1_r ≥ sup ‖W_1 diag(ψ'_r)‖₂ [M].</summary>
    public double[] FfnIn { get; }

    /// <summary>w2_r ≥ sup ‖diag(ψ'_r) W_2‖₂ [M].</summary>
    public double[] FfnOut { get; }

    /// <summary>sup ‖T_r‖₂, T_r = ρ_f I + W_1 diag(ψ'_r) W_2 [M].</summary>
    public double[] Transfer { get; }

    /// <summary>sup ‖T_r − T_r⁰‖₂, which may exceed what ‖T_r‖₂ can grow by [M].</summary>
    public double[] TransferChange { get; }

    /// <summary>max_r max_j c_rj |dP_b|_rj at most [B + 1].</summary>
    public double[] CurvedEntry { get; }

    /// <summary>β_b: the largest row norm of ψ'' ∘ dP_b [B + 1].</summary>
    public double[] CurvedRow { get; }

    /// <summary>max_j ‖w2_j‖ ‖diag(c_j |h|) H‖₂, for W_1 twice.</summary>
    public double CurvedUnits { get; }

    /// <summary>max_r |ψ'_rj − its centre| by unit, from the curvature [m].</summary>
    public double[] UnitChange { get; }

    // |dP_rj| ≤ ‖dh_r‖ ‖w_j‖, and for W_1 ‖h_r‖                           [B + 1][M]
    private double[][] EntryDerivatives(BlockIndices at, double columnNorm)
    {
        double[][] entries = [.. _input.FirstRows.Select(rows => rows.Select(first => first * columnNorm).ToArray())];
        TensorPrimitives.Add(entries[at.FfnIn], _input.RowNorm, entries[at.FfnIn]);
        return entries;
    }

    private static double[] Reach(ParameterBall ball, double[][] entries)
    {
        double[] reach = new double[entries[0].Length];
        double[] row = new double[entries.Length];
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
            double reach = RoundedUp.Of(_change[r] + _centre.Preactivation.RowError[r]);
            for (int j = 0; j < row.Length; j++)
            {
                row[j] = activation.SecondDerivativeBoundNear(preactivation[j], reach);
            }
        }

        return curvature;
    }

    // ‖W_1⁰ diag(c_r)‖₂                                                     [M]
    private double[] CurvedFfnIn()
    {
        double[] result = new double[_change.Length];
        Matrix transposed = Transposed(_centre.Weights.FfnIn);
        for (int r = 0; r < result.Length; r++)
        {
            result[r] = _norms.UpperBound(transposed, _curvature.Row(r));
        }

        return result;
    }

    // (C.15 g)
    private void BoundTransfers(ParameterBall ball, BlockIndices at, ResidualTransformerShape shape, double[] curvedIn)
    {
        double slope = shape.Activation.DerivativeBound, range = shape.Activation.DerivativeRange;
        double inRadius = ball[at.FfnIn], outRadius = ball[at.FfnOut];
        double inNorm = _centre.FfnInNorm + inRadius, outNorm = _centre.FfnOutNorm + outRadius;
        RowCentre rows = _centre.Rows;
        for (int r = 0; r < _change.Length; r++)
        {
            // ψ' cannot change where nothing moves; 0 · c would still cost a norm.
            double change = _change[r];
            double inChange = change == 0 ? 0 : Math.Min(curvedIn[r] * change, range * _centre.FfnInNorm);
            double outChange = change == 0 ? 0 : _norms.UpperBound(_centre.Weights.FfnOut, _curvature.Row(r)) * change;
            FfnIn[r] = Math.Min(rows.FfnIn[r] + (slope * inRadius) + inChange, slope * inNorm);
            FfnOut[r] = Math.Min(rows.FfnOut[r] + (slope * outRadius) + outChange, slope * outNorm);
            double transfer = rows.Transfer[r] + (FfnIn[r] * outRadius) + (slope * outNorm * inRadius) + (inChange * _centre.FfnOutNorm);
            Transfer[r] = Math.Min(transfer, Math.Abs(shape.FfnResidual) + (FfnIn[r] * outNorm));

            // Where sup ‖W_1 diag(ψ'_r)‖ cannot grow, ‖T_r‖ cannot either, but T_r can turn: the product rule around θ_0, with ‖W_2‖ there.
            double turn = (FfnIn[r] * outRadius) + (((slope * inRadius) + inChange) * _centre.FfnOutNorm);
            TransferChange[r] = Math.Max(turn, Transfer[r] - rows.Transfer[r]);
        }
    }

    private double[] LargestUnitChange()
    {
        double[] change = new double[_curvature.Columns];
        double[] row = new double[_curvature.Columns];
        for (int r = 0; r < _change.Length; r++)
        {
            if (_change[r] > 0)
            {
                TensorPrimitives.Multiply(_curvature.Row(r), _change[r], row);
                TensorPrimitives.Max<double>(change, row, change);
            }
        }

        return change;
    }

    // ‖diag(c_j |h|) H‖₂ by the largest row sum of its Gram matrix, or by its largest weight
    private double BoundCurvedUnits(double ffnOutRadius)
    {
        Matrix weights = Matrix.Allocate(_curvature.Rows, _curvature.Columns);
        for (int r = 0; r < weights.Rows; r++)
        {
            TensorPrimitives.Multiply(_curvature.Row(r), _input.RowNorm[r], weights.Row(r));
        }

        Matrix sums = Matrix.Allocate(weights.Rows, weights.Columns);
        Products.Multiply(_centre.OutputGram, weights, sums);
        double largest = 0;
        for (int j = 0; j < weights.Columns; j++)
        {
            double weight = 0, rowSum = 0;
            for (int r = 0; r < weights.Rows; r++)
            {
                weight = Math.Max(weight, weights[r, j]);
                rowSum = Math.Max(rowSum, sums[r, j] * weights[r, j]);
            }

            double unit = Math.Min(Math.Sqrt(rowSum) + (weight * _input.Change), weight * _input.Norm);
            largest = Math.Max(largest, unit * (_centre.FfnOutRowNorms[j] + ffnOutRadius));
        }

        return largest;
    }

    private static double Peak(double[] x, double[] y)
    {
        double largest = 0;
        for (int r = 0; r < x.Length; r++)
        {
            largest = Math.Max(largest, x[r] * y[r]);
        }

        return largest;
    }

    // max_r ℓ_{b,r}(H) (‖W_1⁰ diag(c_r)‖ + max_j c_rj C_1)
    private static double PeakCurved(double[] rows, double[] curvedIn, double[] largest, double radius)
    {
        double peak = 0;
        for (int r = 0; r < rows.Length; r++)
        {
            peak = Math.Max(peak, rows[r] * (curvedIn[r] + (largest[r] * radius)));
        }

        return peak;
    }

    private static Matrix Transposed(in Matrix matrix)
    {
        Matrix result = Matrix.Allocate(matrix.Columns, matrix.Rows);
        for (int i = 0; i < matrix.Rows; i++)
        {
            for (int j = 0; j < matrix.Columns; j++)
            {
                result[j, i] = matrix[i, j];
            }
        }

        return result;
    }
}
