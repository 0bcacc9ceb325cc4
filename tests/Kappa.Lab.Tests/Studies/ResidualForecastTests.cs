using Kappa.Lab.Studies.Residual;
using Xunit;

namespace Kappa.Lab.Tests.Studies;

public sealed class ResidualForecastTests
{
    // Cases of the quick plan at depths 1, 2, 4: Gaussian tokens 1, 2, 2 of them, teacher and text 1, 1, 1 each; a deeper one costs a
    // little more than its depth, for blocks above the first also pass a gradient down. The grid: 2 · 3 · 1 · 5 settings, each with all and
    // with some blocks trained.
    [Fact]
    public void The_counted_steps_are_those_of_the_plan()
    {
        const double runs = 3 * 2000.0, grid = 2 * 30 * 6000.0;
        double perSeed = ResidualForecast.CountedSteps(ResidualPlan.Quick(seeds: 1));
        Assert.InRange(perSeed, (runs * (3 + (4 * 2) + (4 * 4))) + grid, (1.3 * runs * (3 + (4 * 2) + (4 * 4))) + grid);
        Assert.Equal(7 * perSeed, ResidualForecast.CountedSteps(ResidualPlan.Quick(seeds: 7)), 1e-6 * perSeed);
    }
}
