using Kappa.Lab.Data;
using Kappa.Lab.Data.Drawing;
using Kappa.Lab.Data.Labelled;
using Kappa.Lab.Data.Pathfinder;
using Kappa.Lab.Tests.Data.Labelled;
using Xunit;

namespace Kappa.Lab.Tests.Data.Pathfinder;

public sealed class PathfinderGeneratorTests
{
    public static readonly TheoryData<int> ContourLengths = [6, 9, 14];

    /// <summary>The published numbers, written down here once more.</summary>
    [Theory]
    [InlineData(6, 2, 10)]
    [InlineData(9, 3, 6)]
    [InlineData(14, 4, 5)]
    public void The_defaults_are_the_published_parameters(int contour, int distractor, int distractors)
    {
        PathfinderSpecification specification = new() { ContourLength = contour };
        Assert.Equal(
            (32, contour, distractor, distractors),
            (specification.Size, specification.ContourLength, specification.DashesOfDistractor, specification.DistractorCount));
        Assert.Equal(
            (2.0, 0.5, 1.0, 1.0), (specification.DashLength, specification.Thickness, specification.Margin, specification.Continuity));
        Assert.Equal(
            (1.0, 1.5, 7.0, 1.5), (specification.Padding, specification.MarkerRadius, specification.SeedDistance, specification.Contrast));
    }

    [Theory]
    [MemberData(nameof(ContourLengths))]
    public void Markers_of_label_one_are_the_ends_of_one_contour_and_those_of_label_zero_of_two(int contour)
    {
        PathfinderSpecification specification = new() { ContourLength = contour };
        for (int picture = 0; picture < 50; picture++)
        {
            PathfinderScene scene = PathfinderGenerator.Scene(specification, picture, 3);
            // Following the dashes: two belong together when the gap between an end of one and an end of the other is at most 2·margin.
            Assert.Contains(scene.Connected.Second, Reached(scene, specification, scene.Connected.First));
            Assert.DoesNotContain(scene.Separate.Second, Reached(scene, specification, scene.Separate.First));
            Assert.Equal(2 * contour, scene.Contours.Sum(one => one.Dashes.Length));
            Assert.InRange(Math.Abs(Distance(scene.Connected) - Distance(scene.Separate)), 0, PathfinderScene.DistanceTolerance);
        }
    }

    [Theory]
    [MemberData(nameof(ContourLengths))]
    public void Dashes_keep_length_turn_clearance_and_padding(int contour)
    {
        PathfinderSpecification specification = new() { ContourLength = contour };
        PathfinderScene scene = PathfinderGenerator.Scene(specification, 1, 3);
        PathfinderContour[] all = [.. scene.Contours, .. scene.Distractors];
        foreach (PathfinderContour one in all)
        {
            for (int k = 0; k < one.Dashes.Length; k++)
            {
                Assert.Equal(specification.DashLength, one.Dashes[k].Start.DistanceTo(one.Dashes[k].End), 1e-12);
                Assert.All(
                    [one.Dashes[k].Start, one.Dashes[k].End], end => Assert.True(end.X is >= 1 and <= 31 && end.Y is >= 1 and <= 31));
                foreach (
                    Segment other in all.SelectMany(contour => contour.Dashes).Where(other =>
                        other != one.Dashes[k] && (k == 0 || other != one.Dashes[k - 1])
                        && (k + 1 == one.Dashes.Length || other != one.Dashes[k + 1])))
                {
                    Assert.InRange(one.Dashes[k].DistanceTo(other), specification.Clearance, double.PositiveInfinity);
                }
            }

            // A corner of at most a right angle in the middle of the gap of 2·margin.
            Assert.All(
                one.Dashes.Zip(one.Dashes.Skip(1)),
                pair => Assert.InRange(pair.First.End.DistanceTo(pair.Second.Start), Math.Sqrt(2) - 1e-12, 2 + 1e-12));
        }
    }

    /// <summary>Under the density (1 + cos 2cu)/(π/c) the mean of cos 2cu is ½ and its variance
    /// ¼; of 4,000 turns the mean has standard deviation 0.0079: four of them.</summary>
    [Theory]
    [InlineData(1.0)]
    [InlineData(1.8)]
    public void Turns_have_the_density_of_the_squared_cosine(double continuity)
    {
        PathfinderSpecification specification = new() { Size = 100, Continuity = continuity };
        RandomDraws draws = new(4, "test.turns");
        double sum = 0;
        for (int k = 0; k < 4000; k++)
        {
            Segment[] dashes = PathfinderContour.TryGrow(specification, 2, new Point(50, 50), [], draws)!.Dashes;
            double turn = Math.IEEERemainder(Angle(dashes[1]) - Angle(dashes[0]), 2 * Math.PI);
            Assert.InRange(Math.Abs(continuity * turn), 0, (Math.PI / 2) + 1e-9);
            sum += Math.Cos(2 * continuity * turn);
        }

        Assert.Equal(0.5, sum / 4000, 0.032);
    }

