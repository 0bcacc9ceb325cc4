using Kappa.Certificates;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Lab.Selftest;

/// <summary>What became of certified runs.</summary>
/// <param name="Certified">Runs whose start was certified and which were followed.</param>
/// <param name="ByDepth">Of these, how many had depth 1, 2, 3 and 4.</param>
/// <param name="Drawn">Random cases that were looked at for them.</param>
/// <param name="Contradictions">Runs that broke a promise, each with its case and what happened.</param>
/// <param name="LargestLossShare">Largest ‖F − Y‖ at a step as a share of what was promised for it; rounding taken off.</param>
/// <param name="LargestRadiusShare">Largest distance of a block from its start as a share of its radius; rounding taken off.</param>
/// <param name="SmallestRateRatio">Smallest share of the loss that a step removed,
/// relative to the guaranteed share; infinite when no step was above rounding.</param>
internal sealed record CertifiedRunsOutcome(
    int Certified, IReadOnlyList<int> ByDepth, long Drawn, IReadOnlyList<string> Contradictions, double LargestLossShare,
    double LargestRadiusShare, double SmallestRateRatio);

/// <summary>Random starting points at which a theorem guarantees convergence, each
/// followed for some steps: does gradient descent keep the promise?</summary>
/// <remarks>Cases are drawn near the edge of what is certified: targets are moved towards the
/// output by the shortfall of the first certificate and a random further factor.</remarks>
internal static class CertifiedRuns
{
    private const int Attempts = 5;

    // The promises are exact and rounded outward by 1e-9; this is what summing a norm can lose.
    private const double Tolerance = 1e-12;

    /// <summary>Follows <paramref name="count"/> certified runs.</summary>
    /// <param name="theorem">Whose certificates are tried.</param>
    /// <param name="count">Number of certified runs.</param>
    /// <param name="steps">Steps of each.</param>
    /// <param name="firstSeed">Seed of the first case; the cases have consecutive seeds.</param>
    public static CertifiedRunsOutcome Follow(Theorem theorem, int count, int steps = 20, long firstSeed = 0)
    {
        ArgumentNullException.ThrowIfNull(theorem);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(steps);
        var outcome = new CertifiedRunsOutcome(0, [0, 0, 0, 0], 0, [], 0, 0, double.PositiveInfinity);

        // A theorem that is about none of these cases must not be searched for ever.
        for (long seed = firstSeed; outcome.Certified < count && outcome.Drawn < 100L * (count + 10); seed++)
        {
            outcome = Add(outcome, theorem, new CertifiedCase(seed), steps);
        }

        return outcome;
    }

    private static CertifiedRunsOutcome Add(CertifiedRunsOutcome outcome, Theorem theorem, CertifiedCase candidate, int steps)
    {
        outcome = outcome with { Drawn = outcome.Drawn + 1 };
        double residual = candidate.FirstResidual;
        for (int attempt = 0; attempt < Attempts && residual > 100 * candidate.Noise; attempt++)
        {
            using ResidualTransformerPoint point = candidate.At(residual);
            Certificate certificate = theorem.Evaluate(point);
            if (certificate.Guarantee is Guarantee guarantee)
            {
                if (candidate.StepShare is double share)
                {
                    guarantee = theorem.Evaluate(point, new CertificateOptions { StepSize = share * guarantee.LargestStepSize }).Guarantee
                        ?? guarantee;
                }

                return Followed(outcome, new CertifiedRun(point, guarantee, candidate.Noise), steps, candidate);
            }

            if (certificate.Outcome == CertificateOutcome.NotApplicable || !double.IsFinite(certificate.Shortfall))
            {
                return outcome;
            }

            residual /= Math.Max(certificate.Shortfall, 1.5) * Math.Pow(10, candidate.Next());
        }

        return outcome;
    }

