using Kappa.Certificates.Ball;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates.Path;

/// <summary>The algorithm of the path certificate (C.16): balls of growing
/// radius until the certified decrease reaches the residual.</summary>
internal sealed class PathMarch
{
    private const int MostPieces = 100;
    private const double LargestSecond = 1e12;
    private const double LargestOutRatio = 2 + 2e-9;
    private const double LeastShare = 1e-12;
    private const double ShortfallTolerance = 1.02;

    // 4^21 exceeds 1/LeastShare; log 4 is halved to less than log 1.02 in seven steps.
    private const int MostQuarterings = 21;
    private const int MostHalvings = 10;

    private readonly LocalPropagation _propagation;
    private readonly SpectralNorm _norms = new();
    private readonly PathFloor _kind;
    private readonly bool _usesRefinements;
    private readonly bool[] _trained;
    private readonly bool[] _joint;
    private readonly int _out;
    private readonly UpperBound[] _startFirst;

    /// <summary>Prepares the centre: the bounds at radius 0.</summary>
    /// <param name="point">A point that the theorem is about.</param>
    /// <param name="propagation">The bounds around it.</param>
    /// <param name="kind">Which floor.</param>
    /// <param name="startFloor">s_0, rounded down.</param>
    /// <param name="usesRefinements">Whether to use the norms over all trained blocks together
    /// and p piece by piece; without them the certificate is the plain (C.14).</param>
    public PathMarch(
        ResidualTransformerPoint point, LocalPropagation propagation, PathFloor kind, LowerBound startFloor, bool usesRefinements = true)
    {
        _kind = kind;
        StartFloor = startFloor;
        _propagation = propagation;
        _out = BlockIndices.Of(point.Shape.Depth - 1, point.Shape.Depth).FfnOut;
        _trained = [.. point.IsTrained.Take(_propagation.Blocks)];
        _joint = [.. _trained.Select((trained, b) => trained && (kind == PathFloor.Kernel || b != _out))];
        LocalBound output = _propagation.On(new ParameterBall(new double[_propagation.Blocks])).Output;
        _startFirst = [.. output.First.Take(_propagation.Blocks).Select((first, b) => _trained[b] ? first : default)];
        _usesRefinements = usesRefinements;
        StartLambda = UpperBound.Min(
            usesRefinements || kind == PathFloor.Kernel ? _propagation.StartJoint : UpperBound.Infinity, UpperBound.Norm(_startFirst));
    }

    /// <summary>s_0.</summary>
    public LowerBound StartFloor { get; }

    /// <summary>Λ_0 ≥ σ_max(J) at θ_0, from the norms of its blocks where it is not known.</summary>
    public UpperBound StartLambda { get; }

    /// <summary>Marches outward (C.16).</summary>
    /// <param name="residual">R = ‖F − Y‖, rounded up.</param>
    /// <param name="options">η or h, f and the number of pieces.</param>
    public PathResult Run(UpperBound residual, CertificateOptions options)
    {
        double piece = residual.Value / StartFloor.Value / options.Pieces;
        double ratio = OutRatio(options);
        var pieces = new PathPieces(_kind, StartFloor, piece, residual, _usesRefinements);
        PathResult result = new() { End = PathEnd.TooManyPieces };
        for (int k = 1; k <= MostPieces; k++)
        {
            result = BoundBall(
                (k * (UpperBound)piece).Value, ratio, residual, options, pieces.Floor) with
            { Pieces = k, Covered = result.Covered };
            if (result.End != PathEnd.Certified)
            {
                return result;
            }

            pieces.Add(result);
            result = result with { Covered = pieces.Covered(result.StepSize) };
            if (result.Covered.Value >= residual.Value)
            {
                return result;
            }
        }

        return result with { End = PathEnd.TooManyPieces };
    }

    /// <summary>The largest residual, to a factor 1.02, at which a march from the same
    /// weights succeeds; 0 when none down to 1e-12 of the given one does.</summary>
    /// <param name="residual">R at which it fails.</param>
    /// <param name="options">As for <see cref="Run"/>.</param>
    public double LargestCertified(double residual, CertificateOptions options)
    {
        double fails = residual, holds = residual / 2;
        for (int k = 0; k < MostQuarterings && Run((UpperBound)holds, options).End != PathEnd.Certified; k++)
        {
            (fails, holds) = (holds, holds / 4);
            if (!(holds > LeastShare * residual) || k + 1 == MostQuarterings)
            {
                return 0;
            }
        }

        for (int k = 0; k < MostHalvings && fails > ShortfallTolerance * holds; k++)
        {
            double middle = Math.Sqrt(fails) * Math.Sqrt(holds);
            (fails, holds) = Run((UpperBound)middle, options).End == PathEnd.Certified ? (fails, middle) : (middle, holds);
        }

        return holds;
    }

