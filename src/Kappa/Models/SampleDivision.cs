namespace Kappa.Models;

/// <summary>Some consecutive samples.</summary>
internal readonly record struct SampleRange(int First, int Count);

/// <summary>How the samples are divided: into shards, whose gradients are added in a fixed order,
/// and each shard into groups that go through the whole model one after the other.</summary>
/// <remarks>A function of the sizes alone, never of the threads: so are the bits of a gradient.</remarks>
internal sealed class SampleDivision
{
    // Two cores share the smallest problems; more shards of fewer rows would spend their
    // time on adding up gradients: P additions against about 6·rows·P multiply-adds.
    private const int RowsPerShard = 256;
    private const int LeastRows = 32;
    private const int MaximumShards = 8;

    // Fewer rows do not pay for fetching weights and gradients from a farther cache, more rows drive their own matrices there.
    private const int RowsPerGroup = 128;

    private SampleDivision(SampleRange[][] shards) => Shards = shards;

    /// <summary>The groups of each shard.</summary>
    public SampleRange[][] Shards { get; }

    /// <summary>The largest number of samples in a group.</summary>
    public int LargestGroup => Shards.Max(groups => groups.Max(group => group.Count));

    /// <summary>The division of N samples of n tokens.</summary>
    public static SampleDivision Of(int samples, int tokens)
    {
        int rows = samples * tokens;
        int shards = Math.Clamp(rows / RowsPerShard, rows >= 2 * LeastRows ? 2 : 1, MaximumShards);
        shards = Math.Min(shards, samples);
        int groupSamples = Math.Max(1, RowsPerGroup / tokens);
        var ranges = new SampleRange[shards][];
        for (int k = 0; k < shards; k++)
        {
            int first = (int)((long)k * samples / shards), end = (int)((long)(k + 1) * samples / shards);
            ranges[k] = Divide(first, end, (end - first + groupSamples - 1) / groupSamples);
        }

        return new SampleDivision(ranges);
    }

    private static SampleRange[] Divide(int first, int end, int parts)
    {
        var ranges = new SampleRange[parts];
        for (int k = 0; k < parts; k++)
        {
            int start = first + (int)((long)k * (end - first) / parts);
            ranges[k] = new SampleRange(start, first + (int)((long)(k + 1) * (end - first) / parts) - start);
        }

        return ranges;
    }
}
