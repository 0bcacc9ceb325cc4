using System.Text.Json;
using Kappa.Certificates;
using Kappa.Models;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>What a theorem says, in short.</summary>
internal sealed record TheoremDocument(string Theorem, string Outcome, string Explanation, double? StepSize, double? Rate)
{
    public static TheoremDocument Of(Certificate certificate) => new(
        certificate.Theorem.Name, JsonNamingPolicy.CamelCase.ConvertName(certificate.Outcome.ToString()), certificate.Explanation,
        certificate.Guarantee?.StepSize, certificate.Guarantee?.Rate);
}

/// <summary>A certificate of model R in the keys of tests/Data/reference; one that
/// does not apply has <c>certified</c> false, the reason, and no number.</summary>
internal sealed record CertificateDocument
{
    public required bool Certified { get; init; }

    public string? NotApplicable { get; init; }

    /// <summary>By matrix; with one block by the names of the matrices alone.</summary>
    public Dictionary<string, double>? Radii { get; init; }

    public double? Mu { get; private init; }

    public double? MuFfnOut { get; private init; }

    public double? MuFfnIn { get; private init; }

    public double? MuReadout { get; private init; }

    public double? Beta { get; private init; }

    public double? Floor { get; private init; }

    public double? FloorEnd { get; private init; }

    public double? FeatureSlope { get; private init; }

    public double? Curvature { get; private init; }

    public double? Lambda { get; private init; }

    public double? Radius { get; private init; }

    public double? MaxStep { get; private init; }

    public double? GuaranteedRate { get; private init; }

    public static CertificateDocument? Find(PointEvaluation evaluation, string name)
    {
        ModelPoint point = evaluation.Point;
        if (evaluation.Certificates.Count == 0)
        {
            return null;
        }

        // Asked of another model a theorem says at once that it is not about it.
        Certificate? certificate = evaluation.Certificates.FirstOrDefault(certificate => certificate.Theorem.Name == name)
            ?? (
                point.Model is ResidualTransformer
                    ? null
                    : Certificates.Theorems.Find(name)!.Evaluate(point.Model, point.Parameters, point.Trained));
        if (certificate is null)
        {
            return null;
        }

        return certificate.Guarantee is { } guarantee ? Of(certificate, guarantee, point.Model) : new CertificateDocument
        {
            Certified = false,
            NotApplicable = certificate.Outcome == CertificateOutcome.NotApplicable ? certificate.Explanation : null,
        };
    }

    private static CertificateDocument Of(Certificate certificate, Guarantee guarantee, IModel model)
    {
        bool isBall = certificate.Theorem.Name == "ball", hasOneBlock = model.LayerMatrices.All(matrix => matrix.Layer == 0);
        return new CertificateDocument
        {
            Certified = true,
            Radii = guarantee.Radii.ToDictionary(radius => NameOf(radius.Block), radius => radius.Radius),
            Mu = isBall ? Find("μ") : null,

            // A matrix that contributes nothing to μ has the share 0.
            MuFfnOut = isBall ? Find("μ(W_2)") ?? 0 : null,
            MuFfnIn = isBall ? Find("μ(W_1)") ?? 0 : null,
            MuReadout = isBall ? Find("μ(W_U)") : null,
            Beta = isBall ? Find("β") : null,
            Floor = isBall ? null : Find("s_0"),
            FloorEnd = isBall ? null : Find("s(r̄)"),
            FeatureSlope = isBall ? null : Find("κ"),
            Curvature = isBall ? null : Find("c"),
            Lambda = isBall ? null : Find("Λ"),
            Radius = isBall ? null : Find("r̄"),
            MaxStep = guarantee.LargestStepSize,
            GuaranteedRate = guarantee.Rate,
        };

        double? Find(string symbol) => certificate.Constants.FirstOrDefault(constant => constant.Symbol == symbol)?.Value;

        string NameOf(ParameterBlock block) => hasOneBlock ? block.Name[(block.Name.LastIndexOf('.') + 1)..] : block.Name;
    }
}
