using System.Text.Json;
using Kappa.Lab.Figures;
using Kappa.Lab.Runs;
using Kappa.Lab.Runs.Ladder;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Lab.Tests.Store;
using Xunit;

namespace Kappa.Lab.Tests.Runs.Ladder;

public sealed class LadderFileTests : IDisposable
{
    private readonly StoreFixture _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public void A_ladder_comes_back_from_its_file_as_it_was_written()
    {
        using Experiment experiment = RateLadderTests.Prepare(["steps=60"]);
        RateLadder ladder = RateLadderTests.LadderOf(experiment);
        using RunFolder folder = _store.Create("one");
        Assert.Null(LadderFile.Find(folder.Files));
        LadderFile.Write(folder.Files, ladder);
        RateLadder back = LadderFile.Find(folder.Files)!;

        Assert.Equal((ladder.StepSize, ladder.FormatVersion), (back.StepSize, back.FormatVersion));
        Assert.Equal(ladder.Steps, back.Steps);
        Assert.Equal(ladder.Rungs, back.Rungs);
        Assert.Equal(ladder.Ratios, back.Ratios);
    }

    [Fact]
    public void The_file_names_kind_and_grade_of_each_rung_and_has_no_value_where_there_is_none()
    {
        using Experiment experiment = RateLadderTests.Prepare(["steps=3"]);
        using var json = JsonDocument.Parse(LadderFile.Text(RateLadderTests.LadderOf(experiment)));
        Assert.Equal(2, json.RootElement.GetProperty("formatVersion").GetInt32());
        JsonElement[] rungs = [.. json.RootElement.GetProperty("rungs").EnumerateArray()];
        Assert.All(rungs, rung =>
        {
            Assert.Contains(rung.GetProperty("kind").GetString(), (string[])["aPriori", "alongThePath", "fitted"]);
            Assert.Contains(rung.GetProperty("grade").GetString(), (string[])["proven", "linearised", "estimated", "measured"]);
            Assert.NotEqual(rung.TryGetProperty("value", out _), rung.TryGetProperty("whyMissing", out _));
        });
        Assert.Contains(rungs, rung => rung.GetProperty("name").GetString() == "kernel.start");
    }

    [Fact]
    public void A_rung_without_its_texts_has_empty_ones()
    {
        using RunFolder folder = _store.Create("bare");
        File.WriteAllText(
            folder.Files.Ladder,
            "{\"formatVersion\": 2, \"stepSize\": 1, \"steps\": [0], \"rungs\": [{\"name\": \"a\", \"title\": \"a\", \"kind\": "
                + "\"fitted\", \"grade\": \"measured\", \"value\": 0.5}], \"ratios\": []}");
        Assert.Equal(["a", "", "", "0.5", "measured", "", ""], Assert.Single(LadderTable.Rows(LadderFile.Find(folder.Files)!)));
    }

    [Fact]
    public void A_damaged_ladder_is_refused_with_its_path()
    {
        using RunFolder folder = _store.Create("bad");
        File.WriteAllText(folder.Files.Ladder, "{\"formatVersion\": 2, \"steps\": 3}");
        BadInputException refused = Assert.Throws<BadInputException>(() => LadderFile.Find(folder.Files));
        Assert.StartsWith(folder.Files.Ladder, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_folder_gives_its_ladder_again_from_its_specification_alone()
    {
        ExperimentSpecification specification = SpecificationReader.Read(
            null, ["width=6", "ffnWidth=12", "tokens=3", "steps=40", "depth=2", "stepSize=adaptive(1)"]).Specification!;
        RateLadder direct;
        using (RunFolder folder = _store.Create("run", specification))
        using (var experiment = Experiment.Prepare(specification, ExperimentData.Load(specification)))
        {
            _ = new ExperimentRun(folder, experiment, _store.Time).Execute(TestContext.Current.CancellationToken);
            direct = RateLadder.Of(
                experiment, RunAnalysis.Of(RunRecord.Read(folder.Files.Path)).Rate, 40,
                cancellation: TestContext.Current.CancellationToken)!;
        }

        RunAnalysis analysis = RunAnalysis.Of(RunRecord.Read(_store.At("run", string.Empty)));
        Assert.Null(analysis.Ladder);
        Assert.Equal(
            LadderFile.Text(direct),
            LadderFile.Text(RunLadder.Compute(analysis, threads: 2, cancellation: TestContext.Current.CancellationToken)));
    }

    [Fact]
    public void A_run_whose_data_have_changed_gets_no_ladder()
    {
        ExperimentSpecification specification = SpecificationReader.Read(
            null, ["width=6", "ffnWidth=12", "tokens=3", "steps=4"]).Specification!;
        using (RunFolder folder = _store.Create("moved", specification))
        using (var experiment = Experiment.Prepare(specification, ExperimentData.Load(specification with { Seed = 99 })))
        {
            _ = new ExperimentRun(folder, experiment, _store.Time).Execute(TestContext.Current.CancellationToken);
        }

        BadInputException refused = Assert.Throws<BadInputException>(() =>
            RunLadder.Compute(
                RunAnalysis.Of(RunRecord.Read(_store.At("moved", string.Empty))), cancellation: TestContext.Current.CancellationToken));
        Assert.Contains("have changed since", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_figure_draws_each_positive_rung_in_the_colour_of_what_it_has_seen()
    {
        using Experiment experiment = RateLadderTests.Prepare(["ffnWidth=64", "stepSize=auto(0.5)", "steps=1000"]);
        RateLadder ladder = RateLadderTests.LadderOf(experiment);
        Figure figure = LadderFigure.Of(ladder, "Run x.")!;
        WrittenFigure written = FigureFiles.Write(figure, _store.At("f", string.Empty));
        string csv = File.ReadAllText(written.Paths[1]);
        Assert.All(ladder.Rungs.Where(rung => rung.Value > 0), rung => Assert.Contains(rung.Title, csv, StringComparison.Ordinal));
        Assert.All((string[])["a priori", "along the path", "fitted"], name => Assert.Contains(name, csv, StringComparison.Ordinal));
        Assert.Null(LadderFigure.Of(ladder with { Rungs = [] }, string.Empty));
    }
}
