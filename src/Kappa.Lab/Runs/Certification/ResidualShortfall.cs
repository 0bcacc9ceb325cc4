using Kappa.Certificates;
using Kappa.Models;

namespace Kappa.Lab.Runs.Certification;

/// <summary>How many times smaller the residual would have to be for a theorem to certify a point, everything else as it is.</summary>
/// <remarks>
/// The weights stay and the targets move towards the output, Y' = F − (F − Y)/factor: no bound of a theorem but √(2ℒ_0) depends on Y. The
/// factor is found by squaring and bisection; it is certified, and one smaller by two per cent was tried and is not.
/// </remarks>
internal static class ResidualShortfall
{
    private const double Tolerance = 1.02;
    private const double Largest = 1e12;

    /// <summary>The factor; <c>null</c> when none up to 1e12 would do.</summary>
    /// <param name="theorem">A theorem that applies to the point and does not certify it.</param>
    /// <param name="point">The point.</param>
    /// <param name="options">What the theorem is asked.</param>
    /// <param name="cancellation">Ends it between two evaluations.</param>
    public static double? Of(Theorem theorem, ResidualTransformerPoint point, CertificateOptions options, CancellationToken cancellation)
    {
        // Each try asks for a verdict alone.
        CertificateOptions asked = options with { MeasuresShortfall = false };
        double fails = 1, holds = 2;
        while (!IsCertified(holds))
        {
            if (holds >= Largest)
            {
                return null;
            }

            (fails, holds) = (holds, Math.Min(holds * holds, Largest));
        }

        while (holds > Tolerance * fails)
        {
            double middle = Math.Sqrt(fails * holds);
            (fails, holds) = IsCertified(middle) ? (fails, middle) : (middle, holds);
        }

        return holds;

        bool IsCertified(double factor)
        {
            cancellation.ThrowIfCancellationRequested();
            using ResidualTransformerPoint nearer = Nearer(point, factor);
            return theorem.Evaluate(nearer, asked).Outcome == CertificateOutcome.Guaranteed;
        }
    }

    private static ResidualTransformerPoint Nearer(ResidualTransformerPoint point, double factor)
    {
        point.Model.Forward(point.Weights);
        Matrix output = point.Model.ForwardOutput, targets = Matrix.Allocate(output.Rows, output.Columns);
        for (int row = 0; row < output.Rows; row++)
        {
            ReadOnlySpan<double> from = output.Row(row), residual = point.Residual.Row(row);
            Span<double> to = targets.Row(row);
            for (int column = 0; column < to.Length; column++)
            {
                to[column] = from[column] - (residual[column] / factor);
            }
        }

        ResidualTransformerWeights weights = point.Weights;
        return new ResidualTransformerPoint(point.Model.Inputs, point.Model.Samples, targets, weights, point.Trained);
    }
}
