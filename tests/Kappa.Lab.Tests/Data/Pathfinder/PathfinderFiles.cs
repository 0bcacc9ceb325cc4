using System.Globalization;
using System.Text;
using Kappa.Lab.Data.Labelled;
using Kappa.Lab.Data.Pathfinder;
using Kappa.Lab.Formats;
using Kappa.Lab.Tests.Formats;

namespace Kappa.Lab.Tests.Data.Pathfinder;

/// <summary>Writes pictures in the layout that the published ones have.</summary>
internal static class PathfinderFiles
{
    /// <summary>Up to a thousand pictures of labels 0 and 1, as batch 0 below an existing folder.</summary>
    public static void Write(string folder, LabelledImages images, PathfinderSpecification specification)
    {
        // The columns that the published program writes: continuity, lengths, thickness, margin, number of contrasts.
        string parameters = string.Create(
            CultureInfo.InvariantCulture,
            $"{specification.Continuity:R} {specification.ContourLength} {specification.DashesOfDistractor} {specification.DashLength:R} "
                + $"{specification.Thickness:R} {specification.Margin:R} 1");
        string pictures = Directory.CreateDirectory(Path.Combine(folder, "imgs", "0")).FullName;
        StringBuilder lines = new();
        for (int k = 0; k < images.Count; k++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"sample_{k}.png");
            File.WriteAllBytes(
                Path.Combine(pictures, name), PictureFiles.Png(new GreyImage(images.Height, images.Width, images.Pixels(k).ToArray())));
            _ = lines.Append(CultureInfo.InvariantCulture, $"imgs/0 {name} {k} {images.Labels[k]} {parameters}\n");
        }

        File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "metadata")).FullName, "0.npy"), lines.ToString());
    }
}
