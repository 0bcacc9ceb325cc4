namespace Kappa.Models;

/// <summary>The matrices of model R that a record can keep.</summary>
internal static class ResidualLayerMatrices
{
    private static readonly LayerPart[] Parts =
    [
        LayerPart.Input, LayerPart.AttentionWeights, LayerPart.AttentionBranch, LayerPart.AttentionOutput, LayerPart.Hidden,
        LayerPart.Output,
    ];

    /// <summary>Those of every layer.</summary>
    public static LayerMatrix[] Of(ResidualTransformerShape shape, int tokens)
    {
        return [
            .. Enumerable.Range(0, shape.Depth).SelectMany(layer =>
                Parts.Select(part => new LayerMatrix(layer, part, null, tokens, ColumnsOf(part))))];

        int ColumnsOf(LayerPart part) => part switch
        {
            LayerPart.AttentionWeights => tokens,
            LayerPart.Hidden => shape.FfnWidth,
            _ => shape.Width,
        };
    }

    /// <summary>Fills a record from a pass that keeps everything.</summary>
    public static void Fill(LayerRecord record, FullPass pass)
    {
        foreach (LayerMatrix matrix in record.Matrices)
        {
            Of(pass.Cache(matrix.Layer), matrix.Part).CopyTo(record[matrix]);
        }
    }

    private static Matrix Of(BlockCache<double> cache, LayerPart part) => part switch
    {
        LayerPart.Input => cache.Input,
        LayerPart.AttentionWeights => cache.Attention,
        LayerPart.AttentionBranch => cache.AttentionBranch,
        LayerPart.AttentionOutput => cache.AttentionOutput,
        LayerPart.Hidden => cache.Hidden,
        _ => cache.Output,
    };
}
