using Kappa.Models;

namespace Kappa.Certificates;

/// <summary>μ and β of (G.4), rounded outward.</summary>
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

    /// <summary>σ_max(B) and σ_M(B).</summary>
    public required CertifiedNorms Joint { get; init; }

    /// <summary>min_h σ_M(B_h).</summary>
    public required double SmallestOfHeads { get; init; }

    /// <summary>μ.</summary>
    public double PlConstant => Math.Max(JointPlConstant, SplitPlConstant);

    /// <summary>Whether the joint bound is the one that counts.</summary>
    public bool IsJoint => JointPlConstant > 0 && JointPlConstant >= SplitPlConstant;

    /// <summary>The constants at a point with trained values.</summary>
    public static ValuesOnlyConstants Of(ModelPoint<KernelAttention> point)
    {
        KernelAttentionShape shape = point.Model.Shape;
        int[] heads = [.. point.TrainedMatrices.Select(block => block.Layer)];
        Matrix features = point.Model.Features(point.Parameters);
        int rows = features.Rows;
        Matrix joint = Matrix.Allocate(rows, heads.Length * shape.Width), stacked = Matrix.Allocate(heads.Length * shape.ValueWidth, shape.OutputWidth);
        double smallestOfHeads = double.PositiveInfinity, smallestOutput = double.PositiveInfinity, largestOutput = 0;
        for (int k = 0; k < heads.Length; k++)
        {
            Matrix own = features.ColumnRange(heads[k] * shape.Width, shape.Width), output = point.Parameters[$"heads.{heads[k]}.output"];
            own.CopyTo(joint.ColumnRange(k * shape.Width, shape.Width));
            output.CopyTo(stacked.RowRange(k * shape.ValueWidth, shape.ValueWidth));
            CertifiedNorms outputNorms = CertifiedNorms.Of(output, shape.OutputWidth);
            smallestOfHeads = Math.Min(smallestOfHeads, CertifiedNorms.Of(own, rows).Smallest);
            smallestOutput = Math.Min(smallestOutput, outputNorms.Smallest);
            largestOutput = Math.Max(largestOutput, outputNorms.Largest);
        }

        CertifiedNorms jointNorms = CertifiedNorms.Of(joint, rows);
        return new ValuesOnlyConstants
        {
            Rows = rows,
            JointWidth = joint.Columns,
            Joint = jointNorms,
            SmallestOfHeads = smallestOfHeads,
            JointPlConstant = Square(smallestOutput * jointNorms.Smallest) / Outward.Factor,
            SplitPlConstant = Square(CertifiedNorms.Of(stacked, shape.OutputWidth).Smallest * smallestOfHeads) / Outward.Factor,
            Smoothness = Outward.Up(Square(largestOutput * jointNorms.Largest)),
        };
    }

    /// <summary>What was computed.</summary>
    public IEnumerable<Constant> List() =>
    [
        new("PL constant", "μ", "G.4", PlConstant),
        new("PL constant from all heads' features together", "min_h σ_{D_out}(W_O^h)² σ_M(B)²", "G.4", JointPlConstant),
        new("PL constant from each head's features", "σ_{D_out}(W_O)² min_h σ_M(B_h)²", "G.4", SplitPlConstant),
        new("smoothness", "β", "G.4", Smoothness),
        new("smallest singular value of B", "σ_M(B)", "G.4", Joint.Smallest),
        new("smallest singular value of a head's features", "min_h σ_M(B_h)", "G.4", SmallestOfHeads),
    ];

    private static double Square(double x) => x * x;
}
