using System.Globalization;

namespace Kappa.Lab.Formats;

/// <summary>How much memory the work of the caller may take: what a command was told
/// with <c>--memory</c> holds for every reader and every evaluator below it.</summary>
/// <remarks>Flows with the calling context, also into threads that are started within it; thread-safe.</remarks>
internal static class MemoryLimit
{
    private static readonly AsyncLocal<long?> s_given = new();
    private static readonly AsyncLocal<long?> s_process = new();

    /// <summary>Bytes that were allowed with <see cref="Within"/>; null when nothing was said,
    /// and the defaults of <see cref="ReadLimits"/> and of each computation hold.</summary>
    public static long? Given => s_given.Value;

    /// <summary>Sets the limit for everything that the caller does until the result is disposed of.</summary>
    /// <param name="mebibytes">Most MiB; null leaves what holds.</param>
    /// <param name="process">Most bytes that the system grants this process,
    /// where that is less than the machine has; null leaves what holds.</param>
    public static IDisposable Within(int? mebibytes, long? process = null)
    {
        var scope = new Scope(s_given.Value, s_process.Value);
        s_given.Value = mebibytes is { } most ? (long)most << 20 : s_given.Value;
        s_process.Value = process ?? s_process.Value;
        return scope;
    }

    /// <summary>Refuses what would take more than was allowed, or than this machine has, before any of it is allocated.</summary>
    /// <param name="location">Where the sizes are said, for the message.</param>
    /// <param name="what">What would take the memory, as the beginning of a sentence.</param>
    /// <param name="bytes">How much.</param>
    /// <exception cref="BadInputException">It is too much.</exception>
    internal static void Require(string location, string what, double bytes)
    {
        long most = Given ?? Math.Min(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, s_process.Value ?? long.MaxValue);
        if (most > 0 && bytes > most)
        {
            string remedy = Given is null
                ? "Make it smaller (samples, tokens, width, depth)."
                : "Allow more with --memory, or make it smaller (samples, tokens, width, depth).";
            throw new BadInputException(location, string.Create(
                CultureInfo.InvariantCulture,
                $"{what} must fit into {(Given is null ? "the memory that there is, " : "")}{Mebibytes(most)} MiB but would take about "
                    + $"{Mebibytes(bytes)} MiB. {remedy}"));
        }
    }

    /// <summary>Bytes in MiB, rounded up.</summary>
    internal static string Mebibytes(double bytes) => FormattableString.Invariant($"{Math.Ceiling(bytes / (1 << 20)):F0}");

    private sealed class Scope(long? given, long? process) : IDisposable
    {
        public void Dispose() => (s_given.Value, s_process.Value) = (given, process);
    }
}
