using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Kappa.Lab.Formats;
using Kappa.Lab.Runs.Evaluation;
using Kappa.Lab.Specifications;

namespace Kappa.Lab.Studies.Landscapes;

/// <summary>How far a sweep is.</summary>
/// <param name="Done">Rows that are finished, those of earlier processes too.</param>
/// <param name="Rows">Rows of the grid.</param>
/// <param name="Last">ℒ at the last point of the last finished row.</param>
internal sealed record LandscapeProgress(int Done, int Rows, double Last);

/// <summary>Evaluates a loss on a grid of a plane, on several threads, and goes on where an earlier process ended.</summary>
/// <remarks>
/// Threads take one point after the other, row by row, each with an evaluator of its own, so a point has the same bits whichever thread
/// takes it. Finished rows are kept in order, and the file has the same bytes however often the sweep was ended.
/// </remarks>
internal sealed class LandscapeSweep
{
    private readonly LandscapePlane _plane;
    private readonly LandscapeGrid _grid;
    private readonly double[,] _values;
    private readonly int[] _left;
    private readonly Lock _lock = new();
    private readonly LandscapeRows? _file;
    private readonly IProgress<LandscapeProgress>? _progress;
    private int _nextPoint = -1;
    private int _written;

    private LandscapeSweep(LandscapePlane plane, LandscapeGrid grid, LandscapeRows? file, IProgress<LandscapeProgress>? progress)
    {
        (_plane, _grid, _file, _progress) = (plane, grid, file, progress);
        _values = new double[grid.Second.Length, grid.First.Length];
        _left = new int[grid.Second.Length];
        Array.Fill(_left, grid.First.Length);
    }

    /// <summary>ℒ at every point of the grid, [rows along β, columns along α]; not finite where the model is not.</summary>
    /// <param name="evaluators">Makes a single-threaded evaluator of the loss; called once per thread, on the caller's thread.</param>
    /// <param name="plane">The plane.</param>
    /// <param name="grid">The grid.</param>
    /// <param name="threads">At least 1; they change the time and nothing else.</param>
    /// <param name="file">Where finished rows are kept, from <see cref="LandscapeRows.Open"/>; <see langword="null"/> keeps none.</param>
    /// <param name="progress">Told after every row.</param>
    /// <param name="cancellation">Ends it between two points.</param>
    /// <exception cref="BadInputException">The file is damaged, belongs to another landscape, or the disk refused.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; finished rows are in the file.</exception>
    public static double[,] Run(
        Func<ILandscapeLoss> evaluators, LandscapePlane plane, LandscapeGrid grid, int threads, LandscapeRows? file = null,
        IProgress<LandscapeProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        var sweep = new LandscapeSweep(plane, grid, file, progress);
        sweep.TakeFinished();
        try
        {
            sweep.EvaluateRest(evaluators, threads, cancellation);
        }
        finally
        {
            file?.Keep(sweep._values, sweep._written, isLast: true);
        }

        return sweep._values;
    }

    /// <summary>What identifies a sweep: the plane, the grid and what the caller says of model, data and program.</summary>
    /// <param name="plane">The plane.</param>
    /// <param name="grid">The grid.</param>
    /// <param name="identity">Model and data.</param>
    public static string Fingerprint(LandscapePlane plane, LandscapeGrid grid, string identity)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(
            Encoding.UTF8.GetBytes(
                string.Create(CultureInfo.InvariantCulture, $"{RunName.NumericsVersion}\n{identity}\n{grid.First.Length}\n")));
        foreach (double[] numbers in new[] { plane.Centre, plane.First, plane.Second, grid.First, grid.Second })
        {
            DoubleBytes.Append(hash, numbers);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..32];
    }

    private void TakeFinished()
    {
        double[] finished = _file?.Finished ?? [];
        for (int point = 0; point < finished.Length; point++)
            _values[point / _grid.First.Length, point % _grid.First.Length] = finished[point];
        _written = finished.Length / _grid.First.Length;
        Array.Clear(_left, 0, _written);
        _nextPoint = finished.Length - 1;
    }

    private void EvaluateRest(Func<ILandscapeLoss> evaluators, int threads, CancellationToken cancellation)
    {
        int points = _values.Length - _nextPoint - 1;
        ILandscapeLoss[] losses = [.. Enumerable.Range(0, Math.Min(threads, points)).Select(_ => evaluators())];
        try
        {
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            Task[] tasks = [
                .. losses.Select(loss =>
                    Task.Factory.StartNew(
                        () => WorkOrEndAll(loss, ending), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
            Task.WhenAll(tasks).GetAwaiter().GetResult();
            cancellation.ThrowIfCancellationRequested();
        }
        finally
        {
            foreach (ILandscapeLoss loss in losses)
            {
                loss.Dispose();
            }
        }
    }

    // A disk that refuses one row would refuse the others too: nobody goes on.
    private void WorkOrEndAll(ILandscapeLoss loss, CancellationTokenSource ending)
    {
        try
        {
            Work(loss, ending.Token);
        }
        catch
        {
            ending.Cancel();
            throw;
        }
    }

    private void Work(ILandscapeLoss loss, CancellationToken cancellation)
    {
        double[] point = new double[_plane.Centre.Length];
        while (!cancellation.IsCancellationRequested && Interlocked.Increment(ref _nextPoint) is int next && next < _values.Length)
        {
            (int row, int column) = (next / _grid.First.Length, next % _grid.First.Length);
            _plane.PointAt(_grid.First[column], _grid.Second[row], point);
            _values[row, column] = loss.Loss(point);
            if (Interlocked.Decrement(ref _left[row]) == 0)
            {
                WriteFinished();
            }
        }
    }

    // A later row may be finished first; it waits for those before it.
    private void WriteFinished()
    {
        lock (_lock)
        {
            while (_written < _left.Length && Volatile.Read(ref _left[_written]) == 0)
            {
                _written++;
                _progress?.Report(new LandscapeProgress(_written, _left.Length, _values[_written - 1, _grid.First.Length - 1]));
            }

            _file?.Keep(_values, _written, isLast: false);
        }
    }
}
