using System.Text.Json;
using Kappa.Lab.Runs.Evaluation;
using Kappa.Models;

namespace Kappa.Lab.Selftest;

/// <summary>A point of model R with exact values computed elsewhere (complex-step
/// derivatives in double precision): embedded from tests/Data/reference.</summary>
/// <param name="Point">The point, read as any user's file is.</param>
/// <param name="Expected">What must come out.</param>
internal sealed record ReferencePoint(ModelPoint Point, JsonElement Expected)
{
    private const string Prefix = "reference/";

    /// <summary>∂ℒ/∂W of every matrix, the trained ones being all.</summary>
    public ModelParameters ExpectedGradient()
    {
        var gradient = new ModelParameters(Point.Model.Layout);
        foreach (ParameterBlock block in gradient.Layout.Blocks)
        {
            Stacked(Expected.GetProperty("gradient").GetProperty(block.Name)).CopyTo(gradient[block]);
        }

        return gradient;
    }

    /// <summary>Every embedded point, by name.</summary>
    public static IEnumerable<ReferencePoint> All()
    {
        System.Reflection.Assembly assembly = typeof(ReferencePoint).Assembly;
        foreach (
            string resource in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal))
        {
            using Stream stream = assembly.GetManifestResourceStream(resource)!;
            ModelPoint point = PointFile.Read(stream, resource).Require();
            stream.Position = 0;
            using JsonDocument document = JsonDocument.Parse(stream);
            yield return new ReferencePoint(point, document.RootElement.GetProperty("expected").Clone());
        }
    }

    /// <summary>An array [a, b] or [a, b, c] with all but the last index stacked as rows.</summary>
    public static Matrix Stacked(JsonElement array)
    {
        JsonElement[] rows = [.. Rows(array)];
        Matrix matrix = Matrix.Allocate(rows.Length, rows[0].GetArrayLength());
        for (int row = 0; row < rows.Length; row++)
        {
            Vector(rows[row]).CopyTo(matrix.Row(row));
        }

        return matrix;
    }

    /// <summary>A flat array of numbers.</summary>
    public static double[] Vector(JsonElement array) => [.. array.EnumerateArray().Select(value => value.GetDouble())];

    private static IEnumerable<JsonElement> Rows(JsonElement array) =>
        array[0].ValueKind == JsonValueKind.Array ? array.EnumerateArray().SelectMany(Rows) : [array];
}
