using Kappa.Lab.Data.Labelled;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Lab.Tests.Data.Labelled;

public sealed class LabelledDataTests
{
    [Fact]
    public void Texts_are_cut_off_or_padded_to_one_length()
    {
        LabelledTexts texts = LabelledTexts.Pack([[65, 66, 67, 68, 69], [200, 0]], [1, 0], 4, 2, "made");
        int[] identifiers = new int[4];
        Assert.Equal(4, texts.CopyIdentifiers(0, identifiers));
        Assert.Equal([65, 66, 67, 68], identifiers);
        Assert.Equal(2, texts.CopyIdentifiers(1, identifiers));
        Assert.Equal([200, 0, LabelledTexts.Padding, LabelledTexts.Padding], identifiers);
        Assert.Equal((2, 4, 257), (texts.Count, texts.Length, texts.Vocabulary));
        LabelledTexts second = texts.Select([1], "the second");
        Assert.Equal([200, 0], second.Text(0).ToArray());
        Assert.Equal([0], second.Labels.ToArray());
        Assert.Equal("made, the second", second.Description);
    }

    [Fact]
    public void A_fingerprint_tells_content_labels_and_lengths_apart()
    {
        string[] fingerprints =
        [
            LabelledTexts.Pack([[1, 2]], [0], 2, 2, "a").Fingerprint,
            LabelledTexts.Pack([[1, 2]], [1], 2, 2, "a").Fingerprint,
            LabelledTexts.Pack([[1, 3]], [0], 2, 2, "a").Fingerprint,
            LabelledTexts.Pack([[1]], [0], 2, 2, "a").Fingerprint,
            LabelledTexts.Pack([[1, 0]], [0], 2, 2, "a").Fingerprint,
            new LabelledImages(1, 2, [1, 2], [0], 2, "a").Fingerprint,
            new LabelledImages(2, 1, [1, 2], [0], 2, "a").Fingerprint,
        ];
        Assert.Equal(fingerprints.Length, fingerprints.Distinct().Count());
        Assert.Equal(fingerprints[0], LabelledTexts.Pack([[1, 2, 9]], [0], 2, 2, "b").Fingerprint);
    }

    [Fact]
    public void Patches_are_tokens_row_by_row_and_their_pixels_features_row_by_row()
    {
        LabelledImages images = new(4, 6, [.. Enumerable.Range(0, 48).Select(k => (byte)k)], [0, 1], 2, "made");
        ImagePatches patches = new(4, 6, 2);
        Assert.Equal((6, 4), (patches.Tokens, patches.Features));
        Matrix tokens = Matrix.Allocate(12, 4);
        patches.Fill(images, [1, 0], tokens);
        Assert.Equal(new double[] { 24, 25, 30, 31 }.Select(pixel => pixel / 255), tokens.Row(0).ToArray());
        // Second picture of the batch (the first of the data), patch in row 1 and column 2.
        Assert.Equal(new double[] { 16, 17, 22, 23 }.Select(pixel => pixel / 255), tokens.Row(11).ToArray());
        Matrix<float> single = Matrix<float>.Allocate(6, 4);
        patches.Fill(images, [1], single);
        Assert.Equal(24 / 255f, single[0, 0]);
        Assert.Contains(
            "[6, 4]", Assert.Throws<ArgumentException>(() => patches.Fill(images, [0], Matrix.Allocate(6, 3))).Message,
            StringComparison.Ordinal);
        _ = Assert.Throws<ArgumentException>(() => new ImagePatches(4, 6, 4));
    }

    [Fact]
    public void Standardised_patches_have_mean_zero_and_variance_one()
    {
        LabelledImages images = new(2, 2, [0, 255, 10, 20, 30, 250, 3, 7], [0, 1], 2, "made");
        Matrix tokens = Matrix.Allocate(8, 1);
        new ImagePatches(2, 2, 1).StandardisedBy(images).Fill(images, [0, 1], tokens);
        Assert.Equal(0, tokens.Span.ToArray().Average(), 1e-14);
        Assert.Equal(1, tokens.Span.ToArray().Average(value => value * value), 1e-14);
        _ = Assert.Throws<BadInputException>(() =>
            new ImagePatches(1, 1, 1).StandardisedBy(new LabelledImages(1, 1, [9, 9, 9], [0, 1, 0], 2, "flat")));
    }

    [Fact]
    public void Pixels_are_identifiers_without_padding()
    {
        PixelSequences sequences = new(new LabelledImages(1, 3, [9, 255, 0], [1], 2, "made"));
        int[] identifiers = new int[3];
        Assert.Equal(3, sequences.CopyIdentifiers(0, identifiers));
        Assert.Equal([9, 255, 0], identifiers);
        Assert.Equal((3, 256), (sequences.Length, sequences.Vocabulary));
    }

    [Fact]
    public void A_balanced_choice_has_as_many_of_each_class_in_every_prefix_and_depends_on_the_seed()
    {
        int[] labels = [.. Enumerable.Range(0, 90).Select(k => k % 9 == 0 ? 2 : k % 3 == 0 ? 1 : 0)];
        int[] chosen = ClassSampling.Balanced(labels, 3, 10, 5, "made");
        Assert.Equal(30, chosen.Distinct().Count());
        for (int k = 3; k <= 30; k += 3)
        {
            Assert.Equal([k / 3, k / 3, k / 3], ClassSampling.Count([.. chosen[..k].Select(at => labels[at])], 3));
        }

        Assert.Equal(chosen, ClassSampling.Balanced(labels, 3, 10, 5, "made"));
        Assert.NotEqual(chosen, ClassSampling.Balanced(labels, 3, 10, 6, "made"));
        Assert.Contains(
            "but has 10 of class 2", Assert.Throws<BadInputException>(() => ClassSampling.Balanced(labels, 3, 11, 5, "made")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_class_without_a_sample_is_refused() =>
        Assert.Contains(
            "none of class 2", Assert.Throws<BadInputException>(() => ClassSampling.RequireEveryClass([0, 1, 3], 4, "made")).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Sizes_and_labels_that_contradict_are_the_callers_mistake()
    {
        Assert.Contains(
            "label 1 is 2", Assert.Throws<ArgumentException>(() => new LabelledImages(1, 1, [0, 0], [0, 2], 2, "a")).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "must have 4 pixels", Assert.Throws<ArgumentException>(() => new LabelledImages(2, 1, [0, 0], [0, 1], 2, "a")).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "text 0 is empty", Assert.Throws<ArgumentException>(() => LabelledTexts.Pack([[]], [0], 3, 2, "a")).Message,
            StringComparison.Ordinal);
    }
}
