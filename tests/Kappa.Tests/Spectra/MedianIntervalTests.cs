using Kappa.Numerics;
using Kappa.Spectra;
using Xunit;

namespace Kappa.Tests.Spectra;

/// <summary>The interval of a median over few seeds holds it as often as it says, whatever the law.</summary>
public sealed class MedianIntervalTests
{
    private const int Trials = 4000;

    /// <summary>Held counts are binomial: within four standard deviations, 4 √(4000
    /// p (1 − p)), of 4000 p for the level p that the interval states.</summary>
    [Theory]
    [InlineData("normal")]
    [InlineData("lognormal")]
    [InlineData("heavy tail")]
    public void It_holds_the_median_as_often_as_its_level_says(string law)
    {
        foreach (int count in new[] { 2, 3, 4, 5, 8, 9, 10, 20 })
        {
            int held = 0;
            double level = 0;
            for (int trial = 0; trial < Trials; trial++)
            {
                double[] gaussian = new double[2 * count];
                new RandomSequence(trial, $"tests.median.{law}.{count}").FillGaussian(gaussian);

                // The medians are 0, 1 and 0: a ratio of two normals is Cauchy.
                double[] values = [
                    .. Enumerable.Range(0, count).Select(k =>
                        law switch
                            { "normal" => gaussian[k], "lognormal" => Math.Exp(2 * gaussian[k]), _ => gaussian[k] / gaussian[count + k] })];
                var interval = MedianInterval.Of(values);
                double median = law == "lognormal" ? 1 : 0;
                held += interval.Low <= median && median <= interval.High ? 1 : 0;
                level = interval.Level;
            }

            double margin = 4 * Math.Sqrt(Trials * level * (1 - level));
            Assert.True(Math.Abs(held - (Trials * level)) <= margin, $"{law}, {count} values: held {held} of {Trials}, stated {level}");
        }
    }

    /// <summary>Tables of the sign test: two-sided 5 % leaves the outermost
    /// value of 6 to 8, the second of 9 to 11, the sixth of 20.</summary>
    [Theory]
    [InlineData(3, 1, 0.75)]
    [InlineData(5, 1, 0.9375)]
    [InlineData(6, 1, 0.96875)]
    [InlineData(8, 1, 0.9921875)]
    [InlineData(9, 2, 0.9609375)]
    [InlineData(20, 6, 0.9586105346679688)]
    [InlineData(2000, 957, 0.95)]
    public void Its_ends_are_the_order_statistics_of_the_sign_test(int count, int rank, double level)
    {
        var interval = MedianInterval.Of(Enumerable.Range(1, count).Select(k => (double)k).Reverse());
        Assert.InRange(interval.Low, rank - (count > 100 ? 1 : 0), rank + (count > 100 ? 1 : 0));
        Assert.Equal(count + 1, interval.Low + interval.High);
        Assert.Equal(level, interval.Level, count > 100 ? 5e-3 : 1e-12);
    }

    [Fact]
    public void One_value_has_no_level_and_none_no_interval()
    {
        Assert.Equal(new MedianInterval(7, 7, 0), MedianInterval.Of([7]));
        Assert.Equal((double.NaN, 0.0), (MedianInterval.Of([]).Low, MedianInterval.Of([]).Level));
    }
}
