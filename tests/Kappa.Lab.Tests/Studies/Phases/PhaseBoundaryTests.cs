using Kappa.Descent;
using Kappa.Lab.Figures;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Lab.Studies.Phases;
using Kappa.Lab.Sweeps;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Lab.Tests.Studies.Phases;

public sealed class PhaseBoundaryTests
{
    private static readonly string[] Linear = [
        "depth=1", "width=4", "ffnWidth=12", "samples=1", "tokens=3", "trained=[ffnOut]", "quantities=loss", "steps=400",
        "lossFloor=1e-12"];

    /// <summary>With only W_2 trained F = … + Φ W_2 is linear, J = Φ ⊗ I, and
    /// λ_max(K) = σ_max(Φ)², here from the features' own singular values.</summary>
    [Fact]
    public void The_edge_of_a_linear_model_is_two_over_the_squared_norm_of_its_features()
    {
        ExperimentSpecification specification = Plan([.. Linear, "stepSize=0.1", "seed=3"]).Runs[0].Specification;
        var point = InitialPoint.Of(specification);
        double exact = Math.Pow(LargestSingularValueOfFeatures(specification), 2);

        // Lanczos stops at a relative residual of 1e-6; the error of an eigenvalue apart from the others is its square.
        Assert.InRange(point.LambdaMax / exact, 1 - 1e-6, 1 + 1e-12);
    }

    /// <summary>For a linear model the edge is where descent itself changes: one
    /// per cent below it converges, one per cent above it the loss grows.</summary>
    [Fact]
    public void Descent_of_a_linear_model_changes_its_class_at_the_edge()
    {
        ExperimentSpecification specification = Plan([.. Linear, "stepSize=0.1", "seed=3"]).Runs[0].Specification;
        double edge = 2 / InitialPoint.Of(specification).LambdaMax;
        Assert.True(LossAfter(specification, 0.99 * edge) < 1);
        Assert.True(LossAfter(specification, 1.01 * edge) > 1);
    }

    /// <summary>Models G and S are linear in their last matrices, so descent of those
    /// changes at the edge of their own kernel too, of a mean loss as well.</summary>
    [Theory]
    [InlineData("model.kind=kernelAttention", "width=4", "samples=1", "tokens=3", "trained=[value]")]
    [InlineData("model.kind=shallowEncoder", "width=4", "samples=3", "tokens=2", "encoderWidth=12", "trained=[readout]")]
    [InlineData(
        "model.kind=shallowEncoder", "width=4", "samples=3", "tokens=2", "encoderWidth=12", "trained=[readout]", "lossReduction=mean")]
    public void Descent_of_another_linear_model_changes_its_class_at_the_edge(params string[] words)
    {
        ExperimentSpecification specification = Plan([.. words, "stepSize=0.1", "seed=3"]).Runs[0].Specification;
        var point = InitialPoint.Of(specification);
        double edge = 2 / point.LambdaMax;
        Assert.True(OtherLossAfter(specification, 0.99 * edge) < 1);
        Assert.True(OtherLossAfter(specification, 1.01 * edge) > 1);
        Assert.Equal((double.NaN, true), (point.Smoothness, point.ConditionNumber >= 1));
    }

    [Fact]
    public void A_cross_entropy_has_no_edge()
    {
        var point = InitialPoint.Of(
            Plan(["model.kind=classifier", "source=digits", "patch=14", "samples=10", "width=8", "ffnWidth=8", "stepSize=0.1"]).Runs[0]
                .Specification);
        Assert.Equal(new InitialPoint(double.NaN, double.NaN, double.NaN, double.NaN, point.ConditionNumber), point);
        Assert.True(point.ConditionNumber >= 1);
    }

    [Fact]
    public void The_smoothness_bound_is_above_the_curvature_and_the_shortfall_says_whether_a_theorem_holds()
    {
        var point = InitialPoint.Of(
            Plan(["depth=1", "width=8", "ffnWidth=16", "samples=1", "tokens=4", "stepSize=0.1"]).Runs[0].Specification);
        Assert.True(point.Smoothness > point.LambdaMax);
        Assert.Equal(point.CertifiedStep > 0, point.Shortfall == 1);
        Assert.True(point.ConditionNumber >= 1);
    }

    [Fact]
    public void Runs_that_differ_in_their_descent_only_share_their_initial_point()
    {
        SweepPlan plan = Plan([.. Linear, "stepSize=0.1,0.2", "seed=0,1"]);
        Assert.Equal(2, plan.Runs.Select(run => RunName.Identity(InitialPoint.AtStart(run.Specification))).Distinct().Count());
    }

