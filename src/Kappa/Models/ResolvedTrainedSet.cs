namespace Kappa.Models;

/// <summary>A <see cref="TrainedSet"/> resolved for one layout: what each block's backward pass has to compute.</summary>
internal sealed class ResolvedTrainedSet
{
    /// <summary>Resolves which matrices are trained.</summary>
    /// <param name="isTrained">For each matrix of the layout, whether it is trained; one at least.</param>
    /// <param name="depth">L.</param>
    public ResolvedTrainedSet(bool[] isTrained, int depth)
    {
        IsTrained = isTrained;
        int readout = BlockIndices.ReadoutOf(depth);
        Readout = isTrained.Length > readout && isTrained[readout];
        Lowest = Math.Min(BlockIndices.LayerOf(Array.IndexOf(isTrained, true)), depth);
        Blocks = new BlockTraining[depth];
        for (int layer = 0; layer < depth; layer++)
        {
            var at = BlockIndices.Of(layer, depth);
            Blocks[layer] = new BlockTraining(
                isTrained[at.Query], isTrained[at.Key], isTrained[at.Value], isTrained[at.FfnIn], isTrained[at.FfnOut],
                Input: layer > Lowest);
        }
    }

    /// <summary>For each matrix of the layout, whether it is trained.</summary>
    public bool[] IsTrained { get; }

    /// <summary>What is wanted of each block.</summary>
    public BlockTraining[] Blocks { get; }

    /// <summary>The lowest block with a trained matrix; the depth when only the readout is trained.</summary>
    public int Lowest { get; }

    /// <summary>Whether the readout is trained.</summary>
    public bool Readout { get; }
}
