using System.Text.Json;
using Kappa.Certificates;
using Kappa.Certificates.Ball;
using Kappa.Certificates.Enclosures;
using Kappa.Certificates.Path;
using Kappa.Numerics;
using Kappa.Tests.Models;
using Xunit;

namespace Kappa.Tests.Certificates;

/// <summary>The local bounds and the path certificate against an independent
/// implementation in another language (tests/Data/certificates).</summary>
public sealed class PathReferenceTests
{
    // Both sides round outward by 1e-9 in places of their own, and norms by
    // 1e-9 more: a few hundred such factors are possible, a handful occurs.
    private const double Tolerance = 1e-7;

    public static TheoryData<string> Names => ["depth1", "depth1-close", "depth1-half-residual", "depth2", "depth3"];

    [Theory]
    [MemberData(nameof(Names))]
    public void Derivative_bounds_on_a_ball_are_those_of_the_reference(string name)
    {
        var reference = ReferenceCase.Load(name, "certificates");
        using var point = PointOf(reference);
        var propagation = new LocalPropagation(point, new PreciseForward(point), wantsFloor: false);
        foreach (JsonElement expected in reference.Expected.GetProperty("bounds").EnumerateArray())
        {
            double radius = expected.GetProperty("radius").GetDouble();
            int blocks = propagation.Blocks;
            double[] radii = [
                .. Enumerable.Range(0, blocks).Select(b => b == blocks - 1 ? expected.GetProperty("out_radius").GetDouble() : radius)];
            bool[] joint = [.. Enumerable.Range(0, blocks).Select(b => b != blocks - 1)];
            (LocalBound output, LocalBound hidden, _) = propagation.On(new ParameterBall(radii, joint, radius));

            AssertClose(
                Numbers(expected.GetProperty("first")), UpperBound.Values(output.First)[..blocks].ToArray(),
                $"first derivatives at radius {radius}");
            AssertClose(
                Numbers(expected.GetProperty("hidden_first")), UpperBound.Values(hidden.First)[..blocks].ToArray(),
                $"derivatives of the features at radius {radius}");
            for (int b = 0; b < blocks; b++)
            {
                double[] row = [.. Enumerable.Range(0, blocks).Select(c => output.Second[b, c].Value)];
                AssertClose(Numbers(expected.GetProperty("second")[b]), row, $"second derivatives of block {b} at radius {radius}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_path_certificate_is_that_of_the_reference(string name) => AssertCertificate(name, "path", "certificate_W2");

    [Theory]
    [MemberData(nameof(Names))]
    public void The_kernel_floor_certificate_is_that_of_the_reference(string name) =>
        AssertCertificate(name, "kernel-floor", "certificate_J");

    private static void AssertCertificate(string name, string theorem, string key)
    {
        var reference = ReferenceCase.Load(name, "certificates");
        using var point = PointOf(reference);
        Certificate certificate = Theorems.Find(theorem)!.Evaluate(point, new CertificateOptions { UsesRefinements = false });
        JsonElement expected = reference.Expected.GetProperty(key);
        if (expected.ValueKind == JsonValueKind.Null)
        {
            Assert.Equal(CertificateOutcome.NotCertified, certificate.Outcome);
            return;
        }

        Assert.Equal(CertificateOutcome.Guaranteed, certificate.Outcome);
        Guarantee guarantee = certificate.Guarantee!;
        double rate = expected.GetProperty("rate").GetDouble();
        AssertClose(
            [expected.GetProperty("eta").GetDouble(), expected.GetProperty("mu").GetDouble(), rate * (2 - rate)],
            [guarantee.StepSize, guarantee.PlConstant, guarantee.Rate], "η, μ and the rate");
        Assert.Equal(
            expected.GetProperty("pieces").GetDouble(), certificate.Constants.Single(constant => constant.Symbol == "pieces").Value);
    }

    private static ResidualTransformerPoint PointOf(ReferenceCase reference) =>
        new(reference.Inputs, reference.Samples, reference.Targets, reference.Weights, reference.Trained);

    private static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(value => value.GetDouble())];

    private static void AssertClose(double[] expected, double[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int k = 0; k < expected.Length; k++)
        {
            Assert.True(
                Math.Abs(actual[k] - expected[k]) <= Tolerance * Math.Max(Math.Abs(expected[k]), 1e-12),
                $"{what}, number {k}: expected {expected[k]:R} but got {actual[k]:R} (ratio {actual[k] / expected[k]:R}).");
        }
    }
}
