using System.Text.RegularExpressions;
using Kappa.Lab.Data.Digits;
using Kappa.Lab.Data.Labelled;
using Kappa.Lab.Data.Pathfinder;
using Kappa.Lab.Formats;
using Xunit;

namespace Kappa.Lab.Tests.Data.Labelled;

/// <summary>The pictures in the guide are what the generators draw: the pixels are
/// compared, because compressed bytes may differ with the compressor.</summary>
public sealed partial class ContactSheetTests
{
    private const int Seed = 1;
    private const int Drawn = 100;

    [Fact]
    public void The_Pathfinder_sheet_of_the_guide_shows_what_the_generator_draws()
    {
        List<ContactSheetRow> rows = [];
        foreach ((string difficulty, int dashes) in new[] { ("Easy", 6), ("Intermediate", 9), ("Hard", 14) })
        {
            LabelledImages images = PathfinderGenerator.Create(new() { ContourLength = dashes }, Drawn, Seed);
            rows.Add(
                new ContactSheetRow(
                    $"{difficulty}: two contours of {dashes} dashes, distractors of {dashes / 3}", images,
                    [Of(images, 1, 5), Of(images, 0, 5)]));
        }

        Compare(
            "pathfinder-examples",
            ContactSheet.Draw(
                "pathfinder-examples", "Pathfinder, own generator, 32 × 32",
                ["label 1: the discs end one contour", "label 0: the discs end two contours"], rows, 58));
    }

    [Fact]
    public void The_digit_sheet_of_the_guide_shows_what_the_generator_draws()
    {
        LabelledImages images = StandInDigits.Create(Drawn, Seed);
        int[][] digits = [.. Enumerable.Range(0, 10).Select(digit => Of(images, digit, 6))];
        ContactSheetRow[] rows = [
            .. Enumerable.Range(0, 6).Select(row => new ContactSheetRow("", images, [[.. digits.Select(samples => samples[row])]]))];
        Compare("stand-in-digits", ContactSheet.Draw("stand-in-digits", "Stand-in digits, 28 × 28", [], rows, 48));
    }

    private static int[] Of(LabelledImages images, int label, int count) =>
        [.. Enumerable.Range(0, images.Count).Where(k => images.Labels[k] == label).Take(count)];

    private static void Compare(string name, string drawn)
    {
        string received = Path.Combine(AppContext.BaseDirectory, $"{name}.received.svg");
        File.WriteAllText(received, drawn);
        string approved = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data", "figures", $"{name}.svg"));
        Assert.True(
            Embedded().Replace(approved, "") == Embedded().Replace(drawn, "") && Pixels(approved).SequenceEqual(Pixels(drawn)),
            $"docs/figures/{name}.svg is not what is drawn now. If the change is meant: cp {received} docs/figures/{name}.svg, look at "
                + $"it, and commit it with the change.");
    }

    private static IEnumerable<string> Pixels(string svg) => Embedded().Matches(svg)
        .Select(match => PngFile.Read(new MemoryStream(Convert.FromBase64String(match.Groups[1].Value)), "embedded", ReadLimits.Default))
        .Select(image => $"{image.Height} {image.Width} {Convert.ToHexString(image.Pixels)}");

    [GeneratedRegex("data:image/png;base64,([A-Za-z0-9+/=]+)")]
    private static partial Regex Embedded();
}
