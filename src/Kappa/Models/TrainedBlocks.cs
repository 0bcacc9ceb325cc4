namespace Kappa.Models;

/// <summary>A <see cref="TrainedSet"/> resolved for one layout: what each block's backward pass has to compute.</summary>
internal sealed class TrainedBlocks
{
    /// <summary>Resolves <paramref name="set"/>.</summary>
    public TrainedBlocks(TrainedSet set, ParameterLayout layout, int depth)
    {
        Set = set;
        IsTrained = set.Resolve(layout);
        Readout = layout.Blocks.Count > 5 * depth && IsTrained[5 * depth];
        int first = Array.IndexOf(IsTrained, true);
        Lowest = Math.Min(first / 5, depth);
        Blocks = new BlockTraining[depth];
        for (int layer = 0; layer < depth; layer++)
        {
            Blocks[layer] = new BlockTraining(
                IsTrained[5 * layer], IsTrained[(5 * layer) + 1], IsTrained[(5 * layer) + 2], IsTrained[(5 * layer) + 3], IsTrained[(5 * layer) + 4], Input: layer > Lowest);
        }
    }

    /// <summary>The set that was resolved.</summary>
    public TrainedSet Set { get; }

    /// <summary>For each matrix of the layout, whether it is trained.</summary>
    public bool[] IsTrained { get; }

    /// <summary>What is wanted of each block.</summary>
    public BlockTraining[] Blocks { get; }

    /// <summary>The lowest block with a trained matrix; the depth when only the readout is trained.</summary>
    public int Lowest { get; }

    /// <summary>Whether the readout is trained.</summary>
    public bool Readout { get; }
}
