namespace Kappa.Lab.Data.Pathfinder;

/// <summary>The three published difficulties; the value is the number of dashes of a contour.</summary>
internal enum PathfinderDifficulty
{
    /// <summary>6 dashes, published in the folder <c>curv_baseline</c>.</summary>
    Easy = 6,

    /// <summary>9 dashes, published in the folder <c>curv_contour_length_9</c>.</summary>
    Intermediate = 9,

    /// <summary>14 dashes, published in the folder <c>curv_contour_length_14</c>.</summary>
    Hard = 14,
}
