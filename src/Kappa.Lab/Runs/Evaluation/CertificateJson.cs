using System.Text.Json;
using Kappa.Certificates;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>What the theorems say of a point as JSON, in the keys of tests/Data/reference: <c>certificate</c> is the ball certificate (C.9), <c>path_certificate</c> the other (C.14).</summary>
/// <remarks>A theorem that does not apply has <c>certified</c> false and the reason under <c>not_applicable</c>, and no number.</remarks>
internal static class CertificateJson
{
    private static readonly (string Key, string Symbol)[] s_ballConstants = [("mu", "μ"), ("mu_ffn_out", "μ(W_2)"), ("mu_ffn_in", "μ(W_1)"), ("mu_readout", "μ(W_U)"), ("beta", "β")];

    private static readonly (string Key, string Symbol)[] s_pathConstants =
        [("floor", "s_0"), ("floor_end", "s(r̄)"), ("feature_slope", "κ"), ("curvature", "c"), ("lambda", "Λ"), ("radius", "r̄")];

    /// <summary>Writes one object a theorem.</summary>
    /// <param name="json">Inside an object.</param>
    /// <param name="certificates">What the theorems say.</param>
    /// <param name="depth">With one block the radii have the names of the matrices alone.</param>
    public static void Write(Utf8JsonWriter json, IEnumerable<Certificate> certificates, int depth)
    {
        foreach (Certificate certificate in certificates)
        {
            bool isBall = certificate.Theorem.Name == "ball";
            json.WriteStartObject(isBall ? "certificate" : $"{certificate.Theorem.Name}_certificate");
            json.WriteBoolean("certified", certificate.Outcome == CertificateOutcome.Guaranteed);
            if (certificate.Outcome == CertificateOutcome.NotApplicable)
            {
                json.WriteString("not_applicable", certificate.Explanation);
            }

            if (certificate.Guarantee is { } guarantee)
            {
                WriteGuarantee(json, certificate, guarantee, isBall ? s_ballConstants : s_pathConstants, depth);
            }

            json.WriteEndObject();
        }
    }

    private static void WriteGuarantee(Utf8JsonWriter json, Certificate certificate, Guarantee guarantee, (string Key, string Symbol)[] constants, int depth)
    {
        json.WriteStartObject("radii");
        foreach (BlockRadius radius in guarantee.Radii)
        {
            string name = radius.Block.Name;
            EvaluationJson.WriteNumber(json, depth == 1 ? name[(name.LastIndexOf('.') + 1)..] : name, radius.Radius);
        }

        json.WriteEndObject();
        foreach ((string key, string symbol) in constants)
        {
            double? value = certificate.Constants.FirstOrDefault(constant => constant.Symbol == symbol)?.Value;
            if (value is not null || key is "mu_ffn_out" or "mu_ffn_in")
            {
                // A matrix that contributes nothing to μ has the share 0.
                EvaluationJson.WriteNumber(json, key, value ?? 0);
            }
        }

        EvaluationJson.WriteNumber(json, "max_step", guarantee.LargestStepSize);
        EvaluationJson.WriteNumber(json, "guaranteed_rate", guarantee.Rate);
    }
}
