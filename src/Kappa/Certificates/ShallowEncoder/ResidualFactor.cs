namespace Kappa.Certificates.ShallowEncoder;

/// <summary>How much smaller the residual of model S would have to be for the conditions to hold.</summary>
internal static class ResidualFactor
{
    /// <summary>The largest factor f ≤ 1 of √(2ℓ_0) for which <paramref name="holds"/>, by
    /// bisection of its logarithm to a relative 1e-4; 0 when none is found down to 1e-30.</summary>
    public static double Largest(Func<double, bool> holds)
    {
        if (holds(1))
        {
            return 1;
        }

        double low = Math.Log(1e-30), high = 0;
        if (!holds(Math.Exp(low)))
        {
            return 0;
        }

        while (high - low > 1e-4)
        {
            double middle = (low + high) / 2;
            (low, high) = holds(Math.Exp(middle)) ? (middle, high) : (low, middle);
        }

        return Math.Exp(low);
    }
}
