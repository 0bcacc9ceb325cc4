using Kappa.Numerics;

namespace Kappa.Certificates.Ball;

/// <summary>The set of weights that bounds are valid on: ‖W_b − W_b⁰‖ ≤ C_b for every block
/// b and, when there is a radius r, Σ_b ‖W_b − W_b⁰‖² ≤ r² over the joint blocks.</summary>
/// <remarks>Convex, so the mean value inequality holds between θ_0 and any of its points.
/// An untrained block has C_b = 0. Immutable but for the caller's arrays.</remarks>
internal sealed class ParameterBall
{
    private readonly UpperBound[] _radii;
    private readonly bool[] _joint;
    private readonly UpperBound _jointRadius;

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
        _radii = [.. radii.Select(radius => (UpperBound)radius)];
        _joint = joint;
        _jointRadius = (UpperBound)jointRadius;
        IsPoint = Array.TrueForAll(radii, radius => radius == 0);
    }

    /// <summary>Number of blocks B.</summary>
    public int Blocks => _radii.Length;

    /// <summary>Whether it is θ_0 alone.</summary>
    public bool IsPoint { get; }

    /// <summary>r; infinite without a joint radius.</summary>
    public UpperBound JointRadius => _jointRadius;

    /// <summary>C_b.</summary>
    public UpperBound this[int block] => _radii[block];

    /// <summary>Whether block b is in the Euclidean ball.</summary>
    public bool IsJoint(int block) => _joint[block];

    /// <summary>sup over the ball of Σ_b ℓ_b ‖W_b − W_b⁰‖: how far a quantity
    /// with these derivative bounds can be from its value at θ_0.</summary>
    /// <param name="first">ℓ_b ≥ 0, at least one a block; further ones are not looked at.</param>
    public UpperBound Reach(ReadOnlySpan<UpperBound> first)
    {
        UpperBound product = default, others = default;
        var joint = new UpperBound[_radii.Length];
        for (int b = 0; b < _radii.Length; b++)
        {
            // 0 · ∞ is 0 here: a block that cannot move changes nothing however steep the quantity is.
            UpperBound step = first[b] * _radii[b];
            product += step;
            if (!_joint[b])
            {
                others += step;
            }
            else if (_radii[b] > 0)
            {
                joint[b] = first[b];
            }
        }

        return _jointRadius.IsFinite ? UpperBound.Min(product, (UpperBound.Norm(joint) * _jointRadius) + others) : product;
    }
}
