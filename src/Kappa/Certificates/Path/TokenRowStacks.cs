using Kappa.Numerics;

namespace Kappa.Certificates.Path;

/// <summary>One small matrix for each token row, stacked and transposed: row (r, a) holds
/// column a of the matrix of token row r. Each is known up to an error (C.37).</summary>
/// <param name="rows">M.</param>
/// <param name="columns">Columns of each matrix, d.</param>
/// <param name="height">Rows of each matrix.</param>
internal sealed class TokenRowStack(int rows, int columns, int height)
{
    /// <summary>[M·columns, height].</summary>
    public Matrix Values { get; } = Matrix.Allocate(rows * columns, height);

    /// <summary>Error (Frobenius) of each row's matrix at most [M].</summary>
    public UpperBound[] Errors { get; } = new UpperBound[rows];

    /// <summary>Columns of each matrix.</summary>
    public int Columns => columns;

    /// <summary>Writes the matrix of one token row.</summary>
    public void Keep(int row, in Matrix matrix, UpperBound error)
    {
        Errors[row] = error;
        for (int i = 0; i < matrix.Rows; i++)
        {
            for (int a = 0; a < matrix.Columns; a++)
            {
                Values[(row * columns) + a, i] = matrix[i, a];
            }
        }
    }
}

/// <summary>The small matrices behind the row norms of one block, kept where Gram matrices of its Jacobians are wanted (C.17).</summary>
internal sealed class TokenRowStacks(int rows, int tokens, int width, int keyWidth)
{
    /// <summary>Cov_r W_V [d, d].</summary>
    public TokenRowStack Covariance { get; } = new(rows, width, width);

    /// <summary>W_Kᵀ Cov_r W_V [d_k, d].</summary>
    public TokenRowStack KeyCovariance { get; } = new(rows, width, keyWidth);

    /// <summary>Cov_r W_V T_r [d, d].</summary>
    public TokenRowStack CovarianceOutput { get; } = new(rows, width, width);

    /// <summary>W_Kᵀ Cov_r W_V T_r [d_k, d].</summary>
    public TokenRowStack KeyCovarianceOutput { get; } = new(rows, width, keyWidth);

    /// <summary>T_r [d, d].</summary>
    public TokenRowStack Transfer { get; } = new(rows, width, width);

    /// <summary>√p_j z̃_j W_V, n rows for each token row [M·n, d].</summary>
    public Matrix Values { get; } = Matrix.Allocate(rows * tokens, width);

    /// <summary>Their error (Frobenius) by token row [M].</summary>
    public UpperBound[] ValueErrors { get; } = new UpperBound[rows];

    /// <summary>Writes the rows √p_j z̃_j W_V of one token row.</summary>
    public void KeepValues(int row, in Matrix values, UpperBound error)
    {
        values.CopyTo(Values.RowRange(row * tokens, tokens));
        ValueErrors[row] = error;
    }
}
