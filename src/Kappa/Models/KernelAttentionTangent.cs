using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>J v of model G (G.7), sample after sample.</summary>
internal static class KernelAttentionTangent
{
    /// <summary>Computes it.</summary>
    /// <param name="shape">The shape.</param>
    /// <param name="inputs">X [N·n, D].</param>
    /// <param name="tokens">n.</param>
    /// <param name="at">θ.</param>
    /// <param name="along">v.</param>
    /// <param name="tangent">J v [N·n, D_out], overwritten.</param>
    public static void Compute(KernelAttentionShape shape, in Matrix inputs, int tokens, ModelParameters at, ModelParameters along, in Matrix tangent)
    {
        int rows = inputs.Rows;
        var head = new AttentionTangent(shape.Kernel, shape.Kernel.Scale(shape.KeyWidth), tokens);
        Matrix mixed = Matrix.Allocate(rows, shape.ValueWidth), dMixed = Matrix.Allocate(rows, shape.ValueWidth);
        for (int h = 0; h < shape.Heads; h++)
        {
            // (G.7)  Q = X W_Q, dQ = X dW_Q, and so on                        [N n, d_k], [N n, d]
            HeadMatrices<double> own = Project(inputs, at, h), derivative = Project(inputs, along, h);
            for (int first = 0; first < rows; first += tokens)
            {
                head.Apply(Rows(own, first, tokens), Rows(derivative, first, tokens), mixed.RowRange(first, tokens), dMixed.RowRange(first, tokens));
            }

            // (G.7)  dF = Σ_h dO_h W_O^h + O_h dW_O^h                         [N n, D_out]
            Products.Multiply(dMixed, at[$"heads.{h}.output"], tangent, beta: h == 0 ? 0 : 1);
            Products.Multiply(mixed, along[$"heads.{h}.output"], tangent, beta: 1);
        }
    }

    private static HeadMatrices<double> Project(Matrix inputs, ModelParameters parameters, int head)
    {
        return new HeadMatrices<double>(Times("query"), Times("key"), Times("value"));

        Matrix Times(string name)
        {
            Matrix weights = parameters[$"heads.{head}.{name}"], product = Matrix.Allocate(inputs.Rows, weights.Columns);
            Products.Multiply(inputs, weights, product);
            return product;
        }
    }

    private static HeadMatrices<double> Rows(in HeadMatrices<double> all, int first, int count) => new(all.Query.RowRange(first, count), all.Key.RowRange(first, count), all.Value.RowRange(first, count));
}
