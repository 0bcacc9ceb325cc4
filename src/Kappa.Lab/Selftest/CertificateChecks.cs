using Kappa.Certificates;

namespace Kappa.Lab.Selftest;

/// <summary>Every theorem against runs from random points that it certifies.</summary>
internal static class CertificateChecks
{
    private const string Group = "certified runs";
    private const int Steps = 20;

    /// <param name="runs">Certified runs for each theorem.</param>
    public static IEnumerable<SelftestCheck> Run(int runs)
    {
        foreach (Theorem theorem in Theorems.OfResidualTransformer)
        {
            var outcome = CertifiedRuns.Follow(theorem, runs, Steps);

            // A run that was not found is not a run that kept its promise.
            int broken = outcome.Contradictions.Count + runs - outcome.Certified;
            yield return new SelftestCheck(
                Group, $"{theorem.Name} ({theorem.Label}): {runs} certified runs of {Steps} steps keep bound and radii", broken, 0,
                "runs that do not");
        }
    }
}