    private static CertifiedRunsOutcome Followed(CertifiedRunsOutcome outcome, CertifiedRun run, int steps, CertifiedCase candidate)
    {
        run.Follow(steps);
        bool isKept = run.LossShare <= 1 + Tolerance && run.RadiusShare <= 1 + Tolerance;
        return outcome with
        {
            Certified = outcome.Certified + 1,
            ByDepth = [.. outcome.ByDepth.Select((runs, k) => runs + (k + 1 == candidate.Depth ? 1 : 0))],
            LargestLossShare = Math.Max(outcome.LargestLossShare, run.LossShare),
            LargestRadiusShare = Math.Max(outcome.LargestRadiusShare, run.RadiusShare),
            SmallestRateRatio = Math.Min(outcome.SmallestRateRatio, run.RateRatio),
            Contradictions = isKept ? outcome.Contradictions
                : [
                    .. outcome.Contradictions,
                    FormattableString.Invariant(
                        $"{candidate}: ‖F − Y‖ {run.LossShare:R} of its bound, distance {run.RadiusShare:R} of its radius.")],
        };
    }
}

/// <summary>Gradient descent from a certified point at the certified step size, compared with the guarantee at every step.</summary>
internal sealed class CertifiedRun
{
    private const double UnitRoundoff = 2.220446049250313e-16;

    private readonly ResidualTransformerPoint _point;
    private readonly Guarantee _guarantee;
    private readonly double _noise;
    private readonly ResidualTransformerWeights _weights;
    private readonly ResidualTransformerWeights _gradient;
    private readonly Matrix _residual;

    public CertifiedRun(ResidualTransformerPoint point, Guarantee guarantee, double noise)
    {
        (_point, _guarantee, _noise) = (point, guarantee, noise);
        _weights = new ResidualTransformerWeights(point.Shape);
        _weights.CopyFrom(point.Weights);
        _gradient = new ResidualTransformerWeights(point.Shape);
        _residual = Matrix.Allocate(point.Residual.Rows, point.Residual.Columns);
    }

    /// <summary>Largest ‖e_t‖ as a share of (1 − rate)^{t/2} ‖e_0‖, rounding taken off; infinite when not a number.</summary>
    public double LossShare { get; private set; }

    /// <summary>Largest ‖W_b − W_b⁰‖ as a share of its radius, rounding taken off.</summary>
    public double RadiusShare { get; private set; }

    /// <summary>Smallest share of the loss removed by a step, relative to the guaranteed rate, where rounding is not in the way.</summary>
    public double RateRatio { get; private set; } = double.PositiveInfinity;

    public void Follow(int steps)
    {
        double loss = _point.Loss, start = Math.Sqrt(2 * loss);
        _point.Residual.CopyTo(_residual);
        _point.Model.Forward(_weights);
        for (int t = 1; t <= steps; t++)
        {
            _point.Model.Backward(_weights, _point.Model.AllSamples, _residual, _gradient, _point.Trained);
            Vectors.AddScaled(_weights.Vector, -_guarantee.StepSize, _gradient.Vector);
            _point.Model.Forward(_weights);
            double next = _point.Model.ForwardResidual(_residual);
            double norm = Math.Sqrt(2 * next);
            double promised = start * Math.Exp(0.5 * t * Logarithm.OfOnePlus(-_guarantee.Rate));
            LossShare = Larger(LossShare, (norm - _noise) / promised);
            CompareRadii(t);

            // The loss's relative rounding must not exceed a thousandth of what the step removes.
            if (_noise < 1e-3 * _guarantee.Rate * norm)
            {
                RateRatio = Math.Min(RateRatio, (1 - (next / loss)) / _guarantee.Rate);
            }

            loss = next;
        }
    }

    private void CompareRadii(int step)
    {
        foreach (BlockRadius radius in _guarantee.Radii)
        {
            ReadOnlySpan<double> now = _weights[radius.Block].Span, start = _point.Weights[radius.Block].Span;

            // Every update rounds an entry by at most half a unit of its last place.
            double rounding = step * UnitRoundoff * Vectors.Norm(start);
            double distance = Math.Sqrt(Vectors.SquaredDistance(now, start)) - rounding;
            RadiusShare = Larger(RadiusShare, distance <= 0 ? 0 : distance / radius.Radius);
        }
    }

    private static double Larger(double largest, double value) => double.IsNaN(value) ? double.PositiveInfinity : Math.Max(largest, value);
}
