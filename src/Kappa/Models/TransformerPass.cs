using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>
/// A Transformer for a group of samples: embedding, blocks, last normalisation, readout (T.1–T.4), forward, backward, and both along a
/// direction.
/// </summary>
internal sealed class TransformerPass<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int RowsPerGroup = 128;
    private const int LeastRows = 32;

    // The rows of a wide attention branch, their derivatives and the weights share a second-level cache.
    private const int BranchElements = 1 << 17;

    private readonly TransformerShape _shape;
    private readonly ParameterLayout _layout;
    private readonly TransformerFactors<T> _factors;
    private readonly TokenSource<T> _source;
    private readonly EmbeddingLayer<T> _embedding;
    private readonly TransformerBlock<T> _block;
    private readonly NormLayer<T> _norm;
    private readonly ReadoutLayer<T> _readout;
    private readonly Stream _stream;
    private readonly Matrix<T> _statistics;
    private readonly Matrix<T> _output;
    private readonly Matrix<T> _dStream;
    private readonly Matrix<T> _dInput;
    private readonly int[] _samples;
    private readonly int[] _lengths;
    private readonly int _tokens;
    private T[] _recorded = [];
    private int _count;
    private PassCurvature? _curvature;

    /// <summary>Reserves the memory.</summary>
    public TransformerPass(TransformerShape shape, ParameterLayout layout, AttentionRoute route, TransformerFactors<T> factors,
        TokenSource<T> source, int tokens)
    {
        (_shape, _layout, _factors, _source, _tokens) = (shape, layout, factors, source, tokens);
        LargestGroup = Math.Max(1, Math.Clamp(BranchElements / shape.OutputWidth, LeastRows, RowsPerGroup) / tokens);
        int rows = LargestGroup * tokens;
        _embedding = new EmbeddingLayer<T>(shape, source, tokens, LargestGroup);
        _block = new TransformerBlock<T>(shape, route, tokens, LargestGroup);
        _norm = new NormLayer<T>(shape);
        _readout = new ReadoutLayer<T>(shape, tokens, LargestGroup);
        _stream = new Stream(this, rows, keepsWeights: true);
        _statistics = Matrix<T>.Allocate(shape.HasLastNorm ? rows : 0, 2);
        _output = Matrix<T>.Allocate(shape.Readout == ReadoutKind.Pooled ? LargestGroup : rows, shape.OutputColumns);
        _dStream = Matrix<T>.Allocate(rows, shape.OutputWidth);
        _dInput = shape.OutputWidth == shape.Width ? _dStream : Matrix<T>.Allocate(rows, shape.Width);
        _samples = new int[LargestGroup];
        _lengths = new int[source.Lengths.Length > 0 ? LargestGroup : 0];
    }

    /// <summary>Most samples in a call.</summary>
    public int LargestGroup { get; }

    private int Rows => _count * _tokens;

    private int OutputRows => _shape.Readout == ReadoutKind.Pooled ? _count : Rows;

    private ReadOnlySpan<int> Samples => _samples.AsSpan(0, _count);

    private ReadOnlySpan<int> Lengths => _lengths.AsSpan(0, Math.Min(_lengths.Length, _count));

    /// <summary>F [g·rows, columns] of some samples, in memory of the pass.</summary>
    public Matrix<T> Forward(ReadOnlySpan<int> samples)
    {
        samples.CopyTo(_samples);
        _count = samples.Length;
        for (int k = 0; k < _count && _lengths.Length > 0; k++)
        {
            _lengths[k] = _source.Lengths[samples[k]];
        }

        _embedding.Forward(_factors.Embedding, samples, _stream.Input(0, Rows));
        for (int layer = 0; layer < _shape.Depth; layer++)
        {
            _block.Forward(_factors.Blocks[layer], _stream.Input(layer, Rows), _stream.Blocks[layer], Lengths);
        }

        if (_shape.HasLastNorm)
        {
            _norm.Forward(_factors.LastNorm, _stream.Input(_shape.Depth, Rows), _statistics.RowRange(0, Rows), _stream.Last(Rows));
        }

        Matrix<T> output = _output.RowRange(0, OutputRows);
        _readout.Forward(_factors.Readout, _stream.Last(Rows), output, Lengths);
        return output;
    }

    /// <summary>
    /// The gradients from dF of the samples of the last <see cref="Forward"/>, added to <paramref name="old"/> (0 or 1) times what is
    /// there.
    /// </summary>
    /// <param name="dOutput">dF [g·rows, columns].</param>
    /// <param name="isTrained">For each matrix of the layout, whether it is trained.</param>
    /// <param name="gradient">All gradients, in layout order [1, P].</param>
    /// <param name="old">0 or 1.</param>
    public void Backward(in Matrix<T> dOutput, bool[] isTrained, in Matrix<T> gradient, double old)
    {
        var target = new GradientTarget<T>(_layout, isTrained, gradient, Lowest(isTrained), old);
        bool reachesStream = _factors.Readout.Index < 0 || target.Lowest < _factors.Readout.Index;
        Matrix<T> dStream = _dStream.RowRange(0, Rows), dInput = _dInput.RowRange(0, Rows);
        _readout.Backward(_factors.Readout, _stream.Last(Rows), dOutput, target, reachesStream ? dStream : default, Lengths);
        if (!reachesStream)
        {
            return;
        }

        if (_shape.HasLastNorm)
        {
            _norm.Backward(_factors.LastNorm, _stream.Input(_shape.Depth, Rows), _statistics.RowRange(0, Rows), dStream, target, 0,
                dStream);
        }

        for (int layer = _shape.Depth - 1; layer >= 0; layer--)
        {
            if (target.Lowest >= _factors.Blocks[layer].End)
            {
                return;
            }

            _block.Backward(_factors.Blocks[layer], _stream.Input(layer, Rows), _stream.Blocks[layer], target, dStream, dInput, Lengths);
        }

        if (target.Lowest < _factors.Blocks[0].First)
        {
            _embedding.Backward(_factors.Embedding, Samples, dInput, target);
        }
    }

    /// <summary>Ḟ of the samples of the last <see cref="Forward"/> along a direction, in memory of the pass.</summary>
    /// <param name="direction">The direction in the form of the weights.</param>
    public Matrix<T> Tangent(TransformerFactors<T> direction)
    {
        // (T.5)  every equation of the way forward, differentiated in its order
        PassCurvature work = _curvature ??= new PassCurvature(this);
        Stream tangents = work.Stream;
        _embedding.Tangent(direction.Embedding, Samples, tangents.Input(0, Rows));
        for (int layer = 0; layer < _shape.Depth; layer++)
        {
            _block.Tangent(_factors.Blocks[layer], direction.Blocks[layer], Moving(layer), _stream.Blocks[layer], tangents.Blocks[layer],
                Lengths);
        }

        if (_shape.HasLastNorm)
        {
            _norm.Tangent(_factors.LastNorm, direction.LastNorm, Moving(_shape.Depth), _statistics, tangents.Last(Rows));
        }

        Matrix<T> output = work.Output.RowRange(0, OutputRows);
        _readout.Tangent(_factors.Readout, direction.Readout, new(_stream.Last(Rows), tangents.Last(Rows)), output, Lengths);
        return output;
    }

    /// <summary>The derivative of <see cref="Backward"/> along the direction of the last <see cref="Tangent"/>.</summary>
    /// <param name="direction">That direction.</param>
    /// <param name="dOutput">dF and its tangent.</param>
    /// <param name="isTrained">For each matrix of the layout, whether it is trained.</param>
    /// <param name="gradient">The tangents of all gradients, in layout order [1, P].</param>
    /// <param name="old">0 or 1.</param>
    public void BackwardTangent(TransformerFactors<T> direction, in Moving<T> dOutput, bool[] isTrained, in Matrix<T> gradient, double old)
    {
        // (T.6)  every equation of the way back, differentiated in its order
        PassCurvature work = _curvature!;
        var target = new GradientTarget<T>(_layout, isTrained, gradient, lowest: -1, old);
        Moving<T> last = new(_stream.Last(Rows), work.Stream.Last(Rows)),
            dStream = new(_dStream.RowRange(0, Rows), work.DStream.RowRange(0, Rows));
        _readout.BackwardTangent(_factors.Readout, direction.Readout, last, dOutput, target, dStream.Tangent, Lengths);
        _readout.Backward(_factors.Readout, last.Value, dOutput.Value, target.Nothing, dStream.Value, Lengths);
        if (_shape.HasLastNorm)
        {
            Matrix<T> statistics = _statistics.RowRange(0, Rows);
            _norm.BackwardTangent(_factors.LastNorm, direction.LastNorm, Moving(_shape.Depth), statistics, dStream, target, 0,
                dStream.Tangent);
            _norm.Backward(_factors.LastNorm, _stream.Input(_shape.Depth, Rows), statistics, dStream.Value, target.Nothing, 0,
                dStream.Value);
        }

        Moving<T> dInput = new(_dInput.RowRange(0, Rows), work.DInput.RowRange(0, Rows));
        for (int layer = _shape.Depth - 1; layer >= 0; layer--)
        {
            _block.BackwardTangent(
                _factors.Blocks[layer], direction.Blocks[layer], Moving(layer), _stream.Blocks[layer], work.Stream.Blocks[layer], target,
                dStream, dInput, Lengths);
        }

        _embedding.Backward(_factors.Embedding, Samples, dInput.Tangent, target);
    }

    /// <summary>Fills a record with what the last <see cref="Forward"/> computed.</summary>
    /// <param name="record">The record.</param>
    /// <param name="first">Place of the first sample in the batch.</param>
    public void Record(LayerRecord record, int first)
    {
        for (int layer = 0; layer < _shape.Depth; layer++)
        {
            var rows = new RecordRows<T>(record, layer, first, _count, ref _recorded);
            _block.Record(_factors.Blocks[layer], _stream.Input(layer, Rows), _stream.Blocks[layer], ref rows, Lengths);
        }
    }

    /// <summary>What the layers of a shape compute, in order (see <see cref="IModel.LayerMatrices"/>).</summary>
    public static IEnumerable<LayerMatrix> LayerMatrices(TransformerShape shape, int tokens)
    {
        bool isBefore = shape.Norm == NormPlace.Before, isAfter = shape.Norm == NormPlace.After, hasFfn = shape.FfnWidth is not null;
        (LayerPart Part, bool IsThere, int Columns)[] parts =
        [
            (LayerPart.Input, true, shape.Width), (LayerPart.AttentionNorm, isBefore, shape.Width),
            (LayerPart.AttentionWeights, true, tokens),
            (LayerPart.HeadBranch, shape.Heads > 1, shape.HasOutput ? shape.OutputWidth : shape.ValueWidth),
            (LayerPart.AttentionBranch, true, shape.OutputWidth), (LayerPart.AttentionOutput, true, shape.OutputWidth),
            (LayerPart.AttentionOutputNorm, isAfter || (isBefore && hasFfn), shape.OutputWidth),
            (LayerPart.Hidden, hasFfn, shape.FfnWidth ?? 0),
            (LayerPart.Output, true, shape.OutputWidth), (LayerPart.OutputNorm, isAfter && hasFfn, shape.Width),
        ];
        return Enumerable.Range(0, shape.Depth).SelectMany(layer => parts.Where(part => part.IsThere).SelectMany(part =>
            Enumerable.Range(0, IsOfHead(part.Part) ? shape.Heads : 1).Select(head =>
                new LayerMatrix(layer, part.Part, IsOfHead(part.Part) ? head : null, tokens, part.Columns))));

        static bool IsOfHead(LayerPart part) => part is LayerPart.AttentionWeights or LayerPart.HeadBranch;
    }

    // The first matrix that is trained; G stands at the place of the first of its block.
    private int Lowest(bool[] isTrained)
    {
        int lowest = Array.IndexOf(isTrained, true);
        foreach (TransformerBlockFactors<T> block in _factors.Blocks)
        {
            if (block.Attention.MergedIndex >= 0 && isTrained[block.Attention.MergedIndex])
            {
                return Math.Min(lowest, block.Attention.Parts[0].Index);
            }
        }

        return lowest;
    }

    private Moving<T> Moving(int layer) => new(_stream.Input(layer, Rows), _curvature!.Stream.Input(layer, Rows));

    // What goes through the layers, or its tangents.
    private sealed class Stream(TransformerPass<T> pass, int rows, bool keepsWeights)
    {
        private readonly Matrix<T> _embedded = Matrix<T>.Allocate(rows, pass._shape.Width);
        private readonly Matrix<T> _normalised = Matrix<T>.Allocate(pass._shape.HasLastNorm ? rows : 0, pass._shape.OutputWidth);

        /// <summary>What each block computes.</summary>
        public TransformerBlockCache<T>[] Blocks { get; } = [
            .. Enumerable.Range(0, pass._shape.Depth).Select(_ => pass._block.NewCache(keepsWeights))];

        /// <summary>Z of a block; of the number of blocks, what comes out of the last.</summary>
        public Matrix<T> Input(int layer, int count) => (layer == 0 ? _embedded : Blocks[layer - 1].Output).RowRange(0, count);

        /// <summary>What the readout reads.</summary>
        public Matrix<T> Last(int count) => _normalised.Rows > 0 ? _normalised.RowRange(0, count) : Input(Blocks.Length, count);
    }

    // What only tangents need.
    private sealed class PassCurvature
    {
        public PassCurvature(TransformerPass<T> pass)
        {
            int rows = pass._dStream.Rows;
            Stream = new Stream(pass, rows, keepsWeights: false);
            Output = Matrix<T>.Allocate(pass._output.Rows, pass._output.Columns);
            DStream = Matrix<T>.Allocate(rows, pass._shape.OutputWidth);
            DInput = pass._shape.OutputWidth == pass._shape.Width ? DStream : Matrix<T>.Allocate(rows, pass._shape.Width);
        }

        public Stream Stream { get; }

        public Matrix<T> Output { get; }

        public Matrix<T> DStream { get; }

        public Matrix<T> DInput { get; }
    }
}
