using System.Numerics;
using System.Runtime.Intrinsics;

namespace Kappa.Numerics;

/// <summary>Which factor of a product is transposed.</summary>
internal enum ProductForm
{
    /// <summary>A B.</summary>
    Plain,

    /// <summary>A Bᵀ.</summary>
    RightTransposed,

    /// <summary>Aᵀ B.</summary>
    LeftTransposed,
}

/// <summary>What becomes of the sums of a product: α and β of <see cref="ProductResult"/>, D, and C' for a branch.</summary>
internal readonly ref struct ProductEnding<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>What is written.</summary>
    public ProductResult Result { get; init; }

    /// <summary>α, for a product or a sum.</summary>
    public required T Alpha { get; init; }

    /// <summary>β.</summary>
    public T Beta { get; init; }

    /// <summary>D, of the shape of C.</summary>
    public Matrix<T> Addend { get; init; }

    /// <summary>C', of the shape and stride of C.</summary>
    public Matrix<T> Second { get; init; }

    /// <summary>D where it is read, otherwise C.</summary>
    public Matrix<T> AddendOf(in Matrix<T> c) => Result == ProductResult.Product ? c : Addend;

    /// <summary>C' where it is written, otherwise C.</summary>
    public Matrix<T> SecondOf(in Matrix<T> c) => Result == ProductResult.Branch ? Second : c;

    /// <summary>C ← α A B + β C.</summary>
    public static ProductEnding<T> Of(double alpha, double beta, in Matrix<T> c) => new()
    {
        Result = beta == 0 ? ProductResult.Product : ProductResult.Sum,
        Alpha = T.CreateTruncating(alpha),
        Beta = T.CreateTruncating(beta),
        Addend = c,
    };

    /// <summary>Whether C has no element or its sums no term; an empty sum is zero, and what follows from that is written.</summary>
    public bool IsEmpty(int depth, in Matrix<T> c)
    {
        if (depth > 0 && c.Rows > 0 && c.Columns > 0)
        {
            return false;
        }

        for (int row = 0; row < c.Rows; row++)
        {
            Span<T> result = c.Row(row), second = SecondOf(c).Row(row);
            for (int j = 0; j < c.Columns; j++)
            {
                T addend = Beta == T.Zero ? T.Zero : Beta * Addend[row, j];
                result[j] = T.Zero;
                second[j] = Result is ProductResult.Sum or ProductResult.Branch ? addend : T.Zero;
            }
        }

        return true;
    }
}

/// <summary>The products of one vector path.</summary>
internal interface IProductKernel<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Elements of a vector.</summary>
    int Lanes { get; }

    /// <summary>C_i ← ending of op(A_i) op(B_i) for <paramref name="samples"/> equal row blocks, whose shapes fit.</summary>
    void Run(ProductForm form, int samples, in Matrix<T> a, in Matrix<T> b, in Matrix<T> c, in ProductEnding<T> ending);

    /// <summary>C ← ending of A B with a factor packed by this kernel, whose shapes fit.</summary>
    void Run(in Matrix<T> a, PackedMatrix<T> b, in Matrix<T> c, in ProductEnding<T> ending);

    /// <summary>Copies a matrix, or its transpose, into the panels of <paramref name="packed"/>.</summary>
    void Pack(in Matrix<T> matrix, bool isTransposed, PackedMatrix<T> packed);
}

/// <summary>What all product kernels share.</summary>
internal static class ProductKernels
{
    /// <summary>Most terms of a sum that are added up before it goes to C.</summary>
    /// <remarks>128 terms by three 512-bit vectors of B are 24 KiB: they stay
    /// in a first-level cache of 32 KiB while all rows of A pass.</remarks>
    public const int DepthBlock = 128;
}

/// <summary>The product kernels of this machine, made at start-up.</summary>
internal static class ProductKernels<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The kernel of the widest path of this machine.</summary>
    public static readonly IProductKernel<T> Widest = Of(VectorPaths.Widest);

    /// <summary>The kernel of <paramref name="path"/>, which this machine must support.</summary>
    public static IProductKernel<T> Of(VectorPath path) => path switch
    {
        VectorPath.Bits512 => new ProductKernel<Vector512<T>, Lanes512<T>, T>(),
        VectorPath.Bits256 => new ProductKernel<Vector256<T>, Lanes256<T>, T>(),
        _ => new ProductKernel<Vector128<T>, Lanes128<T>, T>(),
    };
}
