using System.Diagnostics;
using Xunit;

namespace Kappa.Lab.Tests.Store;

/// <summary>What stands where a regular file should.</summary>
internal static class OddFiles
{
    public static void MakePipe(string path)
    {
        using var made = Process.Start(new ProcessStartInfo("mkfifo") { ArgumentList = { path } })!;
        made.WaitForExit();
        Assert.Equal(0, made.ExitCode);
    }

    /// <summary>Whatever is wrong is a value or a <see cref="BadInputException"/>;
    /// everything else passes through and fails the test.</summary>
    public static bool RequireValueOrRefusal<T>(Func<T> read)
    {
        try
        {
            _ = read();
            return false;
        }
        catch (BadInputException)
        {
            return true;
        }
    }
}
