namespace Kappa.Numerics;

/// <summary>Polynomials given by the coefficients of c_0/2 + Σ_{k ≥ 1} c_k T_k(t).</summary>
internal static class ChebyshevSeries
{
    /// <summary>The coefficients of 1, t, t², … of the same polynomial.</summary>
    /// <remarks>T_k has integer coefficients that grow like 2.4^k: exact here,
    /// but the powers are only worth having where the c_k fall faster.</remarks>
    public static double[] ToPowers(ReadOnlySpan<double> coefficients)
    {
        // T_0 = 1, T_1 = t, T_{k+1} = 2 t T_k − T_{k−1}.
        double[] powers = new double[coefficients.Length], previous = new double[coefficients.Length + 1],
            current = new double[coefficients.Length + 1];
        (previous[0], current[1]) = (1, 1);
        powers[0] = coefficients[0] / 2;
        for (int k = 1; k < coefficients.Length; k++)
        {
            for (int j = 0; j <= k; j++)
            {
                powers[j] += coefficients[k] * current[j];
            }

            for (int j = 0; j <= k + 1; j++)
            {
                previous[j] = (j > 0 ? 2 * current[j - 1] : 0) - previous[j];
            }

            (previous, current) = (current, previous);
        }

        return powers;
    }
}
