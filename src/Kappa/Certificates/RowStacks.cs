namespace Kappa.Certificates;

/// <summary>The small matrices behind the row norms of one block, kept for problems where exact Gram matrices of its Jacobians are affordable (C.17).</summary>
/// <remarks>Each is stacked over the M rows and transposed: row (r, a) holds column a of the matrix of token row r.</remarks>
internal sealed class RowStacks(int rows, int width, int keyWidth)
{
    /// <summary>(Cov_r W_V)ᵀ [M·d, d].</summary>
    public Matrix Covariance { get; } = Matrix.Allocate(rows * width, width);

    /// <summary>(W_Kᵀ Cov_r W_V)ᵀ [M·d, d_k].</summary>
    public Matrix KeyCovariance { get; } = Matrix.Allocate(rows * width, keyWidth);

    /// <summary>(Cov_r W_V T_r)ᵀ [M·d, d].</summary>
    public Matrix CovarianceOutput { get; } = Matrix.Allocate(rows * width, width);

    /// <summary>(W_Kᵀ Cov_r W_V T_r)ᵀ [M·d, d_k].</summary>
    public Matrix KeyCovarianceOutput { get; } = Matrix.Allocate(rows * width, keyWidth);

    /// <summary>T_rᵀ [M·d, d].</summary>
    public Matrix Transfer { get; } = Matrix.Allocate(rows * width, width);

    /// <summary>Writes the matrix of one token row.</summary>
    public static void Keep(in Matrix stack, int row, in Matrix matrix)
    {
        for (int i = 0; i < matrix.Rows; i++)
        {
            for (int a = 0; a < matrix.Columns; a++)
            {
                stack[(row * matrix.Columns) + a, i] = matrix[i, a];
            }
        }
    }
}
