using System.Diagnostics;
using System.Globalization;
using Kappa.Lab.Runs;
using Kappa.Lab.Studies;
using Kappa.Lab.Studies.Landscapes;

namespace Kappa.Cli;

/// <summary>One line on standard error that is redrawn: how far, how fast, how long still.
/// Nothing when the stream is not a terminal or the user asked for quiet.</summary>
internal sealed class ProgressLine(Terminal terminal, bool quiet) : IDisposable
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly Lock _lock = new();
    private readonly TimeLeft _left = new();
    private int _shown;

    private bool IsShown => terminal.MessagesAreATerminal && !quiet;

    /// <summary>A line that stays.</summary>
    public void Say(string message)
    {
        if (quiet)
        {
            return;
        }

        lock (_lock)
        {
            Erase();
            terminal.Messages.WriteLine(message);
        }
    }

    /// <summary>A line that stays, about work to come; in a log, too, whoever reads it wants to know how long it takes.</summary>
    /// <param name="message">Finds the words; not called when the user asked for quiet.</param>
    public void Announce(Func<string?> message)
    {
        if (!quiet && message() is string words)
        {
            Say(words);
        }
    }

    /// <summary>Shows the jobs of a reproduction.</summary>
    public IProgress<ReproductionProgress> OfJobs() =>
        new Reporter<ReproductionProgress>(state => Draw(state.Done, state.Total, state.Last, state.Work, state.TotalWork));

    /// <summary>Shows the initial points behind a phase diagram.</summary>
    public IProgress<(int Done, int Total)> OfInitialPoints() =>
        new Reporter<(int Done, int Total)>(state => Draw(state.Done, state.Total, "initial points"));

    /// <summary>Shows the steps of a run.</summary>
    public IProgress<RunProgress> OfSteps() =>
        new Reporter<RunProgress>(state => Draw(state.Step, state.Steps, $"loss {PlainText.Number(state.Loss)}"));

    /// <summary>Shows the rows of a landscape.</summary>
    public IProgress<LandscapeProgress> OfRows() =>
        new Reporter<LandscapeProgress>(state => Draw(state.Done, state.Rows, $"loss {PlainText.Number(state.Last)}"));

    /// <summary>Shows the folders of an index.</summary>
    public IProgress<Kappa.Lab.Index.IndexProgress> OfFolders() =>
        new Reporter<Kappa.Lab.Index.IndexProgress>(state => Draw(state.Done, state.Total, "folders"));

    /// <summary>Takes the line away.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            Erase();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Clear();

    private void Draw(long done, long total, string last) => Draw(done, total, last, done, total);

    private void Draw(long done, long total, string last, double work, double allWork)
    {
        if (!IsShown)
        {
            return;
        }

        lock (_lock)
        {
            double seconds = Stopwatch.GetElapsedTime(_start).TotalSeconds;
            string left = _left.Words(work, allWork, seconds) is string words ? $"  {words} left" : string.Empty;
            string speed = seconds > 0 && done > 0
                ? string.Create(CultureInfo.InvariantCulture, $"  {done / seconds:0.#}/s")
                : string.Empty;
            string line = $"{done}/{total}{speed}{left}  {last}";
            line = line.Length < terminal.Width ? line : line[..(terminal.Width - 1)];
            Erase();
            terminal.Messages.Write(line);
            _shown = line.Length;
        }
    }

    private void Erase()
    {
        if (_shown > 0)
        {
            terminal.Messages.Write($"\r{new string(' ', _shown)}\r");
            _shown = 0;
        }
    }

    // System.Progress posts to a thread pool, where lines could overtake each other.
    private sealed class Reporter<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }
}
