using System.Numerics;
using System.Numerics.Tensors;

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
    public static void Multiply<T>(in Matrix<T> a, in Matrix<T> b, in Matrix<T> c, double alpha = 1, double beta = 0)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Require(1, ProductForm.Plain, a, b, c);
        ProductKernels<T>.Widest.Run(ProductForm.Plain, 1, a, b, c, ProductEnding<T>.Of(alpha, beta, c));
    }

    /// <summary>C ← α A Bᵀ + β C.</summary>
    /// <param name="a">A [r, k].</param>
    /// <param name="b">B [c, k].</param>
    /// <param name="c">C [r, c].</param>
    /// <param name="alpha">α.</param>
    /// <param name="beta">β.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void MultiplyByTransposed<T>(in Matrix<T> a, in Matrix<T> b, in Matrix<T> c, double alpha = 1, double beta = 0)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Require(1, ProductForm.RightTransposed, a, b, c);
        ProductKernels<T>.Widest.Run(ProductForm.RightTransposed, 1, a, b, c, ProductEnding<T>.Of(alpha, beta, c));
    }

    /// <summary>C ← α Aᵀ B + β C.</summary>
    /// <param name="a">A [k, r].</param>
    /// <param name="b">B [k, c].</param>
    /// <param name="c">C [r, c].</param>
    /// <param name="alpha">α.</param>
    /// <param name="beta">β.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void TransposedMultiply<T>(in Matrix<T> a, in Matrix<T> b, in Matrix<T> c, double alpha = 1, double beta = 0)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Require(1, ProductForm.LeftTransposed, a, b, c);
        ProductKernels<T>.Widest.Run(ProductForm.LeftTransposed, 1, a, b, c, ProductEnding<T>.Of(alpha, beta, c));
    }

    /// <summary>C_i ← α A_i B_i + β C_i for each of <paramref name="samples"/> equal row blocks.</summary>
    /// <param name="samples">Number of row blocks N that each matrix is a stack of.</param>
    /// <param name="a">A [N·r, k].</param>
    /// <param name="b">B [N·k, c].</param>
    /// <param name="c">C [N·r, c].</param>
    /// <param name="alpha">α.</param>
    /// <param name="beta">β.</param>
    public static void MultiplyEach<T>(int samples, in Matrix<T> a, in Matrix<T> b, in Matrix<T> c, double alpha = 1, double beta = 0)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Require(samples, ProductForm.Plain, a, b, c);
        ProductKernels<T>.Widest.Run(ProductForm.Plain, samples, a, b, c, ProductEnding<T>.Of(alpha, beta, c));
    }

    /// <summary>C_i ← α A_i B_iᵀ + β C_i for each of <paramref name="samples"/> equal row blocks.</summary>
    /// <param name="samples">Number of row blocks N that each matrix is a stack of.</param>
    /// <param name="a">A [N·r, k].</param>
    /// <param name="b">B [N·c, k].</param>
    /// <param name="c">C [N·r, c].</param>
    /// <param name="alpha">α.</param>
    /// <param name="beta">β.</param>
    public static void MultiplyByTransposedEach<T>(
        int samples, in Matrix<T> a, in Matrix<T> b, in Matrix<T> c, double alpha = 1, double beta = 0)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Require(samples, ProductForm.RightTransposed, a, b, c);
        ProductKernels<T>.Widest.Run(ProductForm.RightTransposed, samples, a, b, c, ProductEnding<T>.Of(alpha, beta, c));
    }

    /// <summary>C_i ← α A_iᵀ B_i + β C_i for each of <paramref name="samples"/> equal row blocks.</summary>
    /// <param name="samples">Number of row blocks N that each matrix is a stack of.</param>
    /// <param name="a">A [N·k, r].</param>
    /// <param name="b">B [N·k, c].</param>
    /// <param name="c">C [N·r, c].</param>
    /// <param name="alpha">α.</param>
    /// <param name="beta">β.</param>
    public static void TransposedMultiplyEach<T>(
        int samples, in Matrix<T> a, in Matrix<T> b, in Matrix<T> c, double alpha = 1, double beta = 0)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Require(samples, ProductForm.LeftTransposed, a, b, c);
        ProductKernels<T>.Widest.Run(ProductForm.LeftTransposed, samples, a, b, c, ProductEnding<T>.Of(alpha, beta, c));
    }

    /// <summary>C_i ← op(A_i) op(B_i) + factor·D_i for each of <paramref name="samples"/>
    /// equal row blocks; with factor 0 D is not read.</summary>
    /// <param name="form">Which factor is transposed.</param>
    /// <param name="samples">Number of row blocks N that each matrix is a stack of.</param>
    /// <param name="a">A.</param>
    /// <param name="b">B.</param>
    /// <param name="factor">The factor of D.</param>
    /// <param name="addend">D, of the shape of C; may be C.</param>
    /// <param name="c">C.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    internal static void MultiplyAdd<T>(
        ProductForm form, int samples, in Matrix<T> a, in Matrix<T> b, double factor, in Matrix<T> addend, in Matrix<T> c)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Require(samples, form, a, b, c);
        RequireShape(addend, c, nameof(addend));
        ProductKernels<T>.Widest.Run(form, samples, a, b, c, ProductEnding<T>.Of(1, factor, addend));
    }

    /// <summary>C ← A B.</summary>
    /// <param name="a">A [r, k].</param>
    /// <param name="b">B [k, c], packed.</param>
    /// <param name="c">C [r, c].</param>
    internal static void Multiply<T>(in Matrix<T> a, PackedMatrix<T> b, in Matrix<T> c)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Require(a, b, c);
        b.Kernel.Run(a, b, c, ProductEnding<T>.Of(1, 0, c));
    }

    /// <summary>C ← A B + factor·D; with factor 0 D is not read.</summary>
    /// <param name="a">A [r, k].</param>
    /// <param name="b">B [k, c], packed.</param>
    /// <param name="factor">The factor of D.</param>
    /// <param name="addend">D [r, c]; may be C.</param>
    /// <param name="c">C [r, c].</param>
    internal static void MultiplyAdd<T>(in Matrix<T> a, PackedMatrix<T> b, double factor, in Matrix<T> addend, in Matrix<T> c)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Require(a, b, c);
        RequireShape(addend, c, nameof(addend));
        b.Kernel.Run(a, b, c, ProductEnding<T>.Of(1, factor, addend));
    }

    /// <summary>C ← (A B) ∘ D.</summary>
    /// <param name="a">A [r, k].</param>
    /// <param name="b">B [k, c], packed.</param>
    /// <param name="mask">D [r, c].</param>
    /// <param name="c">C [r, c].</param>
    internal static void MultiplyMasked<T>(in Matrix<T> a, PackedMatrix<T> b, in Matrix<T> mask, in Matrix<T> c)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Require(a, b, c);
        RequireShape(mask, c, nameof(mask));
        if (a.Columns <= ProductKernels.DepthBlock)
        {
            b.Kernel.Run(a, b, c, new ProductEnding<T> { Result = ProductResult.Masked, Alpha = T.One, Addend = mask });
            return;
        }

        // A sum in several parts is complete only after the last.
        b.Kernel.Run(a, b, c, ProductEnding<T>.Of(1, 0, c));
        for (int row = 0; row < c.Rows; row++)
        {
            TensorPrimitives.Multiply<T>(c.Row(row), mask.Row(row), c.Row(row));
        }
    }

    /// <summary>branch ← A B and output ← A B + factor·skip; with factor 0 skip is not read.</summary>
    /// <param name="a">A [r, k].</param>
    /// <param name="b">B [k, c], packed.</param>
    /// <param name="factor">The factor of skip.</param>
    /// <param name="skip">[r, c].</param>
    /// <param name="branch">[r, c].</param>
    /// <param name="output">[r, c], with the row stride of branch.</param>
    internal static void MultiplyBranch<T>(
        in Matrix<T> a, PackedMatrix<T> b, double factor, in Matrix<T> skip, in Matrix<T> branch, in Matrix<T> output)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Require(a, b, branch);
        RequireShape(skip, branch, nameof(skip));
        RequireShape(output, branch, nameof(output));
        T coefficient = T.CreateTruncating(factor);
        if (a.Columns <= ProductKernels.DepthBlock && branch.Stride == output.Stride && factor != 0)
        {
            b.Kernel.Run(
                a, b, branch,
                new ProductEnding<T> { Result = ProductResult.Branch, Alpha = T.One, Beta = coefficient, Addend = skip, Second = output });
            return;
        }

        b.Kernel.Run(a, b, branch, ProductEnding<T>.Of(1, 0, branch));
        branch.CopyTo(output);
        for (int row = 0; row < output.Rows && factor != 0; row++)
        {
            TensorPrimitives.MultiplyAddEstimate<T>(skip.Row(row), coefficient, output.Row(row), output.Row(row));
        }
    }

    private static void Require<T>(in Matrix<T> a, PackedMatrix<T> b, in Matrix<T> c)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (a.Columns != b.Rows || a.Rows != c.Rows || b.Columns != c.Columns)
        {
            throw new ArgumentException($"The shapes of C = A B must fit but A is {a}, B is [{b.Rows}, {b.Columns}], C is {c}.");
        }
    }

    private static void RequireShape<T>(in Matrix<T> matrix, in Matrix<T> c, string name)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (matrix.Rows != c.Rows || matrix.Columns != c.Columns)
        {
            throw new ArgumentException($"{name} must have the shape {c} of C but has {matrix}.", name);
        }
    }

    private static void Require<T>(int samples, ProductForm form, in Matrix<T> a, in Matrix<T> b, in Matrix<T> c)
        where T : unmanaged, IFloatingPointIeee754<T>
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

    private static ArgumentException Misfit<T>(int samples, ProductForm form, in Matrix<T> a, in Matrix<T> b, in Matrix<T> c)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        string product = form == ProductForm.Plain ? "A B" : form == ProductForm.RightTransposed ? "A Bᵀ" : "Aᵀ B";
        string stacked = samples == 1 ? "" : $" for each of {samples} samples stacked by rows";
        return new ArgumentException($"The shapes of C = {product}{stacked} must fit but A is {a}, B is {b}, C is {c}.");
    }
}
