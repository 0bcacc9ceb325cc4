namespace Kappa.Models;

/// <summary>The models that batches of some of the samples go through: one
/// for each size that occurs, the data of its last batch in it.</summary>
/// <param name="whole">The model of all samples.</param>
/// <param name="create">Makes a model of so many samples, its data still to come.</param>
internal sealed class ResidualBatches(ResidualTransformer whole, Func<int, ResidualTransformer> create)
{
    private readonly Dictionary<int, (ResidualTransformer Model, int[] Batch)> _models = [];

    /// <summary>The model of a batch, its data taken; null for all samples in their order, which go through the whole model.</summary>
    /// <exception cref="ArgumentException">The batch is empty or a sample number is out of range.</exception>
    public ResidualTransformer? Of(ReadOnlySpan<int> batch)
    {
        if (batch == whole.AllSamples || batch.SequenceEqual(whole.AllSamples))
        {
            return null;
        }

        ModelEngine.RequireBatch(batch, whole.Samples);
        if (!_models.TryGetValue(batch.Length, out (ResidualTransformer Model, int[] Batch) part))
        {
            part = (create(batch.Length), [.. Enumerable.Repeat(-1, batch.Length)]);
            _models.Add(batch.Length, part);
        }

        if (!batch.SequenceEqual(part.Batch))
        {
            batch.CopyTo(part.Batch);
            Gather(batch, part.Model);
        }

        return part.Model;
    }

    /// <summary>Forgets the models, for the data are others.</summary>
    public void Clear() => _models.Clear();

    private void Gather(ReadOnlySpan<int> batch, ResidualTransformer part)
    {
        int tokens = whole.Tokens;
        for (int k = 0; k < batch.Length; k++)
        {
            whole.Inputs.RowRange(batch[k] * tokens, tokens).CopyTo(part.Inputs.RowRange(k * tokens, tokens));
            whole.Targets.RowRange(batch[k] * tokens, tokens).CopyTo(part.Targets.RowRange(k * tokens, tokens));
        }

        part.TakeData();
    }
}
