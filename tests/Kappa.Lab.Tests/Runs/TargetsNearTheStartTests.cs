using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Lab.Tests.Runs;

/// <summary>Targets at a distance from the output at the start, for every kind of model.</summary>
public sealed class TargetsNearTheStartTests
{
    [Theory]
    [InlineData("depth=2 width=4 ffnWidth=6")]
    [InlineData("width=4 readoutWidth=3")]
    [InlineData("model.kind=kernelAttention width=6 heads=2 readoutWidth=3")]
    [InlineData("model.kind=shallowEncoder width=4 encoderWidth=6")]
    [InlineData("width=4 heads=2 norm=pre bias=true")]
    [InlineData("width=4 readout=pooled pooling=mean")]
    public void They_lie_at_their_distance_in_the_same_direction(string words)
    {
        (double[] near, double[] output) = Of(words, 0.25);
        (double[] far, double[] same) = Of(words, 2);
        Assert.Equal(output, same);
        double[] step = [.. near.Zip(output, (target, at) => target - at)], eightTimes = [.. far.Zip(output, (target, at) => target - at)];

        // A difference of numbers of this size has a few units of 2⁻⁵² of them.
        double rounding = 1e-14 * Vectors.Norm(output);
        Assert.Equal(0.25 * Vectors.Norm(output), Vectors.Norm(step), rounding);
        Assert.All(step.Zip(eightTimes), pair => Assert.Equal(8 * pair.First, pair.Second, 10 * rounding));
    }

    [Fact]
    public void An_output_of_zero_measures_nothing()
    {
        BadInputException refusal = Assert.Throws<BadInputException>(() => Of("model.kind=kernelAttention width=4 heads=1 valueGain=0", 1));
        Assert.Contains("must be positive and finite but is 0", refusal.Message, StringComparison.Ordinal);
    }

    private static (double[] Targets, double[] Output) Of(string words, double distance)
    {
        string[] all = [.. words.Split(' '), FormattableString.Invariant($"targetDistance={distance}"), "samples=3", "tokens=2", "seed=4"];
        using var problem = ExperimentProblem.Create(SpecificationReader.Read(null, all).Specification!.Resolve(), 1);
        Matrix output = Matrix.Allocate(problem.Model.Samples * problem.Model.OutputRows, problem.Model.OutputColumns);
        problem.Model.Output(problem.Initial, problem.Model.AllSamples, output);
        return (problem.Targets.Span.ToArray(), output.Span.ToArray());
    }
}
