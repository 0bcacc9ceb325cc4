using Kappa.Numerics;

namespace Kappa.Certificates.Enclosures;

/// <summary>Softmax attention A = softmax(τ Q Kᵀ) and the mixed tokens A Z
/// of stacked samples in precise arithmetic, with proven errors.</summary>
/// <remarks>
/// Theory: rounding, C.35 and C.39. Keys and tokens enter as differences from the first token of their sample, which changes neither the
/// softmax nor, as its rows sum to one, the mixing z_1 + Σ_j p_j (z_j − z_1): what all tokens or all keys have in common inflates no error.
/// M = N·n rows.
/// </remarks>
internal sealed class PreciseAttention
{
    /// <summary>10⁻²⁵⁰: more than twice what a weight next to 0 may be off by beside its relative error (2⁻⁸⁶⁰).</summary>
    public static readonly UpperBound VanishingWeight = (UpperBound)1e-250;

    /// <summary>Evaluates it.</summary>
    /// <param name="query">Q [M, k].</param>
    /// <param name="keys">The keys less the first one of their sample [M, k].</param>
    /// <param name="scale">τ.</param>
    /// <param name="input">Z [M, d].</param>
    /// <param name="differences">Z less the first token of its sample [M, d].</param>
    /// <param name="tokens">n.</param>
    public PreciseAttention(
        PreciseMatrix query, PreciseMatrix keys, double scale, PreciseMatrix input, PreciseMatrix differences, int tokens)
        : this((row, logits) => Logits(query, keys, scale, row, logits), input, differences, tokens)
    {
    }

    /// <summary>From logits that are known in another way.</summary>
    /// <param name="logits">Writes the logits of a row and returns their error.</param>
    /// <param name="input">Z [M, d].</param>
    /// <param name="differences">Z less the first token of its sample [M, d].</param>
    /// <param name="tokens">n.</param>
    public PreciseAttention(Func<int, DoubleDouble[], UpperBound> logits, PreciseMatrix input, PreciseMatrix differences, int tokens)
    {
        Weights = PreciseMatrix.Allocate(input.Rows, tokens);
        WeightError = new UpperBound[input.Rows];
        var row = new DoubleDouble[tokens];
        for (int r = 0; r < input.Rows; r++)
        {
            UpperBound error = logits(r, row);
            Take(r, row, error);
        }

        Mixed = Mix(input, differences);
    }

    /// <summary>A [M, n].</summary>
    public PreciseMatrix Weights { get; }

    /// <summary>ρ_r: every weight of row r is within ρ_r times itself (and 2⁻⁸⁶⁰)
    /// of the exact one; infinite where its logits are not known [M].</summary>
    public UpperBound[] WeightError { get; }

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
    private static UpperBound Logits(PreciseMatrix query, PreciseMatrix keys, double scale, int row, DoubleDouble[] logits)
    {
        int tokens = logits.Length;
        UpperBound unit = PreciseMatrix.ProductUnit(keys.Columns) + (2 * (UpperBound)DoubleDouble.Unit), length = query.RowNorm(row),
            error = default;
        for (int j = 0; j < tokens; j++)
        {
            int key = (row / tokens * tokens) + j;
            UpperBound size = keys.RowNorm(key);
            DoubleDouble sum = 0;
            for (int k = 0; k < query.Columns; k++)
            {
                sum += query[row, k] * keys[key, k];
            }

            logits[j] = sum * scale;
            error = UpperBound.Max(error, (query.RowError[row] * size) + (length * keys.RowError[key]) + (unit * length * size));
        }

        return ((UpperBound)scale * (error + PreciseMatrix.UnderflowOf(keys.Columns, 1))) + (UpperBound)DoubleDouble.Underflow;
    }

    private void Take(int row, DoubleDouble[] logits, UpperBound error)
    {
        WeightError[row] = PreciseSoftmax.Apply(logits, error);
        for (int j = 0; j < logits.Length; j++)
        {
            Weights[row, j] = logits[j];
        }

        Weights.RowError[row] = UpperBound.Min(WeightError[row], 2) + (logits.Length * VanishingWeight);
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
                Weights.High.Row(row), Weights.Low.Row(row), differences.High.RowRange(first, tokens),
                differences.Low.RowRange(first, tokens), mixed.High.Row(row), mixed.Low.Row(row));
            UpperBound sizes = default, farthest = default, error = default;
            for (int j = 0; j < tokens; j++)
            {
                UpperBound size = differences.RowNorm(first + j);
                sizes += (1 + UpperBound.Gamma(1)) * (UpperBound)Weights.High[row, j] * size;
                farthest = UpperBound.Max(farthest, size);
                error = UpperBound.Max(error, differences.RowError[first + j]);
            }

            for (int column = 0; column < width; column++)
            {
                mixed[row, column] += input[first, column];
            }

            UpperBound weights = UpperBound.Min(WeightError[row] * sizes, 2 * farthest) + (tokens * VanishingWeight * farthest);
            UpperBound rounding = (PreciseMatrix.ProductUnit(tokens) * 2 * sizes)
                + (2 * (UpperBound)DoubleDouble.Unit * (input.RowNorm(first) + sizes));
            mixed.RowError[row] = input.RowError[first] + (2 * error) + weights + rounding + PreciseMatrix.UnderflowOf(tokens, width);
        }

        return mixed;
    }
}
