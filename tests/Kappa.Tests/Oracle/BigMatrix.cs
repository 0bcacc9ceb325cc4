namespace Kappa.Tests.Oracle;

/// <summary>A small dense matrix of <see cref="BigReal"/>, with the plainest algorithm for everything.</summary>
internal sealed class BigMatrix(int rows, int columns)
{
    private readonly BigReal[] _values = new BigReal[rows * columns];

    public int Rows => rows;

    public int Columns => columns;

    public BigReal this[int row, int column]
    {
        get => _values[(row * columns) + column];
        set => _values[(row * columns) + column] = value;
    }

    /// <summary>The same numbers, exactly.</summary>
    public static BigMatrix Of(Matrix source) => Fill(source.Rows, source.Columns, (i, j) => source[i, j]);

    public static BigMatrix Fill(int rows, int columns, Func<int, int, BigReal> value)
    {
        var result = new BigMatrix(rows, columns);
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                result[i, j] = value(i, j);
            }
        }

        return result;
    }

    public static BigMatrix operator *(BigMatrix a, BigMatrix b)
    {
        Assert(a.Columns == b.Rows);
        return Fill(a.Rows, b.Columns, (i, j) => Sum(a.Columns, k => a[i, k] * b[k, j]));
    }

    public static BigMatrix operator *(BigReal factor, BigMatrix a) => a.Map(x => factor * x);

    public static BigMatrix operator +(BigMatrix a, BigMatrix b) => Fill(a.Rows, a.Columns, (i, j) => a[i, j] + b[i, j]);

    public static BigMatrix operator -(BigMatrix a, BigMatrix b) => Fill(a.Rows, a.Columns, (i, j) => a[i, j] - b[i, j]);

    /// <summary>Matrices of equal height side by side.</summary>
    public static BigMatrix Beside(params BigMatrix[] parts)
    {
        BigReal[][] rows = [
            .. Enumerable.Range(0, parts[0].Rows).Select(i =>
                parts.SelectMany(part => Enumerable.Range(0, part.Columns).Select(j => part[i, j])).ToArray())];
        return Fill(rows.Length, rows[0].Length, (i, j) => rows[i][j]);
    }

    /// <summary>Matrices of equal width on one another.</summary>
    public static BigMatrix Above(params BigMatrix[] parts) => Beside([.. parts.Select(part => part.Transposed())]).Transposed();

    public BigMatrix Transposed() => Fill(Columns, Rows, (i, j) => this[j, i]);

    public BigMatrix RowRange(int first, int count) => Fill(count, Columns, (i, j) => this[first + i, j]);

    public BigMatrix Map(Func<BigReal, BigReal> function) => Fill(Rows, Columns, (i, j) => function(this[i, j]));

    /// <summary>‖A‖_F².</summary>
    public BigReal SquaredNorm() => Sum(_values.Length, k => _values[k] * _values[k]);

    /// <summary>‖A‖_F.</summary>
    public BigReal Norm() => BigReal.Sqrt(SquaredNorm());

    /// <summary>σ_k, k = 1 the largest; 0 where there are fewer values. The square
    /// root of an eigenvalue of the Gram matrix of the smaller side.</summary>
    /// <remarks>The Gram matrix is right to 2⁻²⁵⁰‖A‖², so σ is right to 2⁻²⁵⁰‖A‖²/σ, and to 2⁻¹²⁵‖A‖ (2e-38 of the
    /// largest) where it is 0: half of the digits are lost there and none of a σ &gt; 1e-12 ‖A‖ within 50.</remarks>
    public BigReal SingularValue(int k)
    {
        BigReal[] values = SingularValues();
        return k > values.Length ? BigReal.Zero : values[k - 1];
    }

    /// <summary>All min(rows, columns) singular values, largest first.</summary>
    public BigReal[] SingularValues()
    {
        BigMatrix gram = Rows <= Columns ? this * Transposed() : Transposed() * this;
        return [.. gram.Eigenvalues().Select(value => BigReal.Sqrt(BigReal.Max(value, BigReal.Zero)))];
    }

    /// <summary>The eigenvalues of a symmetric matrix by Jacobi's rotations, largest first, to 2⁻²⁴⁰ of the largest.</summary>
    public BigReal[] Eigenvalues()
    {
        BigMatrix a = Map(x => x);
        BigReal tolerance = SquaredNorm() * Math.ScaleB(1, -490);
        for (int sweep = 0; OffDiagonal(a) > tolerance; sweep++)
        {
            Assert(sweep < 60);
            for (int p = 0; p < Rows; p++)
            {
                for (int q = p + 1; q < Rows; q++)
                {
                    Rotate(a, p, q);
                }
            }
        }

        return [.. Enumerable.Range(0, Rows).Select(i => a[i, i]).OrderDescending()];
    }

    // Golub and Van Loan, section 8.5.2: t = sign(τ)/(|τ| + √(1 + τ²)), τ = (a_qq − a_pp)/(2 a_pq).
    private static void Rotate(BigMatrix a, int p, int q)
    {
        if (a[p, q].Sign == 0)
        {
            return;
        }

        BigReal tau = (a[q, q] - a[p, p]) / (2 * a[p, q]), root = BigReal.Sqrt(1 + (tau * tau));
        BigReal t = tau.Sign < 0 ? -1 / (root - tau) : 1 / (root + tau), cosine = 1 / BigReal.Sqrt(1 + (t * t)), sine = t * cosine;
        for (int k = 0; k < a.Rows; k++)
        {
            (a[k, p], a[k, q]) = ((cosine * a[k, p]) - (sine * a[k, q]), (sine * a[k, p]) + (cosine * a[k, q]));
        }

        for (int k = 0; k < a.Rows; k++)
        {
            (a[p, k], a[q, k]) = ((cosine * a[p, k]) - (sine * a[q, k]), (sine * a[p, k]) + (cosine * a[q, k]));
        }
    }

    private static BigReal OffDiagonal(BigMatrix a) =>
        Sum(a.Rows * a.Rows, k => k / a.Rows == k % a.Rows ? BigReal.Zero : a[k / a.Rows, k % a.Rows] * a[k / a.Rows, k % a.Rows]);

    private static BigReal Sum(int count, Func<int, BigReal> term)
    {
        BigReal sum = BigReal.Zero;
        for (int k = 0; k < count; k++)
        {
            sum += term(k);
        }

        return sum;
    }

    private static void Assert(bool condition)
    {
        if (!condition)
        {
            throw new InvalidOperationException("The oracle's own sizes do not fit, or its rotations do not converge.");
        }
    }
}
