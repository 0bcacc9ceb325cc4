using Kappa.Certificates.Enclosures;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates.KernelAttention;

/// <summary>B_h = S_h X of every head of model G (G.3), and the residual F − Y, in precise arithmetic with proven errors.</summary>
/// <remarks>Theory: kernel attention, G.8, with the errors of the rounding page. X, Y and all
/// weights are exact doubles, and τ is the double that the model uses. M = N·n rows.</remarks>
internal sealed class PreciseKernelFeatures
{
    // e^y − 1 ≤ y + y² up to here; an exponent known less well says nothing.
    private const double MostExponentError = 0.5;

    private readonly int _tokens;
    private readonly double _scale;
    private readonly PreciseMatrix _input;
    private readonly PreciseMatrix _differences;

    /// <summary>Evaluates it.</summary>
    public PreciseKernelFeatures(TransformerPoint point)
    {
        TransformerShape shape = point.Model.Shape;
        (_tokens, _scale) = (point.Model.OutputRows, shape.Kernel.Scale(shape.KeyWidth));
        _input = PreciseMatrix.Exact(point.Model.Inputs);
        _differences = PreciseAttention.DifferencesOf(_input, _tokens);
        Heads = [
            .. Enumerable.Range(0, shape.Heads).Select(head =>
                Features(shape.Kernel, point.Parameters[$"heads.{head}.query"], point.Parameters[$"heads.{head}.key"]))];
        ResidualNorm = Residual(point);
    }

    /// <summary>B_h [M, D] of each head.</summary>
    public PreciseMatrix[] Heads { get; }

    /// <summary>√(2ℒ_0) = ‖F − Y‖ at most.</summary>
    public UpperBound ResidualNorm { get; }

    private PreciseMatrix Features(AttentionKernel kernel, in Matrix query, in Matrix key)
    {
        PreciseMatrix queries = _input.Multiply(query);
        if (kernel.Kind == AttentionKernelKind.Softmax)
        {
            return new PreciseAttention(queries, _differences.Multiply(key), _scale, _input, _differences, _tokens).Mixed;
        }

        PreciseMatrix keys = _input.Multiply(key);
        return kernel.NormalisesRows
            ? new PreciseAttention((row, exponents) => Exponents(queries, keys, row, exponents), _input, _differences, _tokens).Mixed
            : FreeRows(queries, keys);
    }

    // (G.2) −τ‖q_r − k_j‖²/2 for every key j of the sample of row r, and the error of all
    // of them. The difference comes first: a common part of queries and keys cancels in it.
    private UpperBound Exponents(PreciseMatrix queries, PreciseMatrix keys, int row, DoubleDouble[] exponents)
    {
        int columns = queries.Columns;
        UpperBound unit = PreciseMatrix.ProductUnit(columns) + (4 * (UpperBound)DoubleDouble.Unit), worst = default;
        var differences = new double[columns];
        for (int j = 0; j < _tokens; j++)
        {
            int key = (row / _tokens * _tokens) + j;
            DoubleDouble square = 0;
            for (int k = 0; k < columns; k++)
            {
                DoubleDouble difference = queries[row, k] - keys[key, k];
                square += difference * difference;
                differences[k] = difference.High;
            }

            UpperBound distance = (1 + UpperBound.Gamma(1)) * UpperBound.Norm(differences);
            UpperBound error = queries.RowError[row] + keys.RowError[key]
                + ((UpperBound)DoubleDouble.Unit * (queries.RowNorm(row) + keys.RowNorm(key)));
            exponents[j] = square * (-0.5 * _scale);
            worst = UpperBound.Max(worst, (error * ((2 * distance) + error)) + (unit * distance * distance));
        }

        return ((UpperBound)_scale * (worst + PreciseMatrix.UnderflowOf(columns, 1)) / 2) + (UpperBound)DoubleDouble.Underflow;
    }

    // B_h = S_h X where rows of S are free.
    private PreciseMatrix FreeRows(PreciseMatrix queries, PreciseMatrix keys)
    {
        PreciseMatrix features = PreciseMatrix.Allocate(_input.Rows, _input.Columns);
        var weights = new DoubleDouble[_tokens];
        double[] high = new double[_tokens], low = new double[_tokens];
        for (int row = 0; row < _input.Rows; row++)
        {
            int first = row / _tokens * _tokens;
            UpperBound exponentError = Exponents(queries, keys, row, weights), sizes = default, longest = default;
            for (int j = 0; j < _tokens; j++)
            {
                DoubleDouble weight = PreciseExponential.Of(weights[j]);
                (high[j], low[j]) = (weight.High, weight.Low);
                UpperBound size = _input.RowNorm(first + j);
                sizes += (1 + UpperBound.Gamma(1)) * (UpperBound)weight.High * size;
                longest = UpperBound.Max(longest, size);
            }

            PreciseMatrix.MultiplyRow(
                high, low, _input.High.RowRange(first, _tokens), default, features.High.Row(row), features.Low.Row(row));
            UpperBound relative = exponentError.Value <= MostExponentError
                ? exponentError + (exponentError * exponentError) + (4 * (UpperBound)PreciseExponential.RelativeError)
                : UpperBound.Infinity;
            features.RowError[row] = ((relative + (2 * PreciseMatrix.ProductUnit(_tokens))) * sizes)
                + (2 * _tokens * (UpperBound)PreciseExponential.AbsoluteError * longest)
                    + PreciseMatrix.UnderflowOf(_tokens, _input.Columns);
        }

        return features;
    }

    // (G.3)  F − Y = Σ_h B_h W_V^h W_O^h − Y
    private UpperBound Residual(TransformerPoint point)
    {
        PreciseMatrix rest = PreciseMatrix.Exact(point.Model.Targets).AddScaled(-1, Output(point, 0));
        for (int head = 1; head < Heads.Length; head++)
        {
            rest = rest.AddScaled(-1, Output(point, head));
        }

        var residual = EnclosedMatrix.Of(rest);
        return UpperBound.FrobeniusNorm(residual.Values) + residual.Error;
    }

    private PreciseMatrix Output(TransformerPoint point, int head) =>
        Heads[head].Multiply(point.Parameters[$"heads.{head}.value"]).Multiply(point.Parameters[$"heads.{head}.output"]);
}
