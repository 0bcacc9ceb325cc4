using Kappa.Descent;
using Kappa.Lab.Store;

namespace Kappa.Lab.Studies.Shallow;

/// <summary>One training of a one-layer, one-head vision Transformer (E.1–E.5) with τ₀ = D^−p.</summary>
/// <param name="Width">D; the feed-forward width is 2D.</param>
/// <param name="LogitExponent">p.</param>
/// <param name="Epochs">Epochs of minibatches of 50, momentum 0.9, step 0.05.</param>
/// <param name="Seed">Of weights and batches.</param>
internal sealed record DigitRun(int Width, double LogitExponent, int Epochs, long Seed)
{
    /// <summary>η.</summary>
    public double StepSize { get; init; } = 0.05;
}

/// <summary>What a training gave.</summary>
/// <param name="Run">The training.</param>
/// <param name="Loss">Mean loss of the minibatches of each epoch; +∞ from the epoch on in which the loss left the finite numbers.</param>
/// <param name="TestLoss">Cross-entropy on the test pictures; +∞ after divergence.</param>
/// <param name="TestAccuracy">Share of the test pictures that are right; NaN after divergence.</param>
/// <param name="Diverged">Whether the loss left the finite numbers.</param>
internal sealed record DigitOutcome(DigitRun Run, double[] Loss, double TestLoss, double TestAccuracy, bool Diverged)
{
    /// <summary>What a run folder says.</summary>
    /// <exception cref="BadInputException">The folder is damaged.</exception>
    public static DigitOutcome Of(DigitRun run, RunRecord record)
    {
        TelemetryTable telemetry = TelemetryReader.Read(record.Files.Telemetry);
        double[] steps = telemetry.Rows > 0 ? telemetry[Quantities.Loss].ToArray() : [];
        int perEpoch = record.Specification.Descent.Steps / run.Epochs;
        bool diverged = record.Status.StopReason == nameof(StopReason.NonFinite);

        // The epoch that was not finished, or whose end is not finite, has no mean, and those after it were never made.
        int whole = diverged ? Math.Min(steps.Length, record.Specification.Descent.Steps - 1) : steps.Length;
        double[] losses = [.. Enumerable.Range(0, run.Epochs).Select(epoch =>
            (epoch + 1) * perEpoch <= whole
                ? steps.Skip(epoch * perEpoch).Take(perEpoch).Sum(loss => loss / perEpoch)
                : double.PositiveInfinity)];
        return new DigitOutcome(
            run, losses, record.Status.TestLoss ?? double.PositiveInfinity, record.Status.TestAccuracy ?? double.NaN, diverged);
    }
}
