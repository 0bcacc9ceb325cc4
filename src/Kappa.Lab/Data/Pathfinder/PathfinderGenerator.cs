using System.Globalization;
using Kappa.Lab.Data.Drawing;
using Kappa.Lab.Data.Labelled;

namespace Kappa.Lab.Data.Pathfinder;

/// <summary>Draws Pathfinder pictures: label 1 when the two discs mark the
/// ends of one dashed contour, 0 when they mark ends of two.</summary>
/// <remarks>
/// Picture i depends on seed, parameters and i only: a larger set starts with the smaller one. Pictures 2j and 2j + 1 have different
/// labels, so every even number of pictures is exactly balanced. Streams: <c>data.pathfinder.scenes.i</c>, <c>data.pathfinder.labels</c>.
/// </remarks>
internal static class PathfinderGenerator
{
    /// <summary>Label of two markers on one contour; that of two contours is 0.</summary>
    internal const int ConnectedLabel = 1;

    /// <summary>Draws pictures.</summary>
    /// <param name="specification">Parameters.</param>
    /// <param name="count">N, even and at least 2.</param>
    /// <param name="seed">Any integer.</param>
    /// <exception cref="ArgumentException">A parameter is out of range, or N is odd.</exception>
    /// <exception cref="BadInputException">The contours do not fit into a picture.</exception>
    internal static LabelledImages Create(PathfinderSpecification specification, int count, long seed)
    {
        if (count < 2 || count % 2 != 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(count), count, $"The number of pictures must be even and at least 2, half of either label, but is {count}.");
        }

        int size = specification.Size * specification.Size;
        byte[] pixels = new byte[(long)count * size];
        int[] labels = Labels(count, seed);
        int left = 0;
        for (int picture = 0; picture < count; picture++)
        {
            PathfinderScene scene = Scene(specification, picture, seed);
            left += specification.DistractorCount - scene.Distractors.Length;
            Paint(specification, scene, labels[picture], pixels.AsSpan(picture * size, size));
        }

        return new LabelledImages(specification.Size, specification.Size, pixels, labels, 2, Describe(specification, count, seed, left));
    }

    /// <summary>The scene of one picture.</summary>
    internal static PathfinderScene Scene(PathfinderSpecification specification, int picture, long seed)
    {
        specification.Validate();
        return PathfinderScene.Draw(
            specification, new RandomDraws(seed, string.Create(CultureInfo.InvariantCulture, $"data.pathfinder.scenes.{picture}")));
    }

    /// <summary>Paints a scene with the markers of a label onto black.</summary>
    /// <param name="specification">Thickness, radius and contrast.</param>
    /// <param name="scene">What to paint.</param>
    /// <param name="label">0 or 1.</param>
    /// <param name="pixels">[Size, Size], all 0.</param>
    internal static void Paint(PathfinderSpecification specification, PathfinderScene scene, int label, Span<byte> pixels)
    {
        StrokeRaster raster = new(specification.Size, specification.Size);
        foreach (Segment dash in scene.Contours.Concat(scene.Distractors).SelectMany(contour => contour.Dashes))
        {
            raster.Add(dash, specification.Thickness / 2);
        }

        raster.Paint(pixels, specification.Contrast);
        (Point first, Point second) = label == ConnectedLabel ? scene.Connected : scene.Separate;
        raster.Add(first, specification.MarkerRadius);
        raster.Add(second, specification.MarkerRadius);
        raster.Paint(pixels, 1);
    }

    private static int[] Labels(int count, long seed)
    {
        RandomDraws draws = new(seed, "data.pathfinder.labels");
        int[] labels = new int[count];
        for (int pair = 0; pair < count; pair += 2)
        {
            labels[pair] = draws.Below(2);
            labels[pair + 1] = ConnectedLabel - labels[pair];
        }

        return labels;
    }

    private static string Describe(PathfinderSpecification specification, int count, long seed, int left) => string.Create(
        CultureInfo.InvariantCulture,
        $"Pathfinder, own generator: {specification}; {count} pictures, half of them connected, {left} of "
            + $"{(long)count * specification.DistractorCount} distractors found no room, seed {seed}");
}
