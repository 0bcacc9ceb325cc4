using Kappa.Certificates;
using Kappa.Lab.Selftest;
using Xunit;

namespace Kappa.Lab.Tests.Selftest;

public sealed class CertifiedRunsTests
{
    private static readonly Theorem Ball = Theorems.Find("ball")!;

    [Fact]
    public void No_certificate_of_two_thousand_random_certified_runs_is_contradicted_and_the_promises_are_tried_to_the_edge()
    {
        var outcome = CertifiedRuns.Follow(Ball, count: 2000, steps: 12, firstSeed: 1_000_000);
        Assert.Empty(outcome.Contradictions);
        Assert.Equal(2000, outcome.Certified);
        Assert.All(outcome.ByDepth, runs => Assert.InRange(runs, 20, 2000));

        // Where M = 1 or the kernel is a multiple of the identity the bounds are attained: 1 of the
        // residual's bound, the guaranteed rate itself, half of the radius (C.9 is off by that 2).
        Assert.InRange(outcome.LargestLossShare, 0.999, 1);
        Assert.InRange(outcome.SmallestRateRatio, 1, 1.001);
        Assert.InRange(outcome.LargestRadiusShare, 0.45, 1);
    }

    [Theory]
    [InlineData("path", 500)]
    [InlineData("kernel-floor", 100)]
    public void No_path_certificate_of_random_certified_runs_is_contradicted(string theorem, int count)
    {
        var outcome = CertifiedRuns.Follow(Theorems.Find(theorem)!, count, steps: 12, firstSeed: 2_000_000);
        Assert.Empty(outcome.Contradictions);
        Assert.Equal(count, outcome.Certified);
        Assert.All(outcome.ByDepth, runs => Assert.InRange(runs, 1, count));
        Assert.InRange(outcome.LargestLossShare, 0.9, 1);
    }

    [Fact]
    public void A_promise_that_is_too_good_is_found_out()
    {
        int rate = 0, radius = 0, step = 0, cases = 0;
        for (long seed = 0; cases < 40; seed++)
        {
            var candidate = new CertifiedCase(seed);
            using ResidualTransformerPoint point = candidate.At(1e4 * candidate.Noise);
            if (Ball.Evaluate(point).Guarantee is not Guarantee guarantee)
            {
                continue;
            }

            cases++;
            rate += Share(guarantee with { Rate = 1 - Math.Pow(1 - guarantee.Rate, 6) }).LossShare > 1 ? 1 : 0;
            radius += Share(guarantee with { Radii = [.. guarantee.Radii.Select(r => r with { Radius = r.Radius / 50 })] }).RadiusShare > 1
                ? 1
                : 0;
            step += Share(guarantee with { StepSize = 4 * guarantee.StepSize }).LossShare > 1 ? 1 : 0;

            CertifiedRun Share(Guarantee promise)
            {
                var run = new CertifiedRun(point, promise, candidate.Noise);
                run.Follow(40);
                return run;
            }
        }

        Assert.True(rate >= 1 && radius >= 1 && step >= 1, $"rate {rate}, radius {radius}, step {step} of {cases}");
    }

    [Fact]
    public void Certified_runs_keep_bound_and_radii_down_to_rounding()
    {
        int followed = 0;
        for (long seed = 500; followed < 25; seed++)
        {
            var candidate = new CertifiedCase(seed);
            double residual = 1e5 * candidate.Noise;
            using ResidualTransformerPoint point = candidate.At(residual);
            Guarantee? guarantee = Ball.Evaluate(point).Guarantee;
            double steps = 2 * Math.Log(residual / candidate.Noise) / (guarantee?.Rate ?? 0);
            if (!(steps < 20_000))
            {
                continue;
            }

            followed++;
            var run = new CertifiedRun(point, guarantee!, candidate.Noise);
            run.Follow((int)steps);
            Assert.True(run.LossShare <= 1 && run.RadiusShare <= 1, $"{candidate}: {run.LossShare}, {run.RadiusShare}");
        }
    }
}
