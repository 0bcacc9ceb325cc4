using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>In which order the products of a head are taken; the results differ by rounding alone.</summary>
/// <param name="IsMerged">Logits Z G Zᵀ with G = W_Q W_Kᵀ [D, D] formed once a pass, in place of (Z W_Q)(Z W_K)ᵀ.</param>
/// <param name="MixesFirst">(S Z) W_V in place of S (Z W_V).</param>
/// <remarks>
/// Open to one head without W_O and biases: there a width of keys or values far above D costs nothing for each row, and W_V takes the place
/// of W_O.
/// </remarks>
internal sealed record AttentionRoute(bool IsMerged, bool MixesFirst)
{
    /// <summary>As the equations are written; the only one of derivatives along a direction.</summary>
    public static AttentionRoute Plain { get; } = new(false, false);

    /// <summary>
    /// The route with fewer multiply-adds in a forward and backward pass over M rows: 3MD(D + n) + 3D²d_k merged, 3M d_k(2D + n) apart.
    /// </summary>
    public static AttentionRoute Of(TransformerShape shape, double rows, double tokens)
    {
        if (shape.Heads > 1 || shape.HasOutput || shape.HasAttentionBiases)
        {
            return Plain;
        }

        double d = shape.Width, k = shape.KeyWidth;
        bool isCheaper = (rows * d * (d + tokens)) + (d * d * k) < rows * k * ((2 * d) + tokens);
        return new AttentionRoute(isCheaper && shape.Kernel.Kind != AttentionKernelKind.Gaussian, MixesFirst: true);
    }

    /// <summary>The layout of a pass's gradients: that of the model, and behind it dG of every merged block.</summary>
    public ParameterLayout LayoutOf(TransformerShape shape, ParameterLayout layout)
    {
        if (!IsMerged)
        {
            return layout;
        }

        var builder = new ParameterLayoutBuilder(shape);
        foreach (ParameterBlock block in layout.Blocks)
        {
            builder.Add(block.Name, block.Layer, block.Kind, block.Rows, block.Columns);
        }

        for (int layer = 0; layer < shape.Depth; layer++)
        {
            builder.Add(NameOf(layer), layer, ParameterKind.Query, shape.Width, shape.Width);
        }

        return builder.Build();
    }

    /// <summary>What G of a block is called among a pass's gradients.</summary>
    public static string NameOf(int layer) => $"blocks.{layer}.query_key";
}

/// <summary>Turns the gradients of G = W_Q W_Kᵀ into those of W_Q and W_K, once for a batch (R.6, S.8).</summary>
internal sealed class MergedGradients : IBatchPass
{
    private readonly IBatchPass _pass;
    private readonly ParameterLayout _layout;
    private readonly double[] _gradient;
    private readonly bool[] _isTrained;
    private readonly (int Query, int Key, int Merged)[] _blocks;
    private readonly int _length;
    private readonly bool _isTransposed;

    /// <summary>Around a pass.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="layout">That of its gradients.</param>
    /// <param name="own">That of the model.</param>
    /// <param name="isTransposed">Whether the model stores transposes.</param>
    public MergedGradients(IBatchPass pass, ParameterLayout layout, ParameterLayout own, bool isTransposed)
    {
        (_pass, _layout, _length, _isTransposed) = (pass, layout, own.Length, isTransposed);
        (_gradient, _isTrained) = (new double[layout.Length], new bool[layout.Blocks.Count]);
        int depth = layout.Blocks.Count - own.Blocks.Count;
        _blocks = [.. Enumerable.Range(0, depth).Select(layer => (Find(layer, ParameterKind.Query), Find(layer, ParameterKind.Key),
            own.Blocks.Count + layer))];

        int Find(int layer, ParameterKind kind) => Enumerable.Range(0, own.Blocks.Count).Single(k => own.Blocks[k].Layer == layer
            && own.Blocks[k].Kind == kind);
    }

    /// <inheritdoc/>
    public double Compute(in BatchRequest request)
    {
        if (request.IsTrained is not bool[] trained)
        {
            return _pass.Compute(request);
        }

        trained.CopyTo(_isTrained.AsSpan());
        foreach ((int query, int key, int merged) in _blocks)
        {
            (_isTrained[merged], _isTrained[query], _isTrained[key]) = (trained[query] || trained[key], false, false);
        }

        double loss = _pass.Compute(new BatchRequest
        {
            Parameters = request.Parameters,
            Batch = request.Batch,
            WantsLoss = request.WantsLoss,
            Output = request.Output,
            OutputGradient = request.OutputGradient,
            Gradient = _gradient,
            IsTrained = _isTrained,
            Record = request.Record,
        });
        _gradient.AsSpan(0, _length).CopyTo(request.Gradient);
        foreach ((int query, int key, int merged) in _blocks)
        {
            Distribute(request.Parameters, query, key, Of(_gradient, merged), trained, request.Gradient!);
        }

        return loss;
    }

    // dW_Q = dG W_K, dW_K = dGᵀ W_Q; of stored transposes W_K dGᵀ and W_Q dG.
    private void Distribute(ModelParameters parameters, int query, int key, in Matrix merged, bool[] trained, double[] gradient)
    {
        ParameterBlock q = _layout.Blocks[query], k = _layout.Blocks[key];
        if (trained[query] && _isTransposed)
        {
            Products.MultiplyByTransposed(parameters[k], merged, Of(gradient, query));
        }
        else if (trained[query])
        {
            Products.Multiply(merged, parameters[k], Of(gradient, query));
        }

        if (trained[key] && _isTransposed)
        {
            Products.Multiply(parameters[q], merged, Of(gradient, key));
        }
        else if (trained[key])
        {
            Products.TransposedMultiply(merged, parameters[q], Of(gradient, key));
        }
    }

    private Matrix Of(double[] vector, int index) => new(vector, _layout.Blocks[index].Offset, _layout.Blocks[index].Rows,
        _layout.Blocks[index].Columns);
}
