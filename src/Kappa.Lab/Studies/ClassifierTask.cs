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

    /// <summary>Of the content and of how it is seen.</summary>
    public string Fingerprint => $"{Train.Fingerprint} {Test.Fingerprint} {Train.Tokens} × {Train.InputWidth}";

    /// <summary>The shape of [B]'s experiments on these samples.</summary>
    public TransformerShape Shape(AttentionKernel kernel) => Train.Shape() with { Kernel = kernel };

    /// <summary>A single-threaded model on one of the parts.</summary>
    public static Transformer Model(LabelledInputs part, TransformerShape shape, Precision precision) =>
        part.Model(shape, masksPadding: true, 1, precision);

    /// <summary>The share of a model's samples whose largest score is at their label.</summary>
    public static double Accuracy(Transformer model, ModelParameters parameters, int[] labels)
    {
        Matrix logits = Matrix.Allocate(model.Samples, model.OutputColumns);
        model.Output(parameters, model.AllSamples, logits);
        int right = 0;
        for (int sample = 0; sample < logits.Rows; sample++)
        {
            ReadOnlySpan<double> row = logits.Row(sample);
            right += System.Numerics.Tensors.TensorPrimitives.IndexOfMax(row) == labels[sample] ? 1 : 0;
        }

        return (double)right / logits.Rows;
    }
}
