using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates;

/// <summary>μ and β of (G.4) and the residual, proven bounds of the exact ones (G.8).</summary>
internal sealed class ValuesOnlyConstants
{
    private ValuesOnlyConstants()
    {
    }

    /// <summary>M = N n.</summary>
    public required int Rows { get; init; }

    /// <summary>Columns of B of the trained heads.</summary>
    public required int JointWidth { get; init; }

    /// <summary>min_h σ_{D_out}(W_O^h)² σ_M(B)².</summary>
    public required double JointPlConstant { get; init; }

    /// <summary>σ_{D_out}(W_O)² min_h σ_M(B_h)².</summary>
    public required double SplitPlConstant { get; init; }

    /// <summary>β.</summary>
    public required double Smoothness { get; init; }

    /// <summary>σ_M(B).</summary>
    public required double JointSmallest { get; init; }

    /// <summary>min_h σ_M(B_h).</summary>
    public required double SmallestOfHeads { get; init; }

    /// <summary>√(2ℒ_0).</summary>
    public required double ResidualNorm { get; init; }

    /// <summary>The trained heads' B_h, each with its distance to the exact one, and their W_O^h.</summary>
    public required IReadOnlyList<(EnclosedMatrix Features, Matrix Output)> Heads { get; init; }

    /// <summary>μ.</summary>
    public double PlConstant => Math.Max(JointPlConstant, SplitPlConstant);

    /// <summary>Whether the joint bound is the one that counts.</summary>
    public bool IsJoint => JointPlConstant > 0 && JointPlConstant >= SplitPlConstant;

    /// <summary>The constants at a point with trained values.</summary>
    public static ValuesOnlyConstants Of(ModelPoint<KernelAttention> point)
    {
        var precise = new PreciseKernelFeatures(point);
        (EnclosedMatrix Features, Matrix Output)[] heads =
            [.. point.TrainedMatrices.Select(block => (EnclosedMatrix.Of(precise.Heads[block.Layer]), point.Parameters[$"heads.{block.Layer}.output"]))];
        EnclosedMatrix joint = Beside([.. heads.Select(head => head.Features)]);
        double smallestOfHeads = heads.Min(head => head.Features.RowFloor()), jointSmallest = joint.RowFloor();
        double smallestOutput = heads.Min(head => SingularValueFloor.OfColumns(head.Output)), stackedSmallest = SingularValueFloor.OfColumns(Above([.. heads.Select(head => head.Output)]));
        var norms = new SpectralNorm();
        double largestOutput = heads.Max(head => norms.UpperBound(head.Output));
        return new ValuesOnlyConstants
        {
            Rows = joint.Values.Rows,
            JointWidth = joint.Values.Columns,
            JointSmallest = jointSmallest,
            SmallestOfHeads = smallestOfHeads,
            JointPlConstant = Outward.SquareDown(smallestOutput * jointSmallest),
            SplitPlConstant = Outward.SquareDown(stackedSmallest * smallestOfHeads),
            Smoothness = Outward.SquareUp(largestOutput * joint.Largest(norms)),
            ResidualNorm = Outward.OrInfinity(precise.ResidualNorm),
            Heads = heads,
        };
    }

    /// <summary>J = [W_O^1ᵀ ⊗ B_1, …] of the trained heads [M·D_out, H·D·d] with its distance to the exact one: output (r, o) by weight (h, i, k), B_h[r, i] W_O^h[k, o].</summary>
    public EnclosedMatrix Map()
    {
        Matrix first = Heads[0].Output;
        int outputs = first.Columns, perHead = Heads[0].Features.Values.Columns * first.Rows;
        Matrix map = Matrix.Allocate(Rows * outputs, Heads.Count * perHead);
        double[] error = new double[map.Rows];
        for (int row = 0; row < map.Rows; row++)
        {
            Span<double> target = map.Row(row);
            double ofFeatures = 0;
            for (int head = 0, at = 0; head < Heads.Count; head++)
            {
                (EnclosedMatrix features, Matrix output) = Heads[head];
                double squares = 0;
                for (int k = 0; k < output.Rows; k++)
                {
                    squares += output[k, row % outputs] * output[k, row % outputs];
                }

                foreach (double feature in features.Values.Row(row / outputs))
                {
                    for (int k = 0; k < output.Rows; k++)
                    {
                        target[at++] = feature * output[k, row % outputs];
                    }
                }

                ofFeatures += features.RowError[row / outputs] * (Math.Sqrt(squares) + EnclosedMatrix.Underflow);
            }

            // One rounding of every product, and those that underflow.
            error[row] = RoundedUp.Of(ofFeatures + (RoundedUp.Gamma(1) * RoundedUp.Norm(target)) + EnclosedMatrix.Underflow);
        }

        return new EnclosedMatrix(map, error);
    }

    /// <summary>What was computed.</summary>
    public IEnumerable<Constant> List() =>
    [
        new("PL constant", "μ", "G.4", PlConstant),
        new("PL constant from all heads' features together", "min_h σ_{D_out}(W_O^h)² σ_M(B)²", "G.4", JointPlConstant),
        new("PL constant from each head's features", "σ_{D_out}(W_O)² min_h σ_M(B_h)²", "G.4", SplitPlConstant),
        new("smoothness", "β", "G.4", Smoothness),
        new("smallest singular value of B", "σ_M(B)", "G.4", JointSmallest),
        new("smallest singular value of a head's features", "min_h σ_M(B_h)", "G.4", SmallestOfHeads),
        new("residual norm", "√(2ℒ_0)", "G.4", ResidualNorm),
    ];

    private static EnclosedMatrix Beside(EnclosedMatrix[] parts)
    {
        int rows = parts[0].Values.Rows, width = parts[0].Values.Columns;
        Matrix joint = Matrix.Allocate(rows, parts.Length * width);
        double[] error = new double[rows];
        for (int k = 0; k < parts.Length; k++)
        {
            parts[k].Values.CopyTo(joint.ColumnRange(k * width, width));
        }

        for (int row = 0; row < rows; row++)
        {
            error[row] = RoundedUp.Norm([.. parts.Select(part => part.RowError[row])]);
        }

        return new EnclosedMatrix(joint, error);
    }

    private static Matrix Above(Matrix[] parts)
    {
        Matrix stacked = Matrix.Allocate(parts.Sum(part => part.Rows), parts[0].Columns);
        int first = 0;
        foreach (Matrix part in parts)
        {
            part.CopyTo(stacked.RowRange(first, part.Rows));
            first += part.Rows;
        }

        return stacked;
    }
}
