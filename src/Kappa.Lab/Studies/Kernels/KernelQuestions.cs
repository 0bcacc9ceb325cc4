using System.Globalization;
using Kappa.Numerics;

namespace Kappa.Lab.Studies.Kernels;

/// <summary>The answers to the open questions, from the runs alone.</summary>
internal static class KernelQuestions
{
    public static IReadOnlyList<OpenQuestion> Answer(IReadOnlyList<KernelRun> runs) =>
    [
        Of(
            runs, KernelStudy.Initialisation, "initialisation",
            "How far do other initialisations (Xavier, orthogonal, small and large gains) take the two kernels in the same number of "
                + "steps?",
            Measured.EndFraction, "end loss / ℒ_0"),
        Of(
            runs, KernelStudy.Depth, "depth", "What does depth do to the two kernels, with and without residual connections?",
            Measured.EndFraction, "mean training loss of the last ten steps / first"),
        Of(
            runs, KernelStudy.Variance, "initial-variance",
            "How does λ_B, the smallest eigenvalue of B_0 B_0ᵀ, depend on the variance of W_Q and W_K?", Measured.LambdaB,
            "λ_B = σ_M(B_0)²"),
    ];

    private static OpenQuestion Of(
        IReadOnlyList<KernelRun> runs, KernelStudy study, string id, string question, string quantity, string words)
    {
        RunGroup[] groups = [.. RunGroup.Of(runs, study).Where(group => group.IsComplete)];
        Measurement[] measurements = [
            .. groups.SelectMany(group =>
                KernelArm.All.Select(arm => new Measurement(group.Setting, $"{words}, {arm.Name}", group.Summary(arm, quantity), null)))];
        string[] parts = [
            .. groups.Select(group =>
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{group.Setting}: {NumberText.Of(group.Summary(KernelArm.Softmax, quantity).Median, 2)} / "
                        + $"{NumberText.Of(group.Summary(KernelArm.Gaussian, quantity).Median, 2)}"))];
        return new OpenQuestion(
            id, question, groups.Length == 0 ? "Nothing was measured." : $"Median {words}, softmax / Gaussian: {string.Join("; ", parts)}.",
            measurements);
    }
}
