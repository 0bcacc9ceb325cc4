using System.Numerics.Tensors;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Spectra;

/// <summary>σ(J) by the orthogonal route (P.1) without holding J: its rows or columns go
/// piece by piece into a triangular factor, whose singular values are those of J.</summary>
/// <remarks>
/// With M·d_out ≤ P the factor is that of Jᵀ [P, M·d_out], and a piece is a range of parameters, for which every output's transposed
/// product is taken (R.6); otherwise that of J, and a piece is one row. Each piece is an orthogonal transformation of (R; piece), so the
/// error is a few ε σ_max as if J had been there at once. Everything is multiplied by one power of two first.
/// </remarks>
internal sealed class JacobianSingularValues(
    IModel model, ModelParameters parameters, int pieceElements = JacobianSingularValues.PieceElements)
{
    // Elements of a piece of J: 256 MiB, so that M·d_out = 2048 outputs take three rounds of transposed products for 45 000 parameters.
    internal const int PieceElements = 1 << 25;

    // A piece of fewer parameters would fill no chunk of the factor.
    private const int MinimumPieceWidth = 64;

    private readonly Matrix _unit = Matrix.Allocate(model.OutputRows, model.OutputColumns);
    private readonly int _outputs = model.Samples * model.OutputRows * model.OutputColumns;
    private readonly ModelParameters _gradient = new(model.Layout);
    private double _scale = 1;
    private bool _hasScale;

    /// <summary>Elements that <see cref="Compute"/> reserves: the factor, a chunk for it, a piece of J, and vectors.</summary>
    /// <param name="outputs">M·d_out.</param>
    /// <param name="parameters">P.</param>
    public static long Elements(long outputs, long parameters)
    {
        long order = Math.Min(outputs, parameters);
        long piece = parameters < outputs ? 0 : outputs * PieceWidth(outputs, parameters, PieceElements);
        return checked((order * (order + 64)) + piece + (100 * order) + Math.Max(outputs, parameters) + (10 * outputs) + 65536);
    }

    /// <summary>Number of pieces, each of which takes one transposed product for
    /// every output; the rows of J come one by one in a single round.</summary>
    /// <param name="outputs">M·d_out.</param>
    /// <param name="parameters">P.</param>
    public static long Pieces(long outputs, long parameters)
    {
        long width = PieceWidth(outputs, parameters, PieceElements);
        return parameters < outputs ? 1 : (parameters + width - 1) / width;
    }

    /// <summary>σ of the columns of J that belong to <paramref name="blocks"/>, at the parameters.</summary>
    /// <param name="blocks">At least one, in layout order.</param>
    /// <returns>min(M·d_out, P) values, largest first; all NaN where J is not finite.</returns>
    public double[] Compute(IReadOnlyList<ParameterBlock> blocks)
    {
        int outputs = _outputs;
        int count = blocks.Sum(block => block.Length);
        int order = Math.Min(outputs, count);
        var factor = new TriangularFactor(order, Math.Max(outputs, count));
        factor.Begin(order);
        _hasScale = false;
        if (count < outputs)
        {
            AbsorbRows(factor, blocks, count);
        }
        else
        {
            AbsorbColumns(factor, blocks, count);
        }

        double[] values = new double[order];
        double[] superdiagonal = new double[order - 1];
        if (!MatrixScale.Of(factor.Factor).IsFinite)
        {
            values.AsSpan().Fill(double.NaN);
            return values;
        }

        new Bidiagonalisation(order, order).Compute(factor.Factor, order, values, superdiagonal);
        new BidiagonalSingularValues(order).Compute(values, superdiagonal);
        for (int k = 0; k < order; k++)
        {
            values[k] /= _scale;
        }

        return values;
    }

    private static int PieceWidth(long outputs, long parameters, int elements) =>
        (int)Math.Min(parameters, Math.Max(MinimumPieceWidth, elements / outputs));

    private void AbsorbRows(TriangularFactor factor, IReadOnlyList<ParameterBlock> blocks, int count)
    {
        TrainedSet trained = TrainedSet.OfNames([.. blocks.Select(block => block.Name)]);
        BlockSlice[] whole = [.. blocks.Select(block => new BlockSlice(block, 0, block.Length))];
        double[] row = new double[count];
        int filled = 0;
        for (int output = 0; output < _outputs; output++)
        {
            WriteRow(output, whole, trained, row);
            SetScale(new Matrix(row, 0, 1, count));
            Span<double> target = factor.Chunk.Row(filled++);
            target[count..].Clear();
            TensorPrimitives.Multiply(row, _scale, target[..count]);
            if (filled == factor.Chunk.Rows || output + 1 == _outputs)
            {
                factor.Absorb(filled);
                filled = 0;
            }
        }
    }

    private void AbsorbColumns(TriangularFactor factor, IReadOnlyList<ParameterBlock> blocks, int count)
    {
        int outputs = _outputs;
        int width = PieceWidth(outputs, count, pieceElements);
        double[] memory = new double[(long)outputs * width];
        foreach (List<BlockSlice> ranges in Pieces(blocks, width))
        {
            var piece = new Matrix(memory, 0, outputs, ranges.Sum(range => range.Length));
            TrainedSet trained = TrainedSet.OfNames([.. ranges.Select(range => range.Block.Name)]);
            for (int output = 0; output < outputs; output++)
            {
                WriteRow(output, ranges, trained, piece.Row(output));
            }

            SetScale(piece);
            AbsorbTransposed(factor, piece);
        }
    }

    private void AbsorbTransposed(TriangularFactor factor, in Matrix piece)
    {
        for (int start = 0; start < piece.Columns; start += factor.Chunk.Rows)
        {
            int count = Math.Min(factor.Chunk.Rows, piece.Columns - start);
            Matrix chunk = factor.Chunk.RowRange(0, count);
            chunk.Fill(0);
            for (int output = 0; output < piece.Rows; output++)
            {
                ReadOnlySpan<double> source = piece.Row(output).Slice(start, count);
                for (int i = 0; i < count; i++)
                {
                    chunk[i, output] = _scale * source[i];
                }
            }

            factor.Absorb(count);
        }
    }

    // Row (i, c) of J is Jᵀ e: the gradient of F_ic alone (R.6), which only its own sample contributes to.
    private void WriteRow(int output, IReadOnlyList<BlockSlice> ranges, TrainedSet trained, Span<double> row)
    {
        (int sample, int entry) = Math.DivRem(output, _unit.Span.Length);
        _unit.Span[entry] = 1;
        model.Backward(parameters, [sample], _unit, _gradient, trained);
        _unit.Span[entry] = 0;
        foreach (BlockSlice range in ranges)
        {
            _gradient.Vector.AsSpan(range.Block.Offset + range.Start, range.Length).CopyTo(row);
            row = row[range.Length..];
        }
    }

    // The first piece that is not zero sets the power of two: others may be larger or smaller by 1e150 before a square of theirs is lost.
    private void SetScale(in Matrix piece)
    {
        if (!_hasScale && MatrixScale.Of(piece) is { IsZero: false, IsFinite: true } scale)
        {
            (_scale, _hasScale) = (scale.Factor, true);
        }
    }

    private static IEnumerable<List<BlockSlice>> Pieces(IReadOnlyList<ParameterBlock> blocks, int width)
    {
        List<BlockSlice> piece = [];
        int room = width;
        foreach (ParameterBlock block in blocks)
        {
            for (int start = 0; start < block.Length;)
            {
                int length = Math.Min(room, block.Length - start);
                piece.Add(new BlockSlice(block, start, length));
                start += length;
                room -= length;
                if (room == 0)
                {
                    yield return piece;
                    (piece, room) = ([], width);
                }
            }
        }

        if (piece.Count > 0)
        {
            yield return piece;
        }
    }

    /// <summary>Some consecutive parameters of a block.</summary>
    private readonly record struct BlockSlice(ParameterBlock Block, int Start, int Length);
}
