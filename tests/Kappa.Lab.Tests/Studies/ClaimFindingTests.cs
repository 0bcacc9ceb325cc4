using System.Text.Json;
using Kappa.Lab.Studies;
using Xunit;

namespace Kappa.Lab.Tests.Studies;

public sealed class ClaimFindingTests
{
    private static readonly Claim Claim = new("id", "source", "statement \"quoted\"", "refuted if");

    // + confirms, - refutes, ? is judged and undecided, i only informs; numbers before a sign are its seeds, three otherwise.
    [Theory]
    [InlineData("", Verdict.NotMeasured)]
    [InlineData("iii", Verdict.NotMeasured)]
    [InlineData("?", Verdict.NotDecided)]
    [InlineData("+", Verdict.NotDecided)]
    [InlineData("-", Verdict.NotDecided)]
    [InlineData("++", Verdict.Reproduced)]
    [InlineData("--", Verdict.NotReproduced)]
    [InlineData("+-", Verdict.Partly)]
    [InlineData("+++iiiiii", Verdict.Reproduced)]
    [InlineData("+??????", Verdict.NotDecided)]
    [InlineData("++??", Verdict.NotDecided)]
    [InlineData("+++??", Verdict.Reproduced)]
    [InlineData("+-???", Verdict.NotDecided)]
    [InlineData("1+1+1+", Verdict.NotDecided)]
    [InlineData("2+2-2-", Verdict.NotDecided)]
    [InlineData("3+3+1-", Verdict.Reproduced)]
    [InlineData("5+1+1+1+", Verdict.NotDecided)]
    public void A_verdict_needs_three_seeds_a_number_two_numbers_and_more_than_half_of_those_judged(string signs, Verdict verdict)
    {
        var measurements = new List<Measurement>();
        int seeds = ClaimFinding.LeastSeeds;
        foreach (char sign in signs)
        {
            if (char.IsAsciiDigit(sign))
            {
                seeds = sign - '0';
                continue;
            }

            var summary = new SeedSummary(1, 1, 1, seeds, 0);
            measurements.Add(
                sign == 'i'
                    ? new Measurement("setting", "quantity", summary, null)
                    : Measurement.Judged($"setting {measurements.Count}", "quantity", summary, sign == '?' ? null : sign == '-'));
            seeds = ClaimFinding.LeastSeeds;
        }

        var finding = ClaimFinding.From(Claim, measurements, (given, refuting, confirming) => "reason.");
        Assert.Equal(verdict, finding.Verdict);
        Assert.Equal(
            verdict == Verdict.NotDecided,
            finding.Reason.Contains("a verdict needs 2 or more, and more than half", StringComparison.Ordinal));
        Assert.All(
            finding.Measurements.Where(m => m.Value.Count < ClaimFinding.LeastSeeds),
            m => Assert.Equal((null, true), (m.Refutes, m.IsUndecided)));
    }

    // Two numbers of each setting: the claim speaks of both.
    [Theory]
    [InlineData("+? +? ++ ++", Verdict.NotDecided)]
    [InlineData("+? ++ ++", Verdict.Reproduced)]
    [InlineData("-? -? ++", Verdict.Partly)]
    public void A_setting_with_an_undecided_number_is_not_decided_unless_another_refutes_there(string settings, Verdict verdict)
    {
        Measurement[] measurements = [
            .. settings.Split(' ').SelectMany((signs, k) =>
                signs.Select(sign =>
                    Measurement.Judged($"setting {k}", "quantity", new SeedSummary(1, 1, 1, 3, 0), sign == '?' ? null : sign == '-')))];
        Assert.Equal(verdict, ClaimFinding.From(Claim, measurements, (_, _, _) => "").Verdict);
    }

    [Fact]
    public void A_fit_over_several_settings_speaks_for_all_of_them_and_its_seeds_are_counted_once()
    {
        Measurement fit = Measurement.Judged(
            "all widths", "exponent", new SeedSummary(1, 1, 1, 30, 0), false) with
        { Settings = 4, Seeds = 3 };
        Assert.Equal(Verdict.Reproduced, ClaimFinding.From(Claim, [fit], (_, _, _) => "").Verdict);
        Assert.Equal(Verdict.NotDecided, ClaimFinding.From(Claim, [fit with { Seeds = 2 }], (_, _, _) => "").Verdict);
    }

