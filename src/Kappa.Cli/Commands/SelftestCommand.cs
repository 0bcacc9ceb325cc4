using System.CommandLine;

namespace Kappa.Cli.Commands;

internal static class SelftestCommand
{
    public static Command Create(Terminal terminal)
    {
        _ = terminal;
        return new Command("selftest", "Check the numerics on this machine.");
    }
}
