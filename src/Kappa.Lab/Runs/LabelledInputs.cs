using Kappa.Lab.Data.Digits;
using Kappa.Lab.Data.Labelled;
using Kappa.Lab.Data.Pathfinder;
using Kappa.Lab.Data.Reviews;
using Kappa.Lab.Specifications;
using Kappa.Models;

namespace Kappa.Lab.Runs;

/// <summary>What a classifier sees of labelled samples: token ids or patches, and classes.</summary>
/// <param name="Tokens">n.</param>
/// <param name="InputWidth">Number of different ids, or numbers in a patch.</param>
/// <param name="Classes">C.</param>
/// <param name="Ids">[N·n]; empty for patches.</param>
/// <param name="Patches">[N·n, input width]; empty for ids.</param>
/// <param name="Lengths">How many tokens of each sample are no padding [N]; empty for patches.</param>
/// <param name="Labels">[N].</param>
/// <param name="Description">Where they come from.</param>
/// <param name="Fingerprint">SHA-256 of content and labels.</param>
internal sealed record LabelledInputs(
    int Tokens, int InputWidth, int Classes, int[] Ids, Matrix Patches, int[] Lengths, int[] Labels, string Description, string Fingerprint)
{
    /// <summary>Whether tokens are ids.</summary>
    public bool AreIds => Ids.Length > 0;

    /// <summary>Reads or draws what a specification describes.</summary>
    /// <param name="data">Resolved.</param>
    /// <exception cref="BadInputException">Files are missing, malformed or too few, or the patch does not fit.</exception>
    public static LabelledSplit<LabelledInputs> Load(DataSpecification data) =>
        data.Source == DataSource.Reviews ? Reviews(data) : Pictures(data);

    /// <summary>The model on these samples.</summary>
    /// <param name="shape">The shape.</param>
    /// <param name="masksPadding">Whether padding is left out of attention and pooling (E.11).</param>
    /// <param name="threads">Threads of a pass.</param>
    /// <param name="precision">Of the passes.</param>
    /// <param name="hasSquaredError">Whether the output is compared with <see cref="Indicators"/>, and not by the cross-entropy.</param>
    public Transformer Model(
        TransformerShape shape, bool masksPadding, int threads, Kappa.Numerics.Precision precision, bool hasSquaredError = false)
    {
        var data = new TransformerData
        {
            Samples = Labels.Length,
            Identifiers = Ids,
            Inputs = Patches,
            Labels = hasSquaredError ? null : Labels,
            Targets = hasSquaredError ? Indicators() : default,
            Lengths = masksPadding && AreIds ? Lengths : null,
        };
        return new Transformer(shape, data, threads, precision);
    }

    /// <summary>For each sample 1 at its class and 0 elsewhere [N, C].</summary>
    public Matrix Indicators()
    {
        Matrix indicators = Matrix.Allocate(Labels.Length, Classes);
        for (int sample = 0; sample < Labels.Length; sample++)
        {
            indicators[sample, Labels[sample]] = 1;
        }

        return indicators;
    }

    /// <summary>What they give a model.</summary>
    public DataForm Form() => new(AreIds ? TransformerInput.Identifiers : TransformerInput.Arrays, InputWidth, Tokens, Classes);

    /// <summary>The experiments' Transformer on samples like these.</summary>
    public TransformerShape Shape() =>
        TransformerShape.Classifier(Tokens, Classes, InputWidth, AreIds ? TransformerInput.Identifiers : TransformerInput.Arrays);

    private static LabelledSplit<LabelledInputs> Reviews(DataSpecification data)
    {
        (int train, int test, int length, long seed) = (data.Samples!.Value, data.TestSamples!.Value, data.Tokens!.Value, data.Seed!.Value);
        if (data.Path is not { } folder)
        {
            LabelledTexts all = new StandInReviews { Length = length }.Create(train + test, seed);
            return new(OfSequences(all.Select(Range(0, train), "the first")), OfSequences(all.Select(Range(train, test), "the last")));
        }

        return OfTexts(ReviewFolder.Read(folder, length, new(train / data.Classes, test / data.Classes), seed));
    }

    private static LabelledSplit<LabelledInputs> Pictures(DataSpecification data) =>
        OfPictures(data.Source == DataSource.Digits ? Digits(data) : Pathfinders(data), data.Patch);

    /// <summary>Texts as ids of their bytes.</summary>
    public static LabelledSplit<LabelledInputs> OfTexts(LabelledSplit<LabelledTexts> texts) =>
        new(OfSequences(texts.Train), OfSequences(texts.Test));

    /// <summary>Pictures as a token a pixel, or as patches standardised by the mean and deviation of what is trained on.</summary>
    /// <param name="images">Pictures of one size.</param>
    /// <param name="patch">Side of a patch; null for pixels.</param>
    /// <exception cref="BadInputException">The side does not divide the pictures'.</exception>
    public static LabelledSplit<LabelledInputs> OfPictures(LabelledSplit<LabelledImages> images, int? patch)
    {
        if (patch is not int side)
        {
            return new(OfSequences(new PixelSequences(images.Train)), OfSequences(new PixelSequences(images.Test)));
        }

        if (images.Train.Height % side != 0 || images.Train.Width % side != 0)
        {
            throw new BadInputException(
                "data.patch", $"the side of a patch must divide {images.Train.Height} and {images.Train.Width} but is {side}.");
        }

        // Scaled by what is trained on: the test must not be looked at.
        ImagePatches patches = new ImagePatches(images.Train.Height, images.Train.Width, side).StandardisedBy(images.Train);
        return new(OfPatches(patches, images.Train), OfPatches(patches, images.Test));
    }

    private static LabelledSplit<LabelledImages> Digits(DataSpecification data)
    {
        (int train, int test, long seed) = (data.Samples!.Value, data.TestSamples!.Value, data.Seed!.Value);
        if (data.Path is not { } folder)
        {
            return Halves(StandInDigits.Create(train + test, seed), train, test);
        }

        LabelledSplit<LabelledImages> all = DigitFiles.Read(folder);
        return new(Balanced(all.Train, train, seed, folder), Balanced(all.Test, test, seed, folder));
    }

    // The published folder has no part to test on: one balanced choice is
    // divided. In it, and in the generator's pictures, the classes take turns.
    private static LabelledSplit<LabelledImages> Pathfinders(DataSpecification data)
    {
        (int train, int test, long seed) = (data.Samples!.Value, data.TestSamples!.Value, data.Seed!.Value);
        LabelledImages all = data.Path is { } folder
            ? PathfinderFolder.Read(folder, (train + test) / 2, seed)
            : PathfinderGenerator.Create(new PathfinderSpecification { ContourLength = data.ContourLength }, train + test, seed);
        return Halves(all, train, test);
    }

    private static LabelledSplit<LabelledImages> Halves(LabelledImages all, int train, int test) =>
        new(all.Select(Range(0, train), "the first"), all.Select(Range(train, test), "the last"));

    private static LabelledImages Balanced(LabelledImages part, int count, long seed, string folder) =>
        part.Select(ClassSampling.Balanced(part.Labels, part.Classes, count / part.Classes, seed, folder), Chosen(count, seed));

    private static string Chosen(int count, long seed) => FormattableString.Invariant($"{count} chosen by seed {seed}");

    private static int[] Range(int first, int count) => [.. Enumerable.Range(first, count)];

    private static LabelledInputs OfSequences(ILabelledSequences sequences)
    {
        int[] ids = new int[sequences.Count * sequences.Length], lengths = new int[sequences.Count];
        for (int sample = 0; sample < sequences.Count; sample++)
        {
            lengths[sample] = sequences.CopyIdentifiers(sample, ids.AsSpan(sample * sequences.Length, sequences.Length));
        }

        return new LabelledInputs(
            sequences.Length, sequences.Vocabulary, sequences.Classes, ids, default, lengths, sequences.Labels.ToArray(),
            sequences.Description, sequences.Fingerprint);
    }

    private static LabelledInputs OfPatches(ImagePatches patches, LabelledImages images)
    {
        Matrix tokens = Matrix.Allocate(images.Count * patches.Tokens, patches.Features);
        patches.Fill<double>(images, Range(0, images.Count), tokens);
        return new LabelledInputs(
            patches.Tokens, patches.Features, images.Classes, [], tokens, [], images.Labels.ToArray(), images.Description,
            images.Fingerprint);
    }
}
