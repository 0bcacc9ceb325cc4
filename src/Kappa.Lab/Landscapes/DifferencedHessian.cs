using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Landscapes;

/// <summary>v ↦ (∇ℒ(φ + h v) − ∇ℒ(φ − h v)) / 2h, which is ∇²ℒ v + O(h²).</summary>
/// <remarks>h ‖v‖ = ε^⅓ (1 + ‖φ‖) balances the third derivative's h² against the rounding ε/h of the gradients, so about ten digits of a well-scaled product remain at best. Symmetric to that error only.</remarks>
internal sealed class DifferencedHessian : ISymmetricOperator
{
    // ε^⅓ with ε = 2⁻⁵².
    private const double RelativeStep = 6.055454452393343e-6;

    private readonly ILandscapeLoss _loss;
    private readonly double[] _point;
    private readonly double[] _moved;
    private readonly double[] _before;
    private readonly double _step;

    /// <summary>At a point.</summary>
    public DifferencedHessian(ILandscapeLoss loss, ReadOnlySpan<double> point)
    {
        _loss = loss;
        _point = point.ToArray();
        _moved = new double[point.Length];
        _before = new double[point.Length];
        _step = RelativeStep * (1 + Vectors.Norm(point));
    }

    /// <inheritdoc/>
    public int Size => _point.Length;

    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<double> x, Span<double> y)
    {
        double norm = Vectors.Norm(x);
        if (norm == 0)
        {
            y.Clear();
            return;
        }

        double step = _step / norm;
        GradientAt(-step, x, _before);
        GradientAt(step, x, y);
        Vectors.AddScaled(y, -1, _before);
        Vectors.Scale(y, 0.5 / step);
    }

    private void GradientAt(double step, ReadOnlySpan<double> x, Span<double> gradient)
    {
        _point.CopyTo(_moved.AsSpan());
        Vectors.AddScaled(_moved, step, x);
        _ = _loss.LossAndGradient(_moved, gradient);
    }
}
