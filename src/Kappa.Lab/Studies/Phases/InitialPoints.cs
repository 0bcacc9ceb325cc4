using System.Text.Json;
using Kappa.Lab.Formats;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;

namespace Kappa.Lab.Studies.Phases;

/// <summary>The initial points of a sweep, each computed once and kept in a file beside the report.</summary>
internal static class InitialPoints
{
    // Raised whenever a quantity is computed otherwise.
    private const int FormatVersion = 3;

    private static readonly JsonSerializerOptions Json = new()
    { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <summary>The point of every specification.</summary>
    /// <param name="specifications">Of the runs.</param>
    /// <param name="cache">The file; a damaged or other one is computed anew.</param>
    /// <param name="threads">Points at the same time; no value depends on it.</param>
    /// <param name="progress">Told how many of how many are there.</param>
    /// <param name="cancellation">Keeps what is there and ends.</param>
    /// <param name="others">What each may start from; null for nothing.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static InitialPoint[] Of(
        IReadOnlyList<ExperimentSpecification> specifications, string cache, int threads, Action<int, int>? progress,
        CancellationToken cancellation, IReadOnlyList<OtherRuns>? others = null)
    {
        string[] identities = [.. specifications.Select(Identity)];
        Dictionary<string, InitialPoint> known = Read(cache);
        var missing = identities.Zip(specifications, others ?? [.. specifications.Select(_ => OtherRuns.In(null))])
            .DistinctBy(point => point.First)
            .Where(point => ExperimentData.IsExternal(point.Second) || !known.ContainsKey(point.First)).ToList();
        var found = new InitialPoint?[missing.Count];
        int done = 0;
        try
        {
            var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };
            _ = Parallel.For(0, missing.Count, options, k =>
            {
                found[k] = InitialPoint.Of(missing[k].Second, missing[k].Third);
                progress?.Invoke(Interlocked.Increment(ref done), missing.Count);
            });
        }
        catch (AggregateException failure) when (failure.InnerExceptions[0] is BadInputException reason)
        {
            throw new BadInputException(reason.Message, "the boundaries of the theory cannot be computed.", reason);
        }
        finally
        {
            for (int k = 0; k < found.Length; k++)
            {
                if (found[k] is { } point)
                    known[missing[k].First] = point;
            }

            if (done > 0)
                AtomicFile.WriteAllText(
                    cache,
                    JsonSerializer.Serialize(
                        new CacheFile(
                            FormatVersion, RunName.NumericsVersion,
                            new(known.ToDictionary(pair => pair.Key, pair => (InitialPoint?)pair.Value), StringComparer.Ordinal)),
                        Json)
                        + "\n");
        }

        return [.. identities.Select(identity => known[identity])];
    }

    private static string Identity(ExperimentSpecification specification) => RunName.Identity(InitialPoint.AtStart(specification));

    private static Dictionary<string, InitialPoint> Read(string cache)
    {
        // A damaged one costs time: its points are computed again.
        try
        {
            return Path.Exists(cache)
                && StoredDocument.Json(cache, node => node.Deserialize<CacheFile>(Json)) is
                { FormatVersion: FormatVersion, NumericsVersion: RunName.NumericsVersion, Points: { } points }
                ? new(
                    points.Where(pair => pair.Value is not null).ToDictionary(pair => pair.Key, pair => pair.Value!),
                    StringComparer.Ordinal)
                : new(StringComparer.Ordinal);
        }
        catch (BadInputException)
        {
            return new(StringComparer.Ordinal);
        }
    }

    private sealed record CacheFile(int FormatVersion, int NumericsVersion, SortedDictionary<string, InitialPoint?>? Points);
}
