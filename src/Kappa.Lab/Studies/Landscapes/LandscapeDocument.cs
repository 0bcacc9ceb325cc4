using System.Text.Json;
using System.Text.Json.Serialization;
using Kappa.Lab.Formats;

namespace Kappa.Lab.Studies.Landscapes;

/// <summary>landscape.json: every number of a landscape but the grid, which landscape.csv has. What is not finite is <c>null</c>.</summary>
internal sealed record LandscapeDocument(
    int SchemaVersion, string Command, string Target, string Remark, PlaneDocument Plane, PlaneNumbersDocument Numbers,
    PlanePathDocument? Path)
{
    private const int Version = 1;

    private static readonly LandscapeSchema Schema = new(ReadableJson.Of(LandscapeSchema.Default));

    /// <summary>The text of landscape.json.</summary>
    /// <param name="landscape">The landscape.</param>
    /// <param name="command">The command that makes it again.</param>
    public static string Text(Landscape landscape, string command)
    {
        ArgumentNullException.ThrowIfNull(landscape);
        return JsonSerializer.Serialize(
            new LandscapeDocument(
                Version, command, landscape.Target.Name, landscape.Target.Remark, PlaneDocument.Of(landscape),
                PlaneNumbersDocument.Of(landscape), landscape.Path is { } path ? PlanePathDocument.Of(path) : null),
            Schema.LandscapeDocument) + "\n";
    }
}

/// <summary>The plane and what it was chosen by.</summary>
internal sealed record PlaneDocument(
    string Directions, string Normalisation, long Seed, int Points, double[] Alpha, double[] Beta, int Parameters, double CentreNorm,
    double FirstNorm, double SecondNorm, double Cosine, IReadOnlyList<double> ExplainedShares, IReadOnlyList<TopCurvature> TopCurvatures)
{
    public static PlaneDocument Of(Landscape landscape)
    {
        LandscapeRequest request = landscape.Request;
        bool isRandom = request.Directions == LandscapeDirections.Random;
        return new(
            Word(request.Directions), isRandom ? Word(request.Normalisation) : "none", request.Seed, request.Points,
            [landscape.First[0], landscape.First[^1]], [landscape.Second[0], landscape.Second[^1]], landscape.Parameters,
            landscape.Norms.Centre, landscape.Norms.First, landscape.Norms.Second, landscape.Cosine, landscape.ExplainedShares,
            landscape.TopCurvatures);
    }

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}

/// <summary>What the grid shows.</summary>
internal sealed record PlaneNumbersDocument(
    double CentreLoss, double LeastLoss, double LargestLoss, int NonFinite, int LocalMinima, double Resolution, double NonConvexShare,
    QuantilesDocument CurvatureAlongAlpha, QuantilesDocument CurvatureAlongBeta, QuantilesDocument LargerPrincipalCurvature,
    QuantilesDocument SmallerPrincipalCurvature, PlaneHessianDocument CentreHessian, double RoughnessAlongAlpha,
    double RoughnessAlongBeta, double RoughnessMedian)
{
    public static PlaneNumbersDocument Of(Landscape landscape)
    {
        LandscapeNumbers n = landscape.Numbers;
        return new(
            landscape.CentreLoss, n.Least, n.Largest, n.NonFinite, n.LocalMinima, n.Resolution, n.NonConvexShare,
            QuantilesDocument.Of(n.AlongFirst), QuantilesDocument.Of(n.AlongSecond), QuantilesDocument.Of(n.LargerPrincipal),
            QuantilesDocument.Of(n.SmallerPrincipal),
            new(landscape.CentreCurvature.First, landscape.CentreCurvature.Second, landscape.CentreCurvature.Mixed), n.RoughnessFirst,
            n.RoughnessSecond, n.RoughnessMedian);
    }
}

/// <summary>A curvature over the points of the grid.</summary>
internal sealed record QuantilesDocument(
    int Points, double Least, double P05, double P25, double P50, double P75, double P95, double Largest)
{
    public static QuantilesDocument Of(CurvatureQuantiles q) =>
        new(q.Points, q.Least, q.Low, q.LowerQuartile, q.Median, q.UpperQuartile, q.High, q.Largest);
}

/// <summary>The second derivatives at the centre.</summary>
internal sealed record PlaneHessianDocument(double AlphaAlpha, double BetaBeta, double AlphaBeta);

/// <summary>The path of a run on the plane.</summary>
internal sealed record PlanePathDocument(
    double ExplainedShare, double LargestDistance, long LargestDistanceStep, IEnumerable<PlanePointDocument> Points)
{
    public static PlanePathDocument Of(PathOnPlane path) => new(
        path.ExplainedShare, path.LargestDistance, path.LargestDistanceStep,
        path.Points.Select(point => new PlanePointDocument(
            point.Step, point.First, point.Second, point.Distance, point.Loss, point.PlaneLoss)));
}

/// <summary>A state of the path.</summary>
internal sealed record PlanePointDocument(long Step, double Alpha, double Beta, double Distance, double Loss, double PlaneLoss);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    NewLine = "\n",
    Converters = [typeof(JsonNumberConverter)])]
[JsonSerializable(typeof(LandscapeDocument))]
internal sealed partial class LandscapeSchema : JsonSerializerContext;
