namespace Kappa.Models;

/// <content>The parameter matrices in their order.</content>
public sealed partial record TransformerShape
{
    /// <summary>
    /// The layout: <c>embedding</c>, <c>position</c>; in each block <c>blocks.l.</c> with <c>attention_norm_gain</c>,
    /// <c>attention_norm_shift</c>,
    /// <c>query</c>, <c>key</c>, <c>value</c>, <c>output</c>, <c>ffn_norm_gain</c>, <c>ffn_norm_shift</c>, <c>ffn_in</c>, <c>ffn_out</c>,
    /// each matrix
    /// followed by its bias (<c>query_bias</c> …); <c>final_norm_gain</c>, <c>final_norm_shift</c>; <c>readout</c>, <c>readout_bias</c>:
    /// those that the
    /// shape has, under the names of its <see cref="Parameters"/>.
    /// </summary>
    /// <exception cref="ArgumentException">The shape is not valid.</exception>
    public ParameterLayout NewLayout()
    {
        Validate();
        var builder = new ParameterLayoutBuilder(this);
        AddAll(builder);
        return builder.Build();
    }

    /// <summary>Name and kind of each matrix of <see cref="NewLayout"/>, in its
    /// order, whatever the sizes and also of a shape that is not valid.</summary>
    public IReadOnlyList<(string Name, ParameterKind Kind)> ParameterNames()
    {
        var builder = new ParameterLayoutBuilder(this, isOfNames: true);
        AddAll(builder);
        return [.. builder.Blocks.Select(block => (block.Name, block.Kind))];
    }

    private void AddAll(ParameterLayoutBuilder builder)
    {
        if (HasEmbedding)
        {
            builder.Add("embedding", 0, ParameterKind.Embedding, InputWidth, Width);
        }

        if (Positions == PositionKind.Learned)
        {
            builder.Add("position", 0, ParameterKind.Position, Tokens ?? 1, Width);
        }

        for (int layer = 0; layer < Depth; layer++)
        {
            AddBlock(builder, layer);
        }

        AddNorm(builder, HasLastNorm, "final_norm", Depth, OutputWidth);
        if (ReadoutWidth is int columns)
        {
            (int rows, int across) = Parameters == ParameterForm.Transposed ? (columns, OutputWidth) : (OutputWidth, columns);
            builder.Add("readout", Parameters == ParameterForm.Transposed ? 0 : Depth, ParameterKind.Readout, rows, across);
            AddBias(builder, HasReadoutBias, "readout", Depth, ParameterKind.ReadoutBias, columns);
        }
    }

    private void AddBlock(ParameterLayoutBuilder builder, int layer)
    {
        string name = $"blocks.{layer}.";
        AddNorm(builder, Norm != NormPlace.None, name + "attention_norm", layer, Norm == NormPlace.After ? OutputWidth : Width);
        switch (Parameters)
        {
            case ParameterForm.Heads:
                for (int head = 0; head < Heads; head++)
                {
                    AddAttention(builder, $"heads.{head}.", head, 1);
                }

                break;
            case ParameterForm.Transposed:
                builder.Add("query", layer, ParameterKind.Query, KeyWidth, Width);
                builder.Add("key", layer, ParameterKind.Key, KeyWidth, Width);
                builder.Add("value", layer, ParameterKind.Value, ValueWidth, Width);
                break;
            default:
                AddAttention(builder, name, layer, Heads);
                break;
        }

        if (FfnWidth is int hidden)
        {
            AddNorm(builder, Norm != NormPlace.None, name + "ffn_norm", layer, Width);
            builder.Add(name + "ffn_in", layer, ParameterKind.FfnIn, Width, hidden);
            AddBias(builder, HasFfnBiases, name + "ffn_in", layer, ParameterKind.FfnInBias, hidden);
            builder.Add(name + "ffn_out", layer, ParameterKind.FfnOut, hidden, Width);
            AddBias(builder, HasFfnBiases, name + "ffn_out", layer, ParameterKind.FfnOutBias, Width);
        }
    }

    private void AddAttention(ParameterLayoutBuilder builder, string name, int layer, int heads)
    {
        Add("query", ParameterKind.Query, ParameterKind.QueryBias, Width, heads * KeyWidth);
        Add("key", ParameterKind.Key, ParameterKind.KeyBias, Width, heads * KeyWidth);
        Add("value", ParameterKind.Value, ParameterKind.ValueBias, Width, heads * ValueWidth);
        if (HasOutput)
        {
            Add("output", ParameterKind.Output, ParameterKind.OutputBias, heads * ValueWidth, OutputWidth);
        }

        void Add(string part, ParameterKind kind, ParameterKind bias, int rows, int columns)
        {
            builder.Add(name + part, layer, kind, rows, columns);
            AddBias(builder, HasAttentionBiases, name + part, layer, bias, columns);
        }
    }

    private void AddNorm(ParameterLayoutBuilder builder, bool isThere, string name, int layer, int width)
    {
        if (isThere && HasNormParameters)
        {
            builder.Add(name + "_gain", layer, ParameterKind.NormGain, 1, width);
            if (NormKind == NormKind.Layer)
            {
                builder.Add(name + "_shift", layer, ParameterKind.NormShift, 1, width);
            }
        }
    }

    private static void AddBias(ParameterLayoutBuilder builder, bool isThere, string name, int layer, ParameterKind kind, int width)
    {
        if (isThere)
        {
            builder.Add(name + "_bias", layer, kind, 1, width);
        }
    }
}
