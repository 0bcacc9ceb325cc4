using Kappa.Lab.Formats;
using Kappa.Lab.Specifications;
using Kappa.Models;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>The data of a point file of any Transformer: arrays or identifiers,
/// targets or labels, and how many tokens of a sample are no padding.</summary>
/// <param name="Samples">N.</param>
/// <param name="Tokens">n.</param>
internal sealed record PointData(int Samples, int Tokens)
{
    /// <summary>X [N·n, columns]; empty for identifiers.</summary>
    public Matrix Inputs { get; private init; }

    /// <summary>Y; empty for labels.</summary>
    public Matrix Targets { get; private init; }

    /// <summary>Tokens of each sample that are no padding [N]; null for all.</summary>
    public int[]? Lengths { get; private init; }

    private int[]? Identifiers { get; init; }

    private int[]? Labels { get; init; }

    /// <summary>Reads the data, or reports what is wrong with them and gives null.</summary>
    /// <param name="file">The file.</param>
    /// <param name="model">Which data it needs.</param>
    public static PointData? Read(TransformerPointFile file, ModelSpecification model)
    {
        NdArray? inputs = file.Find("inputs", "[N, n, d]"), identifiers = file.Find("identifiers", "[N, n]");
        file.Require(file.Has("inputs") != file.Has("identifiers"), "inputs",
            "must be there, [N, n, d], or identifiers [N, n] in their place, and not both.");
        if ((inputs ?? identifiers) is not { } tokens)
            return null;
        (int samples, int length) = (tokens.Shape[0], tokens.Shape[1]);
        bool isPooled = model.Readout == ReadoutKind.Pooled, hasLabels = model.Loss == LossKind.CrossEntropy;
        int[] outputs = isPooled ? [samples] : [samples, length];
        string axes = isPooled ? "[N" : "[N, n";
        NdArray? labels = file.Find("labels", axes + "]"), targets = file.Find("targets", axes + ", d_out]");
        file.Require(file.Has("labels") == hasLabels && file.Has("targets") != hasLabels, hasLabels ? "labels" : "targets", hasLabels
            ? $"must be there, {axes}], and no targets, for the loss is the cross-entropy."
            : $"must be there, {axes}, d_out], and no labels, for the loss is the squared error.");
        if ((hasLabels ? labels : targets) is { } wanted)
            file.Require(wanted.Shape.Take(outputs.Length).SequenceEqual(outputs), hasLabels ? "labels" : "targets",
                $"must have the {(isPooled ? "samples" : "samples and tokens")} of the inputs, {NdArray.Describe(outputs)}, but has "
                    + $"shape {wanted}.");
        NdArray? lengths = file.Find("lengths", "[N]");
        file.Require(
            lengths is null || lengths.Shape[0] == samples, "lengths",
            $"must have a number for each of the {samples} samples but has shape {lengths}.");
        return new PointData(samples, length)
        {
            Inputs = Stacked(inputs),
            Targets = Stacked(targets),
            Identifiers = Integers(file, "identifiers", identifiers),
            Labels = Integers(file, "labels", labels),
            Lengths = Integers(file, "lengths", lengths),
        };
    }

    /// <summary>The data as the model takes them.</summary>
    public TransformerData OfTransformer() => new()
    {
        Samples = Samples,
        Inputs = Inputs,
        Identifiers = Identifiers,
        Targets = Targets,
        Labels = Labels,
        Lengths = Lengths,
    };

    private static int[]? Integers(TransformerPointFile file, string key, NdArray? array)
    {
        if (array is null)
            return null;
        int wrong = Array.FindIndex(array.Data, number => number != Math.Floor(number) || number is < 0 or > int.MaxValue);
        file.Require(
            wrong < 0, key,
            wrong < 0 ? "" : FormattableString.Invariant($"must hold integers of at least 0 but number {wrong} is {array.Data[wrong]:R}."));
        return wrong < 0 ? [.. array.Data.Select(number => (int)number)] : null;
    }

    private static Matrix Stacked(NdArray? array)
    {
        if (array is null)
            return default;
        int columns = array.Shape[^1];
        Matrix matrix = Matrix.Allocate(array.Data.Length / columns, columns);
        array.Data.CopyTo(matrix.Span);
        return matrix;
    }
}
