using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Xunit;

namespace Kappa.Lab.Tests.Runs;

/// <summary><c>telemetry.quantities</c> as a list: fewer columns, the same numbers.</summary>
public sealed class TelemetryQuantitiesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("[loss]", "step,loss,stepSize")]
    [InlineData("[output.sigmaMin]", "step,loss,stepSize,l0.output.sigmaMin,l1.output.sigmaMin")]
    [InlineData(
        "[gradientNorm,tokenCosine]",
        "step,loss,gradientNorm,stepSize,gradientNorm.query,gradientNorm.key,gradientNorm.value,gradientNorm.ffnIn,"
            + "gradientNorm.ffnOut,l0.branch.tokenCosine,l0.output.tokenCosine,l1.branch.tokenCosine,l1.output.tokenCosine")]
    [InlineData(
        "[hidden.sigmaMin,branch.sampleConditionNumber]",
        "step,loss,stepSize,l0.branch.sampleConditionNumber,l0.hidden.sigmaMin,l1.branch.sampleConditionNumber,l1.hidden.sigmaMin")]
    public void Only_what_is_asked_for_is_written_with_the_bits_that_it_has_among_all(string list, string columns)
    {
        TelemetryTable all = Run("all", "all"), some = Run("some", list);
        Assert.Equal(columns.Split(','), some.Columns);
        Assert.All(some.Columns, column => Assert.Equal(all[column].ToArray(), some[column].ToArray()));
        Assert.Equal(6, some.Rows);
    }

    [Theory]
    [InlineData("[sigmaMim]", "must list quantities of the register")]
    [InlineData("[nowhere.sigmaMin]", "must list quantities of the register")]
    [InlineData("[]", "must list at least one quantity")]
    [InlineData("[loss,loss]", "must list each quantity once")]
    [InlineData("los", "must be one of all, loss, or a list of quantities in brackets")]
    public void What_is_no_list_of_quantities_is_refused_in_one_line(string list, string reason)
    {
        Assert.Contains(
            reason, Assert.Single(SpecificationReader.Read(null, [$"quantities={list}"]).Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_with_few_columns_is_shown_and_reported_like_any_other()
    {
        _ = Run("shown", "[output.conditionNumber,output.sigmaMax]");
        var analysis = RunAnalysis.Of(RunRecord.Read(_folder.At(Path.Combine("shown", "run"))));
        Assert.Equal(2, analysis.Layers.Count);
        _ = RunVerdict.Sentences(analysis);
        _ = RunReport.Write(analysis);
        Assert.True(File.Exists(analysis.Run.Files.Report));
    }

    private TelemetryTable Run(string store, string list)
    {
        SpecificationReading reading = SpecificationReader.Read(
            null, ["depth=2", "width=4", "ffnWidth=16", "samples=2", "tokens=3", "steps=5", $"quantities={list}"]);
        Assert.Empty(reading.Problems);
        using var prepared = PreparedRun.Of(reading.Specification!);
        using RunFolder folder = RunFolder.Create(
            _folder.At(store), "run", prepared.Specification, RunEnvironment.Current([], 1, TimeProvider.System), TimeProvider.System);
        _ = prepared.Execute(folder, cancellation: TestContext.Current.CancellationToken);
        return TelemetryReader.Read(folder.Files.Telemetry);
    }
}
