using Kappa.Lab.Runs.Evaluation;
using Kappa.Models;
using Kappa.Spectra;

namespace Kappa.Lab.Tests.Studies.Landscapes;

/// <summary>½ Σ h_k (φ_k − m_k)² over two matrices: minimum, gradient and Hessian are known.</summary>
internal sealed class QuadraticLoss(double[] curvatures, double[] minimum) : ILandscapeLoss
{
    public static readonly ParameterLayout Layout = ParameterLayout.For(
        new ResidualTransformerShape { Width = 2, KeyWidth = 1, FfnWidth = 2, Depth = 1 });

    /// <summary>Ends the process, as far as a test can: every evaluation after so many throws.</summary>
    public Action? BeforeEach { get; init; }

    public TrainedCoordinates Coordinates { get; } = new(Layout, TrainedSet.All);

    public bool HasKinks => false;

    public double Loss(ReadOnlySpan<double> point)
    {
        BeforeEach?.Invoke();
        double sum = 0;
        for (int k = 0; k < point.Length; k++)
        {
            sum += 0.5 * curvatures[k] * (point[k] - minimum[k]) * (point[k] - minimum[k]);
        }

        return sum;
    }

    public double LossAndGradient(ReadOnlySpan<double> point, Span<double> gradient)
    {
        for (int k = 0; k < point.Length; k++)
        {
            gradient[k] = curvatures[k] * (point[k] - minimum[k]);
        }

        return Loss(point);
    }

    public ISymmetricOperator HessianAt(ReadOnlySpan<double> point) => new Diagonal(curvatures);

    public void Dispose()
    {
    }

    private sealed class Diagonal(double[] values) : ISymmetricOperator
    {
        public int Size => values.Length;

        public void Apply(ReadOnlySpan<double> x, Span<double> y)
        {
            for (int k = 0; k < values.Length; k++)
            {
                y[k] = values[k] * x[k];
            }
        }
    }
}
