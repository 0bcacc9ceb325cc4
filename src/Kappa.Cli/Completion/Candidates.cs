using System.CommandLine;
using System.CommandLine.Completions;
using Kappa.Certificates;
using Kappa.Lab;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Lab.Sweeps;

namespace Kappa.Cli.Completion;

/// <summary>What options and arguments take, for <see cref="Completer"/>: each source may give more than begins with the word.</summary>
internal static class Candidates
{
    // Of more runs than these none is opened to see whether it is done.
    private const int MostOpened = 100;

    private static readonly KeyResolver s_keys = new(SpecificationKeys.All);

    /// <summary>Lets an argument be completed. The library's help would show every candidate, unless it has a name to show.</summary>
    public static Argument<T> Completed<T>(
        this Argument<T> argument, params ReadOnlySpan<Func<CompletionContext, IEnumerable<CompletionItem>>> sources)
    {
        argument.HelpName ??= argument.Name;
        argument.CompletionSources.Clear();
        foreach (Func<CompletionContext, IEnumerable<CompletionItem>> source in sources)
        {
            argument.CompletionSources.Add(source);
        }

        return argument;
    }

    /// <summary>Lets an option's value be completed.</summary>
    public static Option<T> Completed<T>(this Option<T> option, Func<CompletionContext, IEnumerable<CompletionItem>> source)
    {
        option.HelpName ??= option.Name.TrimStart('-');
        option.CompletionSources.Clear();
        option.CompletionSources.Add(source);
        return option;
    }

    /// <summary>Words that are known beforehand.</summary>
    public static Func<CompletionContext, IEnumerable<CompletionItem>> Words(IEnumerable<string> words) =>
        _ => words.Select(word => new CompletionItem(word));

    /// <summary><c>key=</c>, and after it the words that the key takes.</summary>
    public static IEnumerable<CompletionItem> Settings(CompletionContext context)
    {
        string word = context.WordToComplete;
        int equals = word.IndexOf('=', StringComparison.Ordinal);
        return equals < 0
            ? Keys(context).Select(key => new CompletionItem($"{key.Label}=", detail: key.Detail))
            : s_keys.Find(word[..equals], out _) is { } key ? Values(context, key, word, equals + 1)
            : [];
    }

    /// <summary>The names of keys: the last part where it is enough, else all of it; all of it too once a dot is written.</summary>
    public static IEnumerable<CompletionItem> Keys(CompletionContext context)
    {
        bool isDotted = context.WordToComplete.Contains('.', StringComparison.Ordinal);
        return SpecificationKeys.All.Select(key =>
            new CompletionItem(!isDotted && s_keys.Find(key.Name, out _) == key ? key.Name : key.Path, detail: key.Documentation));
    }

    /// <summary>The names of theorems.</summary>
    public static IEnumerable<CompletionItem> TheoremNames(CompletionContext context) =>
        Theorems.All.Select(theorem => new CompletionItem(theorem.Name, detail: theorem.Title));

    /// <summary>The runs of the folder that <c>--out</c> names.</summary>
    public static IEnumerable<CompletionItem> Runs(CompletionContext context) => Runs(context, context.WordToComplete);

    /// <summary>Those that can be continued.</summary>
    public static IEnumerable<CompletionItem> UnfinishedRuns(CompletionContext context)
    {
        string[] names = [
            .. Runs(context).Select(item => item.Label)
                .Where(name => name.StartsWith(context.WordToComplete, StringComparison.Ordinal))];
        return names.Where(name => names.Length > MostOpened || !IsDone(Path.Combine(Store(context), name)))
            .Select(name => new CompletionItem(name));
    }

    /// <summary>The sweeps of that folder.</summary>
    public static IEnumerable<CompletionItem> Sweeps(CompletionContext context) =>
        SweepFolder.Names(Store(context)).Select(name => new CompletionItem(name, detail: "a sweep"));

    /// <summary>Folders, written with a separator at their end.</summary>
    public static IEnumerable<CompletionItem> Folders(CompletionContext context) => Paths(context.WordToComplete, 0, []);

    /// <summary>Folders, and files with one of these ends; any file where there is none.</summary>
    public static Func<CompletionContext, IEnumerable<CompletionItem>> Files(params string[] ends) =>
        context => Paths(context.WordToComplete, 0, ends.Length > 0 ? ends : [string.Empty]);

    // A value stands alone, or among others with commas between.
    private static IEnumerable<CompletionItem> Values(CompletionContext context, SpecificationKey key, string word, int start)
    {
        const string other = "same(";
        if (word.AsSpan(start).StartsWith(other))
        {
            return NamedRuns(context, word, start + other.Length, ")");
        }

        int last = Math.Max(start, word.LastIndexOfAny([',', '[']) + 1);
        return key.Words.Select(value => new CompletionItem(word[..last] + value))
            .Concat(key.Names.HasFlag(NamedByValue.Run) ? NamedRuns(context, word, start, string.Empty) : [])
            .Concat(key.Names.HasFlag(NamedByValue.File) ? Paths(word, start, [string.Empty]) : []);
    }

    private static IEnumerable<CompletionItem> NamedRuns(CompletionContext context, string word, int start, string end) =>
        Runs(context, word[start..]).Select(run => new CompletionItem($"{word[..start]}{run.Label}{end}"));

    private static IEnumerable<CompletionItem> Runs(CompletionContext context, string word) =>
        new RunStore(Store(context)).Names().Where(name => name.StartsWith(word, StringComparison.Ordinal))
            .Select(name => new CompletionItem(name, detail: "a run"));

    private static bool IsDone(string run)
    {
        try
        {
            return RunRecord.Read(run).Status.State == RunState.Done;
        }
        catch (BadInputException)
        {
            return false;
        }
    }

    // The path begins at a place of the word.
    private static IEnumerable<CompletionItem> Paths(string word, int start, string[] ends)
    {
        int name = Math.Max(word.LastIndexOf('/'), word.LastIndexOf(Path.DirectorySeparatorChar)) + 1;
        string shown = word[..Math.Max(name, start)], folder = name > start ? word[start..name] : ".";
        if (!Directory.Exists(folder))
        {
            return [];
        }

        bool showsHidden = word.AsSpan(shown.Length).StartsWith(".");
        return new DirectoryInfo(folder).EnumerateFileSystemInfos()
            .Where(entry => showsHidden || !entry.Name.StartsWith('.'))
            .Where(entry => entry is DirectoryInfo || ends.Any(end => entry.Name.EndsWith(end, StringComparison.OrdinalIgnoreCase)))
            .OrderBy(entry => entry.Name, StringComparer.Ordinal)
            .Select(entry => new CompletionItem($"{shown}{entry.Name}{(entry is DirectoryInfo ? "/" : string.Empty)}"));
    }

    private static string Store(CompletionContext context) =>
        context.ParseResult.CommandResult.Command.Options.OfType<Option<string>>()
            .FirstOrDefault(option => option.Name == "--out") is { } folder
            && context.ParseResult.GetValue(folder) is { Length: > 0 } store
            ? store
            : RunsFolder.Default;
}
