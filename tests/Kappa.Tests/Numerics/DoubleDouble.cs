namespace Kappa.Tests.Numerics;

/// <summary>An unevaluated sum of two doubles, about 31 digits (Dekker 1971), for the references of accuracy tests.</summary>
internal readonly record struct DoubleDouble(double High, double Low)
{
    public static implicit operator DoubleDouble(double value) => new(value, 0);

    public static DoubleDouble operator +(DoubleDouble x, DoubleDouble y)
    {
        (double sum, double error) = TwoSum(x.High, y.High);
        (double lowSum, double lowError) = TwoSum(x.Low, y.Low);
        (sum, error) = FastTwoSum(sum, error + lowSum);
        return Normalised(sum, error + lowError);
    }

    public static DoubleDouble operator -(DoubleDouble x) => new(-x.High, -x.Low);

    public static DoubleDouble operator -(DoubleDouble x, DoubleDouble y) => x + -y;

    public static DoubleDouble operator *(DoubleDouble x, DoubleDouble y)
    {
        double product = x.High * y.High;
        double error = Math.FusedMultiplyAdd(x.High, y.High, -product);
        return Normalised(product, error + (x.High * y.Low) + (x.Low * y.High));
    }

    public static DoubleDouble operator /(DoubleDouble x, DoubleDouble y)
    {
        DoubleDouble quotient = x.High / y.High;
        DoubleDouble rest = x - (quotient * y);
        quotient += rest.High / y.High;
        rest = x - (quotient * y);
        return quotient + (rest.High / y.High);
    }

    public static DoubleDouble Sqrt(DoubleDouble x)
    {
        if (x.High <= 0)
        {
            return 0;
        }

        DoubleDouble root = Math.Sqrt(x.High);
        root += (x - (root * root)) / (root + root);
        return root + ((x - (root * root)) / (root + root));
    }

    /// <summary>The singular values of A, largest first, by one-sided Jacobi rotations (Hestenes 1958) in this arithmetic.</summary>
    public static double[] SingularValues(Matrix a)
    {
        bool isWide = a.Columns > a.Rows;
        DoubleDouble[][] columns = [.. Enumerable.Range(0, Math.Min(a.Rows, a.Columns)).Select(j =>
            Enumerable.Range(0, Math.Max(a.Rows, a.Columns)).Select(i => (DoubleDouble)(isWide ? a[j, i] : a[i, j])).ToArray())];
        for (bool hasRotated = true; hasRotated;)
        {
            hasRotated = false;
            for (int q = 1; q < columns.Length; q++)
            {
                for (int p = 0; p < q; p++)
                {
                    hasRotated |= Rotate(columns[p], columns[q]);
                }
            }
        }

        return [.. columns.Select(column => Sqrt(Dot(column, column)).High).OrderDescending()];
    }

    // Makes two columns orthogonal; false when they are already, to 1e-28.
    private static bool Rotate(DoubleDouble[] x, DoubleDouble[] y)
    {
        DoubleDouble xx = Dot(x, x), yy = Dot(y, y), xy = Dot(x, y);
        if (Math.Abs(xy.High) <= 1e-28 * Math.Sqrt(xx.High) * Math.Sqrt(yy.High))
        {
            return false;
        }

        DoubleDouble zeta = (yy - xx) / (xy + xy);
        DoubleDouble root = Sqrt((zeta * zeta) + 1);
        DoubleDouble tangent = zeta.High >= 0 ? 1 / (zeta + root) : -1 / (root - zeta);
        DoubleDouble cosine = 1 / Sqrt((tangent * tangent) + 1);
        DoubleDouble sine = cosine * tangent;
        for (int i = 0; i < x.Length; i++)
        {
            (x[i], y[i]) = ((cosine * x[i]) - (sine * y[i]), (sine * x[i]) + (cosine * y[i]));
        }

        return true;
    }

    private static DoubleDouble Dot(DoubleDouble[] x, DoubleDouble[] y)
    {
        DoubleDouble sum = 0;
        for (int i = 0; i < x.Length; i++)
        {
            sum += x[i] * y[i];
        }

        return sum;
    }

    private static (double Sum, double Error) TwoSum(double x, double y)
    {
        double sum = x + y;
        double part = sum - x;
        return (sum, (x - (sum - part)) + (y - part));
    }

    private static (double Sum, double Error) FastTwoSum(double x, double y)
    {
        double sum = x + y;
        return (sum, y - (sum - x));
    }

    private static DoubleDouble Normalised(double high, double low)
    {
        (double sum, double error) = FastTwoSum(high, low);
        return new DoubleDouble(sum, error);
    }
}
