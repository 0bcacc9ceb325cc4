using System.Diagnostics;
using System.Globalization;
using Kappa.Lab.Runs;
using Kappa.Lab.Store;
using Kappa.Lab.Sweeps;

namespace Kappa.Cli;

/// <summary>How far a sweep is while it runs: on a terminal a table that is redrawn (counts,
/// then each running run with its step and loss), elsewhere a line now and then.</summary>
/// <param name="terminal">Where.</param>
/// <param name="quiet">Nothing but what went wrong.</param>
/// <param name="before">The sweep when this worker began.</param>
/// <param name="share">Runs that are left to this worker.</param>
internal sealed class SweepTable(Terminal terminal, bool quiet, SweepStatus before, int share) : IDisposable
{
    private const double SecondsBetweenTables = 0.2, SecondsBetweenLines = 10;
    private const int MostRuns = 16;

    private readonly SortedDictionary<string, SweepRunGoesOn> _running = new(StringComparer.Ordinal);
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly TimeLeft _left = new();
    private int _done, _failed, _diverged, _lines;
    private double _shownAt = double.NegativeInfinity;

    /// <summary>Takes an event in and shows the state when it is time.</summary>
    public void Add(SweepEvent happened)
    {
        switch (happened)
        {
            case SweepRunGoesOn goesOn:
                _running[goesOn.Run] = goesOn;
                break;
            case SweepRunEnded ended:
                _ = _running.Remove(ended.Run);
                _done += ended.Status.State == RunState.Done ? 1 : 0;
                _failed += ended.Status.State == RunState.Failed ? 1 : 0;
                _diverged += ended.Status.StopReason == "NonFinite" ? 1 : 0;
                break;
            case SweepRunQuarantined damaged:
                Clear();
                terminal.Messages.WriteLine(
                    $"run {damaged.Run} is damaged ({damaged.Reason}) and lies in {damaged.Folder} now; it is computed again.");
                break;
            default:
                break;
        }

        Show();
    }

    /// <summary>Takes the table away.</summary>
    public void Clear()
    {
        if (_lines > 0)
        {
            // Not through the writer that takes escapes out of what others wrote: these are the program's own.
            terminal.Messages.Flush();
            PlainWriter.Below(terminal.Messages).Write($"\u001b[{_lines}A\r\u001b[J");
        }

        _lines = 0;
    }

    /// <inheritdoc/>
    public void Dispose() => Clear();

    private void Show()
    {
        double seconds = Stopwatch.GetElapsedTime(_start).TotalSeconds;
        bool isTable = terminal.MessagesAreATerminal;
        if (quiet || seconds - _shownAt < (isTable ? SecondsBetweenTables : SecondsBetweenLines) || (!isTable && seconds < 1))
        {
            return;
        }

        _shownAt = seconds;
        string[] lines = [Summary(seconds), .. isTable ? _running.Values.Take(MostRuns).Select(Line) : []];
        Clear();
        terminal.Messages.Write(string.Concat(lines.Select(line => line + "\n")));
        _lines = isTable ? lines.Length : 0;
    }

    // The runs of other workers end unseen; the time left is that of this worker's share.
    private string Summary(double seconds)
    {
        int ended = _done + _failed, queued = Math.Max(0, before.Total - before.Done - before.Failed - ended - _running.Count);
        double parts = ended + _running.Values.Sum(run => run.Steps > 0 ? (double)run.Step / run.Steps : 0);
        string speed = ended > 0 && seconds > 0 ? string.Create(CultureInfo.InvariantCulture, $"  {ended / seconds:0.#}/s") : "";
        string left = speed + (_left.Words(parts, share, seconds) is string words ? $"  {words} left" : "");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{before.Done + _done}/{before.Total} done  {before.Diverged + _diverged} diverged  {before.Failed + _failed} failed  "
                + $"{_running.Count} running  {queued} queued{left}");
    }

    private static string Line(SweepRunGoesOn run) => string.Create(
        CultureInfo.InvariantCulture,
        $"  {run.Run}  step {run.Step} of {run.Steps}{(run.Loss is { } loss ? $"  loss {PlainText.Number(loss)}" : "")}");
}
