using Kappa.Numerics;

namespace Kappa.Certificates;

/// <summary>The algorithm of the path certificate (C.16): balls of growing radius until the certified decrease reaches the residual.</summary>
internal sealed class PathMarch
{
    private const int MostPieces = 100;
    private const double LargestSecond = 1e12;
    private const double LargestOutRatio = 2;
    private const double LeastShare = 1e-12;
    private const double ShortfallTolerance = 1.02;

    // 4^21 exceeds 1/LeastShare; log 4 is halved to less than log 1.02 in seven steps.
    private const int MostQuarterings = 21;
    private const int MostHalvings = 10;

    private readonly LocalPropagation _propagation;
    private readonly LargestEigenvalue _eigenvalue = new();
    private readonly PathFloor _kind;
    private readonly bool _usesRefinements;
    private readonly bool[] _trained;
    private readonly bool[] _joint;
    private readonly int _out;
    private readonly double[] _startFirst;

    /// <summary>Prepares the centre: the bounds at radius 0.</summary>
    /// <param name="point">A point that the theorem is about.</param>
    /// <param name="propagation">The bounds around it.</param>
    /// <param name="kind">Which floor.</param>
    /// <param name="startFloor">s_0, rounded down.</param>
    /// <param name="usesRefinements">Whether to use the norms over all trained blocks together and p piece by piece; without them the certificate is the plain (C.14).</param>
    public PathMarch(TrainingPoint point, LocalPropagation propagation, PathFloor kind, double startFloor, bool usesRefinements = true)
    {
        _kind = kind;
        StartFloor = startFloor;
        _propagation = propagation;
        _out = _propagation.Blocks - 1;
        _trained = [.. point.IsTrained.Take(_propagation.Blocks)];
        _joint = [.. _trained.Select((trained, b) => trained && (kind == PathFloor.Kernel || b != _out))];
        LocalBound output = _propagation.On(new ParameterBall(new double[_propagation.Blocks])).Output;
        _startFirst = [.. output.First.Take(_propagation.Blocks).Select((first, b) => _trained[b] ? Outward.Up(first) : 0)];
        _usesRefinements = usesRefinements;
        StartLambda = Math.Min(usesRefinements || kind == PathFloor.Kernel ? _propagation.StartJoint : double.PositiveInfinity, Outward.Up(Vectors.Norm(_startFirst)));
    }

    /// <summary>s_0.</summary>
    public double StartFloor { get; }

    /// <summary>Λ_0 ≥ σ_max(J) at θ_0, from the norms of its blocks where it is not known.</summary>
    public double StartLambda { get; }

    /// <summary>‖J_b‖ at θ_0 at most, one a block.</summary>
    public IReadOnlyList<double> StartBlocks => _startFirst;

    /// <summary>Marches outward (C.16).</summary>
    /// <param name="residual">R = ‖F − Y‖, rounded up.</param>
    /// <param name="options">η or h, f and the number of pieces.</param>
    public PathResult Run(double residual, CertificateOptions options)
    {
        double piece = residual / StartFloor / options.Pieces;
        double ratio = OutRatio(options);
        var pieces = new PathPieces(_kind, StartFloor, piece, residual, _usesRefinements);
        PathResult result = new() { End = PathEnd.TooManyPieces };
        for (int k = 1; k <= MostPieces; k++)
        {
            result = BoundBall(k * piece, ratio, residual, options, pieces.Floor) with { Pieces = k, Covered = result.Covered };
            if (result.End != PathEnd.Certified)
            {
                return result;
            }

            pieces.Add(result);
            result = result with { Covered = pieces.Covered(result.StepSize) };
            if (result.Covered >= residual)
            {
                return result;
            }
        }

        return result with { End = PathEnd.TooManyPieces };
    }

    /// <summary>The largest residual, to a factor 1.02, at which a march from the same weights succeeds; 0 when none down to 1e-12 of the given one does.</summary>
    /// <param name="residual">R at which it fails.</param>
    /// <param name="options">As for <see cref="Run"/>.</param>
    public double LargestCertified(double residual, CertificateOptions options)
    {
        double fails = residual, holds = residual / 2;
        for (int k = 0; k < MostQuarterings && Run(holds, options).End != PathEnd.Certified; k++)
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
            (fails, holds) = Run(middle, options).End == PathEnd.Certified ? (fails, middle) : (middle, holds);
        }

