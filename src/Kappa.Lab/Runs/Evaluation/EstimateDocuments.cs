using System.Text.Json;
using Kappa.Spectra;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>An end of a spectrum, estimated (P.7).</summary>
internal sealed record EndDocument(double Value, double Residual, bool Converged)
{
    public static EndDocument Of(in EigenvalueEstimate end) => new(end.Value, end.Residual, end.Converged);
}

/// <summary>Both ends of the kernel.</summary>
internal sealed record KernelEndsDocument(
    EndDocument LambdaMax, EndDocument LambdaMin, string LambdaMinStatus, string Grade, double Floor, int Products)
{
    public static KernelEndsDocument Of(KernelExtremes kernel) => new(
        EndDocument.Of(kernel.LambdaMax), EndDocument.Of(kernel.LambdaMin),
        JsonNamingPolicy.SnakeCaseLower.ConvertName(kernel.Status.ToString()), "estimated",
        kernel.Floor, kernel.Products);
}

/// <summary>Both ends of the Hessian.</summary>
internal sealed record HessianEndsDocument(EndDocument Sharpness, EndDocument SmallestEigenvalue, string Grade, double Floor, int Products)
{
    public static HessianEndsDocument? Of(Sharpness? hessian) => hessian is null ? null
        : new(
            EndDocument.Of(hessian.LargestEigenvalue), EndDocument.Of(hessian.SmallestEigenvalue), "estimated", hessian.Floor,
            hessian.Products);
}

/// <summary>The density of the kernel's eigenvalues (P.8).</summary>
internal sealed record DensityDocument(
    string Grade, int Probes, int Products, MomentDocument MeanEigenvalue, MomentDocument MeanSquaredEigenvalue, double[] Nodes,
    double[] Weights)
{
    public static DensityDocument Of(SpectralDensity density) => new(
        "estimated", density.Probes, density.Products, MomentDocument.Of(density.Moment(1)), MomentDocument.Of(density.Moment(2)),
        [.. density.Nodes],
        [.. density.Weights]);
}

/// <summary>A moment with its error.</summary>
internal sealed record MomentDocument(double Value, double StandardError)
{
    public static MomentDocument Of(in MomentEstimate moment) => new(moment.Value, moment.StandardError);
}
