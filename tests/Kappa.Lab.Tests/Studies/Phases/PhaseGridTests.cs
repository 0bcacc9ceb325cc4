using System.Globalization;
using System.Text.RegularExpressions;
using Kappa.Lab.Figures;
using Kappa.Lab.Studies.Phases;
using Kappa.Lab.Sweeps;
using Kappa.Spectra;
using Xunit;

namespace Kappa.Lab.Tests.Studies.Phases;

public sealed partial class PhaseGridTests
{
    private static readonly string[] Words = [
        "depth=1", "width=4", "ffnWidth=12", "samples=1", "tokens=3", "stepSize=0.01,0.1,1", "attentionResidual=0,1", "seed=range(0,4)"];

    [Fact]
    public void A_cell_has_the_class_of_most_of_its_finished_runs_and_the_worst_of_several()
    {
        Assert.Equal((RunPhase.Slow, 0.75), Class(RunPhase.Slow, RunPhase.Slow, RunPhase.Diverges, RunPhase.Slow));
        Assert.Equal((RunPhase.Diverges, 0.5), Class(RunPhase.Converges, RunPhase.Diverges, RunPhase.Diverges, RunPhase.Converges));
        Assert.Equal((RunPhase.Converges, 1), Class(RunPhase.Converges, null, null));
        Assert.Null(Cell([null, null]).Majority);
    }

    [Fact]
    public void Keys_that_move_together_are_one_axis_and_seeds_are_none()
    {
        SweepPlan plan = SweepReader.ReadText("test", "zip: {gain: [1, 2], ffnOutGain: [3, 4]}\nseeds: range(0, 3)\n", ["depth=1,2"]).Plan!;
        Assert.Equal(["model.depth", "initialisation.gain"], SweptKey.Of(plan).Select(key => key.Key.Path).OrderDescending());
    }

    [Fact]
    public void Axes_are_logarithmic_where_the_values_are_geometric()
    {
        Assert.Equal(AxisScale.Logarithmic, SweptKey.AxisOf("x", [0.01, 0.1, 1]).Scale);
        Assert.Equal(AxisScale.Logarithmic, SweptKey.AxisOf("x", [1, 2, 5, 10, 20]).Scale);
        Assert.Equal(AxisScale.Linear, SweptKey.AxisOf("x", [1, 2, 3, 4]).Scale);
        Assert.Equal(AxisScale.Linear, SweptKey.AxisOf("x", [0, 0.01, 1]).Scale);
    }

    [Fact]
    public void Three_keys_need_a_choice_and_the_third_becomes_panels()
    {
        SweepPlan plan = PhaseBoundaryTests.Plan([.. Words, "gain=1,2"]);
        IReadOnlyList<SweptKey> keys = SweptKey.Of(plan);
        Assert.Contains(
            "3 keys are swept", Assert.Throws<BadInputException>(() => PhaseGrid.Choose(keys, null, null)).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "must be a swept key", Assert.Throws<BadInputException>(() => PhaseGrid.Choose(keys, "width", null)).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "another key", Assert.Throws<BadInputException>(() => PhaseGrid.Choose(keys, "gain", "initialisation.gain")).Message,
            StringComparison.Ordinal);
        var chosen = PhaseGrid.Choose(keys, "stepSize", "attentionResidual");
        var grid = PhaseGrid.Of(
            [.. plan.Runs.Select(run => new RunOutcome(run, OutcomeState.Unfinished, ""))], chosen.X, chosen.Y, chosen.Others);
        Assert.Equal(["gain = 1", "gain = 2"], grid.Panels.Select(panel => panel.Title));
        Assert.Equal([0.01, 0.1, 1], grid.Xs);
    }

    [Fact]
    public void A_factor_of_an_automatic_step_size_is_an_axis_and_a_word_is_none()
    {
        SweptKey factor = Assert.Single(SweptKey.Of(PhaseBoundaryTests.Plan(["stepSize=auto(0.5),auto(2)"])));
        Assert.True(factor.IsNumeric);
        Assert.False(Assert.Single(SweptKey.Of(PhaseBoundaryTests.Plan(["scheme=he,leCun"]))).IsNumeric);
        Assert.False(Assert.Single(SweptKey.Of(PhaseBoundaryTests.Plan(["stepSize=auto(0.5),0.1"]))).IsNumeric);
    }

