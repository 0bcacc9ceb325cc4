namespace Kappa.Certificates;

/// <summary>Where the five matrices of one block of the model, the blocks before it and its input stand in the arrays of derivative bounds.</summary>
/// <param name="Layer">l from 0.</param>
/// <param name="Blocks">B = 5L.</param>
internal readonly record struct BlockIndices(int Layer, int Blocks)
{
    public int Query => 5 * Layer;

    public int Key => (5 * Layer) + 1;

    public int Value => (5 * Layer) + 2;

    public int FfnIn => (5 * Layer) + 3;

    public int FfnOut => (5 * Layer) + 4;

    /// <summary>The pseudo-block of the block's input.</summary>
    public int Input => Blocks;

    /// <summary>First index after this block's own.</summary>
    public int End => 5 * (Layer + 1);

    /// <summary>Whether a block lies in an earlier block of the model.</summary>
    public bool IsEarlier(int block) => block < 5 * Layer;

    /// <summary>Whether a block is one of this block's own.</summary>
    public bool IsOwn(int block) => block >= 5 * Layer && block < End;
}
