using Kappa.Lab.Runs.Evaluation;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Studies.Landscapes;

/// <summary>The plane of the two Hessian eigenvectors of largest modulus at the centre, by Lanczos (P.7).</summary>
/// <param name="Plane">The plane; unit directions.</param>
/// <param name="Pairs">The eigenvalues with the residuals ‖H y − θ y‖ that were measured.</param>
internal sealed record CurvatureDirections(LandscapePlane Plane, IReadOnlyList<Eigenpair> Pairs)
{
    private const double Tolerance = 1e-8;

    /// <summary>At a centre.</summary>
    /// <param name="loss">The loss.</param>
    /// <param name="centre">c [P]; held.</param>
    /// <param name="seed">Seed of the start vector.</param>
    /// <returns><see langword="null"/> when the Hessian is not finite or
    /// has fewer than two eigenvectors that a start vector sees.</returns>
    public static CurvatureDirections? Of(ILandscapeLoss loss, double[] centre, long seed)
    {
        var options = new LanczosOptions { Tolerance = Tolerance, Seed = seed };
        IReadOnlyList<Eigenpair> pairs = DominantEigenpairs.Of(loss.HessianAt(centre), 2, options);
        return pairs.Count < 2 || !pairs.All(pair => double.IsFinite(pair.Residual))
            ? null
            : new CurvatureDirections(new LandscapePlane(centre, Positive(pairs[0]), Positive(pairs[1])), pairs);
    }

    // An eigenvector has no sign of its own: the element of largest modulus is made positive.
    private static double[] Positive(Eigenpair pair)
    {
        double[] vector = [.. pair.Vector];
        if (vector.MaxBy(Math.Abs) < 0)
        {
            Vectors.Scale(vector, -1);
        }

        return vector;
    }
}