    [Fact]
    public void Pictures_are_exactly_balanced_reproducible_and_a_larger_set_starts_with_the_smaller()
    {
        PathfinderSpecification specification = new();
        LabelledImages few = PathfinderGenerator.Create(specification, 20, 9), many = PathfinderGenerator.Create(specification, 40, 9);
        Assert.Equal([20, 20], ClassSampling.Count(many.Labels, 2));
        Assert.Equal([10, 10], ClassSampling.Count(few.Labels, 2));
        Assert.Equal(few.AllPixels.ToArray(), many.AllPixels[..few.AllPixels.Length].ToArray());
        Assert.Equal(many.Fingerprint, PathfinderGenerator.Create(specification, 40, 9).Fingerprint);
        Assert.NotEqual(many.Fingerprint, PathfinderGenerator.Create(specification, 40, 10).Fingerprint);
        Assert.Contains("Pathfinder, own generator: 32 x 32, contours of 6 dashes", many.Description, StringComparison.Ordinal);
        _ = Assert.Throws<ArgumentOutOfRangeException>(() => PathfinderGenerator.Create(specification, 3, 1));
    }

    [Fact]
    public void What_cannot_fit_is_given_up_after_bounded_attempts_and_says_so()
    {
        // No dash of 40 pixels has room in 32, padding taken off.
        PathfinderSpecification specification = new() { DashLength = 40 };
        Assert.Contains(
            "none of 20000 attempts", Assert.Throws<BadInputException>(() => PathfinderGenerator.Create(specification, 2, 1)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(double.NaN)]
    public void A_continuity_that_means_nothing_is_the_callers_mistake(double continuity) =>
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            PathfinderGenerator.Create(new PathfinderSpecification { Continuity = continuity }, 2, 1));

    /// <summary>Chance on 2,000 pictures has a standard deviation of √(¼/2000) = 0.0112: three of them are 0.0335.</summary>
    [Theory]
    [MemberData(nameof(ContourLengths))]
    public void Neither_the_pixels_nor_the_number_of_lit_ones_tell_the_label(int contour)
    {
        const double chance = 0.5 + 0.0335;
        LabelledImages images = PathfinderGenerator.Create(new() { ContourLength = contour }, 2000, 17);
        (double[][] pixels, int[] labels) = (LinearClassifier.Pixels(images), images.Labels.ToArray());
        Assert.InRange(LinearClassifier.CrossValidated(pixels, labels), 0, chance);
        double[][] lit = [
            .. pixels.Select(picture =>
                new double[] { picture.Count(pixel => pixel > 0), picture.Count(pixel => pixel == 1), picture.Sum() })];
        Assert.InRange(LinearClassifier.CrossValidated(lit, labels), 0, chance);
        // The same look finds a hint when there is one: a lit pixel in half of the pictures of label 1.
        for (int k = 0; k < pixels.Length; k++)
        {
            pixels[k][500] = labels[k] == 1 && k % 4 < 2 ? 1 : 0;
        }

        Assert.InRange(LinearClassifier.CrossValidated(pixels, labels), chance, 1);
    }

    private static HashSet<Point> Reached(PathfinderScene scene, PathfinderSpecification specification, Point from)
    {
        List<Segment> left = [.. scene.Contours.Concat(scene.Distractors).SelectMany(contour => contour.Dashes)];
        HashSet<Point> reached = [from];
        while (
            left.FindIndex(dash =>
                reached.Any(end => Math.Min(end.DistanceTo(dash.Start), end.DistanceTo(dash.End)) < specification.Clearance)) is >= 0
            and int next)
        {
            reached.UnionWith([left[next].Start, left[next].End]);
            left.RemoveAt(next);
        }

        return reached;
    }

    private static double Angle(Segment dash) => Math.Atan2(dash.End.Y - dash.Start.Y, dash.End.X - dash.Start.X);

    private static double Distance((Point First, Point Second) markers) => markers.First.DistanceTo(markers.Second);
}
