using System.Runtime.InteropServices;
using Kappa.Numerics;

namespace Kappa.Spectra;

/// <summary>The Lanczos recursion A V_k = V_k T_k + β_k v_{k+1} e_kᵀ with
/// every new vector made orthogonal to all earlier ones twice (P.7).</summary>
/// <remarks>
/// Without reorthogonalisation rounding brings copies of converged eigenvalues back; with it V_k is orthonormal to a few ε and T_k is the
/// compression of a matrix within O(ε‖A‖) of A. Costs a product and 8·n·k flops per step, 8·n bytes for each vector.
/// </remarks>
internal sealed class LanczosProcess
{
    private readonly ISymmetricOperator _operator;
    private readonly List<double[]> _basis = [];
    private readonly List<double> _diagonal = [];
    private readonly List<double> _offDiagonal = [];
    private double _scale;

    /// <summary>Starts at start/‖start‖.</summary>
    /// <param name="symmetric">A.</param>
    /// <param name="start">Not zero [n].</param>
    public LanczosProcess(ISymmetricOperator symmetric, ReadOnlySpan<double> start)
    {
        _operator = symmetric;
        double[] vector = start.ToArray();
        Vectors.Scale(vector, 1 / Vectors.Norm(vector));
        _basis.Add(vector);
    }

    /// <summary>k, the number of products so far.</summary>
    public int Products => _diagonal.Count;

    /// <summary>β_k: 0 up to rounding when the vectors so far span an invariant subspace.</summary>
    public double Remainder => _offDiagonal[^1];

    /// <summary>ε √n ‖T_k‖: what rounding in a product alone may add to a residual.</summary>
    public double Rounding => SpectrumSummary.Epsilon * Math.Sqrt(_operator.Size) * _scale;

    /// <summary>Whether another step could add nothing: the subspace is invariant, or is the whole space.</summary>
    public bool IsExhausted { get; private set; }

    /// <summary>Whether every product so far was finite.</summary>
    public bool IsFinite { get; private set; } = true;

    /// <summary>A seeded Gaussian start vector.</summary>
    public static double[] GaussianStart(int size, long seed, string name)
    {
        double[] start = new double[size];
        new RandomSequence(seed, name).FillGaussian(start);
        return start;
    }

    /// <summary>One product and one more vector; not to be called once exhausted or not finite.</summary>
    public void Step()
    {
        double[] next = new double[_operator.Size];
        _operator.Apply(_basis[^1], next);

        // α_k is the coefficient of v_k itself, the last of the first round.
        double alpha = Orthogonalise(next);
        alpha += Orthogonalise(next);
        double beta = Vectors.Norm(next);
        double before = _offDiagonal.Count > 0 ? _offDiagonal[^1] : 0;
        _diagonal.Add(alpha);
        _offDiagonal.Add(beta);
        _scale = Math.Max(_scale, before + Math.Abs(alpha) + beta);
        IsFinite = double.IsFinite(alpha) && double.IsFinite(beta);
        IsExhausted = beta <= Rounding || Products == _operator.Size;
        if (IsFinite && !IsExhausted)
        {
            Vectors.Scale(next, 1 / beta);
            _basis.Add(next);
        }
    }

    /// <summary>Eigenvalues θ of T_k in ascending order with the first and last components of its unit eigenvectors.</summary>
    public (double[] Values, double[] First, double[] Last) RitzValues()
    {
        double[] values = [.. _diagonal];
        double[] first = new double[values.Length];
        double[] last = new double[values.Length];
        TridiagonalEigenvalues.Compute(values, CollectionsMarshal.AsSpan(_offDiagonal)[..^1].ToArray(), first, last);
        return (values, first, last);
    }

    /// <summary>T_k [k, k].</summary>
    public Matrix Tridiagonal()
    {
        Matrix matrix = Matrix.Allocate(Products, Products);
        for (int k = 0; k < Products; k++)
        {
            matrix[k, k] = _diagonal[k];
            if (k > 0)
            {
                matrix[k, k - 1] = matrix[k - 1, k] = _offDiagonal[k - 1];
            }
        }

        return matrix;
    }

    /// <summary>V_k s, of norm one.</summary>
    /// <param name="coefficients">s [k], of norm one.</param>
    public double[] Combine(ReadOnlySpan<double> coefficients)
    {
        double[] sum = new double[_operator.Size];
        for (int k = 0; k < coefficients.Length; k++)
        {
            Vectors.AddScaled(sum, coefficients[k], _basis[k]);
        }

        Vectors.Scale(sum, 1 / Vectors.Norm(sum));
        return sum;
    }

    // x ← x − ⟨v_j, x⟩ v_j for each vector in turn; the last coefficient.
    private double Orthogonalise(double[] x)
    {
        double coefficient = 0;
        foreach (double[] vector in _basis)
        {
            coefficient = Vectors.Dot(vector, x);
            Vectors.AddScaled(x, -coefficient, vector);
        }

        return coefficient;
    }
}
