using System.Text.Json;
using Kappa.Lab.Reproductions;
using Xunit;

namespace Kappa.Lab.Tests.Reproductions;

public sealed class ClaimFindingTests
{
    private static readonly Claim Claim = new("id", "source", "statement \"quoted\"", "refuted if");

    [Theory]
    [InlineData("", Verdict.NotMeasured)]
    [InlineData("?", Verdict.NotMeasured)]
    [InlineData("+?", Verdict.Reproduced)]
    [InlineData("-?", Verdict.NotReproduced)]
    [InlineData("--", Verdict.NotReproduced)]
    [InlineData("+-?", Verdict.Partly)]
    public void The_verdict_follows_from_the_measurements_that_can_refute(string signs, Verdict verdict)
    {
        Measurement[] measurements = [.. signs.Select((sign, k) => Measured(k, sign == '?' ? null : sign == '-'))];
        var finding = ClaimFinding.From(Claim, measurements, (given, refuting, confirming) => $"{given} {refuting.Count} {confirming.Count}");
        Assert.Equal(verdict, finding.Verdict);
        Assert.Equal($"{verdict} {signs.Count(sign => sign == '-')} {signs.Count(sign => sign == '+')}", finding.Reason);
        Assert.Equal(measurements, finding.Measurements);
    }

    [Fact]
    public void The_claims_file_holds_every_measurement_and_numbers_that_JSON_has_not_as_strings()
    {
        Measurement[] measurements = [Measured(1.5, true), Measured(double.NaN, null, "a note"), Measured(double.PositiveInfinity, false), Measured(double.NegativeInfinity, false)];
        var finding = ClaimFinding.From(Claim, measurements, (_, _, _) => "reason");
        using var document = JsonDocument.Parse(ClaimsFile.Text("residual", "quick", "kappa reproduce residual --quick", [finding]));
        JsonElement root = document.RootElement;
        Assert.Equal(ClaimsFile.SchemaVersion, root.GetProperty("schemaVersion").GetInt32());
        Assert.Equal(("residual", "quick", "kappa reproduce residual --quick"), (Text(root, "study"), Text(root, "mode"), Text(root, "command")));
        JsonElement claim = Assert.Single(root.GetProperty("claims").EnumerateArray());
        Assert.Equal(("id", "source", "statement \"quoted\"", "refuted if", "partly", "reason"), (Text(claim, "id"), Text(claim, "source"), Text(claim, "statement"), Text(claim, "refutedIf"), Text(claim, "verdict"), Text(claim, "reason")));
        JsonElement[] rows = [.. claim.GetProperty("measurements").EnumerateArray()];
        Assert.Equal(["1.5", "\"NaN\"", "\"Infinity\"", "\"-Infinity\""], rows.Select(row => row.GetProperty("median").GetRawText()));
        Assert.Equal([true, null, false, false], rows.Select(row => row.TryGetProperty("refutes", out JsonElement refutes) ? refutes.GetBoolean() : (bool?)null));
        Assert.Equal("a note", Text(rows[1], "note"));
        Assert.All(rows, row => Assert.Equal(("setting", "quantity", 1, 0), (Text(row, "setting"), Text(row, "quantity"), row.GetProperty("count").GetInt32(), row.GetProperty("lowerBounds").GetInt32())));
        Assert.All(rows, row => Assert.Equal(row.GetProperty("median").GetRawText(), row.GetProperty("low").GetRawText()));
        Assert.All(rows, row => Assert.Equal(row.GetProperty("median").GetRawText(), row.GetProperty("high").GetRawText()));
    }

    private static Measurement Measured(double value, bool? refutes, string? note = null) => new("setting", "quantity", new SeedSummary(value, value, value, 1, 0), refutes, note);

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
