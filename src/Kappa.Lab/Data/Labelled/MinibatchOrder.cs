using Kappa.Numerics;

namespace Kappa.Lab.Data.Labelled;

/// <summary>Which samples each step of minibatch training sees: every epoch is a new random order, cut into batches of one size.</summary>
/// <remarks>
/// What is left after the last whole batch of an epoch is left out of this epoch, others of the next. The batch of a step depends on seed, sizes and step only, so training resumes
/// anywhere with the same bits. Stream <c>data.minibatches</c>: number N·epoch + k. No allocation after construction; not thread-safe.
/// </remarks>
internal sealed class MinibatchOrder
{
    private readonly RandomSequence _sequence;
    private readonly int[] _order;
    private long _epoch = -1;

    /// <summary>The order of training on N samples.</summary>
    /// <param name="samples">N.</param>
    /// <param name="batchSize">B, 1 … N.</param>
    /// <param name="seed">Any integer.</param>
    /// <exception cref="ArgumentOutOfRangeException">B is below 1 or above N.</exception>
    internal MinibatchOrder(int samples, int batchSize, long seed)
    {
        if (batchSize < 1 || batchSize > samples)
        {
            throw new ArgumentOutOfRangeException(nameof(batchSize), batchSize, $"A batch must have 1 to {samples} samples, as many as there are, but has {batchSize}.");
        }

        (BatchSize, BatchesPerEpoch) = (batchSize, samples / batchSize);
        _sequence = new RandomSequence(seed, "data.minibatches");
        _order = new int[samples];
    }

    /// <summary>B.</summary>
    internal int BatchSize { get; }

    /// <summary>⌊N/B⌋, steps of an epoch.</summary>
    internal int BatchesPerEpoch { get; }

    /// <summary>The samples of a step, [B]; valid until the next call.</summary>
    /// <param name="step">0, 1, 2, …</param>
    internal ReadOnlySpan<int> Batch(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        (long epoch, long batch) = Math.DivRem(step, BatchesPerEpoch);
        if (epoch != _epoch)
        {
            Shuffle(epoch);
        }

        return _order.AsSpan((int)batch * BatchSize, BatchSize);
    }

    // From the identity, not from the order of the epoch before: an epoch must not depend on its history.
    private void Shuffle(long epoch)
    {
        for (int k = 0; k < _order.Length; k++)
        {
            int other = (int)_sequence.Below((epoch * _order.Length) + k, k + 1);
            _order[k] = _order[other];
            _order[other] = k;
        }

        _epoch = epoch;
    }
}
