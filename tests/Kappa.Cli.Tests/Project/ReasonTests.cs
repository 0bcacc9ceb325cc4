using System.Numerics.Tensors;
using Xunit;

namespace Kappa.Cli.Tests.Project;

/// <summary>The reasons given in docs/decisions that a program can check. One that fails has ceased to be a reason.</summary>
public sealed class ReasonTests
{
    [Fact]
    public void The_softmax_of_TensorPrimitives_overflows_at_logits_that_a_shifted_one_carries()
    {
        double[] logits = [800.0, 799.0], result = new double[2];
        TensorPrimitives.SoftMax<double>(logits, result);
        Assert.True(
            double.IsNaN(result[0]),
            "TensorPrimitives.SoftMax now subtracts the maximum: look again at docs/decisions/tensors.md and at the ban in "
                + "ArchitectureTests.");
    }
}
