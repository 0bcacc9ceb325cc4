using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Selftest;

/// <summary>Loss and gradient in single precision against those in double, for every activation.</summary>
internal static class PrecisionChecks
{
    private const string Group = "single precision";
    private const int Depth = 2;
    private const int Width = 24;
    private const int FfnWidth = 40;

    // A gradient is the end of about twelve products a block, forward and back, each of
    // sums of up to m + d terms that err by √k u; three for what they are relative to.
    private static readonly double Tolerance = 3 * 12 * Depth * Math.Sqrt(FfnWidth + Width) * RoundingFloor.UnitRoundoff(Precision.Single);

    public static IEnumerable<SelftestCheck> Run()
    {
        foreach (ActivationKind kind in Enum.GetValues<ActivationKind>())
        {
            var shape = new ResidualTransformerShape
            { Depth = Depth, Width = Width, FfnWidth = FfnWidth, Activation = new Activation(kind) };
            (double loss, ResidualTransformerWeights gradient) = Evaluate(shape, Precision.Double);
            (double single, ResidualTransformerWeights rounded) = Evaluate(shape, Precision.Single);
            yield return new SelftestCheck(
                Group, $"{kind}, depth {Depth}: loss in single and double precision", Deviation.Relative(single, loss), Tolerance,
                "relative");
            yield return new SelftestCheck(
                Group, $"{kind}, depth {Depth}: gradient in single and double precision",
                Deviation.Relative(rounded.Vector, gradient.Vector), Tolerance, "relative");
        }
    }

    private static (double Loss, ResidualTransformerWeights Gradient) Evaluate(ResidualTransformerShape shape, Precision precision)
    {
        const int Samples = 3;
        const int Rows = Samples * 5;
        Matrix inputs = Matrix.Allocate(Rows, Width), targets = Matrix.Allocate(Rows, Width);
        new RandomSequence(0, "selftest.precision.inputs").FillGaussian(inputs.Span);
        new RandomSequence(0, "selftest.precision.targets").FillGaussian(targets.Span);
        var gradient = new ResidualTransformerWeights(shape);
        using var model = new ResidualTransformer(shape, inputs, targets, Samples, 1, precision);
        ResidualTransformerWeights weights = new Initialisation { Scheme = InitialisationScheme.LeCun }.Create(shape, seed: 1);
        return (model.LossAndGradient(weights, model.AllSamples, gradient, TrainedSet.All), gradient);
    }
}
