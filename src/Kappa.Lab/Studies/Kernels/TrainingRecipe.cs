using System.Globalization;
using Kappa.Descent;
using Kappa.Numerics;

namespace Kappa.Lab.Studies.Kernels;

/// <summary>How a task is trained.</summary>
/// <param name="Method">SGD or Adam.</param>
/// <param name="StepSize">η after the warm-up, before a linear decay to 0.</param>
/// <param name="Steps">Updates.</param>
/// <param name="BatchSize">Samples of a batch.</param>
/// <param name="EvaluateEvery">Steps between two tests.</param>
internal sealed record TrainingRecipe(UpdateMethod Method, double StepSize, int Steps, int BatchSize, int EvaluateEvery)
{
    /// <summary>Precision of the passes; sums and weights stay double.</summary>
    public Precision Precision { get; init; } = Precision.Single;

    /// <summary>Steps between two saved states: seconds of work for the smallest task,
    /// about two minutes for the full-size pictures. It changes no number.</summary>
    public int SaveEvery { get; init; } = 250;

    /// <summary>For tables.</summary>
    public string Words =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{(Method is AdamDescent ? "Adam" : "SGD")}, step {StepSize}, batch {BatchSize}, {Steps} steps, "
                + $"{(Precision == Precision.Single ? "single" : "double")} precision");
}
