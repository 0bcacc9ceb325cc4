using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>v ↦ (∇ℒ(φ + h v) − ∇ℒ(φ − h v)) / 2h, which is ∇²ℒ v + O(h²); not a number where a kink lies inside every increment.</summary>
/// <remarks>
/// <para>h ‖v‖ = ε^⅓ (1 + ‖φ‖) balances the third derivative's h² against the rounding ε/h of the gradients, so about ten digits of a
/// well-scaled product remain at best. Symmetric to that error only.</para>
/// <para>Where the activation has a kink the gradient may jump by J between the two points, and the quotient holds J/2h, which is no
/// derivative and grows without limit as h shrinks. So for such a model every quotient is compared with that of h/4: a jump between the
/// points of h is missed by h/4, or becomes four times as large, and either way the two differ by J/2h or more, where a smooth loss gives
/// O(h²). Where they differ, h is made 16 and then 256 times smaller, which a kink beside the point is left out by. One at the point itself
/// never is, and the
/// product is then NaN and <see cref="FoundKink"/> is set.</para>
/// </remarks>
internal sealed class DifferencedHessian : ISymmetricOperator
{
    /// <summary>Why there is no number at a point where a kink was found.</summary>
    public const string KinkReason =
        "a kink of the activation lies inside every increment of the differences of gradients: a pre-activation is 0 there or nearly so, "
            + "and the loss has no Hessian";

    // ε^⅓ with ε = 2⁻⁵².
    private const double RelativeStep = 6.055454452393343e-6;

    // Quotients of a smooth loss agree to about 1e-9 of the Hessian's size,
    // to 1e-7 at the smallest increment; eigenvalues are asked for to 1e-5.
    private const double Agreement = 1e-5;
    private const double InnerShare = 0.25;
    private static readonly double[] Shares = [1, 1.0 / 16, 1.0 / 256];

    private readonly ILandscapeLoss _loss;
    private readonly double[] _point;
    private readonly double[] _moved;
    private readonly double[] _before;
    private readonly double[] _inner;
    private readonly double _step;
    private double _largest;

    /// <summary>At a point.</summary>
    public DifferencedHessian(ILandscapeLoss loss, ReadOnlySpan<double> point)
    {
        _loss = loss;
        _point = point.ToArray();
        _moved = new double[point.Length];
        _before = new double[point.Length];
        _inner = new double[loss.HasKinks ? point.Length : 0];
        _step = RelativeStep * (1 + Vectors.Norm(point));
    }

    /// <inheritdoc/>
    public int Size => _point.Length;

    /// <summary>Whether a product was not formed because of a kink.</summary>
    public bool FoundKink { get; private set; }

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
        if (!_loss.HasKinks)
        {
            Quotient(step, x, y);
            return;
        }

        foreach (double share in Shares)
        {
            if (Agree(step * share, x, y, norm))
            {
                return;
            }
        }

        FoundKink = true;
        y.Fill(double.NaN);
    }

    // The size of the Hessian is that of its largest product yet, of a unit vector:
    // against it a jump is measured. Loss and quotient that are not finite are no kink.
    private bool Agree(double step, ReadOnlySpan<double> x, Span<double> y, double norm)
    {
        Quotient(step, x, y);
        Quotient(step * InnerShare, x, _inner);
        double size = Math.Min(Vectors.Norm(y), Vectors.Norm(_inner)) / norm;
        Vectors.AddScaled(_inner, -1, y);
        double difference = Vectors.Norm(_inner) / norm;
        if (difference > Agreement * Math.Max(_largest, size))
        {
            return false;
        }

        _largest = Math.Max(_largest, size);
        return true;
    }

    private void Quotient(double step, ReadOnlySpan<double> x, Span<double> y)
    {
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
