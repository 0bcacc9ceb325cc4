using Kappa.Descent;
using Kappa.Lab.Data;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Studies.Residual;

/// <summary>One setting of the rate grid.</summary>
internal sealed record RateSetting(TrainedPart Part, long Seed, double QueryKey, double Value, double Temperature, double Residual);

/// <summary>The runs behind the rate claim: query-key scale × value scale × temperature × ρ_a, all blocks trained and W_2 alone.</summary>
internal sealed class RateStudy(ResidualPlan plan)
{
    /// <summary>What a run of the grid is called in progress lines and in its measurements.</summary>
    public const string Name = "rate grid";

    // One multiple for every run: the late rate then compares conditioning and not step sizes. 0.1 is stable for all of the grid.
    private const double Multiple = 0.1;

    /// <summary>Every setting of the study.</summary>
    public IEnumerable<RateSetting> Settings() =>
        from part in Enum.GetValues<TrainedPart>()
        from seed in Enumerable.Range(0, plan.Seeds)
        from queryKey in plan.Grid.QueryKeyScales
        from value in plan.Grid.ValueScales
        from temperature in plan.Grid.TemperatureFactors
        from residual in plan.Grid.AttentionResiduals
        select new RateSetting(part, seed, queryKey, value, temperature, residual);

    /// <summary>The run of a setting.</summary>
    public ExperimentSpecification Specification(RateSetting setting)
    {
        var problem = new LearningProblem(plan.SmallSize, DataSource.Gaussian, 1, setting.QueryKey, setting.Seed);
        ExperimentSpecification arm = ArmSpecification.Of(
            problem, new Arm("grid", setting.Residual, 1), StepSizeSpecification.Auto(Multiple), plan.Grid.Steps);
        return arm with
        {
            Model = arm.Model with
            {
                Temperature = setting.Temperature / Math.Sqrt(plan.SmallSize.Width),
                Trained = setting.Part == TrainedPart.All ? TrainedBlocks.All : TrainedBlocks.Of("ffnOut"),
            },
            Initialisation = arm.Initialisation with { ValueGain = setting.Value },
        };
    }

    /// <summary>The measured late rate beside everything that might set it; the kernels are measured once and kept with the run.</summary>
    /// <param name="setting">The setting.</param>
    /// <param name="run">Its run.</param>
    public static RatePoint Measure(RateSetting setting, RunRecord run)
    {
        TelemetryTable telemetry = StudyRuns.TelemetryOf(run);
        double stepSize = telemetry[Quantities.StepSize][0];
        TokenData data = ExperimentData.Load(run.Specification);
        IReadOnlyDictionary<string, double> ends = RunMeasurements.FindOrMeasure(run.Files, Name, () => MeasureEnds(run, data, stepSize));
        return new RatePoint(
            setting.Part, setting.Residual, setting.QueryKey, setting.Value, setting.Temperature, setting.Seed, stepSize,
            ends["startConditionNumber"], ends["endConditionNumber"], ends["hiddenConditionNumber"], ends["startKernelRate"],
            ends["endKernelRate"],
            LateRate.Of(telemetry[Quantities.Loss], data));
    }

    private static Dictionary<string, double> MeasureEnds(RunRecord run, TokenData data, double stepSize)
    {
        using Experiment experiment = Experiment.Prepare(run.Specification, data);
        ModelParameters end = RunCheckpoint.Read(run.Files.Checkpoint, experiment).Parameters;
        experiment.Residual.Forward(experiment.InitialWeights);
        var measured = new Dictionary<string, double>
        {
            ["startConditionNumber"] = OutputConditionNumber(experiment),
            ["hiddenConditionNumber"] = ConditionNumber(experiment.Residual.Layer(0).Hidden),
            ["startKernelRate"] = KernelRate(experiment, experiment.Initial, stepSize),
        };
        experiment.Residual.Forward(end);
        measured["endConditionNumber"] = OutputConditionNumber(experiment);
        measured["endKernelRate"] = run.Status.StopReason == nameof(StopReason.NonFinite)
            ? double.NaN
            : KernelRate(experiment, end, stepSize);
        return measured;
    }

    private static double OutputConditionNumber(Experiment experiment) => ConditionNumber(experiment.Residual.Layer(0).AttentionOutput);

    private static double ConditionNumber(in Matrix matrix)
    {
        double[] values = new double[Math.Min(matrix.Rows, matrix.Columns)];
        new SingularValues(matrix.Rows, matrix.Columns).Compute(matrix, values);
        return SpectrumSummary.Of(values, matrix.Rows, matrix.Columns).ConditionNumber;
    }

    // The two-sided kernel rung, linearised.
    private static double KernelRate(Experiment experiment, ModelParameters parameters, double stepSize) =>
        JacobianSpectrum.Of(experiment.Model, parameters, experiment.Trained).LinearisedRate(stepSize);
}
