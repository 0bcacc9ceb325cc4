namespace Kappa.Models;

/// <summary>The tangents of what one block computes on the way forward, kept for the
/// second pass back (R.7); Ẋ is the derivative of X along the direction.</summary>
internal sealed class CurvatureCache
{
    /// <summary>Reserves the memory for <paramref name="rows"/> rows; the input's tangent is the output's of the block before.</summary>
    public CurvatureCache(ResidualTransformerShape shape, int rows, int tokens, in Matrix inputTangent)
    {
        InputTangent = inputTangent;
        Query = Matrix.Allocate(rows, shape.KeyWidth);
        Key = Matrix.Allocate(rows, shape.KeyWidth);
        QueryTangent = Matrix.Allocate(rows, shape.KeyWidth);
        KeyTangent = Matrix.Allocate(rows, shape.KeyWidth);
        AttentionTangent = Matrix.Allocate(rows, tokens);
        MixedTangent = Matrix.Allocate(rows, shape.Width);
        AttentionOutputTangent = Matrix.Allocate(rows, shape.Width);
        HiddenTangent = Matrix.Allocate(rows, shape.FfnWidth);
        HiddenDerivativeTangent = Matrix.Allocate(rows, shape.FfnWidth);
        OutputTangent = Matrix.Allocate(rows, shape.Width);
    }

    /// <summary>Ż [M, d]; read only where the input moves.</summary>
    public Matrix InputTangent { get; }

    /// <summary>q = Z W_Q [M, d_k].</summary>
    public Matrix Query { get; }

    /// <summary>k = Z W_K [M, d_k].</summary>
    public Matrix Key { get; }

    /// <summary>The tangent of q [M, d_k].</summary>
    public Matrix QueryTangent { get; }

    /// <summary>The tangent of k [M, d_k].</summary>
    public Matrix KeyTangent { get; }

    /// <summary>Ȧ [M, n].</summary>
    public Matrix AttentionTangent { get; }

    /// <summary>The tangent of A Z [M, d].</summary>
    public Matrix MixedTangent { get; }

    /// <summary>Ḣ [M, d].</summary>
    public Matrix AttentionOutputTangent { get; }

    /// <summary>The tangent of Φ [M, m].</summary>
    public Matrix HiddenTangent { get; }

    /// <summary>The tangent of ψ'(P), ψ''(P) ∘ Ṗ [M, m].</summary>
    public Matrix HiddenDerivativeTangent { get; }

    /// <summary>The tangent of Z⁺ [M, d].</summary>
    public Matrix OutputTangent { get; }
}

/// <summary>A derivative dX = ∂ℒ/∂X on the way back, and its tangent.</summary>
/// <param name="Value">dX.</param>
/// <param name="Tangent">Its derivative along the direction.</param>
internal readonly record struct MovingGradient(Matrix Value, Matrix Tangent)
{
    /// <summary>Reserves both.</summary>
    public static MovingGradient Allocate(int rows, int columns) => new(Matrix.Allocate(rows, columns), Matrix.Allocate(rows, columns));
}

/// <summary>Work matrices of the second pass back, used by one block after the other.</summary>
internal sealed class CurvatureScratch(ResidualTransformerShape shape, int rows, int tokens)
{
    private readonly MovingGradient _even = MovingGradient.Allocate(rows, shape.Width);
    private readonly MovingGradient _odd = MovingGradient.Allocate(rows, shape.Width);

    /// <summary>dP [M, m].</summary>
    public MovingGradient Hidden { get; } = MovingGradient.Allocate(rows, shape.FfnWidth);

    /// <summary>dH [M, d].</summary>
    public MovingGradient AttentionOutput { get; } = MovingGradient.Allocate(rows, shape.Width);

    /// <summary>d(A Z) [M, d].</summary>
    public MovingGradient Mixed { get; } = MovingGradient.Allocate(rows, shape.Width);

    /// <summary>dA and then dS [M, n].</summary>
    public MovingGradient Attention { get; } = MovingGradient.Allocate(rows, tokens);

    /// <summary>dq [M, d_k].</summary>
    public MovingGradient Query { get; } = MovingGradient.Allocate(rows, shape.KeyWidth);

    /// <summary>dk [M, d_k].</summary>
    public MovingGradient Key { get; } = MovingGradient.Allocate(rows, shape.KeyWidth);

    /// <summary>dZ of block <paramref name="layer"/> [M, d]; that of the block after it is the other one.</summary>
    public MovingGradient InputOf(int layer) => (layer & 1) == 0 ? _even : _odd;
}
