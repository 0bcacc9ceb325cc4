using Kappa.Numerics;

namespace Kappa.Certificates.Path;

/// <summary>The pieces of a path marched so far: the integral U of (C.14), with the step lemma's constants of each piece.</summary>
/// <remarks>
/// The constants of the last ball are valid for the whole path. Those of the ball a step farther than a piece are valid for every step that
/// begins in the piece, and are better near the start, where Λ and c are smaller: U = Σ ∫ s / p_piece (C.16).
/// </remarks>
/// <param name="kind">Which floor.</param>
/// <param name="startFloor">s_0.</param>
/// <param name="piece">Length of a piece.</param>
/// <param name="residual">R.</param>
/// <param name="byPiece">Whether each piece has constants of its own.</param>
internal sealed class PathPieces(PathFloor kind, LowerBound startFloor, double piece, UpperBound residual, bool byPiece)
{
    private readonly List<PathResult> _balls = [];
    private readonly List<LowerBound> _areas = [];
    private UpperBound _fallen;

    /// <summary>s at the end of one more piece on which the floor falls at most at the given slope.</summary>
    public LowerBound Floor(UpperBound slope) => startFloor - (_fallen + (slope * (UpperBound)piece));

    /// <summary>Adds the piece that ends with a ball.</summary>
    public void Add(PathResult ball)
    {
        UpperBound fall = ball.FloorSlope * (UpperBound)piece;
        _areas.Add((LowerBound)piece * (startFloor - (_fallen + (fall / 2))));
        _fallen += fall;
        _balls.Add(ball);
    }

    /// <summary>U(r̄): the residual removed for certain before the path leaves the last ball.</summary>
    /// <param name="stepSize">η.</param>
    public LowerBound Covered(double stepSize)
    {
        LowerBound covered = default;
        for (int k = 0; k < _areas.Count; k++)
        {
            StepLemma lemma = Lemma(k, stepSize);
            covered += _areas[k] / UpperBound.OfComputed(kind == PathFloor.Features ? lemma.Rest : lemma.Whole);
        }

        return covered;
    }

    /// <summary>The constants on a ball, or <c>null</c> when there are none: at
    /// the worse end of the floors [s, s_0], for A₀ is monotone in σ.</summary>
    public static StepLemma? LemmaAt(double stepSize, UpperBound lambda, LowerBound floor, LowerBound startFloor, UpperBound remainder)
    {
        double fastest = Fastest(stepSize, lambda).Value, slowest = Slowest(fastest, floor, startFloor);
        return fastest < 2 && floor > 0 ? StepLemma.Of(stepSize * slowest * slowest, fastest, remainder.Value) : null;
    }

    /// <summary>ηΛ².</summary>
    public static UpperBound Fastest(double stepSize, UpperBound lambda) => (UpperBound)stepSize * lambda * lambda;

    /// <summary>ξ = ½cηR.</summary>
    public static UpperBound Remainder(UpperBound curvature, double stepSize, UpperBound residual) =>
        curvature * (UpperBound)stepSize * residual / 2;

    /// <summary>The floor at which A₀ is smallest.</summary>
    public static double Slowest(double fastest, LowerBound floor, LowerBound startFloor) => fastest <= 1 ? floor.Value : startFloor.Value;

    // A step is at most ηΛR long: one that begins in piece k ends within so many pieces.
    private StepLemma Lemma(int k, double stepSize)
    {
        PathResult last = _balls[^1];
        double reach = Math.Ceiling(((UpperBound)stepSize * last.Lambda * residual / (LowerBound)piece).Value);
        int end = byPiece && reach < _balls.Count - 1 - k ? k + (int)reach : _balls.Count - 1;
        PathResult ball = _balls[end];

        // The last ball's constants are valid for the whole path, so they may stand in.
        return LemmaAt(stepSize, ball.Lambda, ball.Floor, startFloor, Remainder(ball.Curvature, stepSize, residual)) ?? last.Lemma!.Value;
    }
}
