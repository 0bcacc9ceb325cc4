using Kappa.Lab.Sweeps;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary>The table of a running sweep is redrawn in place: its own escapes reach the terminal, those of others do not.</summary>
public sealed class SweepTableTests
{
    [Fact]
    public void The_table_moves_the_cursor_of_a_terminal()
    {
        using var messages = new StringWriter();
        var terminal = new Terminal(TextWriter.Null, messages, ResultsAreATerminal: false, MessagesAreATerminal: true);
        using (var table = new SweepTable(terminal, quiet: false, new SweepStatus(3, 0, 0, 0, 0, 0, 0), share: 3))
        {
            table.Add(new SweepRunGoesOn("a\u001b[31m", 1, 10, 0.5));
        }

        string text = messages.ToString();
        Assert.Contains("a\uFFFD[31m  step 1 of 10", text, StringComparison.Ordinal);
        Assert.EndsWith("\u001b[2A\r\u001b[J", text, StringComparison.Ordinal);
    }
}
