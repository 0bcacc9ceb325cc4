using System.Globalization;
using Kappa.Numerics;

namespace Kappa.Lab.Studies.Landscapes;

/// <summary>Where a point lies beside a plane.</summary>
/// <param name="First">α of the nearest point of the plane.</param>
/// <param name="Second">β of the nearest point of the plane.</param>
/// <param name="Distance">Euclidean distance to it.</param>
internal readonly record struct Projection(double First, double Second, double Distance);

/// <summary>The plane c + α u + β v in the space of trained parameters; u and v need not be orthogonal or of norm one.</summary>
/// <remarks>Immutable as long as nobody writes to its arrays; thread-safe.</remarks>
internal sealed class LandscapePlane
{
    private readonly double _uu;
    private readonly double _uv;
    private readonly double _vv;

    /// <summary>Through a centre along two directions; the arrays are held, not copied.</summary>
    /// <param name="centre">c [P].</param>
    /// <param name="first">u [P].</param>
    /// <param name="second">v [P], not parallel to u.</param>
    /// <exception cref="ArgumentException">The lengths differ, a number is not finite, or the directions do not span a plane.</exception>
    public LandscapePlane(double[] centre, double[] first, double[] second)
    {
        if (centre.Length != first.Length || centre.Length != second.Length)
        {
            throw new ArgumentException(
                $"Centre and directions must have one length but have {centre.Length}, {first.Length} and {second.Length}.", nameof(first));
        }

        (Centre, First, Second) = (centre, first, second);
        (_uu, _uv, _vv) = (Vectors.Dot(first, first), Vectors.Dot(first, second), Vectors.Dot(second, second));
        if (!double.IsFinite(Vectors.Norm(centre)) || !(Determinant > 1e-12 * _uu * _vv))
        {
            throw new ArgumentException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Two directions must be finite and span a plane but have the squared norms {NumberText.Of(_uu, 3)} and "
                        + $"{NumberText.Of(_vv, 3)} and the product {NumberText.Of(_uv, 3)}."),
                nameof(second));
        }
    }

    /// <summary>c [P].</summary>
    public double[] Centre { get; }

    /// <summary>u [P].</summary>
    public double[] First { get; }

    /// <summary>v [P].</summary>
    public double[] Second { get; }

    /// <summary>The cosine of the angle between u and v.</summary>
    public double Cosine => _uv / Math.Sqrt(_uu * _vv);

    private double Determinant => (_uu * _vv) - (_uv * _uv);

    /// <summary>The point c + α u + β v.</summary>
    public void PointAt(double first, double second, Span<double> point)
    {
        Centre.CopyTo(point);
        Vectors.AddScaled(point, first, First);
        Vectors.AddScaled(point, second, Second);
    }

    /// <summary>The nearest point of the plane, by the normal equations of u and v.</summary>
    public Projection Project(ReadOnlySpan<double> point)
    {
        double[] offset = point.ToArray();
        Vectors.AddScaled(offset, -1, Centre);
        double u = Vectors.Dot(offset, First), v = Vectors.Dot(offset, Second);
        double alpha = ((_vv * u) - (_uv * v)) / Determinant, beta = ((_uu * v) - (_uv * u)) / Determinant;
        Vectors.AddScaled(offset, -alpha, First);
        Vectors.AddScaled(offset, -beta, Second);
        return new Projection(alpha, beta, Vectors.Norm(offset));
    }
}
