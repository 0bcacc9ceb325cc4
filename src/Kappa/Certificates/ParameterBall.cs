namespace Kappa.Certificates;

/// <summary>The set of weights that bounds are valid on: ‖W_b − W_b⁰‖ ≤ C_b for every block b and, when there is a radius r, Σ_b ‖W_b − W_b⁰‖² ≤ r² over the joint blocks.</summary>
/// <remarks>Convex, so the mean value inequality holds between θ_0 and any of its points. An untrained block has C_b = 0. Immutable but for the caller's arrays.</remarks>
internal sealed class ParameterBall
{
    private readonly double[] _radii;
    private readonly bool[] _joint;
    private readonly double _jointRadius;

    /// <summary>The product of balls of the given radii.</summary>
    /// <param name="radii">C_b, one a block.</param>
    public ParameterBall(double[] radii)
        : this(radii, new bool[radii.Length], double.PositiveInfinity)
    {
    }

    /// <summary>The product ball cut by the Euclidean ball of the joint blocks.</summary>
    /// <param name="radii">C_b, one a block.</param>
    /// <param name="joint">The blocks of the Euclidean ball.</param>
    /// <param name="jointRadius">r.</param>
    public ParameterBall(double[] radii, bool[] joint, double jointRadius)
    {
        _radii = radii;
        _joint = joint;
        _jointRadius = jointRadius;
        IsPoint = Array.TrueForAll(radii, radius => radius == 0);
    }

    /// <summary>Number of blocks B.</summary>
    public int Blocks => _radii.Length;

    /// <summary>Whether it is θ_0 alone.</summary>
    public bool IsPoint { get; }

    /// <summary>r; infinite without a joint radius.</summary>
    public double JointRadius => _jointRadius;

    /// <summary>C_b.</summary>
    public double this[int block] => _radii[block];

    /// <summary>Whether block b is in the Euclidean ball.</summary>
    public bool IsJoint(int block) => _joint[block];

    /// <summary>sup over the ball of Σ_b ℓ_b ‖W_b − W_b⁰‖: how far a quantity with these derivative bounds can be from its value at θ_0.</summary>
    /// <param name="first">ℓ_b ≥ 0, at least one a block; further ones are not looked at.</param>
    public double Reach(ReadOnlySpan<double> first)
    {
        double product = 0, squares = 0, others = 0;
        for (int b = 0; b < _radii.Length; b++)
        {
            // 0 · ∞ is 0 here: a block that cannot move changes nothing however steep the quantity is.
            double step = _radii[b] == 0 ? 0 : first[b] * _radii[b];
            product += step;
            if (_joint[b])
            {
                squares += _radii[b] == 0 ? 0 : first[b] * first[b];
            }
            else
            {
                others += step;
            }
        }

        return double.IsInfinity(_jointRadius) ? product : Math.Min(product, (Math.Sqrt(squares) * _jointRadius) + others);
    }
}
