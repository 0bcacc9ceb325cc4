using Kappa.Certificates.Enclosures;
using Kappa.Numerics;

namespace Kappa.Certificates.Ball;

/// <summary>The least radii of (C.9): the least fixed point of the monotone map T(C) = 2ℓ(C)√(2ℒ_0)/μ(C) (C.10).</summary>
internal static class BallRadii
{
    // 0.5 squared eleven times is 0; the logarithm of any two doubles' ratio, 1500, is halved to less than log 2 in twelve steps.
    private const int MostSquarings = 12;
    private const int MostHalvings = 16;
    private const double LargestStart = 1e150;

    // e^4 below the edge: s μ(C) has its maximum where μ has lost a constant share, e.g. at edge/3
    // when features move in proportion to s. Its top is flat: 3 % of s is 1e-3 of the maximum.
    private const double SearchWidth = 4;
    private const double SearchTolerance = 0.03;

    /// <summary>The radii, one a block, or <c>null</c> when there are none.</summary>
    /// <param name="function">Bounds as a function of the radii.</param>
    /// <param name="residualNorm">√(2ℒ_0).</param>
    public static double[]? Find(BallFunction function, UpperBound residualNorm) =>
        LeastFixedPoint.Of(function.Blocks, radii => PathLengths(function.At(radii, withSecond: false), residualNorm));

    /// <summary>The largest √(2ℒ_0) below <paramref name="residualNorm"/> for
    /// which there are radii, from below to about 1e-3; 0 when μ(0) = 0.</summary>
    /// <remarks>
    /// With s = 2√(2ℒ_0)/μ the fixed point is C = s ℓ(C), in which μ does not occur; so each s gives radii and the residual s μ(C)/2 that
    /// they are the radii of. That is largest at some s below the one where μ reaches 0, and small on both sides of it.
    /// </remarks>
    public static double LargestResidual(BallFunction function, double residualNorm)
    {
        double plConstant = function.At(new double[function.Blocks], withSecond: false).Pl.Sum.Value;
        if (!(plConstant > 0))
        {
            return 0;
        }

        // From the s that would do if μ stayed, down by squaring: 1e-300 is ten tries
        // away. A quotient that overflows starts at the largest s that its square allows.
        double edge = Math.Min(2 * residualNorm / plConstant, LargestStart), inside = edge, share = 0.5;
        if (!(edge > 0))
        {
            return 0;
        }

        double start = edge;
        for (int k = 0; k < MostSquarings; k++)
        {
            inside = start * share;
            if (inside == 0)
            {
                return 0;
            }

            if (ResidualAt(function, inside) > 0)
            {
                break;
            }

            (edge, share) = (inside, share * share);
        }

        for (int k = 0; k < MostHalvings && edge > 2 * inside; k++)
        {
            double middle = Math.Sqrt(edge) * Math.Sqrt(inside);
            (edge, inside) = ResidualAt(function, middle) == 0 ? (middle, inside) : (edge, middle);
        }

        return LargestBetween(function, Math.Log(edge) - SearchWidth, Math.Log(edge));
    }

    /// <summary>T_b(C) = 2 ℓ_b(F) √(2ℒ_0)/μ: how far block b moves at most when
    /// the bounds hold on the way; infinite when they say nothing.</summary>
    public static UpperBound[] PathLengths(BallConstants constants, UpperBound residualNorm) =>
        Array.ConvertAll(constants.OutputFirst, first => 2 * first * residualNorm / constants.Pl.Sum);

    // Golden section in log s; every value that is looked at is attained, so
    // the largest of them is a true bound whatever the shape of the curve.
    private static double LargestBetween(BallFunction function, double low, double high)
    {
        const double Golden = 0.6180339887498949;
        double left = high - (Golden * (high - low)), right = low + (Golden * (high - low));
        double atLeft = At(left), atRight = At(right), largest = Math.Max(atLeft, atRight);
        while (high - low > SearchTolerance)
        {
            if (atLeft >= atRight)
            {
                (high, right, atRight) = (right, left, atLeft);
                left = high - (Golden * (high - low));
                atLeft = At(left);
            }
            else
            {
                (low, left, atLeft) = (left, right, atRight);
                right = low + (Golden * (high - low));
                atRight = At(right);
            }

            largest = Math.Max(largest, Math.Max(atLeft, atRight));
        }

        return largest;

        double At(double logarithm) => ResidualAt(function, Math.Exp(logarithm));
    }

    // s μ(C)/2 at the least solution of C = s ℓ(C); 0 when there is none with μ > 0.
    private static double ResidualAt(BallFunction function, double factor)
    {
        LowerBound plConstant = default;
        double[]? radii = LeastFixedPoint.Of(function.Blocks, at =>
        {
            BallConstants constants = function.At(at, withSecond: false);
            plConstant = constants.Pl.Sum;
            return plConstant > 0 ? Array.ConvertAll(constants.OutputFirst, first => (UpperBound)factor * first) : null;
        });
        return radii is null ? 0 : factor * plConstant.Value / 2;
    }
}
