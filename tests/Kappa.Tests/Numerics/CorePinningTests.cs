using System.Runtime.InteropServices;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Numerics;

public sealed partial class CorePinningTests
{
    private const int Words = 16;

    [Fact]
    public void A_thread_is_bound_to_one_core_and_let_go_again()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux binds threads here.");
        OnAThread(() =>
        {
            int cores = Cores();
            Assert.Equal(cores, CorePinning.Allowed.Length);
            foreach (int core in CorePinning.Allowed)
            {
                Assert.True(CorePinning.BindCurrentThread(core));
                Assert.Equal(1, Cores());
                Assert.Equal(core, CorePinning.CurrentCore());
            }

            CorePinning.Release();
            Assert.Equal(cores, Cores());
        });
    }

    [Fact]
    public void A_worker_leaves_the_core_that_the_caller_runs_on()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && CorePinning.Allowed.Length > 1, "A worker can go nowhere.");
        OnAThread(() =>
        {
            using var team = new WorkerTeam(CorePinning.Allowed.Length);
            foreach (int core in (int[])[.. CorePinning.Allowed, .. CorePinning.Allowed])
            {
                Assert.True(CorePinning.BindCurrentThread(core));
                var seen = new SeenCores(team.Threads);
                team.Run(seen, team.Threads);
                Assert.Equal(CorePinning.Allowed, seen.Cores.Order());
            }
        });
    }

    [Fact]
    public void The_threads_of_a_team_of_another_size_are_left_to_the_system()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux binds threads here.");
        OnAThread(() =>
        {
            int cores = Cores();
            using var team = new WorkerTeam(cores + 1);
            var seen = new AllowedCores(cores + 1);
            team.Run(seen, cores + 1);
            Assert.All(seen.Counts, count => Assert.Equal(cores, count));
        });
    }

    [Fact]
    public void Teams_leave_the_calling_thread_where_it_was()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux binds threads here.");
        OnAThread(() =>
        {
            int cores = Cores();
            using (var first = new WorkerTeam(cores))
            {
                using var second = new WorkerTeam(cores + 1);
                first.Run(new Nothing(), 8);
                second.Run(new Nothing(), 8);
            }

            Assert.Equal(cores, Cores());
        });
    }

    // Of its own, so that no test runner's thread stays bound whatever happens.
    private static void OnAThread(Action test)
    {
        Exception? failure = null;
        var thread = new Thread(() => failure = Record.Exception(test));
        thread.Start();
        thread.Join();
        Assert.Null(failure);
    }

    private static unsafe int Cores()
    {
        ulong* mask = stackalloc ulong[Words];
        Assert.Equal(0, GetAffinity(0, Words * sizeof(ulong), mask));
        return new ReadOnlySpan<ulong>(mask, Words).ToArray().Sum(word => System.Numerics.BitOperations.PopCount(word));
    }

    [LibraryImport("libc", EntryPoint = "sched_getaffinity")]
    private static unsafe partial int GetAffinity(int thread, nint bytes, ulong* mask);

    private sealed class Nothing : IDividedWork
    {
        public void Compute(int part, int worker)
        {
        }
    }

    private sealed class SeenCores(int parts) : IDividedWork
    {
        public int[] Cores { get; } = new int[parts];

        public void Compute(int part, int worker) => Cores[part] = CorePinning.CurrentCore();
    }

    private sealed class AllowedCores(int parts) : IDividedWork
    {
        public int[] Counts { get; } = new int[parts];

        public void Compute(int part, int worker) => Counts[part] = CorePinningTests.Cores();
    }
}
