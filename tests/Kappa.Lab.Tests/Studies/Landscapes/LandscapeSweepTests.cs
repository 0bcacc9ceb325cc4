using Kappa.Lab.Studies.Landscapes;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Lab.Tests.Studies.Landscapes;

public sealed class LandscapeSweepTests : IDisposable
{
    private const int Points = 15;
    private static readonly int s_size = QuadraticLoss.Layout.Length;
    private static readonly LandscapeGrid s_grid = LandscapeGrid.Around(Points, 1);

    private readonly TemporaryFolder _folder = new();

    private string File => _folder.At("rows");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, 2)]
    [InlineData(1, 3)]
    [InlineData(1, 500)]
    public void Any_number_of_threads_gives_the_same_bits_and_the_same_file(int few, int many)
    {
        (double[,] one, byte[] oneFile) = Whole("one", few);
        (double[,] other, byte[] otherFile) = Whole("other", many);
        Assert.Equal(one, other);
        Assert.Equal(oneFile, otherFile);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(40, 1)]
    [InlineData(130, 2)]
    public void A_sweep_that_was_ended_in_the_middle_goes_on_to_the_same_bytes(int evaluations, int threads)
    {
        (double[,] whole, byte[] wholeFile) = Whole("whole", 1);
        int left = evaluations;
        using (LandscapeRows rows = Open(File))
        {
            _ = Assert.ThrowsAny<Exception>(() =>
                LandscapeSweep.Run(
                    () => Loss(() => Throw.If(Interlocked.Decrement(ref left) < 0)), Plane(), s_grid, threads, rows,
                    cancellation: TestContext.Current.CancellationToken));
        }

        // What the process was writing when it was ended.
        System.IO.File.AppendAllText(File, "1.25,3.");
        int counted = 0;
        using LandscapeRows again = Open(File);
        Assert.InRange(again.Finished.Count, (evaluations / Points) - threads, evaluations / Points);
        double[,] resumed = LandscapeSweep.Run(
            () => Loss(() => Interlocked.Increment(ref counted)), Plane(), s_grid, threads, again,
            cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(whole, resumed);
        Assert.Equal(Points * (Points - again.Finished.Count), counted);
        again.Dispose();
        Assert.Equal(wholeFile, System.IO.File.ReadAllBytes(File));
    }

    [Fact]
    public void A_cancelled_sweep_keeps_its_finished_rows()
    {
        using var source = new CancellationTokenSource();
        var progress = new Told(state =>
        {
            if (state.Done == 4)
            {
                source.Cancel();
            }
        });
        using (LandscapeRows rows = Open(File))
        {
            _ = Assert.ThrowsAny<OperationCanceledException>(() =>
                LandscapeSweep.Run(() => Loss(null), Plane(), s_grid, 1, rows, progress, source.Token));
        }

        using LandscapeRows again = Open(File);
        Assert.Equal(4, again.Finished.Count);
    }

    [Fact]
    public void A_finished_file_needs_no_evaluation()
    {
        (double[,] whole, _) = Whole("rows", 1);
        using LandscapeRows rows = Open(File);
        Assert.Equal(
            whole,
            LandscapeSweep.Run(
                () => throw new InvalidOperationException(), Plane(), s_grid, 2, rows,
                cancellation: TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_damaged_line_is_named_with_its_number()
    {
        _ = Whole("rows", 1);
        string[] lines = System.IO.File.ReadAllLines(File);
        lines[3] = lines[3].Replace(lines[3][2], lines[3][2] == '7' ? '8' : '7');
        System.IO.File.WriteAllLines(File, lines);
        BadInputException damaged = Assert.Throws<BadInputException>(() => Open(File));
        Assert.StartsWith(File + ":4: the line is damaged", damaged.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_of_another_landscape_and_rows_in_use_are_refused()
    {
        _ = Whole("rows", 1);
        Assert.Contains(
            "belong to another one",
            Assert.Throws<BadInputException>(() => LandscapeRows.Open(File, new string('0', 32), Points, Points)).Message,
            StringComparison.Ordinal);
        using LandscapeRows first = Open(_folder.At("used"));
        Assert.Contains(
            "this process alone", Assert.Throws<BadInputException>(() => Open(_folder.At("used"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_fingerprint_follows_every_number_of_the_plane_and_the_grid_and_the_identity()
    {
        string[] different =
        [
            LandscapeSweep.Fingerprint(Plane(), s_grid, "a"), LandscapeSweep.Fingerprint(Plane(), s_grid, "b"),
            LandscapeSweep.Fingerprint(Plane(), LandscapeGrid.Around(Points, 2), "a"),
            LandscapeSweep.Fingerprint(Plane(), LandscapeGrid.Around(Points + 2, 1), "a"),
            LandscapeSweep.Fingerprint(Plane(1e-16), s_grid, "a"),
        ];
        Assert.Equal(different.Length, different.Distinct().Count());
    }

    private (double[,] Values, byte[] File) Whole(string name, int threads)
    {
        using LandscapeRows rows = Open(_folder.At(name));
        double[,] values = LandscapeSweep.Run(
            () => Loss(null), Plane(), s_grid, threads, rows, cancellation: TestContext.Current.CancellationToken);
        rows.Dispose();
        return (values, System.IO.File.ReadAllBytes(_folder.At(name)));
    }

    private static LandscapeRows Open(string path) =>
        LandscapeRows.Open(path, LandscapeSweep.Fingerprint(Plane(), s_grid, "test"), Points, Points);

    private static QuadraticLoss Loss(Action? before) =>
        new([.. Enumerable.Range(1, s_size).Select(k => 1.0 / k)], new double[s_size]) { BeforeEach = before };

    private static LandscapePlane Plane(double shift = 0)
    {
        double[] centre = new double[s_size], first = new double[s_size], second = new double[s_size];
        new RandomSequence(1, "u").FillGaussian(first);
        new RandomSequence(1, "v").FillGaussian(second);
        centre[0] = shift;
        return new LandscapePlane(centre, first, second);
    }

    private static class Throw
    {
        public static void If(bool condition)
        {
            if (condition)
            {
                throw new InvalidOperationException("The process was ended.");
            }
        }
    }

    private sealed class Told(Action<LandscapeProgress> action) : IProgress<LandscapeProgress>
    {
        public void Report(LandscapeProgress value) => action(value);
    }
}
