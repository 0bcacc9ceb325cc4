using System.Globalization;

namespace Kappa.Lab.Figures;

/// <summary>The colours: Okabe and Ito's qualitative palette, and a perceptually even map for heat maps.</summary>
/// <remarks>
/// M. Okabe, K. Ito, "Color Universal Design" (2008), reordered so that the first two (blue, vermillion) differ most in hue and
/// lightness; their yellow is darkened because it vanishes on white. The map interpolates nine anchors of viridis (S. van der Walt,
/// N. Smith, 2015, CC0), whose lightness increases evenly, so it also reads in grey.
/// </remarks>
internal static class Palette
{
    internal const string Ink = "#222222";
    internal const string Muted = "#666666";
    internal const string Grid = "#e4e4e4";

    /// <summary>The floor line of a logarithmic axis: darker than the grid, lighter than every series.</summary>
    internal const string Floor = "#ececec";
    internal const string Missing = "#c8c8c8";

    private static readonly string[] s_colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#b8a800"];

    private static readonly int[] s_viridis = [0x440154, 0x472d7b, 0x3b528b, 0x2c728e, 0x21918c, 0x28ae80, 0x5ec962, 0xaddc30, 0xfde725];

    internal static string Colour(int index) => s_colours[index % s_colours.Length];

    internal static DashStyle Dash(int index) => (DashStyle)(index % 5);

    internal static MarkerShape Marker(int index) => (MarkerShape)(index % 7);

    /// <summary>The colour at a fraction of the map, 0 dark and 1 bright, as #rrggbb.</summary>
    internal static string Map(double fraction)
    {
        var position = Math.Clamp(fraction, 0, 1) * (s_viridis.Length - 1);
        var left = Math.Min((int)position, s_viridis.Length - 2);
        var weight = position - left;
        int Channel(int shift)
        {
            var (from, to) = ((s_viridis[left] >> shift) & 255, (s_viridis[left + 1] >> shift) & 255);
            return (int)Math.Round(from + (weight * (to - from)));
        }

        return string.Create(CultureInfo.InvariantCulture, $"#{Channel(16):x2}{Channel(8):x2}{Channel(0):x2}");
    }
}
