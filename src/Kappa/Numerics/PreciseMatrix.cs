using System.Numerics;

namespace Kappa.Numerics;

/// <summary>A matrix in <see cref="DoubleDouble"/> arithmetic whose distance to the exact one is known row by row.</summary>
/// <remarks>Theory: rounding, C.33. The exact row r is within <see cref="RowError"/>[r] of
/// High + Low in Euclidean norm. An infinite error says that nothing is known.</remarks>
/// <param name="High">The nearest doubles [r, c], contiguous.</param>
/// <param name="Low">What is left [r, c], contiguous.</param>
/// <param name="RowError">Errors in norm [r].</param>
internal sealed record PreciseMatrix(Matrix High, Matrix Low, UpperBound[] RowError)
{
    /// <summary>Rows.</summary>
    public int Rows => High.Rows;

    /// <summary>Columns.</summary>
    public int Columns => High.Columns;

    /// <summary>One element.</summary>
    public DoubleDouble this[int row, int column]
    {
        get => new(High[row, column], Low[row, column]);
        set => (High[row, column], Low[row, column]) = (value.High, value.Low);
    }

    /// <summary>Zeros with no error.</summary>
    public static PreciseMatrix Allocate(int rows, int columns) =>
        new(Matrix.Allocate(rows, columns), Matrix.Allocate(rows, columns), new UpperBound[rows]);

    /// <summary>A matrix of doubles, which is exact.</summary>
    public static PreciseMatrix Exact(in Matrix values)
    {
        PreciseMatrix exact = Allocate(values.Rows, values.Columns);
        values.CopyTo(exact.High);
        return exact;
    }

    /// <summary>At least the norm of row r of the exact matrix.</summary>
    public UpperBound RowNorm(int row) => ((1 + UpperBound.Gamma(1)) * UpperBound.Norm(High.Row(row))) + RowError[row];

    /// <summary>X W for exact doubles W (C.33).</summary>
    /// <param name="weights">W [columns, k].</param>
    public PreciseMatrix Multiply(in Matrix weights)
    {
        PreciseMatrix product = Allocate(Rows, weights.Columns);
        UpperBound norm = UpperBound.FrobeniusNorm(weights), unit = ProductUnit(Columns), underflow = UnderflowOf(Columns, weights.Columns);
        for (int row = 0; row < Rows; row++)
        {
            MultiplyRow(High.Row(row), Low.Row(row), weights, default, product.High.Row(row), product.Low.Row(row));
            product.RowError[row] = ((RowError[row] + (unit * RowNorm(row))) * norm) + underflow;
        }

        return product;
    }

    /// <summary>X + factor · Y row by row, with the errors of both.</summary>
    /// <param name="factor">An exact double.</param>
    /// <param name="other">Y.</param>
    public PreciseMatrix AddScaled(double factor, PreciseMatrix other)
    {
        PreciseMatrix sum = Allocate(Rows, Columns);
        for (int row = 0; row < Rows; row++)
        {
            for (int column = 0; column < Columns; column++)
            {
                sum[row, column] = this[row, column] + (other[row, column] * factor);
            }

            var size = (UpperBound)factor;
            sum.RowError[row] = RowError[row] + (size * other.RowError[row])
                + (2 * (UpperBound)DoubleDouble.Unit * (RowNorm(row) + (size * other.RowNorm(row))))
                    + (Columns * (UpperBound)DoubleDouble.Underflow);
        }

        return sum;
    }

    /// <summary>Row r less row s of X, into a row of the destination; exact where both are rows of doubles.</summary>
    public void WriteDifference(int row, int reference, PreciseMatrix destination)
    {
        bool isExact = RowError[row].Value == 0 && RowError[reference].Value == 0 && Low.Row(row).IndexOfAnyExcept(0.0) < 0
            && Low.Row(reference).IndexOfAnyExcept(0.0) < 0;
        for (int column = 0; column < Columns; column++)
        {
            destination[row, column] = this[row, column] - this[reference, column];
        }

        // The sum of two doubles is exact; the sum of four is within δ of their sizes.
        destination.RowError[row] = isExact
            ? default
            : RowError[row] + RowError[reference] + ((UpperBound)DoubleDouble.Unit * (RowNorm(row) + RowNorm(reference)));
    }

    /// <summary>Σ_k x_k w_k for one row of a product: error at most <see cref="ProductUnit"/> Σ|x_k||w_kc| in every column.</summary>
    /// <param name="high">x, the nearest doubles [k].</param>
    /// <param name="low">What is left of x [k].</param>
    /// <param name="weights">W [k, c].</param>
    /// <param name="weightsLow">What is left of W [k, c], or empty.</param>
    /// <param name="resultHigh">[c], overwritten.</param>
    /// <param name="resultLow">[c], overwritten.</param>
    public static void MultiplyRow(
        ReadOnlySpan<double> high, ReadOnlySpan<double> low, in Matrix weights, in Matrix weightsLow, Span<double> resultHigh,
        Span<double> resultLow)
    {
        int lanes = Vector<double>.Count, column = 0;
        bool hasLow = weightsLow.Rows > 0;
        for (; column <= weights.Columns - lanes; column += lanes)
        {
            Vector<double> sum = Vector<double>.Zero, rest = Vector<double>.Zero;
            for (int k = 0; k < high.Length; k++)
            {
                Vector<double> w = new(weights.Row(k)[column..]), x = new(high[k]);
                Vector<double> product = x * w, next = sum + product, other = next - sum;
                Vector<double> lost = (sum - (next - other)) + (product - other);
                Vector<double> small = Vector.FusedMultiplyAdd(new Vector<double>(low[k]), w, Vector.FusedMultiplyAdd(x, w, -product));
                small = hasLow ? Vector.FusedMultiplyAdd(x, new Vector<double>(weightsLow.Row(k)[column..]), small) : small;
                (sum, rest) = (next, rest + (lost + small));
            }

            for (int lane = 0; lane < lanes; lane++)
            {
                DoubleDouble total = DoubleDouble.ExactSum(sum[lane], rest[lane]);
                (resultHigh[column + lane], resultLow[column + lane]) = (total.High, total.Low);
            }
        }

        for (; column < weights.Columns; column++)
        {
            double sum = 0, rest = 0;
            for (int k = 0; k < high.Length; k++)
            {
                double w = weights[k, column];
                DoubleDouble product = DoubleDouble.ExactProduct(high[k], w), next = DoubleDouble.ExactSum(sum, product.High);
                double small = (low[k] * w) + product.Low + (hasLow ? high[k] * weightsLow[k, column] : 0);
                (sum, rest) = (next.High, rest + (next.Low + small));
            }

            DoubleDouble total = DoubleDouble.ExactSum(sum, rest);
            (resultHigh[column], resultLow[column]) = (total.High, total.Low);
        }
    }

    /// <summary>(k + 4)² 2⁻⁹⁹: the error of a sum of k products relative to the sum of their sizes, at most (C.33).</summary>
    public static UpperBound ProductUnit(int terms) => UpperBound.Square(terms + 4) * (UpperBound)1.5777218104420236e-30;

    /// <summary>What a row of <paramref name="columns"/> sums of
    /// <paramref name="terms"/> products can lose to underflow, at most.</summary>
    public static UpperBound UnderflowOf(int terms, int columns) => terms * (UpperBound)columns * (UpperBound)DoubleDouble.Underflow;
}
