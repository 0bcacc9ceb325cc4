using Kappa.Numerics;

namespace Kappa.Certificates.Enclosures;

/// <summary>A matrix of doubles and how far the exact one may be from it: row r within
/// <see cref="RowError"/>[r] in Euclidean norm, all of it within <see cref="Error"/>.</summary>
/// <remarks>Theory: rounding, C.33 and C.37. What a theorem may use of the exact
/// matrix is a norm of <see cref="Values"/> plus or minus the error.</remarks>
internal sealed class EnclosedMatrix
{
    /// <param name="values">[r, c].</param>
    /// <param name="rowError">[r].</param>
    public EnclosedMatrix(in Matrix values, UpperBound[] rowError)
    {
        (Values, RowError, Error) = (values, rowError, UpperBound.Norm(rowError));
    }

    /// <summary>The doubles.</summary>
    public Matrix Values { get; }

    /// <summary>‖exact row − row‖ at most [r].</summary>
    public UpperBound[] RowError { get; }

    /// <summary>‖exact − values‖ (Frobenius) at most.</summary>
    public UpperBound Error { get; }

    /// <summary>The doubles nearest to a precise matrix, with what that rounding costs.</summary>
    public static EnclosedMatrix Of(PreciseMatrix precise)
    {
        var error = new UpperBound[precise.Rows];
        for (int row = 0; row < error.Length; row++)
        {
            error[row] = precise.RowError[row] + UpperBound.Norm(precise.Low.Row(row));
        }

        return new EnclosedMatrix(precise.High, error);
    }

    /// <summary>‖exact‖₂ at most.</summary>
    public UpperBound Largest(SpectralNorm norms) => norms.Of(Values) + Error;

    /// <summary>σ_k of the exact matrix at least, k = rows; 0 where there are fewer columns or nothing can be shown.</summary>
    public LowerBound RowFloor() => SingularValueFloor.OfRows(this);

    /// <summary>At least the norm of one exact row.</summary>
    public UpperBound RowNorm(int row) => UpperBound.Norm(Values.Row(row)) + RowError[row];

    /// <summary>‖fl(XY) − exact XY‖ (Frobenius) at most, for a product in double in any order (C.37).</summary>
    /// <param name="left">‖X̂‖ (Frobenius) at most.</param>
    /// <param name="leftError">‖X − X̂‖ at most.</param>
    /// <param name="right">‖Ŷ‖ at most.</param>
    /// <param name="rightError">‖Y − Ŷ‖ at most.</param>
    /// <param name="terms">Products in each sum.</param>
    public static UpperBound ProductError(UpperBound left, UpperBound leftError, UpperBound right, UpperBound rightError, int terms) =>
        (leftError * (right + rightError)) + (left * rightError) + (UpperBound.Gamma(terms + 1) * left * right) + Underflow;

    /// <summary>Far more than the products of one matrix can lose to underflow (2⁻¹⁰⁷⁴ each).</summary>
    public static readonly UpperBound Underflow = (UpperBound)1e-300;
}
