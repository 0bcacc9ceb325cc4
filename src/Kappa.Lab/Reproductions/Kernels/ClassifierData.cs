using Kappa.Lab.Data.Labelled;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Lab.Reproductions.Kernels;

/// <summary>Labelled samples as the experiments' Transformer takes them: token identifiers or patches.</summary>
/// <remarks>Immutable and thread-safe.</remarks>
internal sealed class ClassifierData
{
    private readonly int[] _identifiers;
    private readonly Matrix _patches;
    private readonly int[] _lengths;

    private ClassifierData(int tokens, int inputWidth, int classes, int[] labels, string fingerprint, int[] identifiers, int[] lengths, Matrix patches)
    {
        (Tokens, InputWidth, Classes, Labels, Fingerprint) = (tokens, inputWidth, classes, labels, fingerprint);
        (_identifiers, _lengths, _patches) = (identifiers, lengths, patches);
    }

    /// <summary>n.</summary>
    public int Tokens { get; }

    /// <summary>Number of identifiers, or numbers in a patch.</summary>
    public int InputWidth { get; }

    /// <summary>C.</summary>
    public int Classes { get; }

    /// <summary>[N].</summary>
    public int[] Labels { get; }

    /// <summary>Of the content.</summary>
    public string Fingerprint { get; }

    /// <summary>Whether samples are identifiers.</summary>
    public bool IsOfTokens => _identifiers.Length > 0;

    /// <summary>N.</summary>
    public int Count => Labels.Length;

    /// <summary>Samples of identifiers.</summary>
    public static ClassifierData OfSequences(ILabelledSequences sequences)
    {
        int[] identifiers = new int[sequences.Count * sequences.Length], lengths = new int[sequences.Count];
        for (int sample = 0; sample < sequences.Count; sample++)
        {
            lengths[sample] = sequences.CopyIdentifiers(sample, identifiers.AsSpan(sample * sequences.Length, sequences.Length));
        }

        return new ClassifierData(sequences.Length, sequences.Vocabulary, sequences.Classes, sequences.Labels.ToArray(), sequences.Fingerprint, identifiers, lengths, default);
    }

    /// <summary>Samples of patches.</summary>
    public static ClassifierData OfPatches(LabelledImages images, ImagePatches patches)
    {
        Matrix tokens = Matrix.Allocate(images.Count * patches.Tokens, patches.Features);
        patches.Fill(images, [.. Enumerable.Range(0, images.Count)], tokens);
        return new ClassifierData(patches.Tokens, patches.Features, images.Classes, images.Labels.ToArray(), $"{images.Fingerprint} side {patches.Side}", [], [], tokens);
    }

    /// <summary>The shape of [B]'s experiments on these samples.</summary>
    public TransformerClassifierShape Shape(AttentionKernel kernel) => new() { Tokens = Tokens, Classes = Classes, InputWidth = InputWidth, Kernel = kernel };

    /// <summary>A single-threaded model on these samples.</summary>
    public TransformerClassifier Model(TransformerClassifierShape shape, Precision precision) => IsOfTokens
        ? TransformerClassifier.OfTokens(shape, _identifiers, Labels, 1, precision, _lengths)
        : TransformerClassifier.OfPatches(shape, _patches, Labels, 1, precision);
}

/// <summary>Data of one task, to train and to test on.</summary>
/// <param name="Name">What tables and figures call it; says whether it is a stand-in.</param>
/// <param name="Train">What training sees.</param>
/// <param name="Test">What only the test sees.</param>
internal sealed record ClassifierTask(string Name, ClassifierData Train, ClassifierData Test)
{
    /// <summary>Of the content.</summary>
    public string Fingerprint => $"{Train.Fingerprint} {Test.Fingerprint}";
}