    /// <summary>A diagram of made outcomes with λ_max = 20: the edge is at η = 0.1 in every row.
    /// Compared number by number with tests/Approved/phase-diagram.svg, which was looked at.</summary>
    [Fact]
    public void A_small_diagram_looks_as_approved()
    {
        string approved = Path.Combine(Root(), "tests", "Approved", "phase-diagram.svg");
        Figure figure = Small();
        File.WriteAllText(Path.Combine(AppContext.BaseDirectory, "phase-diagram.received.svg"), SvgFigure.File(figure));
        string[] expected = Tokens(File.ReadAllText(approved)), actual = Tokens(SvgFigure.File(figure));
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(
            expected.Zip(actual),
            pair =>
                Assert.True(
                    Same(pair.First, pair.Second),
                    $"'{pair.First}' became '{pair.Second}'. Look at the new picture; if it is right, replace {approved} by it."));
        string csv = CsvFigure.Write(figure);
        Assert.Contains("1,cells,converges,1,0.01,0,,,0.75\n", csv, StringComparison.Ordinal);
        Assert.Contains("1,cells,diverges,1,1,1,,,1\n", csv, StringComparison.Ordinal);
        Assert.Contains(
            "1,line,η λ_max(K_0) = 2,1,0.1,0,,,\n", csv.Replace("0.10000000000000002", "0.1", StringComparison.Ordinal),
            StringComparison.Ordinal);
        Assert.Contains("fill=c0072B2".ToUpperInvariant(), PgfplotsFigure.Write(figure).ToUpperInvariant(), StringComparison.Ordinal);
    }

    [Fact]
    public void Ticks_stand_at_the_swept_values()
    {
        Axis axis = SweptKey.AxisOf("x", [0.001, 0.002, 0.005, 0.01]);
        TickSet ticks = AxisTicks.For(AxisMap.Covering(axis, 0.0007, 0.014, 0), 8);
        Assert.Equal([0.001, 0.002, 0.005, 0.01], ticks.Ticks.Select(tick => tick.Value));
        Assert.Equal(["0.001", "0.002", "0.005", "0.01"], ticks.Major.Select(tick => tick.Label));

        // Too near for labels, all are still marked.
        TickSet crowded = AxisTicks.For(AxisMap.Covering(SweptKey.AxisOf("x", [1, 2, 3, 4, 5, 6, 7, 8, 9]), 0.5, 9.5, 0), 4);
        Assert.Equal((9, 5), (crowded.Ticks.Count, crowded.Major.Count()));
    }

    [Fact]
    public void A_group_without_a_line_shows_its_late_rate_marked_and_one_without_either_says_why()
    {
        SweepPlan plan = PhaseBoundaryTests.Plan(["gain=1,2,3", "seed=0,1"]);
        RateFit Fit(RateOutcome outcome) =>
            new() { Outcome = outcome, Explanation = "made", Slope = Math.Log(0.9), LateSlope = Math.Log(0.75) };
        RateOutcome[] made = [RateOutcome.Linear, RateOutcome.Slowing, RateOutcome.Plateau];
        RunOutcome[] outcomes = [
            .. plan.Runs.Select(run =>
                new RunOutcome(run, OutcomeState.Finished, "made")
                {
                    Phase = RunPhase.Slow,
                    Curve = new(
                        [0, 1], [1, 0.9], Fit(made[int.Parse(run.Values["initialisation.gain"], CultureInfo.InvariantCulture) - 1]), null,
                        0, 0),
                })];
        string[][] rows = [.. SweepGroup.Of(outcomes, SweptKey.Of(plan)).Select(group => group.Row().TakeLast(3).ToArray())];
        Assert.Equal(
            [["0.1", "0.1 to 0.1 (50 %)", "2 linear"], ["0.25 †", "0.25 to 0.25 (50 %)", "2 bent"], ["none", "", "levels off"]], rows);
        Assert.DoesNotContain(
            "–", string.Concat(SweepGroup.Of(outcomes, SweptKey.Of(plan)).SelectMany(group => group.Row())), StringComparison.Ordinal);
    }

    [Fact]
    public void The_caption_of_many_panels_says_each_thing_once()
    {
        SweepPlan plan = PhaseBoundaryTests.Plan(["stepSize=0.01,0.1", "attentionResidual=0,1", "depth=1,2,3"]);
        RunOutcome[] outcomes = [.. plan.Runs.Select(run => new RunOutcome(run, OutcomeState.Finished, "made") { Phase = RunPhase.Slow })];
        IReadOnlyList<SweptKey> keys = SweptKey.Of(plan);

        // η λ_max = 2 lies between the step sizes at depth 1 alone; η β is 4 to 120 everywhere.
        string caption = PhaseFigure.Of(
            PhaseGrid.Of(outcomes, keys[0], keys[1], [keys[2]]),
            plan.Runs.ToDictionary(
                run => run.Name,
                run =>
                    new InitialPoint(
                        run.Specification.Model.Depth == 1 ? 50 : 2, 400.0 * run.Specification.Model.Depth, 0,
                        2 + run.Specification.Model.Depth, 7))).Caption!;
        Assert.Contains("η λ_max(K_0) = 2: linearised", caption, StringComparison.Ordinal);
        Assert.Contains(
            "η λ_max(K_0) = 2 is not crossed in 2 of 3 panels: the left side is 0.01 to 0.1 times the right one.", caption,
            StringComparison.Ordinal);
        Assert.Contains("η β = 1 is not crossed: the left side is 4 to 120 times the right one.", caption, StringComparison.Ordinal);
        Assert.Contains("of the nearest a condition fails by a factor 3.", caption, StringComparison.Ordinal);
        Assert.Equal(2, caption.Split("is not crossed").Length - 1);
        Assert.Equal(1, caption.Split("No cell is certified").Length - 1);
    }

