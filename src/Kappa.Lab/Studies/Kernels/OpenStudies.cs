using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Studies.Kernels;

/// <summary>What [B] leaves open, measured and not judged: initialisations, depth with and without residual connections, and the variance of queries and keys against λ_B.</summary>
internal static class OpenStudies
{
    /// <summary>Losses of single batches scatter; the end is their mean over so many last steps.</summary>
    public const int LastSteps = 10;

    private static readonly double[] VarianceGains = [0.25, 0.5, 1, 2, 4];
    private static readonly (string Name, double Residual)[] Connections = [("with residuals", 1), ("without residuals", 0)];

    public static IEnumerable<KernelJob> Jobs(KernelsPlan plan) =>
    [
        .. from start in Enum.GetValues<StartKind>() from arm in KernelArm.All from seed in Enumerable.Range(0, plan.Seeds) select Initialisation(plan, start, arm, seed),
        .. from depth in plan.Depths from connection in Connections from arm in KernelArm.All from seed in Enumerable.Range(0, plan.Seeds) select Depth(plan, depth, connection, arm, seed),
        .. from gain in VarianceGains from arm in KernelArm.All from seed in Enumerable.Range(0, plan.Seeds) select Variance(gain, arm, seed),
    ];

    private static KernelJob Initialisation(KernelsPlan plan, StartKind start, KernelArm arm, long seed)
    {
        KernelJob job = null!;
        job = new KernelJob(KernelStudy.Initialisation, KernelStarts.Words(start), arm.Name, seed, $"{plan.AllSteps}", context =>
        {
            using var problem = KernelProblem.Of(AllTrainedStudy.Shape(arm), AllTrainedStudy.Size, 1, seed);
            KernelStarts.Apply(start, problem.Start);
            (double stepSize, double[] losses) = AllTrainedStudy.Best(problem, AllTrainedStudy.Trained, plan.AllSteps, context.Cancellation);
            return job.Measured(
                new Dictionary<string, double>(StringComparer.Ordinal)
                {
                    [Quantity.StepSize] = stepSize,
                    [Quantity.EndFraction] = losses[^1] / losses[0],
                    [Quantity.Passage] = AllTrainedStudy.Passage(losses) ?? double.NaN,
                    [Quantity.Budget] = plan.AllSteps,
                },
                new Dictionary<string, double[]>(StringComparer.Ordinal) { [Quantity.Loss] = losses });
        });
        return job;
    }

    private static KernelJob Depth(KernelsPlan plan, int depth, (string Name, double Residual) connection, KernelArm arm, long seed)
    {
        KernelJob job = null!;
        ClassifierTask task = plan.LandscapeTask;
        string identity = $"{plan.DepthRecipe.Words} {plan.DepthRecipe.EvaluateEvery} {task.Fingerprint}";
        job = new KernelJob(KernelStudy.Depth, FormattableString.Invariant($"depth {depth}, {connection.Name}, {task.Name}"), arm.Name, seed, identity, context =>
        {
            TransformerShape shape = task.Shape(arm.Kernel) with { Depth = depth, AttentionResidual = connection.Residual, FfnResidual = connection.Residual };
            ModelParameters start = ModelInitialisation.Create(shape, seed);
            (Dictionary<string, double[]> series, _) = ClassifierTraining.Run(task, shape, plan.DepthRecipe, start, seed, context);
            double[] losses = series[Quantity.Loss];
            return job.Measured(
                new Dictionary<string, double>(StringComparer.Ordinal)
                {
                    [Quantity.Scale] = depth,
                    [Quantity.EndFraction] = losses[Math.Max(0, losses.Length - LastSteps)..].Average() / losses[0],
                    [Quantity.TestAccuracy] = series[Quantity.TestAccuracy][^1],
                },
                series);
        });
        return job;
    }

    private static KernelJob Variance(double gain, KernelArm arm, long seed)
    {
        KernelJob job = null!;
        job = new KernelJob(KernelStudy.Variance, FormattableString.Invariant($"gain of W_Q and W_K {gain}"), arm.Name, seed, string.Empty, context =>
        {
            var shape = TransformerShape.KernelAttention(2 * ValuesOnlyStudy.Size.Rows, 2, arm.Kernel);
            using var problem = KernelProblem.Of(shape, ValuesOnlyStudy.Size, 1, seed, block => block.Kind is ParameterKind.Query or ParameterKind.Key ? gain : 1);
            SpectrumSummary features = JacobianMatrix.Spectrum(TransformerFeatures.OfHeads(problem.Model, problem.Start), out _);
            return job.Measured(
                new Dictionary<string, double>(StringComparer.Ordinal)
                {
                    [Quantity.Scale] = gain,
                    [Quantity.LambdaB] = features.SigmaMinRow * features.SigmaMinRow,
                    [Quantity.SharpRate] = Math.Pow(features.SigmaMinRow / features.SigmaMax, 2),
                },
                []);
        });
        return job;
    }
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

/// <summary>Turns the draw N(0, 1/rows) of model G into another start; W_O is left as it was drawn.</summary>
internal static class KernelStarts
{
    internal const double SmallGain = 0.25;
    internal const double LargeGain = 2;

    public static string Words(StartKind start) => start switch
    {
        StartKind.LeCun => "N(0, 1/fan-in)",
        StartKind.Xavier => "Xavier",
        StartKind.Orthogonal => "orthogonal",
        StartKind.Small => FormattableString.Invariant($"gain {SmallGain}"),
        _ => FormattableString.Invariant($"gain {LargeGain}"),
    };

    public static void Apply(StartKind start, ModelParameters parameters)
    {
        foreach (ParameterBlock block in parameters.Layout.Blocks.Where(block => block.Kind != ParameterKind.Output))
        {
            Matrix weights = parameters[block];
            if (start == StartKind.Orthogonal)
            {
                MakeOrthonormal(weights);
                continue;
            }

            Vectors.Scale(weights.Span, start switch
            {
                StartKind.Xavier => Math.Sqrt(2.0 * block.Rows / (block.Rows + block.Columns)),
                StartKind.Small => SmallGain,
                StartKind.Large => LargeGain,
                _ => 1,
            });
        }
    }

    // Blocks of model G are [D, D/H]: at least as tall as wide.
    private static void MakeOrthonormal(in Matrix weights) => HouseholderQr.OrthonormalColumns(weights);
}
