namespace Kappa.Lab.Studies.Landscapes;

/// <summary>What spans the plane of a landscape.</summary>
internal enum LandscapeDirections
{
    /// <summary>Two seeded Gaussian directions.</summary>
    Random,

    /// <summary>The two principal components of the path.</summary>
    Pca,

    /// <summary>The two Hessian eigenvectors of largest modulus.</summary>
    Curvature,
}

/// <summary>What a landscape is to show.</summary>
internal sealed record LandscapeRequest
{
    /// <summary>What spans the plane.</summary>
    public LandscapeDirections Directions { get; init; }

    /// <summary>What the lengths of random directions follow; the others have norm one.</summary>
    public DirectionNormalisation Normalisation { get; init; }

    /// <summary>Points along each axis.</summary>
    public int Points { get; init; } = 41;

    /// <summary>Largest |α| and |β|; <see langword="null"/> for 1 with normalised random directions, a
    /// frame around the path with its components, and a quarter of the centre's norm otherwise.</summary>
    public double? Span { get; init; }

    /// <summary>Seed of random directions and of the Lanczos start vector.</summary>
    public long Seed { get; init; }

    /// <summary>Threads; they change the time and nothing else.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>States of the path that are kept.</summary>
    public int PathStates { get; init; } = 33;

    /// <summary>Whether directions of another kind than random leave <see cref="Normalisation"/> without a meaning.</summary>
    internal bool IsNormalised => Directions == LandscapeDirections.Random && Normalisation != DirectionNormalisation.None;
}
