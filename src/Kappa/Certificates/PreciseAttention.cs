using Kappa.Numerics;

namespace Kappa.Certificates;

/// <summary>Softmax attention A = softmax(τ Q Kᵀ) and the mixed tokens A Z of stacked samples in precise arithmetic, with proven errors.</summary>
/// <remarks>
/// Theory: rounding, C.35 and C.39. Keys and tokens enter as differences from the first token of their sample, which changes neither the softmax nor, as its rows sum to one, the mixing
/// z_1 + Σ_j p_j (z_j − z_1): what all tokens or all keys have in common inflates no error. M = N·n rows.
/// </remarks>
internal sealed class PreciseAttention
{
    /// <summary>Evaluates it.</summary>
    /// <param name="query">Q [M, k].</param>
    /// <param name="keys">The keys less the first one of their sample [M, k].</param>
    /// <param name="scale">τ.</param>
    /// <param name="input">Z [M, d].</param>
    /// <param name="differences">Z less the first token of its sample [M, d].</param>
    /// <param name="tokens">n.</param>
    public PreciseAttention(PreciseMatrix query, PreciseMatrix keys, double scale, PreciseMatrix input, PreciseMatrix differences, int tokens)
        : this((row, logits) => Logits(query, keys, scale, row, logits), input, differences, tokens)
    {
    }

    /// <summary>From logits that are known in another way.</summary>
    /// <param name="logits">Writes the logits of a row and returns their error.</param>
    /// <param name="input">Z [M, d].</param>
    /// <param name="differences">Z less the first token of its sample [M, d].</param>
    /// <param name="tokens">n.</param>
    public PreciseAttention(Func<int, DoubleDouble[], double> logits, PreciseMatrix input, PreciseMatrix differences, int tokens)
    {
        Weights = PreciseMatrix.Allocate(input.Rows, tokens);
        WeightError = new double[input.Rows];
        var row = new DoubleDouble[tokens];
        for (int r = 0; r < input.Rows; r++)
        {
            double error = logits(r, row);
            Take(r, row, error);
        }

        Mixed = Mix(input, differences);
    }

    /// <summary>A [M, n].</summary>
    public PreciseMatrix Weights { get; }

    /// <summary>ρ_r: every weight of row r is within ρ_r times itself (and 2⁻⁸⁶⁰) of the exact one; infinite where its logits are not known [M].</summary>
    public double[] WeightError { get; }

    /// <summary>A Z [M, d].</summary>
    public PreciseMatrix Mixed { get; }

    /// <summary>z_r less the first token of its sample, for every row [M, d]; exact where Z are doubles.</summary>
    /// <param name="input">Z [M, d].</param>
    /// <param name="tokens">n.</param>
    public static PreciseMatrix DifferencesOf(PreciseMatrix input, int tokens)
    {
        PreciseMatrix differences = PreciseMatrix.Allocate(input.Rows, input.Columns);
        for (int row = 0; row < input.Rows; row++)
        {
            input.WriteDifference(row, row / tokens * tokens, differences);
        }

        return differences;
    }

    // (R.1)  the logits of row r less that of its first token: τ ⟨q_r, k_j − k_1⟩, and the error of all of them
    private static double Logits(PreciseMatrix query, PreciseMatrix keys, double scale, int row, DoubleDouble[] logits)
    {
        int tokens = logits.Length;
        double unit = PreciseMatrix.ProductUnit(keys.Columns) + (2 * DoubleDouble.Unit), length = query.RowNorm(row), error = 0;
        for (int j = 0; j < tokens; j++)
        {
            int key = (row / tokens * tokens) + j;
            double size = keys.RowNorm(key);
            DoubleDouble sum = 0;
            for (int k = 0; k < query.Columns; k++)
            {
                sum += query[row, k] * keys[key, k];
            }

            logits[j] = sum * scale;
            error = Math.Max(error, (query.RowError[row] * size) + (length * keys.RowError[key]) + (unit * length * size));
        }

        return RoundedUp.Of((Math.Abs(scale) * (error + PreciseMatrix.UnderflowOf(keys.Columns, 1))) + DoubleDouble.Underflow);
    }

    private void Take(int row, DoubleDouble[] logits, double error)
    {
        WeightError[row] = PreciseSoftmax.Apply(logits, error);
        for (int j = 0; j < logits.Length; j++)
        {
            Weights[row, j] = logits[j];
        }

        Weights.RowError[row] = RoundedUp.Of(Math.Min(WeightError[row], 2) + (logits.Length * DoubleDouble.Underflow * 1e50));
    }

    // (R.2)  g_r = z_1 + Σ_j p_j (z_j − z_1), as Σ_j p_j = 1
    private PreciseMatrix Mix(PreciseMatrix input, PreciseMatrix differences)
    {
        int tokens = Weights.Columns, width = input.Columns;
        PreciseMatrix mixed = PreciseMatrix.Allocate(input.Rows, width);
        for (int row = 0; row < input.Rows; row++)
        {
            int first = row / tokens * tokens;
            PreciseMatrix.MultiplyRow(
                Weights.High.Row(row), Weights.Low.Row(row), differences.High.RowRange(first, tokens), differences.Low.RowRange(first, tokens), mixed.High.Row(row), mixed.Low.Row(row));
            double sizes = 0, farthest = 0, error = 0;
            for (int j = 0; j < tokens; j++)
            {
                double size = differences.RowNorm(first + j);
                sizes += Weights.High[row, j] * size;
                farthest = Math.Max(farthest, size);
                error = Math.Max(error, differences.RowError[first + j]);
            }

            for (int column = 0; column < width; column++)
            {
                mixed[row, column] += input[first, column];
            }

            double weights = Math.Min(WeightError[row] * sizes, 2 * farthest) + (tokens * 1e-250 * farthest);
            double rounding = (PreciseMatrix.ProductUnit(tokens) * 2 * sizes) + (2 * DoubleDouble.Unit * (input.RowNorm(first) + sizes));
            mixed.RowError[row] = RoundedUp.Of(input.RowError[first] + (2 * error) + weights + rounding + PreciseMatrix.UnderflowOf(tokens, width));
        }

        return mixed;
    }
}
