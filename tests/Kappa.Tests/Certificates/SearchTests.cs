using Kappa.Certificates;
using Kappa.Certificates.Ball;
using Kappa.Certificates.Enclosures;
using Kappa.Certificates.Path;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Tests.Models;
using Xunit;

namespace Kappa.Tests.Certificates;

/// <summary>Every search for a bound ends for every double: by a number of evaluations, not by a clock.</summary>
public sealed class SearchTests
{
    // Each of at most 40 factors iterates a map at most 20,000 times.
    private const int MostBallEvaluations = 40 * 20_000;

    // 21 quarterings, 10 halvings and one more march, of at most 100 balls each.
    private const int MostBalls = 32 * 100;

    private static readonly double[] Hostile =
        [
            0, double.Epsilon, 1e-310, 2.3e-308, 1e-200, 1e-160, 1e-154, 1e-80, 1e-9, 1, 1e9, 1e80, 1e154, 1e200, 1e300, double.MaxValue,
            double.PositiveInfinity, double.NaN];

    private static readonly double[] Scales = [double.Epsilon, 1e-310, 1e-200, 1e-160, 1e-80, 1e-20, 1, 1e20, 1e80, 1e150, 1e200, 1e300];

    public static TheoryData<double, double> Sizes() =>
        [.. from inputs in Scales from weights in (double[])[1e-160, 1e-20, 1, 1e20, 1e150] select (inputs, weights)];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void The_searches_of_the_ball_certificate_end_for_every_residual(double inputs, double weights)
    {
        using ResidualTransformerPoint point = Point(inputs, weights);
        foreach (double residual in Hostile)
        {
            var function = new BallFunction(point);
            double largest = BallRadii.LargestResidual(function, residual);
            Assert.False(largest < 0 || double.IsInfinity(largest));
            _ = BallRadii.Find(function, (UpperBound)residual);
            Assert.InRange(function.Evaluations, 0, MostBallEvaluations);
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void The_search_of_the_path_certificate_ends_for_every_residual(double inputs, double weights)
    {
        using ResidualTransformerPoint point = Point(inputs, weights);
        var propagation = new LocalPropagation(point, new PreciseForward(point), wantsFloor: false);
        foreach (double floor in (double[])[double.Epsilon, 1e-160, 1, 1e160])
        {
            foreach (double residual in Hostile)
            {
                int before = propagation.Evaluations;
                double largest = new PathMarch(
                    point, propagation, PathFloor.Features, (LowerBound)floor).LargestCertified(residual, CertificateOptions.Default);
                Assert.False(largest < 0);
                Assert.InRange(propagation.Evaluations - before, 1, MostBalls);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Theorems_answer_at_every_size_and_promise_no_rate_that_is_no_rate(double inputs, double weights)
    {
        using ResidualTransformerPoint point = Point(inputs, weights);
        foreach (string name in (string[])["path", "kernel-floor", "ball"])
        {
            Certificate certificate = Theorems.Find(name)!.Evaluate(point);
            Assert.False(string.IsNullOrWhiteSpace(certificate.Explanation));
            if (certificate.Guarantee is Guarantee guarantee)
            {
                Assert.InRange(guarantee.Rate, double.Epsilon, 1);
                Assert.InRange(guarantee.StepSize, double.Epsilon, double.MaxValue);
            }
        }
    }

    [Fact]
    public void Tokens_whose_squares_underflow_are_not_certified_and_the_reason_says_so()
    {
        using ResidualTransformerPoint point = Point(1e-160, 1);
        Assert.All((string[])["path", "kernel-floor", "ball"], name =>
        {
            Certificate certificate = Theorems.Find(name)!.Evaluate(point);
            Assert.Equal(CertificateOutcome.NotCertified, certificate.Outcome);
            Assert.Contains("underflow", certificate.Explanation, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData(1.1, 1000, long.MaxValue)]
    [InlineData(double.MaxValue, 3, long.MaxValue)]
    [InlineData(double.PositiveInfinity, 3, long.MaxValue)]
    [InlineData(1.5, 1_000_000_000_000, long.MaxValue)]
    [InlineData(1.5, long.MaxValue, long.MaxValue)]
    [InlineData(1.5, 70, 50)]
    public void The_search_for_the_first_step_ends_also_on_a_path_that_stands_still(double growth, long certifiedFrom, long standsAt)
    {
        var path = new FakePath(certifiedFrom, standsAt);
        FirstStep<long[]> first = FirstStepSearch.Run(
            path, [0L], new FirstStepOptions { LastStep = long.MaxValue, Growth = growth }, TestContext.Current.CancellationToken);

        // 63 doublings by a growth of 1.1 take 460 steps of the schedule, its first ten one each; bisection takes 63.
        Assert.InRange(path.Asked, 1, 600);
        Assert.True(first.State is null || first.State[0] >= certifiedFrom);
        Assert.Equal(standsAt >= certifiedFrom && certifiedFrom < long.MaxValue, first.State is not null);
    }

    [Fact]
    public void The_search_for_a_scale_ends_between_the_ends_of_the_doubles()
    {
        using ResidualTransformerPoint point = Point(1, 1, new Activation(ActivationKind.Identity));
        var search = new ScaleSearch { Smallest = double.Epsilon, Largest = double.MaxValue, Tolerance = 1e-9 };
        foreach (double threshold in (double[])[0, double.Epsilon, 1e-320, 1e-170, 1, 1e170, 1e308, double.PositiveInfinity, double.NaN])
        {
            var found = CertifiableInitialisation.Find(new Threshold(point.Weights.Block(0).FfnIn[0, 0], threshold), point, search: search);

            // 540 quarterings of the whole range, 40 halvings of a factor of 4.
            Assert.InRange(found.Tries, 1, 600);
        }
    }

    private static ResidualTransformerPoint Point(double inputScale, double weightScale, Activation? activation = null)
    {
        var model = new ModelCase(
            new ResidualTransformerShape
            { Width = 3, FfnWidth = 8, Activation = activation ?? new Activation(ActivationKind.SmoothLeakyRelu) },
            samples: 1, tokens: 2, inputScale: inputScale);
        Vectors.Scale(model.Weights.Vector, weightScale);
        return new ResidualTransformerPoint(model.Inputs, model.Samples, model.Targets, model.Weights, TrainedSet.All);
    }

    private sealed class FakePath(long certifiedFrom, long standsAt) : ICertifiablePath<long[]>
    {
        public int Asked { get; private set; }

        public long StepOf(long[] state) => state[0];

        public long[] Copy(long[] state) => [state[0]];

        public bool Advance(long[] state, long target)
        {
            state[0] = Math.Min(target, standsAt);
            return target <= standsAt;
        }

        public double Loss(long[] state) => 1;

        public Certificate Certify(long[] state, CertificateOptions options)
        {
            Asked++;
            return Answer(Theorems.All[0], state[0] >= certifiedFrom && certifiedFrom < long.MaxValue);
        }
    }

    // Certifies from W_1 ≥ threshold on.
    private sealed class Threshold(double unit, double threshold) : Theorem(new("threshold", "C.11", "", "", "", []))
    {
        internal override string? WhyNotApplicable(ResidualTransformerPoint point) => null;

        internal override Certificate Compute(ResidualTransformerPoint point, CertificateOptions options) =>
            Answer(this, point.Weights.Block(0).FfnIn[0, 0] / unit >= threshold);
    }

    private static Certificate Answer(Theorem theorem, bool holds) =>
        new()
        {
            Theorem = theorem,
            Outcome = holds ? CertificateOutcome.Guaranteed : CertificateOutcome.NotCertified,
            Explanation = "made up",
        };
}
