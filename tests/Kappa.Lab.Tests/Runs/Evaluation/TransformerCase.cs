using System.Text;
using System.Text.Json;
using Kappa.Lab.Runs.Evaluation;
using Kappa.Models;

namespace Kappa.Lab.Tests.Runs.Evaluation;

/// <summary>One line of <c>tests/peer/transformer_cases.py</c>: a point
/// file, and what PyTorch says of it (tests/Data/transformer).</summary>
internal sealed class TransformerCase : IDisposable
{
    // Its derivation is in tests/Data/transformer/README.md.
    private const double Tolerance = 1e-10;
    private const double SmallestShare = 1e-3;
    private const double Zero = 1e-12;

    private readonly JsonDocument _document;

    public TransformerCase(string line)
    {
        _document = JsonDocument.Parse(line);
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(line));
        Reading = PointFile.Read(stream, "case.json");
    }

    public JsonElement Root => _document.RootElement;

    public JsonElement Config => Root.GetProperty("config");

    public PointReading Reading { get; }

    private JsonElement Expected => Root.GetProperty("expected");

    /// <summary>What disagrees, in the order loss, output, gradient,
    /// eigenvalues, product with the Hessian; empty when nothing does.</summary>
    public IReadOnlyList<string> Differences()
    {
        if (Reading.Problems.Count > 0)
            return [$"{Root.GetProperty("name")}: cannot be read: {string.Join(" ", Reading.Problems)} {Config}"];
        List<string> differences = Compare(Reading.Require());
        return [.. differences.Select(difference => $"{Root.GetProperty("name")}: {difference} {Config}")];
    }

    public void Dispose()
    {
        Reading.Point?.Dispose();
        _document.Dispose();
    }

    private List<string> Compare(ModelPoint point)
    {
        var evaluation = PointEvaluation.Of(point, new PointEvaluationOptions { WithCertificates = false });
        (IModel model, ModelParameters parameters, TrainedSet trained) = (point.Model, point.Parameters, point.Trained);
        (double Loss, Matrix Output, ModelParameters Gradient, double[]? Eigenvalues) found =
            (evaluation.Loss, evaluation.Output, evaluation.Gradient, evaluation.Kernel?.Eigenvalues);
        double loss = Expected.GetProperty("loss").GetDouble();
        var differences = new List<string>();
        Check("loss", [found.Loss], [loss], Math.Abs(loss));
        double[] output = Numbers(Expected.GetProperty("output"));
        Check("output", found.Output.Span.ToArray(), output, Norm(output));
        CheckMatrices("gradient", found.Gradient);
        if (Expected.TryGetProperty("ntk_eigenvalues", out JsonElement eigenvalues))
        {
            double[] expected = Numbers(eigenvalues);
            Check("ntk_eigenvalues", found.Eigenvalues ?? [], expected, expected.Max());
        }

        var direction = new ModelParameters(model.Layout);
        string[] names = [.. model.Layout.Blocks.Where(trained.Includes).Select(block => block.Name).Order(StringComparer.Ordinal)];
        for (int b = 0; b < names.Length; b++)
        {
            Span<double> entries = direction[names[b]].Span;
            for (int k = 0; k < entries.Length; k++)
                entries[k] = Math.Cos(k + b);
        }

        var product = new ModelParameters(model.Layout);
        model.HessianProduct(parameters, model.AllSamples, direction, product, trained);
        CheckMatrices("hessian_product", product);
        return differences;

        void CheckMatrices(string what, ModelParameters ours)
        {
            JsonElement theirs = Expected.GetProperty(what);
            double whole = Norm([.. theirs.EnumerateObject().SelectMany(matrix => Numbers(matrix.Value))]);
            foreach (JsonProperty matrix in theirs.EnumerateObject())
            {
                double[] expected = Numbers(matrix.Value);
                Check($"{what} of {matrix.Name}", ours[matrix.Name].Span.ToArray(), expected, Norm(expected) + (SmallestShare * whole));
            }
        }

        void Check(string what, double[] ours, double[] theirs, double scale)
        {
            double distance = ours.Length == theirs.Length ? Norm([.. ours.Zip(theirs, (a, b) => a - b)]) : double.PositiveInfinity;
            if (!(distance <= (Tolerance * scale) + Zero))
                differences.Add($"{what} differs by {distance:G3} of {scale:G3}");
        }
    }

    private static double Norm(double[] values) => Math.Sqrt(values.Sum(value => value * value));

    private static double[] Numbers(JsonElement element) => element.ValueKind == JsonValueKind.Array
        ? [.. element.EnumerateArray().SelectMany(Numbers)]
        : [element.GetDouble()];
}
