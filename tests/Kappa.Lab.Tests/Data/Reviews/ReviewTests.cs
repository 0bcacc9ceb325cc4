using System.Text;
using Kappa.Lab.Data;
using Kappa.Lab.Data.Labelled;
using Kappa.Lab.Data.Reviews;
using Kappa.Lab.Formats;
using Kappa.Lab.Tests.Data.Labelled;
using Kappa.Lab.Tests.Formats;
using Xunit;

namespace Kappa.Lab.Tests.Data.Reviews;

public sealed class ReviewTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_folder_is_the_label_and_the_rating_in_the_name_is_not_looked_at()
    {
        Make("train/neg/10_9.txt", "never again");
        Make("train/neg/2_1.txt", "no");
        Make("train/pos/0_1.txt", "yes, please");
        Make("train/unsup/0_0.txt", "silent");
        Make("train/pos/notes.csv", "left out");
        Make("test/neg/0_3.txt", "é");
        Make("test/pos/0_8.txt", "fine");
        LabelledSplit<LabelledTexts> read = ReviewFolder.Read(_folder.Path, length: 5);
        Assert.Equal(["no", "never", "yes, "], Enumerable.Range(0, 3).Select(k => Encoding.UTF8.GetString(read.Train.Text(k))));
        Assert.Equal([0, 0, 1], read.Train.Labels.ToArray());
        Assert.Equal([0, 1], read.Test.Labels.ToArray());
        Assert.Equal([0xC3, 0xA9], read.Test.Text(0).ToArray());
        Assert.Equal([1, 1], ClassSampling.Count(ReviewFolder.Read(_folder.Path, 5, perClass: new(1, 1), seed: 4).Train.Labels, 2));
        Assert.Contains(
            "but has 1 of class 1", Assert.Throws<BadInputException>(() => ReviewFolder.Read(_folder.Path, 5, perClass: new(2, 2))).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "must take at most 14 bytes",
            Assert.Throws<BadInputException>(() =>
                ReviewFolder.Read(_folder.Path, 5, limits: new ReadLimits { MaximumBytes = 14 })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_folders_empty_classes_and_texts_that_are_none_are_refused_with_file_and_offset()
    {
        Assert.Contains("neg: must be a folder but does not exist as one: the folder holds train/pos", Refusal(), StringComparison.Ordinal);
        Make("train/neg/0_1.txt", "no");
        _ = Directory.CreateDirectory(_folder.At("train/pos"));
        Assert.Contains("pos: must contain files *.txt but contains none", Refusal(), StringComparison.Ordinal);
        File.WriteAllBytes(_folder.At("train/pos/0_1.txt"), [(byte)'a', 0xC3, (byte)'b']);
        Assert.Contains("0_1.txt: must be UTF-8 text but its bytes are not at offset 1", Refusal(), StringComparison.Ordinal);
        File.WriteAllBytes(_folder.At("train/pos/0_1.txt"), [(byte)'a', 0]);
        Assert.Contains("zero byte at offset 1", Refusal(), StringComparison.Ordinal);
        File.WriteAllBytes(_folder.At("train/pos/0_1.txt"), []);
        Assert.Contains(
            "pos: must contain files *.txt that can be read, but there are only 1 empty file", Refusal(), StringComparison.Ordinal);
        File.WriteAllBytes(_folder.At("train/pos/0_1.txt"), new byte[(1 << 20) + 1]);
        Assert.Contains("must have at most 1048576 bytes but has 1048577", Refusal(), StringComparison.Ordinal);
    }

    // git-annex, DVC and the caches of models keep contents apart and put links in the place of files.
    [Fact]
    public void Links_to_files_are_texts_and_what_is_not_read_is_counted()
    {
        foreach (string part in (string[])["train", "test"])
        {
            foreach (string label in (string[])["neg", "pos"])
            {
                Make($"objects/{part}{label}", $"{part} {label}");
                Make($"{part}/{label}/0_1.txt", "whole");
                _ = File.CreateSymbolicLink(_folder.At($"{part}/{label}/1_1.txt"), $"../../objects/{part}{label}");
            }
        }

        Assert.DoesNotContain("not read", ReviewFolder.Read(_folder.Path, 20).Train.Description, StringComparison.Ordinal);
        _ = File.CreateSymbolicLink(_folder.At("train/pos/2_1.txt"), "../../objects/gone");
        _ = File.CreateSymbolicLink(_folder.At("train/neg/folder.txt"), "../../objects");
        Make("train/neg/3_1.txt", "");
        LabelledTexts train = ReviewFolder.Read(_folder.Path, 20).Train;
        Assert.Equal(
            ["whole", "train neg", "whole", "train pos"], Enumerable.Range(0, 4).Select(k => Encoding.UTF8.GetString(train.Text(k))));
        Assert.EndsWith(
            "; not read: 1 empty file, 1 link to a folder, 1 link that leads nowhere", train.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_with_dangling_links_only_is_not_said_to_contain_nothing()
    {
        _ = Directory.CreateDirectory(_folder.At("train/neg"));
        _ = File.CreateSymbolicLink(_folder.At("train/neg/0_1.txt"), "../../objects/gone");
        Assert.Contains("but there are only 1 link that leads nowhere", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void No_mutation_of_a_text_makes_the_reader_fail_otherwise()
    {
        byte[] valid = Encoding.UTF8.GetBytes("Ein schöner Film – wirklich 👍, très bien.");
        int refused = ReaderFuzz.RunMutations(
            valid, "review", 3000, stream => TextBytes.Require(InputBytes.Read(stream, "fuzz", 1000), "fuzz"));
        Assert.InRange(refused, 300, 2900);
        for (int length = 1; length < valid.Length; length++)
        {
            bool cutInside = length < valid.Length && (valid[length] & 0xC0) == 0x80;
            Assert.Equal(cutInside, Record.Exception(() => TextBytes.Require(valid.AsSpan(0, length), "fuzz")) is BadInputException);
        }
    }

    [Fact]
    public void Stand_in_reviews_are_balanced_reproducible_and_say_what_they_are()
    {
        LabelledTexts few = new StandInReviews().Create(20, 3), many = new StandInReviews().Create(40, 3);
        Assert.Equal([20, 20], ClassSampling.Count(many.Labels, 2));
        Assert.Equal(
            Enumerable.Range(0, 20).Select(k => Encoding.UTF8.GetString(few.Text(k))),
            Enumerable.Range(0, 20).Select(k => Encoding.UTF8.GetString(many.Text(k))));
        Assert.Equal(many.Fingerprint, new StandInReviews().Create(40, 3).Fingerprint);
        Assert.NotEqual(many.Fingerprint, new StandInReviews().Create(40, 4).Fingerprint);
        Assert.StartsWith("Stand-in reviews (own sentences, not IMDb): 40 texts", many.Description, StringComparison.Ordinal);
        Assert.Equal(40, Enumerable.Range(0, 40).Select(k => Encoding.UTF8.GetString(many.Text(k))).Distinct().Count());
        _ = Assert.Throws<ArgumentOutOfRangeException>(() => new StandInReviews().Create(3, 1));
        _ = Assert.Throws<ArgumentOutOfRangeException>(() => new StandInReviews { Agreement = 0.4 }.Create(2, 1));
    }

    /// <summary>Counts of words tell many labels and not nearly all, counts
    /// of bytes fewer but some: 1,000 texts, chance 0.5 ± 3·0.0158.</summary>
    [Fact]
    public void Stand_in_reviews_can_be_learned_from_words_and_not_read_off()
    {
        const double chance = 0.5 + (3 * 0.0158);
        LabelledTexts texts = new StandInReviews().Create(1000, 6);
        string[][] words = [
            .. Enumerable.Range(0, 1000).Select(k =>
                Encoding.UTF8.GetString(texts.Text(k)).Split([' ', '.', ','], StringSplitOptions.RemoveEmptyEntries))];
        string[] vocabulary = [.. words.SelectMany(text => text).Distinct().Order(StringComparer.Ordinal)];
        double[][] wordCounts = [
            .. words.Select(text => text.GroupBy(word => word).ToDictionary(group => group.Key, group => (double)group.Count()))
                .Select(counts => vocabulary.Select(word => counts.GetValueOrDefault(word)).ToArray())];
        double[][] byteCounts = [.. Enumerable.Range(0, 1000).Select(k => Histogram(texts.Text(k)))];
        double byWords = LinearClassifier.CrossValidated(wordCounts, texts.Labels.ToArray());
        double byBytes = LinearClassifier.CrossValidated(byteCounts, texts.Labels.ToArray());
        Assert.InRange(byWords, 0.65, 0.97);
        Assert.InRange(byBytes, chance, byWords);
    }

    [Fact]
    public void Label_noise_turns_the_asked_share_of_labels_and_no_text()
    {
        LabelledTexts clean = new StandInReviews().Create(2000, 6), noisy = new StandInReviews { LabelNoise = 0.2 }.Create(2000, 6);
        double turned = Enumerable.Range(0, 2000).Average(k => clean.Labels[k] == noisy.Labels[k] ? 0.0 : 1);
        // Standard deviation √(0.2·0.8/2000) = 0.0089: four of them.
        Assert.Equal(0.2, turned, 0.036);
        Assert.Equal(clean.Text(7).ToArray(), noisy.Text(7).ToArray());
    }

    private static double[] Histogram(ReadOnlySpan<byte> text)
    {
        double[] counts = new double[256];
        foreach (byte value in text)
        {
            counts[value]++;
        }

        return [.. counts.Select(count => count / 10)];
    }

    private void Make(string name, string text)
    {
        _ = Directory.CreateDirectory(Path.GetDirectoryName(_folder.At(name))!);
        File.WriteAllText(_folder.At(name), text);
    }

    private string Refusal() => Assert.Throws<BadInputException>(() => ReviewFolder.Read(_folder.Path)).Message;
}
