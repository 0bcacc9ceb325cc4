using Kappa.Models;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>A trained matrix and its place in a point.</summary>
/// <param name="Block">Its name, kind and sizes.</param>
/// <param name="Start">Index of its first element in the point.</param>
internal sealed record TrainedMatrix(ParameterBlock Block, int Start)
{
    /// <summary>Whether a unit's weights are a row: a vector for each position, or a single row.
    /// Otherwise the matrix is [fan-in, fan-out] and the weights into one unit are a column.</summary>
    public bool UnitsAreRows => Block.Kind is ParameterKind.Position || Block.Rows == 1;
}

/// <summary>The trained matrices of a layout as one vector without gaps.</summary>
/// <remarks>Immutable and thread-safe.</remarks>
internal sealed class TrainedCoordinates
{
    /// <summary>Of a layout and what is trained in it.</summary>
    /// <exception cref="ArgumentException">A trained name is not in the layout, or nothing is trained.</exception>
    public TrainedCoordinates(ParameterLayout layout, TrainedSet trained)
    {
        bool[] isTrained = trained.Resolve(layout);
        var matrices = new List<TrainedMatrix>();
        foreach (ParameterBlock block in layout.Blocks.Where((_, k) => isTrained[k]))
        {
            matrices.Add(new TrainedMatrix(block, Size));
            Size += block.Length;
        }

        Matrices = matrices;
    }

    /// <summary>The trained matrices in layout order.</summary>
    public IReadOnlyList<TrainedMatrix> Matrices { get; }

    /// <summary>P, the number of trained parameters.</summary>
    public int Size { get; }

    /// <summary>The trained parameters of a whole parameter vector.</summary>
    /// <param name="parameters">All parameters in layout order.</param>
    /// <param name="point">Overwritten [P].</param>
    public void Gather(ReadOnlySpan<double> parameters, Span<double> point)
    {
        foreach (TrainedMatrix matrix in Matrices)
        {
            parameters.Slice(matrix.Block.Offset, matrix.Block.Length).CopyTo(point[matrix.Start..]);
        }
    }

    /// <summary>The trained parameters of a whole parameter vector, in memory of their own.</summary>
    public double[] Gather(ReadOnlySpan<double> parameters)
    {
        double[] point = new double[Size];
        Gather(parameters, point);
        return point;
    }

    /// <summary>Overwrites the trained parameters of a whole parameter vector; the others stay.</summary>
    public void Scatter(ReadOnlySpan<double> point, Span<double> parameters)
    {
        foreach (TrainedMatrix matrix in Matrices)
        {
            point.Slice(matrix.Start, matrix.Block.Length).CopyTo(parameters[matrix.Block.Offset..]);
        }
    }
}
