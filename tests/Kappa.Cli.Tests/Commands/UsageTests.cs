using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary>A wrong command line: exit code 2, a line for every problem, perhaps where to look, and nothing is done.</summary>
public sealed class UsageTests
{
    [Theory]
    [InlineData("", "kappa: Required command was not provided.", "Try: kappa --help")]
    [InlineData("frobnicate", "kappa: Unrecognized command or argument 'frobnicate'.", "Try: kappa --help")]
    [InlineData("runn", "kappa: Unrecognized command or argument 'runn'. Did you mean 'run'?", "Try: kappa --help")]
    [InlineData(
        "reproduce residul", "kappa: Unrecognized command or argument 'residul'. Did you mean 'residual'?",
        "Try: kappa reproduce --help")]
    [InlineData("run --thread 2", "kappa: Unrecognized option '--thread'. Did you mean '--threads'?", "Try: kappa run --help")]
    [InlineData("reproduce", "kappa: Required command was not provided.", "Try: kappa reproduce --help")]
    [InlineData("reproduce other", "kappa: Unrecognized command or argument 'other'.", "Try: kappa reproduce --help")]
    [InlineData("reproduce residual --fast", "kappa: Unrecognized command or argument '--fast'.", "Try: kappa reproduce residual --help")]
    [InlineData("run --fast depth=1", "kappa: Unrecognized option '--fast'.", "Try: kappa run --help")]
    [InlineData("list other", "kappa: Unrecognized command or argument 'other'.", "Try: kappa list --help")]
    [InlineData("list keys --fast", "kappa: Unrecognized command or argument '--fast'.", "Try: kappa list keys --help")]
    [InlineData("show", "kappa: Required argument missing for command: 'show'.", "Try: kappa show --help")]
    [InlineData("run --threads two", "kappa: --threads must be an integer but is 'two'.", "Try: kappa run --help")]
    [InlineData(
        "reproduce residual --seeds 1.5", "kappa: --seeds must be an integer but is '1.5'.", "Try: kappa reproduce residual --help")]
    [InlineData("run --threads 0", "kappa: --threads must be from 1 to 1024 but is 0.")]
    [InlineData("run --threads 1025", "kappa: --threads must be from 1 to 1024 but is 1025.")]
    [InlineData("reproduce shallow --quick --seeds 0", "kappa: --seeds must be from 1 to 1000 but is 0.")]
    [InlineData("reproduce residual --quick --seeds 0", "kappa: --seeds must be from 1 to 1000 but is 0.")]
    [InlineData("reproduce residual --quick --seeds -3", "kappa: --seeds must be from 1 to 1000 but is -3.")]
    [InlineData("reproduce residual --quick --threads 0", "kappa: --threads must be from 1 to 1024 but is 0.")]
    [InlineData("reproduce kernels --quick --seeds 0", "kappa: --seeds must be from 1 to 1000 but is 0.")]
    [InlineData(
        "reproduce kernels --mnist x", "kappa: Unrecognized command or argument '--mnist'.",
        "kappa: Unrecognized command or argument 'x'.", "Try: kappa reproduce kernels --help")]
    [InlineData(
        "bench --suite speed",
        "kappa: --suite must be step, spectra, products, elementwise, certificates, sweep, kernel, models or all, several with "
            + "commas between them, but has 'speed'.")]
    [InlineData(
        "bench --sizes 17",
        "kappa: --sizes must be 16, 32, 64, 128 or four sizes such as 8x8x16x32, several with commas between them, but has '17'.")]
    [InlineData("bench --precision half", "kappa: --precision must be double or single, several with commas between them, but has 'half'.")]
    [InlineData("bench --threads 1,0", "kappa: --threads must be integers from 1 to 1024, several with commas between them, but has '0'.")]
    [InlineData("bench --repeats 0", "kappa: --repeats must be from 1 to 1000 but is 0.")]
    [InlineData(
        "run --resume 3f9a depth=2", "kappa: --resume continues a run as it was specified and takes no settings but got 'depth=2'.")]
    [InlineData("run --resume 3f9a --name again", "kappa: --resume continues a run under its own name and cannot be combined with --name.")]
    [InlineData("run --resume 3f9a --show", "kappa: --resume continues a run under its own name and cannot be combined with --show.")]
    public void A_wrong_command_line_is_one_line_and_exit_code_2(string line, params string[] messages)
    {
        CommandOutcome outcome = CommandLine.Invoke(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Results));
        Assert.Equal(messages, outcome.MessageLines);
    }

    [Fact]
    public void Several_mistakes_of_a_command_line_are_told_together()
    {
        CommandOutcome outcome = CommandLine.Invoke("reproduce", "residual", "--fast", "--threads", "x", "--seeds", "y");
        Assert.Equal(
            [
                "Try: kappa reproduce residual --help", "kappa: --seeds must be an integer but is 'y'.",
                "kappa: --threads must be an integer but is 'x'.", "kappa: Unrecognized command or argument '--fast'."],
            outcome.MessageLines.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("--imdb")]
    [InlineData("--pathfinder")]
    public void A_folder_of_data_must_have_a_name(string option)
    {
        CommandOutcome outcome = CommandLine.Invoke("reproduce", "kernels", "--quick", option, "");
        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Results));
        Assert.Equal([$"kappa: {option} must name a folder but is empty."], outcome.MessageLines);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("list")]
    [InlineData("show 3f9a")]
    [InlineData("reproduce residual --quick")]
    public void The_folder_of_runs_must_have_a_name(string command)
    {
        CommandOutcome outcome = CommandLine.Invoke([.. command.Split(' '), "--out", ""]);
        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Results));
        Assert.Equal(["kappa: --out must name a folder but is empty."], outcome.MessageLines);
    }
}
