using System.Runtime.InteropServices;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Numerics;

public sealed partial class CorePinningTests
{
    private const int Words = 16;

    [Fact]
    public void A_thread_of_a_team_that_needs_all_cores_is_bound_to_one_and_let_go_again()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux binds threads here.");
        OnAThread(() =>
        {
            int cores = Cores();
            Assert.True(CorePinning.BindCurrentThread(cores - 1, cores));
            Assert.Equal(1, Cores());
            CorePinning.Release();
            Assert.Equal(cores, Cores());
        });
    }

    [Fact]
    public void A_team_of_another_size_is_left_to_the_system()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux binds threads here.");
        OnAThread(() =>
        {
            int cores = Cores();
            Assert.False(CorePinning.BindCurrentThread(0, cores + 1));
            Assert.Equal(cores, Cores());
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
}
