namespace Kappa.Lab.Selftest;

/// <summary>Everything that <c>kappa selftest</c> checks on the user's machine.</summary>
public static class SelftestSuite
{
    /// <summary>Runs all checks.</summary>
    public static IEnumerable<SelftestCheck> Run() => [.. ReferenceChecks.Run(), .. GradientChecks.Run(), .. ClosedFormChecks.Run(), .. SameBitsChecks.Run()];
}
