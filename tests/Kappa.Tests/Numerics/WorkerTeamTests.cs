using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Numerics;

public sealed class WorkerTeamTests
{
    [Theory]
    [InlineData(1, 5)]
    [InlineData(2, 1)]
    [InlineData(2, 7)]
    [InlineData(4, 100)]
    public void Every_part_is_computed_once(int threads, int parts)
    {
        using var team = new WorkerTeam(threads);
        for (int repeat = 0; repeat < 200; repeat++)
        {
            var work = new Counting(parts);
            team.Run(work, parts);
            Assert.All(work.Counts, count => Assert.Equal(1, count));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void An_exception_in_a_part_reaches_the_caller_and_the_team_goes_on(int threads)
    {
        using var team = new WorkerTeam(threads);
        InvalidOperationException exception = Assert.Throws<InvalidOperationException>(() => team.Run(new Failing(), 8));
        Assert.Equal("part 3", exception.Message);
        var work = new Counting(8);
        team.Run(work, 8);
        Assert.All(work.Counts, count => Assert.Equal(1, count));
    }

    [Fact]
    public void A_team_ends_once_and_refuses_work_afterwards()
    {
        var team = new WorkerTeam(3);
        team.Dispose();
        team.Dispose();
        _ = Assert.Throws<ObjectDisposedException>(() => team.Run(new Counting(4), 4));
    }

    [Fact]
    public void A_piece_of_work_allocates_nothing()
    {
        using var team = new WorkerTeam(2);
        var work = new Counting(4);
        team.Run(work, 4);
        long before = GC.GetAllocatedBytesForCurrentThread();
        team.Run(work, 4);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private sealed class Counting(int parts) : IDividedWork
    {
        public int[] Counts { get; } = new int[parts];

        public void Compute(int part, int worker) => _ = Interlocked.Increment(ref Counts[part]);
    }

    private sealed class Failing : IDividedWork
    {
        public void Compute(int part, int worker)
        {
            if (part == 3)
            {
                throw new InvalidOperationException($"part {part}");
            }
        }
    }
}
