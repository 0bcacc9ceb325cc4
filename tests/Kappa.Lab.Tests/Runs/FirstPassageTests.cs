using Kappa.Lab.Runs;
using Xunit;

namespace Kappa.Lab.Tests.Runs;

public sealed class FirstPassageTests
{
    [Theory]
    [InlineData(new[] { 8.0, 1, 0.08, 0.01 }, 2)]
    [InlineData(new[] { 8.0, double.NaN, 9, 0.0799 }, 3)]
    [InlineData(new[] { 8.0, 0.0801 }, null)]
    [InlineData(new[] { 0.0, 0 }, 0)]
    public void It_is_the_first_loss_that_is_at_most_the_share_of_the_first(double[] losses, int? expected) =>
        Assert.Equal(expected, FirstPassage.Of(losses, FirstPassage.Hundredth));
}
