namespace Kappa.Models;

/// <summary>Which way to form the logits is cheaper.</summary>
internal static class LogitRoutes
{
    /// <summary>The route with fewer multiply-adds in a forward and backward
    /// pass over M rows, the gradient of the input included.</summary>
    /// <remarks>Factored: 6Md·d_k + 3Mn·d_k. Merged: 3Md² + 3Mnd + 3d²·d_k.</remarks>
    internal static LogitRoute Cheaper(ResidualTransformerShape shape, int samples, int tokens)
    {
        double rows = (double)samples * tokens;
        double width = shape.Width;
        double keyWidth = shape.KeyWidth;
        double factored = 3 * rows * keyWidth * ((2 * width) + tokens);
        double merged = 3 * width * ((rows * (width + tokens)) + (width * keyWidth));
        return merged < factored ? LogitRoute.Merged : LogitRoute.Factored;
    }
}