    [Fact]
    public void Initial_points_are_computed_once_and_a_damaged_file_of_them_is_computed_anew()
    {
        using var folder = new TemporaryFolder();
        string cache = Path.Combine(folder.Path, "points.json");
        ExperimentSpecification[] asked = [.. Plan([.. Linear, "stepSize=0.1,0.2", "seed=0,1"]).Runs.Select(run => run.Specification)];
        int computed = 0;
        InitialPoint[] first = InitialPoints.Of(
            asked, cache, 2, (_, _) => Interlocked.Increment(ref computed), TestContext.Current.CancellationToken);
        Assert.Equal(
            first, InitialPoints.Of(asked, cache, 1, (_, _) => Interlocked.Increment(ref computed), TestContext.Current.CancellationToken));
        Assert.Equal(2, computed);
        File.WriteAllText(cache, "{\"FormatVersion\":");
        Assert.Equal(
            first, InitialPoints.Of(asked, cache, 1, (_, _) => Interlocked.Increment(ref computed), TestContext.Current.CancellationToken));
        Assert.Equal(4, computed);
    }

    /// <summary>x y² = 8 over logarithmic axes is met exactly on every edge of the grid.</summary>
    [Fact]
    public void A_power_law_over_logarithmic_axes_is_met_exactly()
    {
        double[] xs = [1, 2, 4, 8, 16], ys = [1, 3, 9];
        var piece = Assert.Single(LevelCurve.Of(Axis.Log("x"), Axis.Log("y"), xs, ys, Field(xs, ys, (x, y) => x * y * y), 8));
        Assert.All(piece, point => Assert.Equal(8, point.X * point.Y * point.Y, 1e-12));
        Assert.Equal(1, piece.Min(point => point.Y));
        Assert.True(piece.Count >= 4);
    }

    /// <summary>x + 2y = 4 over linear axes, met exactly; a hole of NaN ends the curve there.</summary>
    [Fact]
    public void A_plane_over_linear_axes_is_met_exactly_and_a_hole_interrupts_it()
    {
        double[] xs = [0, 1, 2, 3, 4], ys = [0, 1, 2];
        double[,] field = Field(xs, ys, (x, y) => x + (2 * y));
        Assert.All(
            Assert.Single(LevelCurve.Of(Axis.Linear("x"), Axis.Linear("y"), xs, ys, field, 3.5)),
            point => Assert.Equal(3.5, point.X + (2 * point.Y), 1e-12));
        field[1, 2] = double.NaN;
        Assert.True(LevelCurve.Of(Axis.Linear("x"), Axis.Linear("y"), xs, ys, field, 3.5).Sum(piece => piece.Count) < 8);
        Assert.Empty(LevelCurve.Of(Axis.Linear("x"), Axis.Linear("y"), xs, ys, field, 100));
    }

    internal static SweepPlan Plan(string[] words)
    {
        SweepReading reading = SweepReader.ReadText("test", "", words);
        Assert.Empty(reading.Problems);
        return reading.Plan!;
    }

    private static double[,] Field(double[] xs, double[] ys, Func<double, double, double> of)
    {
        double[,] field = new double[ys.Length, xs.Length];
        for (int row = 0; row < ys.Length; row++)
        {
            for (int column = 0; column < xs.Length; column++)
                field[row, column] = of(xs[column], ys[row]);
        }

        return field;
    }

    private static double LargestSingularValueOfFeatures(ExperimentSpecification specification)
    {
        using var experiment = Experiment.Prepare(specification, ExperimentData.Load(specification));
        Matrix features = experiment.Residual.Layer(0).Hidden;
        double[] values = new double[Math.Min(features.Rows, features.Columns)];
        new SingularValues(features.Rows, features.Columns).Compute(features, values);
        return values[0];
    }

    private static double OtherLossAfter(ExperimentSpecification specification, double stepSize)
    {
        using var experiment = Experiment.Prepare(
            specification with
            { Descent = specification.Descent with { StepSize = StepSizeSpecification.Fixed(stepSize), Steps = 3000, LossFloor = 0 } });
        DescentState state = experiment.Start();
        _ = experiment.Descent.Run(state, cancellation: TestContext.Current.CancellationToken);
        return experiment.Model.Loss(state.Parameters, experiment.Model.AllSamples) / experiment.InitialLoss;
    }

    private static double LossAfter(ExperimentSpecification specification, double stepSize)
    {
        ExperimentSpecification asked = specification with
        { Descent = specification.Descent with { StepSize = StepSizeSpecification.Fixed(stepSize), Steps = 3000, LossFloor = 0 } };
        using var experiment = Experiment.Prepare(asked, ExperimentData.Load(asked));
        return experiment.Descent.Run(
            experiment.Start(), _ => { }, cancellation: TestContext.Current.CancellationToken).Loss / experiment.InitialLoss;
    }
}
