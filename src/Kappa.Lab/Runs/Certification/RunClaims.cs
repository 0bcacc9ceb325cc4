using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kappa.Certificates;
using Kappa.Lab.Formats;
using Kappa.Lab.Store;
using Kappa.Numerics;

namespace Kappa.Lab.Runs.Certification;

/// <summary>claims.json of a run: what the theorems said of it, each with the numbers
/// behind it. The keys of a claim are those of a reproduction's file.</summary>
/// <remarks>An answer replaces the earlier one to the same question and leaves the others; the file is replaced as
/// a whole. It is no part of the run: neither its name nor what a rerun is compared with depends on it.</remarks>
internal static class RunClaims
{
    /// <summary>Version of the schema; it grows when a key changes its meaning or disappears.</summary>
    public const int SchemaVersion = 1;

    private const long LargestFile = 1 << 24;

    private static readonly JsonSerializerOptions s_layout = new()
    { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Adds the findings of a report to the claims of a run; theorems that are not about its model are left out.</summary>
    /// <param name="folder">The run folder.</param>
    /// <param name="report">What was found.</param>
    /// <exception cref="BadInputException">The file cannot be written, or what it holds is not of this schema.</exception>
    public static void Add(string folder, CertificationReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var files = new RunFiles(folder);
        SortedDictionary<string, JsonNode> claims = Read(files.Claims);
        foreach (TheoremFinding finding in report.Findings.Where(finding => finding.Grade != CertificationGrade.NotApplicable))
        {
            JsonObject claim = Claim(finding, report.Request);
            claims[claim["id"]!.GetValue<string>()] = claim;
        }

        if (claims.Count == 0)
        {
            return;
        }

        var document = new JsonObject
        {
            ["schemaVersion"] = SchemaVersion,
            ["run"] = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))),
            ["claims"] = new JsonArray([.. claims.Values]),
        };
        AtomicFile.WriteAllText(files.Claims, document.ToJsonString(s_layout) + "\n");
    }

    private static SortedDictionary<string, JsonNode> Read(string path)
    {
        SortedDictionary<string, JsonNode> claims = new(StringComparer.Ordinal);
        if (!Path.Exists(path))
        {
            return claims;
        }

        return StoredDocument.Json(path, Claims, "It must hold the claims of a run. Remove it and certify again.", LargestFile);

        SortedDictionary<string, JsonNode> Claims(JsonNode document)
        {
            int version = document["schemaVersion"]!.GetValue<int>();
            if (version != SchemaVersion)
            {
                throw new FormatException($"its schemaVersion must be {SchemaVersion} but is {version}");
            }

            foreach (JsonNode? claim in document["claims"]!.AsArray().ToArray())
            {
                claims[claim!["id"]!.GetValue<string>()] = claim.DeepClone();
            }

            return claims;
        }
    }

    private static JsonObject Claim(TheoremFinding finding, CertificationRequest request)
    {
        Certificate certificate = finding.Certificate;
        return new JsonObject
        {
            ["id"] = Question(certificate.Theorem, request),
            ["source"] = $"{certificate.Theorem.Label}, {certificate.Theorem.Page}",
            ["statement"] = certificate.Theorem.Statement,
            ["refutedIf"] = certificate.Guarantee is { } guarantee
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"with step size {NumberText.Of(guarantee.StepSize, 6)} the loss is above (1 - {NumberText.Of(guarantee.Rate, 6)})^k "
                        + $"of that at step {finding.Step}, k steps later, by more than rounding")
                : null,
            ["verdict"] = Camel(finding.Grade),
            ["reason"] = Reason(finding),
            ["step"] = finding.Step,
            ["measurements"] = Measurements(finding),
        };
    }

    // What was asked decides which answers replace each other.
    private static string Question(Theorem theorem, CertificationRequest request)
    {
        string where = request.IsSearch ? "first step" : "step";
        string own = request.UsesRunStepSize ? ", own step size" : request.StepSize is double eta ? $", step size {eta:R}" : "";
        string choices = request is { StepDivisor: var divisor, FloorFraction: var floor }
            && (divisor, floor) != (CertificateOptions.Default.StepDivisor, CertificateOptions.Default.FloorFraction)
            ? $", divisor {divisor:R}, floor {floor:R}" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{theorem.Name}: {where} {request.Step}{own}{choices}");
    }

    private static string Reason(TheoremFinding finding) => (finding.Check?.Violation ?? finding.Record?.Violation) is { } violation
        ? $"{finding.Certificate.Explanation} {violation}"
        : finding.Certificate.Explanation;

    private static JsonArray Measurements(TheoremFinding finding)
    {
        var all = new JsonArray();
        foreach (Condition condition in finding.Certificate.Conditions)
        {
            all.Add((JsonNode)new JsonObject
            {
                ["quantity"] = condition.Name,
                ["symbol"] = condition.Symbol,
                ["value"] = Number(condition.Value),
                ["relation"] = Camel(condition.Relation),
                ["bound"] = Number(condition.Bound),
                ["holds"] = condition.Holds,
            });
        }

        if (finding.Certificate.Guarantee is { } guarantee)
        {
            Add("guaranteed step size", guarantee.StepSize);
            Add("guaranteed rate", guarantee.Rate);
        }

        if (finding.Check is { } check)
        {
            Add("steps observed", check.Steps);
            Add("measured rate", check.MeasuredRate);
        }

        return all;

        void Add(string quantity, double value) => all.Add((JsonNode)new JsonObject { ["quantity"] = quantity, ["value"] = Number(value) });
    }

    // JSON has no infinity and no NaN; a string keeps the finding instead of losing it.
    private static JsonNode Number(double value) => double.IsFinite(value) ? value : value.ToString(CultureInfo.InvariantCulture);

    private static string Camel<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}
