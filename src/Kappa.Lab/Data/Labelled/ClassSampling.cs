namespace Kappa.Lab.Data.Labelled;

/// <summary>Chooses samples by their class: the same number of each, or the same share of each.</summary>
/// <remarks>Equal seeds give equal choices. The stream of class c is <c>data.classes.c</c>.</remarks>
internal static class ClassSampling
{
    /// <summary>The same number of samples of every class, one class after the other
    /// in turn: the first C·k samples hold k of each of the C classes.</summary>
    /// <param name="labels">[N].</param>
    /// <param name="classes">C.</param>
    /// <param name="perClass">How many of each, at least 1.</param>
    /// <param name="seed">Any integer.</param>
    /// <param name="source">Where the data come from, for messages.</param>
    /// <exception cref="BadInputException">A class has fewer.</exception>
    internal static int[] Balanced(ReadOnlySpan<int> labels, int classes, int perClass, long seed, string source)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(perClass, 1);
        List<int>[] members = Shuffled(labels, classes, seed);
        int smallest = Array.FindIndex(members, samples => samples.Count < perClass);
        if (smallest >= 0)
        {
            throw new BadInputException(
                source,
                $"must have at least {perClass} samples of every class but has {members[smallest].Count} of class {smallest}. Add files, "
                    + $"or ask for fewer samples where that can be said.");
        }

        return [.. Enumerable.Range(0, perClass * classes).Select(k => members[k % classes][k / classes])];
    }

    /// <summary>Number of samples of each class.</summary>
    internal static int[] Count(ReadOnlySpan<int> labels, int classes)
    {
        int[] counts = new int[classes];
        foreach (int label in labels)
        {
            counts[label]++;
        }

        return counts;
    }

    /// <summary>Refuses data in which a class has no sample.</summary>
    /// <exception cref="BadInputException">A class is empty.</exception>
    internal static void RequireEveryClass(ReadOnlySpan<int> labels, int classes, string source)
    {
        int empty = Array.IndexOf(Count(labels, classes), 0);
        if (empty >= 0)
        {
            throw new BadInputException(
                source, $"must have samples of all {classes} classes but has none of class {empty}. Use more or other data.");
        }
    }

    /// <summary>Refuses labels outside 0 … <paramref name="classes"/> − 1, and no label at all.</summary>
    /// <exception cref="ArgumentException">There is no label, or one is out of range.</exception>
    internal static void RequireLabels(ReadOnlySpan<int> labels, int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
        int bad = labels.IndexOfAnyExceptInRange(0, classes - 1);
        if (labels.IsEmpty || bad >= 0)
        {
            throw new ArgumentException(
                labels.IsEmpty
                    ? "There must be at least one sample but there is none."
                    : $"A label must be 0 to {classes - 1} but label {bad} is {labels[bad]}.",
                nameof(labels));
        }
    }

    private static List<int>[] Shuffled(ReadOnlySpan<int> labels, int classes, long seed)
    {
        RequireLabels(labels, classes);
        List<int>[] members = [.. Enumerable.Range(0, classes).Select(_ => new List<int>())];
        for (int sample = 0; sample < labels.Length; sample++)
        {
            members[labels[sample]].Add(sample);
        }

        for (int kind = 0; kind < classes; kind++)
        {
            new RandomDraws(seed, $"data.classes.{kind}").Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(members[kind]));
        }

        return members;
    }
}
