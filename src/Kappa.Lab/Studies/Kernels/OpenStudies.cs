using Kappa.Descent;
using Kappa.Lab.Specifications;
using Kappa.Models;
using Kappa.Spectra;

namespace Kappa.Lab.Studies.Kernels;

/// <summary>What [B] leaves open, measured and not judged: initialisations, depth with and
/// without residual connections, and the variance of queries and keys against λ_B.</summary>
internal static class OpenStudies
{
    /// <summary>Losses of single batches scatter; the end is their mean over so many last steps.</summary>
    public const int LastSteps = 10;

    private static readonly double[] VarianceGains = [0.25, 0.5, 1, 2, 4];
    private static readonly (string Name, double Residual)[] Connections = [("with residuals", 1), ("without residuals", 0)];

    public static IEnumerable<KernelJob> Jobs(KernelsPlan plan) =>
    [
        .. from start in Enum.GetValues<StartKind>() from arm in KernelArm.All from seed in Enumerable.Range(0, plan.Seeds)
            select Initialisation(plan, start, arm, seed),
        .. from depth in plan.Depths from connection in Connections from arm in KernelArm.All from seed in Enumerable.Range(0, plan.Seeds)
            select Depth(plan, depth, connection, arm, seed),
        .. from gain in VarianceGains from arm in KernelArm.All from seed in Enumerable.Range(0, plan.Seeds)
            select Variance(gain, arm, seed),
    ];

    private static KernelJob Initialisation(KernelsPlan plan, StartKind start, KernelArm arm, long seed) => new(
        KernelStudy.Initialisation, KernelStarts.Words(start), arm.Name, seed,
        () => KernelSpecifications.AllTrained(arm, 1, plan.AllSteps, seed) with { Initialisation = KernelStarts.Law(start) },
        run => KernelReading.OfDescent(run, plan.AllSteps));

    private static KernelJob Depth(KernelsPlan plan, int depth, (string Name, double Residual) connection, KernelArm arm, long seed) => new(
        KernelStudy.Depth, FormattableString.Invariant($"depth {depth}, {connection.Name}, {plan.LandscapeTask.Name}"), arm.Name, seed,
        () =>
        {
            ExperimentSpecification run = KernelSpecifications.Classifier(arm, plan.LandscapeTask.Data, plan.DepthRecipe, seed);
            return run with
            {
                Model = run.Model with { Depth = depth, AttentionResidual = connection.Residual, FfnResidual = connection.Residual },
            };
        },
        run =>
        {
            Dictionary<string, double[]> series = KernelReading.OfTraining(run);
            double[] losses = series[Measured.Loss];
            return new KernelReading(
                new Dictionary<string, double>(StringComparer.Ordinal)
                {
                    [Measured.Scale] = depth,
                    [Measured.EndFraction] = losses[Math.Max(0, losses.Length - LastSteps)..].Average() / losses[0],
                    [Measured.TestAccuracy] = series[Measured.TestAccuracy][^1],
                },
                series);
        });

    private static KernelJob Variance(double gain, KernelArm arm, long seed) => new(
        KernelStudy.Variance, FormattableString.Invariant($"gain of W_Q and W_K {gain}"), arm.Name, seed,
        () => KernelSpecifications.Variance(arm, gain, seed),
        run =>
        {
            Dictionary<string, double> numbers = KernelReading.AtStart(run, KernelStudy.Variance, start =>
            {
                var features = JacobianMatrix.Spectrum(TransformerFeatures.OfHeads((Transformer)start.Model, start.Initial), out _);
                return new(StringComparer.Ordinal)
                {
                    [Measured.LambdaB] = features.SigmaMinRow * features.SigmaMinRow,
                    [Measured.SharpRate] = Math.Pow(features.SigmaMinRow / features.SigmaMax, 2),
                };
            });
            numbers.Add(Measured.Scale, gain);
            return new KernelReading(numbers, []);
        });
}

/// <summary>How model G starts in the study of initialisations.</summary>
internal enum StartKind
{
    /// <summary>N(0, 1/fan-in).</summary>
    LeCun,

    /// <summary>N(0, 2/(fan-in + fan-out)).</summary>
    Xavier,

    /// <summary>Orthonormal columns or rows.</summary>
    Orthogonal,

    /// <summary>A quarter of LeCun.</summary>
    Small,

    /// <summary>Twice LeCun.</summary>
    Large,
}

/// <summary>The starts as laws; the entries of W_O, which is not trained, keep their mean square.</summary>
internal static class KernelStarts
{
    private const double SmallGain = 0.25;
    private const double LargeGain = 2;

    // W_O^h [D/H, D]: H/D of N(0, 1/fan-in).
    private static readonly double s_xavierOutput = Math.Sqrt((1 + AllTrainedStudy.Heads) / 2.0),
        s_orthogonalOutput = Math.Sqrt(AllTrainedStudy.Heads);

    public static string Words(StartKind start) => start switch
    {
        StartKind.LeCun => "N(0, 1/fan-in)",
        StartKind.Xavier => "Xavier",
        StartKind.Orthogonal => "orthogonal",
        StartKind.Small => FormattableString.Invariant($"gain {SmallGain}"),
        _ => FormattableString.Invariant($"gain {LargeGain}"),
    };

    /// <summary>The law of a start.</summary>
    public static InitialisationSpecification Law(StartKind start) => start switch
    {
        StartKind.Xavier => new() { Scheme = InitialisationScheme.Xavier, OutputGain = s_xavierOutput },
        StartKind.Orthogonal => new() { Scheme = InitialisationScheme.Orthogonal, OutputGain = s_orthogonalOutput },
        StartKind.Small => OfGain(SmallGain),
        StartKind.Large => OfGain(LargeGain),
        _ => new(),
    };

    private static InitialisationSpecification OfGain(double gain) => new() { QueryGain = gain, KeyGain = gain, ValueGain = gain };
}
