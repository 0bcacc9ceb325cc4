using System.Text.Json;
using Kappa.Spectra;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>What was estimated at a point as JSON (P.7, P.8, R.7): the keys are there only when it was, so that the rest keeps the keys of tests/Data/reference.</summary>
internal static class EstimatesJson
{
    /// <summary>Writes <c>kernel_extremes</c>, <c>hessian_extremes</c> and <c>kernel_density</c>, those that there are.</summary>
    /// <param name="json">Inside an object.</param>
    /// <param name="estimates">What was estimated.</param>
    public static void Write(Utf8JsonWriter json, PointEstimates estimates)
    {
        if (estimates.KernelEnds is { } kernel)
        {
            json.WriteStartObject("kernel_extremes");
            WriteEnd(json, "lambda_max", kernel.LambdaMax);
            WriteEnd(json, "lambda_min", kernel.LambdaMin);
            json.WriteString("lambda_min_status", Words(kernel.Status));
            WriteCost(json, kernel.Floor, kernel.Products);
        }

        if (estimates.Hessian is { } hessian)
        {
            json.WriteStartObject("hessian_extremes");
            WriteEnd(json, "sharpness", hessian.LargestEigenvalue);
            WriteEnd(json, "smallest_eigenvalue", hessian.SmallestEigenvalue);
            if (estimates.IsHessianDifferenced)
                json.WriteString("method", "differences of gradients");
            WriteCost(json, hessian.Floor, hessian.Products);
        }
        else if (estimates.HessianKink is { } kink)
        {
            json.WriteNull("hessian_extremes");
            json.WriteString("hessian_extremes_reason", kink);
        }

        if (estimates.KernelDensity is { } density)
        {
            json.WriteStartObject("kernel_density");
            json.WriteString("grade", "estimated");
            json.WriteNumber("probes", density.Probes);
            json.WriteNumber("products", density.Products);
            WriteMoment(json, "mean_eigenvalue", density.Moment(1));
            WriteMoment(json, "mean_squared_eigenvalue", density.Moment(2));
            WriteNumbers(json, "nodes", density.Nodes);
            WriteNumbers(json, "weights", density.Weights);
            json.WriteEndObject();
        }

        if (estimates.Omission is { } reason)
            json.WriteString("estimates_omitted", reason);
    }

    private static void WriteEnd(Utf8JsonWriter json, string name, in EigenvalueEstimate end)
    {
        json.WriteStartObject(name);
        EvaluationJson.WriteNumber(json, "value", end.Value);
        EvaluationJson.WriteNumber(json, "residual", end.Residual);
        json.WriteBoolean("converged", end.Converged);
        json.WriteEndObject();
    }

    private static void WriteCost(Utf8JsonWriter json, double floor, int products)
    {
        json.WriteString("grade", "estimated");
        EvaluationJson.WriteNumber(json, "floor", floor);
        json.WriteNumber("products", products);
        json.WriteEndObject();
    }

    private static void WriteMoment(Utf8JsonWriter json, string name, in MomentEstimate moment)
    {
        json.WriteStartObject(name);
        EvaluationJson.WriteNumber(json, "value", moment.Value);
        EvaluationJson.WriteNumber(json, "standard_error", moment.StandardError);
        json.WriteEndObject();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IReadOnlyList<double> values)
    {
        json.WritePropertyName(name);
        EvaluationJson.WriteRow(json, [.. values]);
    }

    private static string Words(SpectrumStatus status) => status switch
    {
        SpectrumStatus.WellDefined => "well_defined",
        SpectrumStatus.RankLimited => "rank_limited",
        SpectrumStatus.BelowFloor => "below_floor",
        SpectrumStatus.Zero => "zero",
        _ => "not_finite",
    };
}
