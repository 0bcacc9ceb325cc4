using System.Globalization;
using System.Text;

namespace Kappa.Lab.Cluster;

/// <summary>A part of the tasks that fits into one array.</summary>
/// <param name="Offset">Added to an index to give the task.</param>
/// <param name="Indices">Increasing, each below the cluster's MaxArraySize.</param>
internal sealed record SlurmChunk(int Offset, IReadOnlyList<int> Indices)
{
    /// <summary>The argument of <c>--array</c>: ranges such as <c>0-3,7</c>, and after % how many at the same time.</summary>
    public string Array(int? concurrent)
    {
        var text = new StringBuilder();
        for (int first = 0; first < Indices.Count;)
        {
            int last = first;
            while (last + 1 < Indices.Count && Indices[last + 1] == Indices[last] + 1)
                last++;
            _ = text.Append(text.Length > 0 ? "," : "").Append(Indices[first].ToString(CultureInfo.InvariantCulture));
            if (last > first)
                _ = text.Append('-').Append(Indices[last].ToString(CultureInfo.InvariantCulture));
            first = last + 1;
        }

        return concurrent is { } most ? string.Create(CultureInfo.InvariantCulture, $"{text}%{most}") : text.ToString();
    }
}

/// <summary>Cuts a list of tasks into arrays. MaxArraySize limits the index, not
/// the number of tasks, so that each array begins again at a low index.</summary>
internal static class SlurmArray
{
    /// <summary>The arrays, in order of their tasks.</summary>
    /// <param name="tasks">Increasing, from 0.</param>
    /// <param name="maxArraySize">The cluster's; the highest index is one less.</param>
    public static IReadOnlyList<SlurmChunk> Chunks(IEnumerable<int> tasks, int maxArraySize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxArraySize, 1);
        return [
            .. tasks.GroupBy(task => task / maxArraySize).Select(group =>
                new SlurmChunk(group.Key * maxArraySize, [.. group.Select(task => task % maxArraySize)]))];
    }
}
