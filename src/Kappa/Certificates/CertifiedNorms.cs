using Kappa.Numerics;

namespace Kappa.Certificates;

/// <summary>Ends of a singular spectrum, rounded outward: what a theorem may rest on.</summary>
/// <param name="Largest">At least σ_max.</param>
/// <param name="Smallest">At most the value asked for; 0 where there are fewer values.</param>
internal readonly record struct CertifiedNorms(double Largest, double Smallest)
{
    /// <summary>σ_max and σ_k of a matrix, k = 1 the largest, by the orthogonal route (P.1).</summary>
    public static CertifiedNorms Of(in Matrix matrix, int k)
    {
        double[] values = new double[Math.Min(matrix.Rows, matrix.Columns)];
        new SingularValues(matrix.Rows, matrix.Columns).Compute(matrix, values);
        return new CertifiedNorms(Outward.Up(values[0]), k > values.Length ? 0 : Outward.Down(values[k - 1], values[0], Math.Max(matrix.Rows, matrix.Columns)));
    }

    /// <summary>At least σ_max of a matrix.</summary>
    public static double LargestOf(in Matrix matrix) => Of(matrix, 1).Largest;
}
