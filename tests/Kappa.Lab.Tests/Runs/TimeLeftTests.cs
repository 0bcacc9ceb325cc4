using Kappa.Lab.Runs;
using Xunit;

namespace Kappa.Lab.Tests.Runs;

/// <summary>The one estimator of the time that is left, on timelines made for it.</summary>
public sealed class TimeLeftTests
{
    [Fact]
    public void Nothing_is_said_before_there_is_something_to_tell_it_by()
    {
        var left = new TimeLeft();
        Assert.Null(left.Words(0, 100, 0));
        Assert.Null(left.Words(0, 100, 50));
        Assert.Null(left.Words(10, 100, 0.5));
        Assert.Null(left.Words(100, 100, 60));
        Assert.Null(left.Words(0, 0, 60));
    }

    [Fact]
    public void Steady_work_is_counted_down()
    {
        var left = new TimeLeft();
        _ = left.Seconds(0, 100, 0);
        for (int second = 3; second < 100; second++)
        {
            Assert.Equal(100 - second, left.Seconds(second, 100, second)!.Value, 1e-9);
        }
    }

    [Fact]
    public void Ten_small_jobs_say_nothing_about_the_large_one_that_follows()
    {
        // Ten jobs of 2 s, then three of 400 s, weighed by what they are: the count of jobs alone would say 6 s after the tenth.
        var left = new TimeLeft();
        double[] jobs = [.. Enumerable.Repeat(2.0, 10), 400, 400, 400];
        double total = jobs.Sum(), seconds = 0;
        _ = left.Seconds(0, total, 0);
        foreach (double job in jobs[..^1])
        {
            seconds += job;
            double? told = left.Seconds(seconds, total, seconds);
            Assert.True(told is null || Math.Abs(told.Value - (total - seconds)) < 1e-6 * total, $"{seconds}: {told}");
        }
    }

    [Fact]
    public void A_wrong_weight_moves_the_number_by_a_part_of_its_error()
    {
        // The second half takes ten times as long as it was weighed: the
        // number rises, but not from seconds to a quarter of an hour at once.
        var left = new TimeLeft();
        _ = left.Seconds(0, 100, 0);
        double before = 0;
        for (int part = 5; part < 100; part++)
        {
            double seconds = part <= 50 ? part : 50 + (10 * (part - 50));
            double now = left.Seconds(part, 100, seconds)!.Value;
            Assert.True(part == 5 || now < (1.5 * before) + 10, $"{part}: {before} then {now}");
            before = now;
        }
    }

    [Fact]
    public void Work_of_an_earlier_session_tells_nothing_about_the_speed_of_this_one()
    {
        var left = new TimeLeft();
        Assert.Null(left.Seconds(90, 100, 0));
        Assert.Equal(50, left.Seconds(95, 100, 50)!.Value, 1e-9);
    }
}
