using Kappa.Lab.Formats;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>Everything that is wrong with one file, in the order in which it was found;
/// of more than 100 problems the first 100 and how many were left out.</summary>
/// <param name="file">The file, the start of every location.</param>
internal sealed class ProblemList(string file)
{
    private const int Most = 100;

    private readonly List<Problem> _kept = [];
    private int _leftOut;

    public string File => file;

    public int Count => _kept.Count + _leftOut;

    /// <summary>Adds a problem at <paramref name="place"/> in the file; empty for the file as a whole.</summary>
    public void Add(string place, string message) => Add(place, () => message);

    /// <summary>Adds a problem whose message is only made when it will be shown:
    /// a file of millions of problems costs no more than reading it.</summary>
    public void Add(string place, Func<string> message)
    {
        if (_kept.Count < Most)
            _kept.Add(new(place.Length == 0 ? file : $"{file}: {place}", message()));
        else
            _leftOut++;
    }

    /// <summary>Adds those of another list of the same file.</summary>
    public void AddAll(ProblemList other)
    {
        foreach (Problem problem in other._kept)
        {
            if (_kept.Count < Most)
                _kept.Add(problem);
            else
                _leftOut++;
        }

        _leftOut += other._leftOut;
    }

    /// <summary>Forgets them: what was found first does not matter beside what was found last.</summary>
    public void Clear()
    {
        _kept.Clear();
        _leftOut = 0;
    }

    public IReadOnlyList<Problem> ToList() =>
        _leftOut == 0 ? _kept : [.. _kept, new(file, $"has {_leftOut} more problems, which are not listed.")];
}
