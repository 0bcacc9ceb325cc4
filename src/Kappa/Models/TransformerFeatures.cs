using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>What the trained matrices of a Transformer's first block, or its readout, are linear in.</summary>
public static class TransformerFeatures
{
    /// <summary>
    /// B = [B_1, …, B_H], B_h = S_h Z with Z what the first block's attention reads, samples stacked (G.3): what its values are linear in.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="parameters">θ; not changed.</param>
    /// <returns>[N·n, H·D], new.</returns>
    /// <exception cref="ArgumentException">The layout differs.</exception>
    public static Matrix OfHeads(Transformer model, ModelParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(model);
        LayerPart read = model.Shape.Norm == NormPlace.Before ? LayerPart.AttentionNorm : LayerPart.Input;
        int width = model.Shape.Width, tokens = model.Tokens;
        Matrix features = Matrix.Allocate(model.Samples * tokens, model.Shape.Heads * width);
        ForEach(model, parameters, LayerPart.AttentionWeights | read, (sample, record) =>
        {
            for (int head = 0; head < model.Shape.Heads; head++)
            {
                Products.Multiply(record[0, LayerPart.AttentionWeights, head], record[0, read],
                    features.RowRange(sample * tokens, tokens).ColumnRange(head * width, width));
            }
        });
        return features;
    }

    /// <summary>F_pre [N, D_out]: τ₁ times the pool of each sample, so that F = F_pre W_U (S.4).</summary>
    /// <param name="model">
    /// One whose last block has neither feed-forward layer nor normalisation and whose readout pools without bias.
    /// </param>
    /// <param name="parameters">θ; not changed.</param>
    /// <returns>New.</returns>
    /// <exception cref="ArgumentException">The layout differs or the shape is another.</exception>
    public static Matrix Pooled(Transformer model, ModelParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(model);
        TransformerShape shape = model.Shape;
        if (shape is not { Readout: ReadoutKind.Pooled, HasReadoutBias: false, FfnWidth: null, HasLastNorm: false }
            || shape.Norm == NormPlace.After)
        {
            throw new ArgumentException(
                "The pooled features must be of a last block without feed-forward layer and norm, and of a readout that pools without "
                    + "bias.",
                nameof(model));
        }

        Matrix features = Matrix.Allocate(model.Samples, shape.OutputWidth);
        ForEach(model, parameters, LayerPart.AttentionOutput, (sample, record) =>
        {
            Matrix rows = record[shape.Depth - 1, LayerPart.AttentionOutput];
            int count = shape.Pooling == TokenPooling.First ? 1 : model.LengthOf(sample);
            Span<double> pool = features.Row(sample);
            for (int token = 0; token < count; token++)
            {
                Vectors.AddScaled(pool, 1, rows.Row(token));
            }

            Vectors.Scale(pool, shape.Pooling == TokenPooling.Mean ? 1.0 / count : 1);
            Vectors.Scale(pool, shape.OutputScale);
        });
        return features;
    }

    // Sample after sample, so that the memory is that of one; the last matrix alone is trained, for a way back is not wanted.
    private static void ForEach(Transformer model, ModelParameters parameters, LayerPart parts, Action<int, LayerRecord> take)
    {
        var record = new LayerRecord(model, parts, samples: 1);
        var gradient = new ModelParameters(model.Layout);
        var trained = TrainedSet.OfNames(model.Layout.Blocks[^1].Name);
        for (int sample = 0; sample < model.Samples; sample++)
        {
            _ = model.LossAndGradient(parameters, [sample], gradient, trained, record);
            take(sample, record);
        }
    }
}
