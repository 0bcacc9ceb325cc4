using Kappa.Certificates;
using Kappa.Descent;
using Kappa.Lab.Data;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;

namespace Kappa.Lab.Studies.Residual;

/// <summary>One setting of the study of prices.</summary>
internal sealed record PriceSetting(int Depth, double Residual, long Seed);

/// <summary>The price of a certificate by depth and ρ_a: the smallest c of a certifiable
/// initialisation (C.11), and the first certified step of an ordinary run (C.20).</summary>
internal sealed class PriceStudy(ResidualPlan plan)
{
    /// <summary>What a point is called in progress lines and in the measurements of its run.</summary>
    public const string Name = "certificate price";

    // Half of 1/λ_max of the initial kernel: the curvature may grow along the path.
    private const double Multiple = 0.5;
    private const double ScaleTolerance = 0.05;

    /// <summary>Every setting of the study.</summary>
    public IEnumerable<PriceSetting> Settings() =>
        from depth in plan.Price.Depths
        from residual in plan.Price.AttentionResiduals
        from seed in Enumerable.Range(0, plan.Seeds)
        select new PriceSetting(depth, residual, seed);

    /// <summary>The ordinary run of a setting.</summary>
    public ExperimentSpecification Specification(PriceSetting setting)
    {
        var problem = new LearningProblem(plan.Price.Size, DataSource.Gaussian, setting.Depth, 1, setting.Seed);
        return ArmSpecification.Of(
            problem, new Arm("price", setting.Residual, 1), StepSizeSpecification.Auto(Multiple), (int)plan.Price.LastStep);
    }

    /// <summary>What certificates cost at a setting, measured once and kept with its run.</summary>
    /// <param name="setting">The setting.</param>
    /// <param name="run">Its run.</param>
    /// <param name="cancellation">Ends the search.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public PricePoint Measure(PriceSetting setting, RunRecord run, CancellationToken cancellation)
    {
        IReadOnlyDictionary<string, double> found = RunMeasurements.FindOrMeasure(run.Files, Name, () => Search(run, cancellation));
        double scale = found["scale"], step = found["firstStep"];
        return new PricePoint(
            setting.Depth, setting.Residual, setting.Seed, double.IsNaN(scale) ? null : scale, found["rate"],
            double.IsNaN(step) ? null : (long)step, found["firstRelativeLoss"], plan.Price.LastStep);
    }

    private static Dictionary<string, double> Search(RunRecord run, CancellationToken cancellation)
    {
        TokenData data = ExperimentData.Load(run.Specification);
        using Experiment experiment = Experiment.Prepare(run.Specification, data);
        using var point = new ResidualTransformerPoint(
            data.Inputs, data.Samples, data.Targets, experiment.InitialWeights, experiment.Trained);
        var price = CertifiableInitialisation.Find(
            Theorems.Find("ball")!, point, search: new ScaleSearch { Largest = PriceGrid.LargestScale, Tolerance = ScaleTolerance });
        cancellation.ThrowIfCancellationRequested();
        DescentState state = experiment.Start();
        var descent = new DescentOptions
        { StepSize = StepSizeRule.Fixed(state.StepSize), Trained = experiment.Trained, MaximumSteps = run.Specification.Descent.Steps };
        var first = FirstCertifiedStep.Search(
            Theorems.Find("path")!, experiment.Residual, descent, state,
            new FirstStepOptions { LastStep = run.Specification.Descent.Steps, Growth = 2 },
            cancellation: cancellation);
        return new()
        {
            ["scale"] = price.Scale ?? double.NaN,
            ["rate"] = price.Certificate.Guarantee?.Rate ?? double.NaN,
            ["firstStep"] = first.Step ?? double.NaN,
            ["firstRelativeLoss"] = first.RelativeLoss ?? double.NaN,
        };
    }
}
