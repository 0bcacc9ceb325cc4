using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Lab.Selftest;

/// <summary>The same specification gives the same bits for any number of threads.</summary>
internal static class SameBitsChecks
{
    private const string Group = "same bits";

    public static IEnumerable<SelftestCheck> Run()
    {
        double[] one = WeightsAfterTenSteps(threads: 1);
        double[] two = WeightsAfterTenSteps(threads: 2);
        int different = one.Zip(
            two, (a, b) => BitConverter.DoubleToInt64Bits(a) != BitConverter.DoubleToInt64Bits(b)).Count(isDifferent => isDifferent);
        yield return new SelftestCheck(Group, "weights after ten steps on 1 and 2 threads", different, 0, "numbers that differ");
    }

    // 1024 rows: enough for the samples to be divided between threads.
    private static double[] WeightsAfterTenSteps(int threads)
    {
        const int Samples = 64;
        var shape = new ResidualTransformerShape { Depth = 2, Width = 16, FfnWidth = 32 };
        Matrix inputs = Matrix.Allocate(Samples * 16, shape.Width);
        Matrix targets = Matrix.Allocate(Samples * 16, shape.Width);
        new RandomSequence(0, "selftest.bits.inputs").FillGaussian(inputs.Span);
        new RandomSequence(0, "selftest.bits.targets").FillGaussian(targets.Span);
        using var model = new ResidualTransformer(shape, inputs, targets, Samples, threads);
        var descent = new GradientDescent(model, new DescentOptions { StepSize = StepSizeRule.Fixed(1e-5), MaximumSteps = 10 });
        DescentState state = descent.Start(new Initialisation().Create(shape, seed: 0));
        _ = descent.Run(state);
        return state.Parameters.Vector;
    }
}
