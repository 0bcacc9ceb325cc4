namespace Kappa.Numerics;

/// <summary>What is written of the sums A B.</summary>
internal enum ProductResult
{
    /// <summary>C ← α A B.</summary>
    Product,

    /// <summary>C ← α A B + β D.</summary>
    Sum,

    /// <summary>C ← (A B) ∘ D.</summary>
    Masked,

    /// <summary>C ← A B and C' ← A B + β D: a branch, and the output of the connection around it.</summary>
    Branch,
}

/// <summary>What the tiles of one column panel compute for <see cref="Samples"/> independent samples.</summary>
/// <remarks>A is read as A(8t + i, k) = A[t·ATile + i·ARow + k·AStep], which serves A, Aᵀ and
/// packed rows alike. B(k, j) = B[k·BStep + j] with whole vectors readable at every k.</remarks>
internal unsafe struct PanelTask<T>
    where T : unmanaged
{
    /// <summary>First element of A.</summary>
    public T* A;

    /// <summary>Elements from row i to row i + 1 of A within eight rows.</summary>
    public nint ARow;

    /// <summary>Elements from one group of eight rows of A to the next.</summary>
    public nint ATile;

    /// <summary>Elements from k to k + 1 in A.</summary>
    public nint AStep;

    /// <summary>First element of the panel of B.</summary>
    public T* B;

    /// <summary>First element of the panel that follows, requested while this one is in use; null when none does.</summary>
    public T* NextB;

    /// <summary>Elements from row k to row k + 1 of B.</summary>
    public nint BStep;

    /// <summary>First element of the panel of C.</summary>
    public T* C;

    /// <summary>Elements from row to row of C.</summary>
    public nint CRow;

    /// <summary>First element of the panel of D, which may be C.</summary>
    public T* D;

    /// <summary>Elements from row to row of D.</summary>
    public nint DRow;

    /// <summary>Elements from C to C', which has the row stride of C.</summary>
    public nint SecondOffset;

    /// <summary>Rows of C.</summary>
    public int Rows;

    /// <summary>Terms k of each sum, at least 1.</summary>
    public nint Depth;

    /// <summary>Columns of C in the panel: more than one vector less than the strip holds, at most the strip.</summary>
    public int Columns;

    /// <summary>What is written.</summary>
    public ProductResult Result;

    /// <summary>α.</summary>
    public T Alpha;

    /// <summary>β; with 0 D is not read.</summary>
    public T Beta;

    /// <summary>Number of samples.</summary>
    public int Samples;

    /// <summary>Elements from sample to sample in A, B, C and D.</summary>
    public nint ASample, BSample, CSample, DSample;
}

/// <summary>B, as it lies in memory or in packed panels of all its terms.</summary>
internal unsafe struct RightFactor<T>
    where T : unmanaged
{
    /// <summary>First element of B or of its first panel.</summary>
    public T* Data;

    /// <summary>Elements from row to row of B, or of Bᵀ where it is transposed; not used of panels.</summary>
    public nint Stride;

    /// <summary>Whether B is the transpose of what lies in memory.</summary>
    public bool IsTransposed;

    /// <summary>Rows of the packed panels; 0 where B is not packed.</summary>
    public int PackedDepth;

    /// <summary>Columns of B.</summary>
    public int Columns;
}