        return holds;
    }

    // C_A / r: g/p never exceeds 2 (C.13); with one p for the whole path a little above g/p where nothing has moved yet.
    private double OutRatio(CertificateOptions options)
    {
        double fastest = options.StepSize is double eta ? eta * StartLambda * StartLambda : 1 / options.StepDivisor;
        StepLemma? lemma = _usesRefinements ? null : StepLemma.Of(0, fastest, 0);
        return lemma is StepLemma start ? 1.05 * Math.Max(1, start.Whole / start.Rest) : Outward.Up(LargestOutRatio);
    }

    // The constants on one ball; End says what fails on it first, Certified that nothing does.
    private PathResult BoundBall(double radius, double ratio, double residual, CertificateOptions options, Func<double, double> floorAfter)
    {
        double outRadius = _kind == PathFloor.Features && _trained[_out] ? ratio * radius : 0;
        double[] radii = [.. _joint.Select((joint, b) => joint ? radius : b == _out ? outRadius : 0)];
        (LocalBound output, LocalBound hidden, double jointHidden) = _propagation.On(new ParameterBall(radii, _joint, radius));
        Matrix second = TrainedSecond(output, out double largest);
        if (!(largest < LargestSecond))
        {
            return new PathResult { End = PathEnd.BoundsExploded, Radius = radius };
        }

        double curvature = Outward.Up(Outward.Up(_eigenvalue.UpperBound(second)));
        double byBlock = _kind == PathFloor.Kernel ? curvature : Outward.Up(Vectors.Norm([.. hidden.First.Take(_joint.Length).Where((_, b) => _joint[b])]));
        double slope = _kind == PathFloor.Features && _usesRefinements ? Math.Min(byBlock, Outward.Up(jointHidden)) : byBlock;
        double lambda = LargestJacobian(second, output, radius, radii);
        double eta = options.StepSize ?? 1 / (options.StepDivisor * lambda * lambda);
        double fastest = eta * lambda * lambda, remainder = Outward.Up(0.5 * curvature * eta * residual);
        double floor = floorAfter(slope);
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
        return result with { End = FirstFailure(result, fastest, ratio, options.FloorFraction) };
    }

    private PathEnd FirstFailure(PathResult result, double fastest, double ratio, double floorFraction)
    {
        if (!(result.Floor > floorFraction * StartFloor))
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

    private Matrix TrainedSecond(LocalBound output, out double largest)
    {
        int blocks = _trained.Length;
        Matrix second = Matrix.Allocate(blocks, blocks);
        largest = 0;
        for (int b = 0; b < blocks; b++)
        {
            for (int c = 0; c < blocks; c++)
            {
                double value = _trained[b] && _trained[c] ? Outward.Up(output.Second[b, c]) : 0;
                second[b, c] = value;
                largest = value > largest || double.IsNaN(value) ? value : largest;
            }
        }

        return second;
    }

    // Λ(r): the start plus what the second derivatives allow, in total or block by block
    private double LargestJacobian(in Matrix second, LocalBound output, double radius, double[] radii)
    {
        double[] change = new double[_trained.Length], block = new double[_trained.Length];
        for (int b = 0; b < change.Length; b++)
        {
            double jointSquares = 0, product = 0;
            for (int c = 0; c < change.Length; c++)
            {
                jointSquares += _joint[c] ? second[b, c] * second[b, c] : 0;
                product += second[b, c] * radii[c];
            }

            double outward = _joint[_out] ? 0 : second[b, _out] * radii[_out];
            change[b] = Math.Min((Math.Sqrt(jointSquares) * radius) + outward, product);
            block[b] = _trained[b] ? Math.Min(Outward.Up(output.First[b]), _startFirst[b] + change[b]) : 0;
        }

        return Outward.Up(Math.Min(StartLambda + Vectors.Norm(change), Vectors.Norm(block)));
    }
}
