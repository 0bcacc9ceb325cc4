using Kappa.Lab.Data.Labelled;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Lab.Studies;

/// <summary>Labelled data of one task, to train and to test on.</summary>
/// <remarks>Immutable and thread-safe.</remarks>
/// <param name="Name">What tables and figures call it; says whether it is a stand-in.</param>
/// <param name="Train">What training sees.</param>
/// <param name="Test">What only the test sees.</param>
internal sealed record ClassifierTask(string Name, LabelledInputs Train, LabelledInputs Test)
{
    public ClassifierTask(string name, LabelledSplit<LabelledInputs> split)
        : this(name, split.Train, split.Test)
    {
    }

    /// <summary>The same as a specification.</summary>
    public DataSpecification Data { get; init; } = new();

    /// <summary>The shape of [B]'s experiments on these samples.</summary>
    public TransformerShape Shape(AttentionKernel kernel) => Train.Shape() with { Kernel = kernel };

    /// <summary>A single-threaded model on one of the parts.</summary>
    public static Transformer Model(LabelledInputs part, TransformerShape shape, Precision precision) =>
        part.Model(shape, masksPadding: true, 1, precision);
}
