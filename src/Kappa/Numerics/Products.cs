namespace Kappa.Numerics;

/// <summary>Matrix products C ← α·op(A)·op(B) + β·C, and the same for every sample of stacked matrices.</summary>
/// <remarks>
/// Every element is summed over k in an order that depends on k alone, one rounding per term: its bits depend on its row of A, its
/// column of B and its old value, not on the other rows, the thread or the vector width of the machine. No allocation in steady state:
/// panels of B are copied, where that pays, into memory that each thread keeps. C must not overlap A or B. With β = 0 the old content
/// of C is never read, so NaN there does not spread.
/// </remarks>
public static class Products
{
    /// <summary>C ← α A B + β C.</summary>
    /// <param name="a">A [r, k].</param>
    /// <param name="b">B [k, c].</param>
    /// <param name="c">C [r, c].</param>
    /// <param name="alpha">α.</param>
    /// <param name="beta">β.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void Multiply(in Matrix a, in Matrix b, in Matrix c, double alpha = 1, double beta = 0)
    {
        Require(1, ProductForm.Plain, a, b, c);
        ProductKernel.Run(ProductForm.Plain, 1, a, b, c, alpha, beta, c, VectorPaths.Widest);
    }

    /// <summary>C ← α A Bᵀ + β C.</summary>
    /// <param name="a">A [r, k].</param>
    /// <param name="b">B [c, k].</param>
    /// <param name="c">C [r, c].</param>
    /// <param name="alpha">α.</param>
    /// <param name="beta">β.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void MultiplyByTransposed(in Matrix a, in Matrix b, in Matrix c, double alpha = 1, double beta = 0)
    {
        Require(1, ProductForm.RightTransposed, a, b, c);
        ProductKernel.Run(ProductForm.RightTransposed, 1, a, b, c, alpha, beta, c, VectorPaths.Widest);
    }

    /// <summary>C ← α Aᵀ B + β C.</summary>
    /// <param name="a">A [k, r].</param>
    /// <param name="b">B [k, c].</param>
    /// <param name="c">C [r, c].</param>
    /// <param name="alpha">α.</param>
    /// <param name="beta">β.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void TransposedMultiply(in Matrix a, in Matrix b, in Matrix c, double alpha = 1, double beta = 0)
    {
        Require(1, ProductForm.LeftTransposed, a, b, c);
        ProductKernel.Run(ProductForm.LeftTransposed, 1, a, b, c, alpha, beta, c, VectorPaths.Widest);
    }

    /// <summary>C_i ← α A_i B_i + β C_i for each of <paramref name="samples"/> equal row blocks.</summary>
    /// <param name="samples">Number of row blocks N that each matrix is a stack of.</param>
    /// <param name="a">A [N·r, k].</param>
    /// <param name="b">B [N·k, c].</param>
    /// <param name="c">C [N·r, c].</param>
    /// <param name="alpha">α.</param>
    /// <param name="beta">β.</param>
    public static void MultiplyEach(int samples, in Matrix a, in Matrix b, in Matrix c, double alpha = 1, double beta = 0)
    {
        Require(samples, ProductForm.Plain, a, b, c);
        ProductKernel.Run(ProductForm.Plain, samples, a, b, c, alpha, beta, c, VectorPaths.Widest);
    }

    /// <summary>C_i ← α A_i B_iᵀ + β C_i for each of <paramref name="samples"/> equal row blocks.</summary>
    /// <param name="samples">Number of row blocks N that each matrix is a stack of.</param>
    /// <param name="a">A [N·r, k].</param>
    /// <param name="b">B [N·c, k].</param>
    /// <param name="c">C [N·r, c].</param>
    /// <param name="alpha">α.</param>
    /// <param name="beta">β.</param>
    public static void MultiplyByTransposedEach(int samples, in Matrix a, in Matrix b, in Matrix c, double alpha = 1, double beta = 0)
    {
        Require(samples, ProductForm.RightTransposed, a, b, c);
        ProductKernel.Run(ProductForm.RightTransposed, samples, a, b, c, alpha, beta, c, VectorPaths.Widest);
    }

    /// <summary>C_i ← α A_iᵀ B_i + β C_i for each of <paramref name="samples"/> equal row blocks.</summary>
    /// <param name="samples">Number of row blocks N that each matrix is a stack of.</param>
    /// <param name="a">A [N·k, r].</param>
    /// <param name="b">B [N·k, c].</param>
    /// <param name="c">C [N·r, c].</param>
    /// <param name="alpha">α.</param>
    /// <param name="beta">β.</param>
    public static void TransposedMultiplyEach(int samples, in Matrix a, in Matrix b, in Matrix c, double alpha = 1, double beta = 0)
    {
        Require(samples, ProductForm.LeftTransposed, a, b, c);
        ProductKernel.Run(ProductForm.LeftTransposed, samples, a, b, c, alpha, beta, c, VectorPaths.Widest);
    }

    /// <summary>C_i ← op(A_i) op(B_i) + factor·D_i for each of <paramref name="samples"/> equal row blocks; with factor 0 D is not read.</summary>
    /// <param name="form">Which factor is transposed.</param>
    /// <param name="samples">Number of row blocks N that each matrix is a stack of.</param>
    /// <param name="a">A.</param>
    /// <param name="b">B.</param>
    /// <param name="factor">The factor of D.</param>
    /// <param name="addend">D, of the shape and row stride of C; may be C.</param>
    /// <param name="c">C.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    internal static void MultiplyAdd(ProductForm form, int samples, in Matrix a, in Matrix b, double factor, in Matrix addend, in Matrix c)
    {
        Require(samples, form, a, b, c);
        if (addend.Rows != c.Rows || addend.Columns != c.Columns || addend.Stride != c.Stride)
        {
            throw new ArgumentException($"D must have the shape {c} and the stride {c.Stride} of C but has {addend} and {addend.Stride}.", nameof(addend));
        }

        ProductKernel.Run(form, samples, a, b, c, alpha: 1, factor, addend, VectorPaths.Widest);
    }

    private static void Require(int samples, ProductForm form, in Matrix a, in Matrix b, in Matrix c)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        int rows = c.Rows, inner = b.Rows, outer = a.Rows;
        bool divides = true;
        if (samples > 1)
        {
            (rows, inner, outer) = (rows / samples, inner / samples, outer / samples);
            divides = rows * samples == c.Rows && inner * samples == b.Rows && outer * samples == a.Rows;
        }

        bool fits = form switch
        {
            ProductForm.Plain => outer == rows && a.Columns == inner && b.Columns == c.Columns,
            ProductForm.RightTransposed => outer == rows && a.Columns == b.Columns && inner == c.Columns,
            _ => a.Columns == rows && outer == inner && b.Columns == c.Columns,
        };
        if (!fits || !divides)
        {
            throw Misfit(samples, form, a, b, c);
        }
    }

    private static ArgumentException Misfit(int samples, ProductForm form, in Matrix a, in Matrix b, in Matrix c)
    {
        string product = form == ProductForm.Plain ? "A B" : form == ProductForm.RightTransposed ? "A Bᵀ" : "Aᵀ B";
        string stacked = samples == 1 ? "" : $" for each of {samples} samples stacked by rows";
        return new ArgumentException($"The shapes of C = {product}{stacked} must fit but A is {a}, B is {b}, C is {c}.");
    }
}
