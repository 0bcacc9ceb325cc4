using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Kappa.Lab.Formats;

namespace Kappa.Lab.Studies.Landscapes;

/// <summary>landscape.json: every number of a landscape but the grid, which landscape.csv has. What is not finite is <c>null</c>.</summary>
internal static class LandscapeJson
{
    /// <summary>Version of the schema; it grows when a key changes its meaning or disappears.</summary>
    public const int SchemaVersion = 1;

    /// <summary>The text of landscape.json.</summary>
    /// <param name="landscape">The landscape.</param>
    /// <param name="command">The command that makes it again.</param>
    public static string Text(Landscape landscape, string command)
    {
        ArgumentNullException.ThrowIfNull(landscape);
        using var stream = new MemoryStream();
        using (
            var json = new Utf8JsonWriter(
                stream, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteNumber("schemaVersion", SchemaVersion);
            json.WriteString("command", command);
            json.WriteString("target", landscape.Target.Name);
            json.WriteString("remark", landscape.Target.Remark);
            WritePlane(json, landscape);
            WriteNumbers(json, landscape);
            WritePath(json, landscape.Path);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static void WritePlane(Utf8JsonWriter json, Landscape landscape)
    {
        json.WriteStartObject("plane");
        json.WriteString("directions", landscape.Request.Directions.ToString().ToLowerInvariant());
        json.WriteString(
            "normalisation",
            landscape.Request.Directions == LandscapeDirections.Random
                ? landscape.Request.Normalisation.ToString().ToLowerInvariant()
                : "none");
        json.WriteNumber("seed", landscape.Request.Seed);
        json.WriteNumber("points", landscape.Request.Points);
        WriteRange(json, "alpha", landscape.First);
        WriteRange(json, "beta", landscape.Second);
        json.WriteNumber("parameters", landscape.Parameters);
        Write(json, "centreNorm", landscape.Norms.Centre);
        Write(json, "firstNorm", landscape.Norms.First);
        Write(json, "secondNorm", landscape.Norms.Second);
        Write(json, "cosine", landscape.Cosine);
        json.WriteStartArray("explainedShares");
        foreach (double share in landscape.ExplainedShares)
        {
            JsonNumber.WriteValue(json, share);
        }

        json.WriteEndArray();
        json.WriteStartArray("topCurvatures");
        foreach (TopCurvature top in landscape.TopCurvatures)
        {
            json.WriteStartObject();
            Write(json, "value", top.Value);
            Write(json, "residual", top.Residual);
            json.WriteBoolean("converged", top.Converged);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteNumbers(Utf8JsonWriter json, Landscape landscape)
    {
        LandscapeNumbers numbers = landscape.Numbers;
        json.WriteStartObject("numbers");
        Write(json, "centreLoss", landscape.CentreLoss);
        Write(json, "leastLoss", numbers.Least);
        Write(json, "largestLoss", numbers.Largest);
        json.WriteNumber("nonFinite", numbers.NonFinite);
        json.WriteNumber("localMinima", numbers.LocalMinima);
        Write(json, "resolution", numbers.Resolution);
        Write(json, "nonConvexShare", numbers.NonConvexShare);
        WriteQuantiles(json, "curvatureAlongAlpha", numbers.AlongFirst);
        WriteQuantiles(json, "curvatureAlongBeta", numbers.AlongSecond);
        WriteQuantiles(json, "largerPrincipalCurvature", numbers.LargerPrincipal);
        WriteQuantiles(json, "smallerPrincipalCurvature", numbers.SmallerPrincipal);
        json.WriteStartObject("centreHessian");
        Write(json, "alphaAlpha", landscape.CentreCurvature.First);
        Write(json, "betaBeta", landscape.CentreCurvature.Second);
        Write(json, "alphaBeta", landscape.CentreCurvature.Mixed);
        json.WriteEndObject();
        Write(json, "roughnessAlongAlpha", numbers.RoughnessFirst);
        Write(json, "roughnessAlongBeta", numbers.RoughnessSecond);
        Write(json, "roughnessMedian", numbers.RoughnessMedian);
        json.WriteEndObject();
    }

    private static void WritePath(Utf8JsonWriter json, PathOnPlane? path)
    {
        if (path is null)
        {
            json.WriteNull("path");
            return;
        }

        json.WriteStartObject("path");
        Write(json, "explainedShare", path.ExplainedShare);
        Write(json, "largestDistance", path.LargestDistance);
        json.WriteNumber("largestDistanceStep", path.LargestDistanceStep);
        json.WriteStartArray("points");
        foreach (PathPoint point in path.Points)
        {
            json.WriteStartObject();
            json.WriteNumber("step", point.Step);
            Write(json, "alpha", point.First);
            Write(json, "beta", point.Second);
            Write(json, "distance", point.Distance);
            Write(json, "loss", point.Loss);
            Write(json, "planeLoss", point.PlaneLoss);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteRange(Utf8JsonWriter json, string name, IReadOnlyList<double> values)
    {
        json.WriteStartArray(name);
        JsonNumber.WriteValue(json, values[0]);
        JsonNumber.WriteValue(json, values[^1]);
        json.WriteEndArray();
    }

    private static void WriteQuantiles(Utf8JsonWriter json, string name, CurvatureQuantiles quantiles)
    {
        json.WriteStartObject(name);
        json.WriteNumber("points", quantiles.Points);
        Write(json, "least", quantiles.Least);
        Write(json, "p05", quantiles.Low);
        Write(json, "p25", quantiles.LowerQuartile);
        Write(json, "p50", quantiles.Median);
        Write(json, "p75", quantiles.UpperQuartile);
        Write(json, "p95", quantiles.High);
        Write(json, "largest", quantiles.Largest);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, double value) => JsonNumber.Write(json, name, value);
}
