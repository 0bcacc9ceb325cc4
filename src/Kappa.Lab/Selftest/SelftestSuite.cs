namespace Kappa.Lab.Selftest;

/// <summary>Everything that <c>kappa selftest</c> checks on the user's machine.</summary>
internal static class SelftestSuite
{
    /// <summary>Certified runs for each theorem unless told otherwise: about half a second.</summary>
    public const int DefaultCertifiedRuns = 200;

    /// <summary>Runs all checks.</summary>
    /// <param name="certifiedRuns">Certified runs to follow for each theorem; 100 000 take some minutes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number of runs is negative.</exception>
    public static IEnumerable<SelftestCheck> Run(int certifiedRuns = DefaultCertifiedRuns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(certifiedRuns);
        return [
            .. ReferenceChecks.Run(), .. GradientChecks.Run(), .. ClosedFormChecks.Run(), .. PrecisionChecks.Run(), .. SameBitsChecks.Run(),
            .. CertificateChecks.Run(certifiedRuns)];
    }
}
