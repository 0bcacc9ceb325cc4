using Kappa.Lab.Selftest;
using Xunit;

namespace Kappa.Lab.Tests.Selftest;

public sealed class SelftestTests
{
    [Fact]
    public void Every_check_of_the_selftest_passes_and_none_is_missing()
    {
        SelftestCheck[] checks = [.. SelftestSuite.Run()];
        Assert.All(
            checks,
            check => Assert.True(check.Passed, $"{check.Group}, {check.Name}: {check.Error:R} > {check.Tolerance:R} {check.Measure}"));
        Assert.Equal(checks.Length, checks.Select(check => (check.Group, check.Name)).Distinct().Count());
        Assert.Equal(
            ["reference values", "gradient checks", "closed forms", "single precision", "same bits", "certified runs"],
            checks.Select(check => check.Group).Distinct());

        Assert.Equal(2 * Enum.GetValues<Kappa.Models.ActivationKind>().Length, checks.Count(check => check.Group == "single precision"));
        Assert.All(
            checks.Where(check => check.Group == "single precision"),
            check => Assert.True(check.Error > 1e-12, $"{check.Name} must not be computed twice in double precision."));

        // Eight reference points with six comparisons each; a gradient for each activation.
        Assert.Equal(8 * 6, checks.Count(check => check.Group == "reference values"));
        Assert.Equal(
            Enum.GetValues<Kappa.Models.ActivationKind>().Length,
            checks.Count(check => check.Name.EndsWith(": gradient", StringComparison.Ordinal) && check.Group == "gradient checks"));
    }

    [Theory]
    [InlineData(1e-10, true)]
    [InlineData(1.1e-10, false)]
    [InlineData(double.NaN, false)]
    [InlineData(double.PositiveInfinity, false)]
    public void A_check_passes_only_within_its_tolerance_and_NaN_never_does(double error, bool passes) =>
        Assert.Equal(passes, new SelftestCheck("group", "name", error, 1e-10, "relative").Passed);

    [Fact]
    public void Deviations_are_relative_to_what_is_expected_and_carry_NaN_through()
    {
        Assert.Equal(0.5, Deviation.Relative(3, 2));
        Assert.Equal(1, Deviation.Relative([3, 4 + 5], [3.0, 4]));
        Assert.Equal(5, Deviation.Relative([3, 4], [0.0, 0]));
        Assert.Equal(0.25, Deviation.ToLargest([3, -4], [2.0, -4]));
        Assert.Equal(double.NaN, Deviation.Relative([double.NaN, 4], [3.0, 4]));
        Assert.Equal(double.NaN, Deviation.ToLargest([1, double.NaN], [1.0, 4]));
    }
}
