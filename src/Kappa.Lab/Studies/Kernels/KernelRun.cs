namespace Kappa.Lab.Studies.Kernels;

/// <summary>The studies of the reproduction.</summary>
internal enum KernelStudy
{
    /// <summary>Model G, only the values trained (G.4).</summary>
    ValuesOnly,

    /// <summary>Model G, only the queries trained, inside and outside the rank window (G.5).</summary>
    QueriesOnly,

    /// <summary>Model G, queries, keys and values trained.</summary>
    AllTrained,

    /// <summary>The experiments' Transformer on Pathfinder.</summary>
    Pathfinder,

    /// <summary>The experiments' Transformer on text.</summary>
    Text,

    /// <summary>Loss landscapes after a two-stage training.</summary>
    Landscape,

    /// <summary>Open question: initialisations.</summary>
    Initialisation,

    /// <summary>Open question: depth, with and without residual connections.</summary>
    Depth,

    /// <summary>Open question: variance of queries and keys against λ_B.</summary>
    Variance,
}

/// <summary>What one run measured: named numbers and named series; everything else is computed from them.</summary>
/// <param name="Study">The study.</param>
/// <param name="Setting">Everything but kernel and seed.</param>
/// <param name="Arm">The kernel, as tables call it.</param>
/// <param name="Seed">Seed of data and weights.</param>
/// <param name="Numbers">By the names of <see cref="Measured"/>.</param>
/// <param name="Series">By the names of <see cref="Measured"/>; equally long ones share their index.</param>
internal sealed record KernelRun(
    KernelStudy Study, string Setting, string Arm, long Seed, IReadOnlyDictionary<string, double> Numbers,
    IReadOnlyDictionary<string, double[]> Series)
{
    /// <summary>A number; NaN when the run has none of that name.</summary>
    public double this[string quantity] => Numbers.GetValueOrDefault(quantity, double.NaN);
}

/// <summary>Names of what a run measures, as they stand in kernel-runs.csv and kernel-curves.csv.</summary>
internal static class Measured
{
    public const string Loss = "loss";
    public const string LossAboveFloor = "lossAboveFloor";
    public const string Step = "step";
    public const string TestLoss = "testLoss";
    public const string TestAccuracy = "testAccuracy";
    public const string TestSamples = "testSamples";
    public const string StepSize = "stepSize";
    public const string EndFraction = "endFraction";
    public const string TokenRows = "tokenRows";
    public const string Width = "width";
    public const string Heads = "heads";
    public const string FeatureRank = "featureRank";
    public const string SmallestFeature = "smallestFeatureSingularValue";
    public const string LambdaB = "lambdaB";
    public const string Floor = "floorFraction";
    public const string MapRank = "mapRank";
    public const string CertifiedRate = "certifiedRate";
    public const string SharpRate = "sharpRate";
    public const string SlowestShare = "slowestShare";
    public const string JacobianRank = "jacobianRank";
    public const string Outputs = "outputs";
    public const string Scale = "scale";
    public const string Passage = "stepsTo1e-2";
    public const string Budget = "budget";
    public const string LocalMinima = "localMinima";
    public const string Curvature = "medianCurvature";
    public const string HighCurvature = "curvatureQuantile95";
    public const string Roughness = "roughness";
    public const string NonConvex = "nonConvexShare";
    public const string GridPoints = "gridPoints";
    public const string GridReach = "gridReach";
    public const string Grid = "grid";
}