    // C_A / r: g/p never exceeds 2 (C.13); with one p for the whole path a little above g/p where nothing has moved yet.
    private double OutRatio(CertificateOptions options)
    {
        double fastest = options.StepSize is double eta ? PathPieces.Fastest(eta, StartLambda).Value : 1 / options.StepDivisor;
        StepLemma? lemma = _usesRefinements ? null : StepLemma.Of(0, fastest, 0);
        return lemma is StepLemma start ? 1.05 * Math.Max(1, start.Whole / start.Rest) : LargestOutRatio;
    }

    // The constants on one ball; End says what fails on it first, Certified that nothing does.
    private PathResult BoundBall(
        double radius, double ratio, UpperBound residual, CertificateOptions options, Func<UpperBound, LowerBound> floorAfter)
    {
        double outRadius = _kind == PathFloor.Features && _trained[_out] ? UpperBound.OfComputed(ratio * radius).Value : 0;
        double[] radii = [.. _joint.Select((joint, b) => joint ? radius : b == _out ? outRadius : 0)];
        (LocalBound output, LocalBound hidden, UpperBound jointHidden) = _propagation.On(new ParameterBall(radii, _joint, radius));
        Matrix second = TrainedSecond(output);
        if (!(MatrixScale.Of(second).Largest < LargestSecond))
        {
            return new PathResult { End = PathEnd.BoundsExploded, Radius = radius };
        }

        UpperBound curvature = _norms.Of(second);
        UpperBound byBlock = _kind == PathFloor.Kernel
            ? curvature
            : UpperBound.Norm([.. hidden.First.Take(_joint.Length).Where((_, b) => _joint[b])]);
        UpperBound slope = _kind == PathFloor.Features && _usesRefinements ? UpperBound.Min(byBlock, jointHidden) : byBlock;
        UpperBound lambda = LargestJacobian(second, output, radius, radii);
        double eta = options.StepSize ?? 1 / (options.StepDivisor * lambda.Value * lambda.Value);
        UpperBound fastest = PathPieces.Fastest(eta, lambda), remainder = PathPieces.Remainder(curvature, eta, residual);
        LowerBound floor = floorAfter(slope);
        StepLemma? lemma = PathPieces.LemmaAt(eta, lambda, floor, StartFloor, remainder);
        var result = new PathResult
        {
            End = PathEnd.Certified,
            Radius = radius,
            OutRadius = outRadius,
            Floor = floor,
            FloorSlope = slope,
            FloorSlopeByBlock = byBlock,
            Curvature = curvature,
            Lambda = lambda,
            StepSize = eta,
            Remainder = remainder,
            Lemma = lemma,
        };
        return result with { End = FirstFailure(result, fastest.Value, ratio, options.FloorFraction) };
    }

    private PathEnd FirstFailure(PathResult result, double fastest, double ratio, double floorFraction)
    {
        if (!(result.Floor.Value > floorFraction * StartFloor.Value))
        {
            return PathEnd.FloorSpent;
        }

        if (!(fastest < 2))
        {
            return PathEnd.StepTooLong;
        }

        return result.Lemma is not StepLemma lemma ? PathEnd.CurvatureTooLarge
            : _kind == PathFloor.Features && lemma.Whole / lemma.Rest > ratio ? PathEnd.OutWeightTooFar
            : PathEnd.Certified;
    }

    private Matrix TrainedSecond(LocalBound output)
    {
        int blocks = _trained.Length;
        Matrix second = Matrix.Allocate(blocks, blocks);
        for (int b = 0; b < blocks; b++)
        {
            for (int c = 0; c < blocks; c++)
            {
                second[b, c] = _trained[b] && _trained[c] ? output.Second[b, c].Value : 0;
            }
        }

        return second;
    }

    // Λ(r): the start plus what the second derivatives allow, in total or block by block
    private UpperBound LargestJacobian(in Matrix second, LocalBound output, double radius, double[] radii)
    {
        var ball = new ParameterBall(radii, _joint, radius);
        UpperBound[] change = new UpperBound[_trained.Length], block = new UpperBound[_trained.Length],
            row = new UpperBound[_trained.Length];
        for (int b = 0; b < change.Length; b++)
        {
            for (int c = 0; c < row.Length; c++)
            {
                row[c] = (UpperBound)second[b, c];
            }

            change[b] = ball.Reach(row);
            block[b] = _trained[b] ? UpperBound.Min(output.First[b], _startFirst[b] + change[b]) : default;
        }

        return UpperBound.Min(StartLambda + UpperBound.Norm(change), UpperBound.Norm(block));
    }
}
