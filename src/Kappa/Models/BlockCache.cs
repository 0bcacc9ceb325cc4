using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>How the logits S = Z W_Q W_Kᵀ Zᵀ (R.1, τ apart) are formed:
/// S = query·keyᵀ for two different choices of query and key.</summary>
internal enum LogitRoute
{
    /// <summary>query = Z W_Q [M, d_k], key = Z W_K [M, d_k].</summary>
    Factored,

    /// <summary>query = Z G [M, d] with G = W_Q W_Kᵀ [d, d] formed once, key = Z itself.</summary>
    Merged,
}

/// <summary>What one block computes on the way forward and needs on the way back; M = N·n rows.</summary>
internal sealed class BlockCache<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Z, the block's input [M, d].</summary>
    public required Matrix<T> Input { get; set; }

    /// <summary>Z_iᵀ of each sample [N·d, n].</summary>
    public required Matrix<T> InputTransposed { get; set; }

    /// <summary>Z W_Q [M, d_k], or Z W_Q W_Kᵀ [M, d] in the merged route.</summary>
    public required Matrix<T> Query { get; init; }

    /// <summary>Z W_K [M, d_k]; not used in the merged route, whose key is Z.</summary>
    public required Matrix<T> Key { get; init; }

    /// <summary>The transposed key of each sample [N·d_k, n]; not used in the merged route.</summary>
    public required Matrix<T> KeyTransposed { get; init; }

    /// <summary>A, the attention of each sample [M, n].</summary>
    public required Matrix<T> Attention { get; init; }

    /// <summary>A Z [M, d].</summary>
    public required Matrix<T> Mixed { get; init; }

    /// <summary>A Z W_V, the attention branch [M, d].</summary>
    public required Matrix<T> AttentionBranch { get; set; }

    /// <summary>H, the attention output [M, d].</summary>
    public required Matrix<T> AttentionOutput { get; set; }

    /// <summary>ψ'(P) of P = H W_1, in the memory that held P [M, m].</summary>
    public required Matrix<T> HiddenDerivative { get; init; }

    /// <summary>Φ = ψ(P) [M, m].</summary>
    public required Matrix<T> Hidden { get; set; }

    /// <summary>Z⁺, the block's output [M, d].</summary>
    public required Matrix<T> Output { get; init; }

    /// <summary>Reserves the memory of a block whose input is <paramref name="input"/>.</summary>
    /// <param name="shape">The shape.</param>
    /// <param name="input">Z [M, d].</param>
    /// <param name="tokens">n.</param>
    /// <param name="route">The route of the logits.</param>
    /// <param name="memory">How rows lie in memory.</param>
    public static BlockCache<T> Allocate(ResidualTransformerShape shape, in Matrix<T> input, int tokens, LogitRoute route, RowMemory memory)
    {
        int rows = input.Rows, width = shape.Width, keyWidth = shape.KeyWidth;
        bool merged = route == LogitRoute.Merged;
        return new BlockCache<T>
        {
            Input = input,
            InputTransposed = Matrix<T>.Allocate(rows / tokens * width, tokens),
            Query = memory.Allocate<T>(rows, merged ? width : keyWidth),
            Key = merged ? default : memory.Allocate<T>(rows, keyWidth),
            KeyTransposed = merged ? default : Matrix<T>.Allocate(rows / tokens * keyWidth, tokens),
            Attention = Matrix<T>.Allocate(rows, tokens),
            Mixed = memory.Allocate<T>(rows, width),
            AttentionBranch = memory.Allocate<T>(rows, width),
            AttentionOutput = memory.Allocate<T>(rows, width),
            HiddenDerivative = memory.Allocate<T>(rows, shape.FfnWidth),
            Hidden = memory.Allocate<T>(rows, shape.FfnWidth),
            Output = memory.Allocate<T>(rows, width),
        };
    }

    /// <summary>The same for <paramref name="samples"/> of the samples from <paramref name="first"/> on.</summary>
    public BlockCache<T> Samples(int first, int samples)
    {
        int tokens = Attention.Columns;
        return new BlockCache<T>
        {
            Input = Rows(Input),
            InputTransposed = Part(InputTransposed, Input.Columns),
            Query = Rows(Query),
            Key = Rows(Key),
            KeyTransposed = Part(KeyTransposed, Key.Columns),
            Attention = Rows(Attention),
            Mixed = Rows(Mixed),
            AttentionBranch = Rows(AttentionBranch),
            AttentionOutput = Rows(AttentionOutput),
            HiddenDerivative = Rows(HiddenDerivative),
            Hidden = Rows(Hidden),
            Output = Rows(Output),
        };

        Matrix<T> Rows(in Matrix<T> matrix) => Part(matrix, tokens);

        Matrix<T> Part(in Matrix<T> matrix, int rows) => matrix.Rows == 0 ? matrix : matrix.RowRange(first * rows, samples * rows);
    }
}
