using Kappa.Certificates;
using Kappa.Descent;
using Kappa.Lab.Data;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;

namespace Kappa.Lab.Studies.Residual;

/// <summary>The price of a certificate by depth and ρ_a: the smallest c of a certifiable initialisation (C.11), and the first certified step of an ordinary run (C.20).</summary>
internal sealed class PriceStudy(ResidualPlan plan, JobStore? store)
{
    // Half of 1/λ_max of the initial kernel: the curvature may grow along the path.
    private const double Multiple = 0.5;
    private const double ScaleTolerance = 0.05;

    /// <summary>Every point of the study, to be measured in any order.</summary>
    public IEnumerable<Func<CancellationToken, PricePoint>> Points() =>
        from depth in plan.Price.Depths
        from residual in plan.Price.AttentionResiduals
        from seed in Enumerable.Range(0, plan.Seeds)
        select (Func<CancellationToken, PricePoint>)(cancellation => Point(depth, residual, seed, cancellation));

    private PricePoint Point(int depth, double residual, long seed, CancellationToken cancellation)
    {
        var problem = new LearningProblem(plan.Price.Size, DataSource.Gaussian, depth, 1, seed);
        ExperimentSpecification specification = ArmSpecification.Of(problem, new Arm("price", residual, 1), StepSizeSpecification.Auto(Multiple), (int)plan.Price.LastStep);
        TokenData data = ExperimentData.Load(specification);
        string key = JobStore.Key("price", specification, data.Fingerprint);
        if (store?.Find(key) is not { } record)
        {
            record = Measure(specification, data, cancellation);
            store?.Save(key, record);
        }

        double scale = record.GetNumber("scale");
        long step = record.GetInteger("firstStep");
        return new PricePoint(
            depth, residual, seed, double.IsNaN(scale) ? null : scale, record.GetNumber("rate"), step < 0 ? null : step, record.GetNumber("firstRelativeLoss"), plan.Price.LastStep);
    }

    private static Checkpoint Measure(ExperimentSpecification specification, TokenData data, CancellationToken cancellation)
    {
        using Experiment experiment = Experiment.Prepare(specification, data);
        Checkpoint record = JobStore.NewRecord();
        using (var point = new TrainingPoint(data.Inputs, data.Samples, data.Targets, experiment.InitialWeights, experiment.Trained))
        {
            var price = CertifiableInitialisation.Find(Theorems.Find("ball")!, point, search: new ScaleSearch { Largest = PriceGrid.LargestScale, Tolerance = ScaleTolerance });
            record.AddNumber("scale", price.Scale ?? double.NaN);
            record.AddNumber("rate", price.Certificate.Guarantee?.Rate ?? double.NaN);
        }

        cancellation.ThrowIfCancellationRequested();
        DescentState state = experiment.Start();
        var descent = new DescentOptions { StepSize = StepSizeRule.Fixed(state.StepSize), Trained = experiment.Trained, MaximumSteps = specification.Descent.Steps };
        var first = FirstCertifiedStep.Search(
            Theorems.Find("path")!, experiment.Residual, descent, state, new FirstStepOptions { LastStep = specification.Descent.Steps, Growth = 2 }, cancellation);
        record.AddInteger("firstStep", first.Step ?? -1);
        record.AddNumber("firstRelativeLoss", first.RelativeLoss ?? double.NaN);
        return record;
    }
}
