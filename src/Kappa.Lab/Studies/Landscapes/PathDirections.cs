using Kappa.Numerics;

namespace Kappa.Lab.Studies.Landscapes;

/// <summary>The plane through the centre that lies nearest to a path, by principal components of φ_k − c.</summary>
/// <remarks>
/// Offsets are from the centre and not from their mean, so that the plane holds the centre and what a component explains is a share of
/// Σ‖φ_k − c‖²: of all planes through c this one leaves the least. From the Gram matrix [K, K] of the K states; unit orthogonal directions,
/// the sign such that the path's first state has α ≥ 0 and, if it can, β ≥ 0.
/// </remarks>
/// <param name="Plane">The plane.</param>
/// <param name="ExplainedShares">λ_i / Σλ of every component, the largest first: the first two are the plane's.</param>
internal sealed record PathDirections(LandscapePlane Plane, IReadOnlyList<double> ExplainedShares)
{
    // A component below this share is rounding of the Gram matrix, whose elements carry ε each.
    private const double LeastShare = 1e-13;

    /// <summary>Of the states of a path.</summary>
    /// <param name="centre">c [P]; held.</param>
    /// <param name="states">φ_k [P] each.</param>
    /// <returns><see langword="null"/> when the states and the centre lie on one line, so that no plane is nearest.</returns>
    public static PathDirections? Of(double[] centre, IReadOnlyList<double[]> states)
    {
        double[][] offsets = [.. states.Select(state => Offset(state, centre))];
        Matrix gram = Matrix.Allocate(offsets.Length, offsets.Length);
        for (int i = 0; i < offsets.Length; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                gram[i, j] = gram[j, i] = Vectors.Dot(offsets[i], offsets[j]);
            }
        }

        (double[] values, Matrix vectors) = SymmetricEigenvectors.Of(gram);
        double total = values.Sum(value => Math.Max(value, 0));
        if (values.Length < 2 || !(values[1] > LeastShare * total))
        {
            return null;
        }

        double[] first = Component(offsets, vectors, 0), second = Component(offsets, vectors, 1);

        // Rounding of the Gram matrix leaves them orthogonal to √(λ_1/λ_2) ε only.
        Vectors.AddScaled(second, -Vectors.Dot(first, second), first);
        Vectors.Scale(second, 1 / Vectors.Norm(second));
        return new PathDirections(new LandscapePlane(centre, first, second), [.. values.Select(value => Math.Max(value, 0) / total)]);
    }

    private static double[] Offset(double[] state, double[] centre)
    {
        double[] offset = [.. state];
        Vectors.AddScaled(offset, -1, centre);
        return offset;
    }

    private static double[] Component(double[][] offsets, Matrix vectors, int index)
    {
        double[] direction = new double[offsets[0].Length];
        for (int k = 0; k < offsets.Length; k++)
        {
            Vectors.AddScaled(direction, vectors[k, index], offsets[k]);
        }

        double norm = Vectors.Norm(direction);
        Vectors.Scale(direction, (Vectors.Dot(direction, offsets[0]) < 0 ? -1 : 1) / norm);
        return direction;
    }
}