    /// <summary>A ratio of two times of which either may be cut off by the budget.</summary>
    [Theory]
    [InlineData(60, false, 10, false, 3, false)]
    [InlineData(20, false, 10, false, 3, true)]
    [InlineData(100, true, 10, false, 3, false)]
    [InlineData(100, true, 50, false, 3, null)]
    [InlineData(60, false, 100, true, 3, true)]
    [InlineData(60, false, 100, true, 0.5, null)]
    [InlineData(900, true, 100, true, 3, null)]
    public void A_bound_on_either_side_of_a_ratio_decides_only_what_it_bounds(
        double above, bool isAboveBound, double below, bool isBelowBound, double threshold, bool? isTooSmall)
    {
        SeedSummary ratio = PairedRatio.Over(Runs(above, isAboveBound), Runs(below, isBelowBound));
        Assert.Equal(isTooSmall, ratio.IsBelow(threshold));

        static IEnumerable<(long, (double, bool))> Runs(double value, bool isBound) =>
            new long[] { 0, 1, 2 }.Select(seed => (seed, (value, isBound)));
    }

    [Fact]
    public void Seeds_on_both_sides_of_a_threshold_decide_nothing()
    {
        Assert.Null(SeedSummary.Of([1.0, 5, 20]).IsBelow(10));
        Assert.True(SeedSummary.Of([1.0, 5, 9]).IsBelow(10));
        Assert.False(SeedSummary.Of([10.0, 50, 90]).IsBelow(10));
        Assert.Null(SeedSummary.Of([0.99, 1, 1.03]).IsWithin(0.98, 1.02));
        Assert.False(SeedSummary.Of([1.03, 1.5, 2]).IsWithin(0.98, 1.02));
        Assert.Null(SeedSummary.Of([(1.0, false), (2.0, false), (3.0, true)]).IsBelow(10));
        Assert.Null(SeedSummary.Share([true, false, true]).IsBelow(0.5));
    }

    [Fact]
    public void The_claims_file_holds_every_measurement_and_numbers_that_JSON_has_not_as_strings()
    {
        Measurement[] measurements = [
            Measured(1.5, true), Measured(double.NaN, null, "a note"), Measured(double.PositiveInfinity, false),
            Measured(double.NegativeInfinity, false)];
        var finding = ClaimFinding.From(Claim, measurements, (_, _, _) => "reason");
        using var document = JsonDocument.Parse(ClaimsFile.Text("residual", "quick", "kappa reproduce residual --quick", [finding]));
        JsonElement root = document.RootElement;
        Assert.Equal(ClaimsFile.SchemaVersion, root.GetProperty("schemaVersion").GetInt32());
        Assert.Equal(
            ("residual", "quick", "kappa reproduce residual --quick"), (Text(root, "study"), Text(root, "mode"), Text(root, "command")));
        JsonElement claim = Assert.Single(root.GetProperty("claims").EnumerateArray());
        Assert.Equal(
            ("id", "source", "statement \"quoted\"", "refuted if", "partly", "reason"),
            (
                Text(claim, "id"), Text(claim, "source"), Text(claim, "statement"), Text(claim, "refutedIf"), Text(claim, "verdict"),
                Text(claim, "reason")));
        JsonElement[] rows = [.. claim.GetProperty("measurements").EnumerateArray()];
        Assert.Equal(["1.5", "\"NaN\"", "\"Infinity\"", "\"-Infinity\""], rows.Select(row => row.GetProperty("median").GetRawText()));
        Assert.Equal(
            [true, null, false, false],
            rows.Select(row => row.TryGetProperty("refutes", out JsonElement refutes) ? refutes.GetBoolean() : (bool?)null));
        Assert.Equal("a note", Text(rows[1], "note"));
        Assert.All(
            rows,
            row =>
                Assert.Equal(
                    ("setting", "quantity", 3, 0),
                    (
                        Text(row, "setting"), Text(row, "quantity"), row.GetProperty("count").GetInt32(),
                        row.GetProperty("lowerBounds").GetInt32())));
        Assert.All(rows, row => Assert.Equal(row.GetProperty("median").GetRawText(), row.GetProperty("low").GetRawText()));
        Assert.All(rows, row => Assert.Equal(row.GetProperty("median").GetRawText(), row.GetProperty("high").GetRawText()));
    }

    private static Measurement Measured(double value, bool? refutes, string? note = null) =>
        new("setting", "quantity", new SeedSummary(value, value, value, 3, 0), refutes, note);

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
