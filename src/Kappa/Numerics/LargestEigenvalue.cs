namespace Kappa.Numerics;

/// <summary>A proven upper bound of the largest eigenvalue of a symmetric matrix that has a positive one, close to it.</summary>
/// <remarks>
/// A Lanczos process with full reorthogonalisation gives an estimate θ from below; a Cholesky factorisation of θ(1 + δ)I − G that succeeds
/// proves λ_max &lt; θ(1 + δ) up to n ε θ, for δ = 1e-9, 1e-8, … until one does or the largest row sum, which bounds every eigenvalue, is
/// reached. About 60n² + n³/3 flops for n above 24. Owns its workspace; one instance per thread.
/// </remarks>
internal sealed class LargestEigenvalue
{
    private const int MostSteps = 48;
    private const int StepsBetweenLooks = 8;
    private const double FirstSlack = 1e-9;
    private const double Epsilon = 2 * Numerics.UpperBound.UnitRoundoff;

    private readonly double[] _diagonal = new double[MostSteps];
    private readonly double[] _offDiagonal = new double[MostSteps];
    private double[] _basis = [];
    private double[] _factor = [];
    private double[] _next = [];

    /// <summary>t with λ_max(G) ≤ t, above it by about 1e-9 λ_max as a rule; infinite or NaN when G is.</summary>
    /// <param name="matrix">G [n, n], symmetric; not changed.</param>
    public double UpperBound(in Matrix matrix)
    {
        double rowSum = LargestRowSum(matrix);
        if (matrix.Rows <= 1 || rowSum == 0 || !double.IsFinite(rowSum))
        {
            return rowSum;
        }

        Reserve(matrix.Rows);
        double estimate = Estimate(matrix, rowSum);
        for (double slack = FirstSlack; slack < 1; slack *= 10)
        {
            double bound = estimate * (1 + slack);
            if (bound >= rowSum)
            {
                break;
            }

            if (bound > 0 && IsBelow(matrix, bound))
            {
                return bound;
            }
        }

        return rowSum;
    }

    private static double LargestRowSum(in Matrix matrix)
    {
        double largest = 0;
        for (int row = 0; row < matrix.Rows; row++)
        {
            double sum = System.Numerics.Tensors.TensorPrimitives.SumOfMagnitudes<double>(matrix.Row(row));
            largest = sum > largest || double.IsNaN(sum) ? sum : largest;
        }

        return largest;
    }

    private void Reserve(int order)
    {
        if (_factor.Length < order * order)
        {
            _basis = new double[(MostSteps + 1) * order];
            _factor = new double[order * order];
            _next = new double[order];
        }
    }

    // The largest Ritz value, once it no longer grows.
    private double Estimate(in Matrix matrix, double rowSum)
    {
        int order = matrix.Rows;
        Start(matrix, rowSum);
        double ritz = 0;
        for (int step = 0; ; step++)
        {
            double beta = Extend(matrix, step);
            bool isLast = step + 1 == Math.Min(order, MostSteps) || beta <= Epsilon * rowSum;
            if (isLast || (step + 1) % StepsBetweenLooks == 0)
            {
                double latest = LargestOfTridiagonal(step + 1);
                if (isLast || latest - ritz <= 0.1 * FirstSlack * latest)
                {
                    return Math.Max(latest, ritz);
                }

                ritz = latest;
            }

            _offDiagonal[step] = beta;
        }
    }

    // The column of the largest diagonal element is never orthogonal to the
    // dominant direction by symmetry alone; the ramp breaks the remaining ties.
    private void Start(in Matrix matrix, double rowSum)
    {
        int order = matrix.Rows, pivot = 0;
        for (int i = 1; i < order; i++)
        {
            pivot = matrix[i, i] > matrix[pivot, pivot] ? i : pivot;
        }

        Span<double> start = _basis.AsSpan(0, order);
        matrix.Row(pivot).CopyTo(start);
        double ramp = 0.01 * rowSum / order;
        for (int i = 0; i < order; i++)
        {
            start[i] += ramp * (1 + (i % 7));
        }

        Vectors.Scale(start, 1 / Vectors.Norm(start));
    }

    // One Lanczos step: α_k, and the next basis vector with its norm before scaling.
    private double Extend(in Matrix matrix, int step)
    {
        int order = matrix.Rows;
        Span<double> next = _next.AsSpan(0, order);
        ReadOnlySpan<double> current = _basis.AsSpan(step * order, order);
        for (int i = 0; i < order; i++)
        {
            next[i] = Vectors.Dot(matrix.Row(i), current);
        }

        _diagonal[step] = Vectors.Dot(next, current);
        for (int pass = 0; pass < 2; pass++)
        {
            for (int k = 0; k <= step; k++)
            {
                ReadOnlySpan<double> earlier = _basis.AsSpan(k * order, order);
                Vectors.AddScaled(next, -Vectors.Dot(next, earlier), earlier);
            }
        }

        double norm = Vectors.Norm(next);
        if (norm > 0)
        {
            next.CopyTo(_basis.AsSpan((step + 1) * order, order));
            Vectors.Scale(_basis.AsSpan((step + 1) * order, order), 1 / norm);
        }

        return norm;
    }

    // Bisection on the number of eigenvalues above a shift (Sturm sequence).
    private double LargestOfTridiagonal(int order)
    {
        double low = double.NegativeInfinity, high = double.NegativeInfinity;
        for (int i = 0; i < order; i++)
        {
            double radius = (i > 0 ? _offDiagonal[i - 1] : 0) + (i + 1 < order ? _offDiagonal[i] : 0);
            low = Math.Max(low, _diagonal[i]);
            high = Math.Max(high, _diagonal[i] + radius);
        }

        while (high - low > 1e-12 * Math.Abs(high))
        {
            double middle = low + (0.5 * (high - low));
            if (middle <= low || middle >= high)
            {
                break;
            }

            (low, high) = HasEigenvalueAbove(order, middle) ? (middle, high) : (low, middle);
        }

        return low;
    }

    private bool HasEigenvalueAbove(int order, double shift)
    {
        double pivot = shift - _diagonal[0];
        for (int i = 1; i < order && pivot > 0; i++)
        {
            pivot = shift - _diagonal[i] - (_offDiagonal[i - 1] * _offDiagonal[i - 1] / pivot);
        }

        return !(pivot > 0);
    }

    // Whether bound·I − G has a Cholesky factor with pivots well above their rounding.
    private bool IsBelow(in Matrix matrix, double bound)
    {
        int order = matrix.Rows;
        double leastPivot = 2 * order * Epsilon * bound;
        for (int i = 0; i < order; i++)
        {
            Span<double> row = _factor.AsSpan(i * order, order);
            ReadOnlySpan<double> source = matrix.Row(i);
            for (int j = 0; j < i; j++)
            {
                ReadOnlySpan<double> other = _factor.AsSpan(j * order, order);
                row[j] = (-source[j] - Vectors.Dot(row[..j], other[..j])) * other[j];
            }

            double pivot = bound - source[i] - Vectors.SquaredNorm(row[..i]);
            if (!(pivot > leastPivot))
            {
                return false;
            }

            // The diagonal holds the reciprocal: the only use of it is to divide.
            row[i] = 1 / Math.Sqrt(pivot);
        }

        return true;
    }
}
