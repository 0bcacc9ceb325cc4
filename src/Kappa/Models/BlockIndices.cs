namespace Kappa.Models;

/// <summary>Where the five matrices of one block of model R stand in its layout: the one place that knows it.</summary>
/// <remarks>W_Q, W_K, W_V, W_1, W_2 of each block in turn, then the readout; bounds
/// of derivatives keep a pseudo-block of the block's input behind all.</remarks>
/// <param name="Layer">l from 0.</param>
/// <param name="Blocks">B = 5L.</param>
internal readonly record struct BlockIndices(int Layer, int Blocks)
{
    private const int PerLayer = 5;

    /// <summary>Matrices in all blocks of a model of depth <paramref name="depth"/>, 5L.</summary>
    public static int CountOf(int depth) => PerLayer * depth;

    /// <summary>Those of one block.</summary>
    public static BlockIndices Of(int layer, int depth) => new(layer, CountOf(depth));

    /// <summary>The block that a matrix belongs to; L for the readout.</summary>
    public static int LayerOf(int index) => index / PerLayer;

    /// <summary>The place of the readout, if there is one.</summary>
    public static int ReadoutOf(int depth) => CountOf(depth);

    /// <summary>Whether a matrix is W_Q or W_K of one of the blocks.</summary>
    public bool IsQueryOrKey(int index) => index < Blocks && index % PerLayer < 2;

    public int Query => PerLayer * Layer;

    public int Key => Query + 1;

    public int Value => Query + 2;

    public int FfnIn => Query + 3;

    public int FfnOut => Query + 4;

    /// <summary>The pseudo-block of the block's input.</summary>
    public int Input => Blocks;

    /// <summary>First index after this block's own.</summary>
    public int End => Query + PerLayer;

    /// <summary>Whether a matrix lies in an earlier block of the model.</summary>
    public bool IsEarlier(int block) => block < Query;

    /// <summary>Whether a matrix is one of this block's own.</summary>
    public bool IsOwn(int block) => block >= Query && block < End;
}
