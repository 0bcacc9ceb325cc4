using Kappa.Descent;
using Kappa.Tests.Models;
using Xunit;

namespace Kappa.Tests.Descent;

public sealed class ObjectiveTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 5)]
    [InlineData(8, 8)]
    public void The_loss_is_half_the_squared_distance_and_its_gradient_the_difference(int rows, int columns)
    {
        Matrix output = ModelCase.Gaussian(rows, columns, 1, "output");
        Matrix targets = ModelCase.Gaussian(rows, columns, 1, "targets");
        Matrix residual = Matrix.Allocate(rows, columns);
        double loss = new Objective(targets).LossAndGradient(output, residual);
        double expected = 0;
        for (int k = 0; k < rows * columns; k++)
        {
            double difference = output.Span[k] - targets.Span[k];
            Assert.Equal(difference, residual.Span[k]);
            expected += difference * difference / 2;
        }

        // Up to 64 additions of one sign, in two orders.
        Assert.InRange(loss / expected, 1 - 3e-14, 1 + 3e-14);
        Assert.Equal(loss, new Objective(targets).Loss(output));
    }

    [Fact]
    public void Another_shape_is_refused_with_both_shapes()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => new Objective(Matrix.Allocate(4, 3)).Loss(Matrix.Allocate(3, 4)));
        Assert.Contains("[4, 3]", exception.Message, StringComparison.Ordinal);
        Assert.Contains("[3, 4]", exception.Message, StringComparison.Ordinal);
    }
}
