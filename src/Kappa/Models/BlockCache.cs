namespace Kappa.Models;

/// <summary>How the logits S = Z W_Q W_Kᵀ Zᵀ (R.1, τ apart) are formed: S = query·keyᵀ for two different choices of query and key.</summary>
internal enum LogitRoute
{
    /// <summary>query = Z W_Q [M, d_k], key = Z W_K [M, d_k].</summary>
    Factored,

    /// <summary>query = Z G [M, d] with G = W_Q W_Kᵀ [d, d] formed once, key = Z itself.</summary>
    Merged,
}

/// <summary>What one block computes on the way forward and needs on the way back; M = N·n rows.</summary>
internal sealed record BlockCache
{
    /// <summary>Z, the block's input [M, d].</summary>
    public required Matrix Input { get; init; }

    /// <summary>Z W_Q [M, d_k], or Z W_Q W_Kᵀ [M, d] in the merged route.</summary>
    public required Matrix Query { get; init; }

    /// <summary>Z W_K [M, d_k], or Z [M, d] in the merged route.</summary>
    public required Matrix Key { get; init; }

    /// <summary>A, the attention of each sample [M, n].</summary>
    public required Matrix Attention { get; init; }

    /// <summary>A Z [M, d].</summary>
    public required Matrix Mixed { get; init; }

    /// <summary>A Z W_V, the attention branch [M, d].</summary>
    public required Matrix AttentionBranch { get; init; }

    /// <summary>H, the attention output [M, d].</summary>
    public required Matrix AttentionOutput { get; init; }

    /// <summary>ψ'(P) of P = H W_1, in the memory that held P [M, m].</summary>
    public required Matrix HiddenDerivative { get; init; }

    /// <summary>Φ = ψ(P) [M, m].</summary>
    public required Matrix Hidden { get; init; }

    /// <summary>Z⁺, the block's output [M, d].</summary>
    public required Matrix Output { get; init; }

    /// <summary>Reserves the memory of a block whose input is <paramref name="input"/>.</summary>
    public static BlockCache Allocate(ResidualTransformerShape shape, in Matrix input, int tokens, LogitRoute route)
    {
        int rows = input.Rows;
        return new BlockCache
        {
            Input = input,
            Query = Matrix.Allocate(rows, route == LogitRoute.Merged ? shape.Width : shape.KeyWidth),
            Key = route == LogitRoute.Merged ? input : Matrix.Allocate(rows, shape.KeyWidth),
            Attention = Matrix.Allocate(rows, tokens),
            Mixed = Matrix.Allocate(rows, shape.Width),
            AttentionBranch = Matrix.Allocate(rows, shape.Width),
            AttentionOutput = Matrix.Allocate(rows, shape.Width),
            HiddenDerivative = Matrix.Allocate(rows, shape.FfnWidth),
            Hidden = Matrix.Allocate(rows, shape.FfnWidth),
            Output = Matrix.Allocate(rows, shape.Width),
        };
    }

    /// <summary>The same for some of the rows.</summary>
    public BlockCache Rows(int start, int count) => new()
    {
        Input = Input.RowRange(start, count),
        Query = Query.RowRange(start, count),
        Key = Key.RowRange(start, count),
        Attention = Attention.RowRange(start, count),
        Mixed = Mixed.RowRange(start, count),
        AttentionBranch = AttentionBranch.RowRange(start, count),
        AttentionOutput = AttentionOutput.RowRange(start, count),
        HiddenDerivative = HiddenDerivative.RowRange(start, count),
        Hidden = Hidden.RowRange(start, count),
        Output = Output.RowRange(start, count),
    };
}

/// <summary>Work matrices of the way back (or of a tangent), used by one block after the other: dX is ∂ℒ/∂X on the way back and the tangent of X in a tangent.</summary>
internal sealed record BlockScratch
{
    /// <summary>dQuery, of the shape of the query.</summary>
    public required Matrix Query { get; init; }

    /// <summary>dKey, of the shape of the key.</summary>
    public required Matrix Key { get; init; }

    /// <summary>dA and then dS [M, n].</summary>
    public required Matrix Attention { get; init; }

    /// <summary>d(A Z) [M, d].</summary>
    public required Matrix Mixed { get; init; }

    /// <summary>dH [M, d].</summary>
    public required Matrix AttentionOutput { get; init; }

    /// <summary>dΦ and then dP [M, m].</summary>
    public required Matrix Hidden { get; init; }

    /// <summary>dZ of even blocks [M, d].</summary>
    public required Matrix EvenInput { get; init; }

    /// <summary>dZ of odd blocks, and of the output [M, d].</summary>
    public required Matrix OddInput { get; init; }

    /// <summary>Reserves the memory for <paramref name="rows"/> rows.</summary>
    public static BlockScratch Allocate(ResidualTransformerShape shape, int rows, int tokens, LogitRoute route)
    {
        int queryWidth = route == LogitRoute.Merged ? shape.Width : shape.KeyWidth;
        return new BlockScratch
        {
            Query = Matrix.Allocate(rows, queryWidth),
            Key = Matrix.Allocate(rows, queryWidth),
            Attention = Matrix.Allocate(rows, tokens),
            Mixed = Matrix.Allocate(rows, shape.Width),
            AttentionOutput = Matrix.Allocate(rows, shape.Width),
            Hidden = Matrix.Allocate(rows, shape.FfnWidth),
            EvenInput = Matrix.Allocate(rows, shape.Width),
            OddInput = Matrix.Allocate(rows, shape.Width),
        };
    }

    /// <summary>dZ of block <paramref name="layer"/>; that of the block after it is the other matrix.</summary>
    public Matrix InputOf(int layer) => (layer & 1) == 0 ? EvenInput : OddInput;

    /// <summary>The same for some of the rows.</summary>
    public BlockScratch Rows(int start, int count) => new()
    {
        Query = Query.RowRange(start, count),
        Key = Key.RowRange(start, count),
        Attention = Attention.RowRange(start, count),
        Mixed = Mixed.RowRange(start, count),
        AttentionOutput = AttentionOutput.RowRange(start, count),
        Hidden = Hidden.RowRange(start, count),
        EvenInput = EvenInput.RowRange(start, count),
        OddInput = OddInput.RowRange(start, count),
    };
}
