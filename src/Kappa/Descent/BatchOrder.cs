using Kappa.Numerics;

namespace Kappa.Descent;

/// <summary>Which samples each step sees: every epoch a fresh permutation of all, cut
/// into batches, the last one of an epoch smaller when the sizes do not divide.</summary>
/// <remarks>A function of the seed and the step alone, so a run is continued
/// without any state. Reuses its memory; one caller at a time.</remarks>
public sealed class BatchOrder
{
    private readonly int[] _permutation;
    private readonly double[] _keys;
    private readonly int _batchSize;
    private readonly long _seed;
    private long _epoch = -1;

    /// <summary>Prepares the order.</summary>
    /// <param name="samples">N, at least 1.</param>
    /// <param name="batchSize">Samples of a batch, at least 1; N or more is the full batch, in ascending order.</param>
    /// <param name="seed">Any integer.</param>
    public BatchOrder(int samples, int batchSize, long seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(samples);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        (_permutation, _keys, _batchSize, _seed) = (
            [.. Enumerable.Range(0, samples)], new double[samples], Math.Min(batchSize, samples), seed);
        BatchesPerEpoch = (samples + _batchSize - 1) / _batchSize;
    }

    /// <summary>Steps of an epoch.</summary>
    public int BatchesPerEpoch { get; }

    /// <summary>The samples of step <paramref name="step"/>, counted from 0; valid until the next call.</summary>
    /// <param name="step">k.</param>
    public ReadOnlySpan<int> Of(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        if (BatchesPerEpoch == 1)
        {
            return _permutation;
        }

        (long epoch, long index) = Math.DivRem(step, BatchesPerEpoch);
        if (epoch != _epoch)
        {
            Shuffle(epoch);
        }

        int start = (int)index * _batchSize;
        return _permutation.AsSpan(start, Math.Min(_batchSize, _permutation.Length - start));
    }

    // Sorting by independent uniform keys is a uniform permutation; ties,
    // of probability 2⁻⁵³, keep the ascending order that is restored first.
    private void Shuffle(long epoch)
    {
        for (int k = 0; k < _permutation.Length; k++)
        {
            _permutation[k] = k;
        }

        new RandomSequence(_seed, "batches").FillUniform(_keys, start: epoch * _keys.Length);
        Array.Sort(_keys, _permutation);
        _epoch = epoch;
    }
}
