using System.Numerics.Tensors;
using Kappa.Certificates.Enclosures;
using Kappa.Numerics;

namespace Kappa.Certificates.KernelAttention;

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
    public required LowerBound JointPlConstant { get; init; }

    /// <summary>σ_{D_out}(W_O)² min_h σ_M(B_h)².</summary>
    public required LowerBound SplitPlConstant { get; init; }

    /// <summary>β.</summary>
    public required UpperBound Smoothness { get; init; }

    /// <summary>σ_M(B).</summary>
    public required LowerBound JointSmallest { get; init; }

    /// <summary>min_h σ_M(B_h).</summary>
    public required LowerBound SmallestOfHeads { get; init; }

    /// <summary>√(2ℒ_0).</summary>
    public required UpperBound ResidualNorm { get; init; }

    /// <summary>The trained heads' B_h, each with its distance to the exact one, and their W_O^h.</summary>
    public required IReadOnlyList<(EnclosedMatrix Features, Matrix Output)> Heads { get; init; }

    /// <summary>μ.</summary>
    public LowerBound PlConstant => LowerBound.Max(JointPlConstant, SplitPlConstant);

    /// <summary>Whether the joint bound is the one that counts.</summary>
    public bool IsJoint => JointPlConstant > 0 && JointPlConstant >= SplitPlConstant;

    /// <summary>The constants at a point with trained values.</summary>
    public static ValuesOnlyConstants Of(TransformerPoint point)
    {
        var precise = new PreciseKernelFeatures(point);
        (EnclosedMatrix Features, Matrix Output)[] heads =
            [
                .. point.TrainedMatrices.Select(block =>
                    (EnclosedMatrix.Of(precise.Heads[block.Layer]), point.Parameters[$"heads.{block.Layer}.output"]))];
        EnclosedMatrix joint = Beside([.. heads.Select(head => head.Features)]);
        LowerBound smallestOfHeads = heads.Min(head => head.Features.RowFloor()), jointSmallest = joint.RowFloor();
        LowerBound smallestOutput = heads.Min(head => SingularValueFloor.OfColumns(head.Output)),
            stackedSmallest = SingularValueFloor.OfColumns(Above([.. heads.Select(head => head.Output)]));
        var norms = new SpectralNorm();
        UpperBound largestOutput = heads.Max(head => norms.Of(head.Output));
        return new ValuesOnlyConstants
        {
            Rows = joint.Values.Rows,
            JointWidth = joint.Values.Columns,
            JointSmallest = jointSmallest,
            SmallestOfHeads = smallestOfHeads,
            JointPlConstant = LowerBound.Square(smallestOutput * jointSmallest),
            SplitPlConstant = LowerBound.Square(stackedSmallest * smallestOfHeads),
            Smoothness = UpperBound.Square(largestOutput * joint.Largest(norms)),
            ResidualNorm = precise.ResidualNorm,
            Heads = heads,
        };
    }

    /// <summary>J = [W_O^1ᵀ ⊗ B_1, …] of the trained heads [M·D_out, H·D·d] with its distance
    /// to the exact one: output (r, o) by weight (h, i, k), B_h[r, i] W_O^h[k, o].</summary>
    public EnclosedMatrix Map()
    {
        Matrix first = Heads[0].Output;
        int outputs = first.Columns, perHead = Heads[0].Features.Values.Columns * first.Rows;
        Matrix map = Matrix.Allocate(Rows * outputs, Heads.Count * perHead);
        var error = new UpperBound[map.Rows];
        for (int row = 0; row < map.Rows; row++)
        {
            Span<double> target = map.Row(row);
            UpperBound ofFeatures = default;
            for (int head = 0, at = 0; head < Heads.Count; head++)
            {
                (EnclosedMatrix features, Matrix output) = Heads[head];
                double[] column = [.. Enumerable.Range(0, output.Rows).Select(k => output[k, row % outputs])];
                foreach (double feature in features.Values.Row(row / outputs))
                {
                    TensorPrimitives.Multiply(column, feature, target.Slice(at, column.Length));
                    at += column.Length;
                }

                ofFeatures += features.RowError[row / outputs] * UpperBound.Norm(column);
            }

            // One rounding of every product, and those that underflow.
            error[row] = ofFeatures + (UpperBound.Gamma(1) * UpperBound.Norm(target)) + EnclosedMatrix.Underflow;
        }

        return new EnclosedMatrix(map, error);
    }

    /// <summary>What was computed.</summary>
    public IEnumerable<Constant> List() =>
    [
        new("PL constant", "μ", "G.4", PlConstant.Value),
        new("PL constant from all heads' features together", "min_h σ_{D_out}(W_O^h)² σ_M(B)²", "G.4", JointPlConstant.Value),
        new("PL constant from each head's features", "σ_{D_out}(W_O)² min_h σ_M(B_h)²", "G.4", SplitPlConstant.Value),
        new("smoothness", "β", "G.4", Smoothness.Value),
        new("smallest singular value of B", "σ_M(B)", "G.4", JointSmallest.Value),
        new("smallest singular value of a head's features", "min_h σ_M(B_h)", "G.4", SmallestOfHeads.Value),
        new("residual norm", "√(2ℒ_0)", "G.4", ResidualNorm.Value),
    ];

    private static EnclosedMatrix Beside(EnclosedMatrix[] parts)
    {
        int rows = parts[0].Values.Rows, width = parts[0].Values.Columns;
        Matrix joint = Matrix.Allocate(rows, parts.Length * width);
        var error = new UpperBound[rows];
        for (int k = 0; k < parts.Length; k++)
        {
            parts[k].Values.CopyTo(joint.ColumnRange(k * width, width));
        }

        for (int row = 0; row < rows; row++)
        {
            error[row] = UpperBound.Norm([.. parts.Select(part => part.RowError[row])]);
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
