using System.Globalization;

namespace Kappa.Lab.Data.Pathfinder;

/// <summary>The parameters of Pathfinder; defaults are those of the 32 ×
/// 32 pictures of the Long Range Arena. Lengths are in pixels.</summary>
/// <remarks>
/// The task: Linsley, Kim, Veerabadran, Windolf and Serre, arXiv 1805.08315; the 32 × 32 pictures: Tay et al., arXiv 2011.04006.
/// What is ours, because the published program works on the grid of pixels and these pages do not follow it there: lengths and angles are
/// real numbers; a contour keeps <see cref="Clearance"/> to all others; edges are smoothed by 8 × 8 samples a pixel; the two markers of
/// either class are equally far apart; no single dashes are strewn in.
/// </remarks>
internal sealed record PathfinderSpecification
{
    /// <summary>Rows and columns of a picture.</summary>
    internal int Size { get; init; } = 32;

    /// <summary>Dashes of each of the two long contours. Published are 6 (folder <c>curv_baseline</c>),
    /// 9 (<c>curv_contour_length_9</c>) and 14 (<c>curv_contour_length_14</c>).</summary>
    internal int ContourLength { get; init; } = 6;

    /// <summary>Dashes of a distractor; <c>null</c> for a third of <see cref="ContourLength"/>, rounded down and at least 1.</summary>
    internal int? DistractorLength { get; init; }

    /// <summary>Number of distractors; <c>null</c> for ⌊20/distractor length⌋. One that finds no room is left out.</summary>
    internal int? Distractors { get; init; }

    /// <summary>Length of a dash.</summary>
    internal double DashLength { get; init; } = 2;

    /// <summary>Thickness of a dash.</summary>
    internal double Thickness { get; init; } = 0.5;

    /// <summary>Free length before and after a dash along its contour: two dashes are 2·margin apart along the contour.</summary>
    internal double Margin { get; init; } = 1;

    /// <summary>Continuity c: the angle u between a dash and the next has density ∝ cos²(c
    /// u) on |c u| &lt; π/2. Larger is straighter; 1 allows up to a right angle.</summary>
    internal double Continuity { get; init; } = 1;

    /// <summary>Distance between the first ends of the two long contours.</summary>
    internal double SeedDistance { get; init; } = 7;

    /// <summary>Rim without contours.</summary>
    internal double Padding { get; init; } = 1;

    /// <summary>Radius of a marker.</summary>
    internal double MarkerRadius { get; init; } = 1.5;

    /// <summary>Brightness of a pixel that dashes cover fully, as a multiple of white: the
    /// published 2 · 0.75. A dash of half a pixel reaches half of it, markers are white.</summary>
    internal double Contrast { get; init; } = 1.5;

    /// <summary>Least distance between two dashes that do not follow each other: 2·margin, so
    /// that the next dash of a contour is never farther than a dash of another one.</summary>
    internal double Clearance => 2 * Margin;

    /// <summary>Dashes of a distractor.</summary>
    internal int DashesOfDistractor => DistractorLength ?? Math.Max(1, ContourLength / 3);

    /// <summary>Number of distractors asked for.</summary>
    internal int DistractorCount => Distractors ?? 20 / DashesOfDistractor;

    /// <summary>All numbers, for the description of data.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Size} x {Size}, contours of {ContourLength} dashes, {DistractorCount} distractors of {DashesOfDistractor}, dash "
            + $"{DashLength:R} x {Thickness:R}, margin {Margin:R}, continuity {Continuity:R}, seed distance {SeedDistance:R}, padding "
            + $"{Padding:R}, marker radius {MarkerRadius:R}, contrast {Contrast:R}");

    /// <summary>Refuses values that mean nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    internal void Validate()
    {
        Require(Size is >= 8 and <= 1024, nameof(Size), Size, "8 to 1024");
        Require(ContourLength is >= 2 and <= 1000, nameof(ContourLength), ContourLength, "2 to 1000");
        Require(DashesOfDistractor is >= 1 and <= 1000, nameof(DistractorLength), DashesOfDistractor, "1 to 1000");
        Require(DistractorCount is >= 0 and <= 1000, nameof(Distractors), DistractorCount, "0 to 1000");
        Require(DashLength > 0 && double.IsFinite(DashLength), nameof(DashLength), DashLength, "finite and positive");
        Require(Thickness > 0 && double.IsFinite(Thickness), nameof(Thickness), Thickness, "finite and positive");
        Require(Margin >= 0 && double.IsFinite(Margin), nameof(Margin), Margin, "finite and at least 0");
        Require(
            Continuity >= 0.5 && double.IsFinite(Continuity), nameof(Continuity), Continuity,
            "finite and at least 0.5, where a contour may turn back on itself");
        Require(SeedDistance >= 0 && double.IsFinite(SeedDistance), nameof(SeedDistance), SeedDistance, "finite and at least 0");
        Require(Padding >= 0 && 2 * Padding < Size, nameof(Padding), Padding, "at least 0 and below half the size");
        Require(MarkerRadius > 0 && double.IsFinite(MarkerRadius), nameof(MarkerRadius), MarkerRadius, "finite and positive");
        Require(Contrast > 0 && double.IsFinite(Contrast), nameof(Contrast), Contrast, "finite and positive");
    }

    private static void Require(bool holds, string name, double value, string range)
    {
        if (!holds)
        {
            throw new ArgumentOutOfRangeException(
                name, value, string.Create(CultureInfo.InvariantCulture, $"{name} must be {range} but is {value:R}."));
        }
    }
}
