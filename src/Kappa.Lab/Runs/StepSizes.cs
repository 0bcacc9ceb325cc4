using System.Globalization;
using Kappa.Descent;
using Kappa.Lab.Store;

namespace Kappa.Lab.Runs;

/// <summary>Looks up the step size of an earlier run, for <c>stepSize: same(RUN)</c>.</summary>
internal static class StepSizes
{
    /// <summary>A lookup in a folder of runs: the step size in the first row of
    /// the named run; of an adaptive run that is the one it tried first.</summary>
    /// <param name="store">The folder of runs.</param>
    public static Func<string, double> Of(RunStore store)
    {
        ArgumentNullException.ThrowIfNull(store);
        return name =>
        {
            var files = new RunFiles(store.Find(name));
            double stepSize = First(files, $"the step size of run {name}");
            return stepSize > 0 && double.IsFinite(stepSize)
                ? stepSize
                : throw new BadInputException(
                    files.Telemetry,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"the step size of run {name} must be finite and greater than 0 but is {stepSize:R}. Name another run, or give "
                            + $"stepSize a number."));
        };
    }

    /// <summary>η of the first row that a run recorded.</summary>
    /// <param name="files">The run.</param>
    /// <param name="subject">What it is, in a refusal.</param>
    /// <exception cref="BadInputException">There is none.</exception>
    internal static double First(RunFiles files, string subject)
    {
        TelemetryTable telemetry = TelemetryReader.Read(files.Telemetry);
        return telemetry.Rows > 0
            ? telemetry[Quantities.StepSize][0]
            : throw new BadInputException(files.Telemetry, $"{subject} is in its first row, but there is none. Run it first.");
    }

    /// <summary>η of <c>auto(c)</c>: c/λ, λ the largest eigenvalue of the kernel at the start.</summary>
    /// <param name="factor">c.</param>
    /// <param name="eigenvalue">λ; any double.</param>
    /// <exception cref="BadInputException">λ is 0 or so small or large that c/λ is no positive number.</exception>
    internal static double Automatic(double factor, double eigenvalue)
    {
        double stepSize = factor / eigenvalue;
        return eigenvalue > 0 && stepSize > 0 && double.IsFinite(stepSize)
            ? stepSize
            : throw new BadInputException(
                "descent.stepSize",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"auto({factor:R}) must be a finite step size greater than 0, but the largest eigenvalue of the kernel at the start "
                        + $"is {eigenvalue:G3}{Why(eigenvalue)}. Give stepSize a number."));
    }

    private static string Why(double eigenvalue) => eigenvalue switch
    {
        _ when !double.IsFinite(eigenvalue) =>
            ", so outputs or derivatives overflow there: the scale of the data or of the initial weights is too large",
        < 1e-200 => ", which is 0 to rounding: no first step changes the outputs",
        _ => "",
    };
}
