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

    private string File => LandscapeRows.FileOf(_folder.At("rows"), Fingerprint);

    private static string Fingerprint => LandscapeSweep.Fingerprint(Plane(), s_grid, "test");

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
        using (LandscapeRows ended = Open("rows"))
        {
            _ = Assert.ThrowsAny<Exception>(() =>
                LandscapeSweep.Run(
                    () => Loss(() => Throw.If(Interlocked.Decrement(ref left) < 0)), Plane(), s_grid, threads, ended,
                    cancellation: TestContext.Current.CancellationToken));
        }

        int counted = 0;
        using LandscapeRows again = Open("rows");
        int rows = again.Finished.Length / Points;
        Assert.InRange(rows, (evaluations / Points) - threads, evaluations / Points);
        double[,] resumed = LandscapeSweep.Run(
            () => Loss(() => Interlocked.Increment(ref counted)), Plane(), s_grid, threads, again,
            cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(whole, resumed);
        Assert.Equal(Points * (Points - rows), counted);
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
        using (LandscapeRows rows = Open("rows"))
        {
            _ = Assert.ThrowsAny<OperationCanceledException>(() =>
                LandscapeSweep.Run(() => Loss(null), Plane(), s_grid, 1, rows, progress, source.Token));
        }

        using LandscapeRows again = Open("rows");
        Assert.Equal(4 * Points, again.Finished.Length);
    }

    [Fact]
    public void A_finished_file_needs_no_evaluation()
    {
        (double[,] whole, _) = Whole("rows", 1);
        using LandscapeRows rows = Open("rows");
        Assert.Equal(
            whole,
            LandscapeSweep.Run(
                () => throw new InvalidOperationException(), Plane(), s_grid, 2, rows,
                cancellation: TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Rows_that_are_damaged_or_of_another_grid_are_computed_again()
    {
        (double[,] whole, byte[] bytes) = Whole("rows", 1);
        for (int place = 0; place < bytes.Length; place += 37)
        {
            byte[] damaged = [.. bytes];
            damaged[place] ^= 1;
            System.IO.File.WriteAllBytes(File, damaged);
            using LandscapeRows rows = Open("rows");
            Assert.Empty(rows.Finished);
        }

        Assert.Equal(whole, Whole("rows", 1).Values);
        var other = LandscapeGrid.Around(Points + 2, 1);
        using var wider = LandscapeRows.Open(_folder.At("rows"), Fingerprint, other);
        Assert.Empty(wider.Finished);
    }

    [Fact]
    public void Rows_in_use_are_refused()
    {
        using LandscapeRows first = Open("used");
        Assert.Contains("another process", Assert.Throws<BadInputException>(() => Open("used")).Message, StringComparison.Ordinal);
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
        using LandscapeRows rows = Open(name);
        double[,] values = LandscapeSweep.Run(
            () => Loss(null), Plane(), s_grid, threads, rows, cancellation: TestContext.Current.CancellationToken);
        rows.Dispose();
        return (values, System.IO.File.ReadAllBytes(LandscapeRows.FileOf(_folder.At(name), Fingerprint)));
    }

    private LandscapeRows Open(string name) => LandscapeRows.Open(_folder.At(name), Fingerprint, s_grid);

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