    [Fact]
    public void A_share_and_the_dot_of_its_cell_do_not_touch()
    {
        SweepPlan plan = PhaseBoundaryTests.Plan(["stepSize=0.01,0.1,1", "attentionResidual=0,0.5,1", "seed=0,1,2"]);
        RunOutcome[] outcomes = [
            .. plan.Runs.Select((run, k) =>
                new RunOutcome(run, OutcomeState.Finished, "made") { Phase = k % 3 == 0 ? RunPhase.Slow : RunPhase.Converges })];
        IReadOnlyList<SweptKey> keys = SweptKey.Of(plan);
        string svg = SvgFigure.File(
            PhaseFigure.Of(
                PhaseGrid.Of(outcomes, keys[0], keys[1], []),
                plan.Runs.ToDictionary(run => run.Name, _ => new InitialPoint(0.01, 0.01, 10, 1, 3))));
        (double X, double Y)[] shares = [.. Share().Matches(svg).Select(Position)], dots = [.. Dot().Matches(svg).Select(Position).Take(9)];
        Assert.Equal((9, 9), (shares.Length, dots.Length));

        // After the nine dots comes that of the legend. A share is 7 high and at most 20 wide, begins
        // at its x and stands on its y; a dot has the radius 2.1 and its outline begins at its left.
        Assert.All(
            shares,
            share =>
                Assert.All(
                    dots,
                    dot =>
                        Assert.True(
                            dot.Y + 2.1 < share.Y - 7 || dot.Y - 2.1 > share.Y || dot.X > share.X + 20 || dot.X + 4.2 < share.X,
                            $"{share} lies over {dot}.")));

        static (double, double) Position(Match match) =>
            (
                double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture),
                double.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture));
    }

    private static Figure Small()
    {
        SweepPlan plan = PhaseBoundaryTests.Plan(Words);
        RunOutcome[] outcomes = [
            .. plan.Runs.Select((run, k) => new RunOutcome(run, OutcomeState.Finished, "made") { Phase = Made(run, k) })];
        IReadOnlyList<SweptKey> keys = SweptKey.Of(plan);
        var grid = PhaseGrid.Of(outcomes, keys[0], keys[1], []);
        return PhaseFigure.Of(grid, plan.Runs.ToDictionary(run => run.Name, _ => new InitialPoint(20, 400, 0, 7, 3)));
    }

    private static RunPhase Made(SweepRun run, int k) => run.Values["descent.stepSize"] switch
    {
        "0.01" => k % 4 == 0 ? RunPhase.Slow : RunPhase.Converges,
        "0.1" => RunPhase.Stalls,
        _ => RunPhase.Diverges,
    };

    private static (RunPhase, double) Class(params RunPhase?[] phases)
    {
        PhaseCell cell = Cell(phases);
        return (cell.Majority!.Value, cell.Share(cell.Majority.Value));
    }

    private static PhaseCell Cell(RunPhase?[] phases)
    {
        SweepRun run = PhaseBoundaryTests.Plan(Words).Runs[0];
        return new(
            [
                .. phases.Select(phase =>
                    new RunOutcome(run, phase is null ? OutcomeState.Failed : OutcomeState.Finished, "") { Phase = phase })]);
    }

    private static string[] Tokens(string svg) => [.. Token().Matches(svg).Select(match => match.Value)];

    // Two units of the last printed digit, as for the other approved figure.
    private static bool Same(string expected, string actual) => expected == actual
        || (
            double.TryParse(expected, CultureInfo.InvariantCulture, out double a)
            && double.TryParse(actual, CultureInfo.InvariantCulture, out double b) && Math.Abs(a - b) <= 0.02);

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Kappa.slnx")))
            folder = folder.Parent;
        return folder.FullName;
    }

    [GeneratedRegex(@"<text x=""([\d.]+)"" y=""([\d.]+)""[^>]*paint-order=""stroke""[^>]*>\d+<")]
    private static partial Regex Share();

    [GeneratedRegex(@"M([\d.]+) ([\d.]+)A2\.1 ")]
    private static partial Regex Dot();

    [GeneratedRegex(@"-?\d+(\.\d+)?|[^\s\d-]+|-")]
    private static partial Regex Token();
}
