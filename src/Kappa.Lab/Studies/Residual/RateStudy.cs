using Kappa.Descent;
using Kappa.Lab.Data;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Studies.Residual;

/// <summary>The runs behind the rate claim: query-key scale × value scale × temperature × ρ_a, all blocks trained and W_2 alone.</summary>
internal sealed class RateStudy(ResidualPlan plan, JobStore? store)
{
    // One multiple for every run: the late rate then compares conditioning and not step sizes. 0.1 is stable for all of the grid.
    private const double Multiple = 0.1;

    /// <summary>Every run of the study, to be made in any order.</summary>
    public IEnumerable<Func<CancellationToken, RatePoint>> Runs()
    {
        foreach (TrainedPart part in Enum.GetValues<TrainedPart>())
        {
            foreach (long seed in Enumerable.Range(0, plan.Seeds))
            {
                foreach ((double queryKey, double value, double temperature, double residual) in Grid())
                {
                    yield return cancellation => Run(part, seed, queryKey, value, temperature, residual, cancellation);
                }
            }
        }
    }

    private IEnumerable<(double QueryKey, double Value, double Temperature, double Residual)> Grid() =>
        from queryKey in plan.Grid.QueryKeyScales
        from value in plan.Grid.ValueScales
        from temperature in plan.Grid.TemperatureFactors
        from residual in plan.Grid.AttentionResiduals
        select (queryKey, value, temperature, residual);

    private RatePoint Run(TrainedPart part, long seed, double queryKey, double value, double temperature, double residual, CancellationToken cancellation)
    {
        ExperimentSpecification specification = Specification(part, seed, queryKey, value, temperature, residual);
        TokenData data = ExperimentData.Load(specification);
        string key = JobStore.Key("rate", specification, data.Fingerprint);
        if (store?.Find(key) is not { } record)
        {
            record = Measure(specification, data, cancellation);
            store?.Save(key, record);
        }

        return new RatePoint(
            part, residual, queryKey, value, temperature, seed, record.GetNumber("stepSize"),
            record.GetNumber("startConditionNumber"), record.GetNumber("endConditionNumber"), record.GetNumber("hiddenConditionNumber"),
            record.GetNumber("startKernelRate"), record.GetNumber("endKernelRate"),
            LateRate.Of(record.Tensors.Single(tensor => tensor.Name == "loss").Value.Data, data));
    }

    private static Checkpoint Measure(ExperimentSpecification specification, TokenData data, CancellationToken cancellation)
    {
        using Experiment experiment = Experiment.Prepare(specification, data);
        Checkpoint record = JobStore.NewRecord();
        var losses = new List<double>();
        DescentState state = experiment.Start();
        double stepSize = state.StepSize;
        record.AddNumber("stepSize", stepSize);
        experiment.Residual.Forward(experiment.InitialWeights);
        record.AddNumber("startConditionNumber", OutputConditionNumber(experiment));
        record.AddNumber("hiddenConditionNumber", ConditionNumber(experiment.Residual.Layer(0).Hidden));
        record.AddNumber("startKernelRate", KernelRate(experiment, experiment.InitialWeights, stepSize));
        DescentOutcome outcome = experiment.Descent.Run(state, step => losses.Add(step.Loss), cancellation: cancellation);
        cancellation.ThrowIfCancellationRequested();
        experiment.Residual.Forward(state.Parameters);
        record.AddNumber("endConditionNumber", OutputConditionNumber(experiment));
        record.AddNumber("endKernelRate", outcome.Reason == StopReason.NonFinite ? double.NaN : KernelRate(experiment, state.Parameters, stepSize));
        record.AddTensor("loss", [losses.Count], [.. losses]);
        return record;
    }

    private ExperimentSpecification Specification(TrainedPart part, long seed, double queryKey, double value, double temperature, double residual)
    {
        var problem = new LearningProblem(plan.SmallSize, DataSource.Gaussian, 1, queryKey, seed);
        ExperimentSpecification arm = ArmSpecification.Of(problem, new Arm("grid", residual, 1), StepSizeSpecification.Auto(Multiple), plan.Grid.Steps);
        return arm with
        {
            Model = arm.Model with
            {
                Temperature = temperature / Math.Sqrt(plan.SmallSize.Width),
                Trained = part == TrainedPart.All ? TrainedBlocks.All : TrainedBlocks.Of("ffnOut"),
            },
            Initialisation = arm.Initialisation with { ValueGain = value },
        };
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
