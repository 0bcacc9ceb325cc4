using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>The memory in which one thread takes group after group of samples through the model.</summary>
internal sealed class Workspace<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly SampleGroup<T>?[] _groups;

    /// <summary>Reserves memory for the largest group, and views of it for every size that occurs.</summary>
    public Workspace(ResidualTransformerShape shape, SampleDivision division, int tokens, LogitRoute route)
    {
        int largest = division.LargestGroup, rows = largest * tokens;
        var caches = new BlockCache<T>[shape.Depth];
        Matrix<T> input = Matrix<T>.Allocate(rows, shape.Width);
        for (int layer = 0; layer < shape.Depth; layer++)
        {
            caches[layer] = BlockCache<T>.Allocate(shape, input, tokens, route, RowMemory.Spread);
            input = caches[layer].Output;
        }

        Matrix<T> output = shape.ReadoutWidth is int width ? RowMemory.Spread.Allocate<T>(rows, width) : caches[^1].Output;
        BlockScratch<T> scratch = BlockScratch<T>.Allocate(shape, rows, tokens, route, RowMemory.Spread);
        _groups = new SampleGroup<T>?[largest + 1];
        foreach (int samples in division.Shards.SelectMany(groups => groups).Select(group => group.Count).Distinct())
        {
            int count = samples * tokens;
            BlockCache<T>[] part = [.. caches.Select(cache => cache.Samples(0, samples))];
            _groups[samples] = new SampleGroup<T>(shape, samples, route, part, output.RowRange(0, count), scratch.FirstRows(count));
        }
    }

    /// <summary>The group of <paramref name="samples"/> samples.</summary>
    public SampleGroup<T> Group(int samples) => _groups[samples]!;
}
