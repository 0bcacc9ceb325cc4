using Kappa.Lab;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Bench.Tests;

public sealed class BenchmarkFilesTests
{
    private static readonly BenchmarkMachine Machine = new()
    {
        Processor = "Made-up (R) 7",
        Cores = 2,
        VectorBits = 256,
        PeakDouble = 50,
        PeakSingle = 100,
        Kappa = "0",
        Runtime = ".NET",
        OperatingSystem = "none",
        Torch = "skipped: not asked for",
        CountsInstructions = false,
        Date = "2000-01-01",
    };

    private static readonly BenchmarkRow Kappa = new()
    {
        Suite = "step",
        Work = "step",
        Size = "8x8x16x32",
        Depth = 1,
        Side = "kappa",
        Microseconds = new Quartiles(4, 4.5, 5, 6),
        Gflops = 100,
        ShareOfPeak = 0.75,
        Bytes = 0,
        Rounds = 21,
    };

    private static readonly BenchmarkRow Torch = Kappa with
    { Side = "torch hand 1", Gflops = null, ShareOfPeak = null, Bytes = null, Ratio = new Quartiles(19, 20, 25, 31) };

    [Fact]
    public void A_result_is_read_back_as_it_was_written()
    {
        using var folder = new TemporaryFolder();
        BenchmarkRow single = Kappa with { Precision = Precision.Single, Threads = 2, Instructions = 1234 };
        BenchmarkFiles.Write(folder.Path, new BenchmarkResult(Machine, [Kappa, Torch, single], ["one", "two"]));
        BenchmarkResult read = BenchmarkFiles.Read(folder.Path);
        Assert.Equal(Machine, read.Machine);
        Assert.Equal([Kappa, Torch, single], read.Rows);
        Assert.Equal(["one", "two"], read.Findings);
    }

    [Theory]
    [InlineData("", "line 1 must be")]
    [InlineData("step,step", "line 2 must hold a measurement")]
    public void Rows_that_are_none_are_refused_with_their_line(string line, string message)
    {
        using var folder = new TemporaryFolder();
        BenchmarkFiles.Write(folder.Path, new BenchmarkResult(Machine, [], []));
        string path = Path.Combine(folder.Path, "rows.csv");
        File.WriteAllText(path, line.Length == 0 ? "" : File.ReadAllText(path) + line + "\n");
        Assert.Contains(
            message, Assert.Throws<BadInputException>(() => BenchmarkFiles.Read(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_is_named_after_processor_cores_and_vectors() => Assert.Equal("made-up-r-7-2-cores-256-bit", Machine.Slug());

    // The slower variant of the other side does not flatter.
    [Fact]
    public void A_requirement_is_judged_against_the_fastest_of_each_variant()
    {
        BenchmarkRow slow = Torch with { Side = "torch autograd 1", Ratio = new Quartiles(40, 40, 40, 40) };
        SpeedRequirement requirement = SpeedRequirement.Table([Kappa, slow, Torch]).Single(line =>
            line.Name == "step, 1 thread, d = 16, times as fast as torch (hand)");
        Assert.Equal((30, 25, false), (requirement.Bound, requirement.Measured, requirement.IsReached));
        SpeedRequirement share = SpeedRequirement.Table([Kappa]).Single(line => line.Name == "share of peak, depth 1, d = 16");
        Assert.True(share.IsReached);
        Assert.Null(SpeedRequirement.Table([])[0].IsReached);

        // The other side's ratio says how long model R takes for as many operations: half as long is twice too slow.
        BenchmarkRow other = Torch with
        {
            Suite = "models",
            Work = "gradient of w",
            Size = "s",
            Side = "residual, as many operations",
            Ratio = new Quartiles(0.3, 0.4, 0.5, 0.6),
        };
        SpeedRequirement model = Assert.Single(
            SpeedRequirement.Table([other]), line => line.Name.StartsWith("gradient of w s over", StringComparison.Ordinal));
        Assert.Equal((2.0, false), (model.Measured, model.IsReached));
    }

    [Fact]
    public void The_speed_table_replaces_what_stands_between_its_marks()
    {
        BenchmarkResult result = new(Machine, [Kappa, Torch], []);
        string page = SpeedTable.Replace($"before\n{SpeedTable.Begin}\nold\n{SpeedTable.End}\nafter\n", result);
        Assert.StartsWith($"before\n{SpeedTable.Begin}\n| one step", page, StringComparison.Ordinal);
        Assert.EndsWith($".\n{SpeedTable.End}\nafter\n", page, StringComparison.Ordinal);
        Assert.Contains(
            "| 8x8x16x32, 1 | 5 µs | 75 % | – / 5 µs | – / 25.0 | – | – / – | – / – | – / –; – / – |", page, StringComparison.Ordinal);
        _ = Assert.Throws<ArgumentException>(() => SpeedTable.Replace("no marks", result));
    }
}
