using System.Globalization;
using Kappa.Lab.Figures;
using Kappa.Lab.Specifications;
using Kappa.Lab.Sweeps;

namespace Kappa.Lab.Studies.Phases;

/// <summary>A key that takes several values in a sweep.</summary>
/// <param name="Key">The key.</param>
/// <param name="Texts">Its values as text, in the order of the runs, each once.</param>
internal sealed record SweptKey(SpecificationKey Key, IReadOnlyList<string> Texts)
{
    /// <summary>What stands at an axis.</summary>
    public string Label => Key.Path == "descent.stepSize" ? IsFixed ? "step size η" : "c in η = c/λ_max(K_0)" : Key.Name;

    /// <summary>Whether it can be an axis.</summary>
    public bool IsNumeric => Texts.All(text => Number(text) is not null);

    // A step size is a number, or the factor of auto(c) and adaptive(c).
    private bool IsFixed => Texts.All(text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _));

    /// <summary>The swept keys of a plan, seeds apart. Of keys that determine
    /// each other, such as zipped ones, the first stands for all.</summary>
    public static IReadOnlyList<SweptKey> Of(SweepPlan plan)
    {
        var kept = new List<SweptKey>();
        foreach (string path in plan.Runs[0].Values.Keys.Where(path => path is not ("seed" or "data.seed")))
        {
            string[] texts = [.. plan.Runs.Select(run => run.Values[path]).Distinct()];
            if (texts.Length > 1 && !kept.Exists(other => IsTied(plan, other.Key.Path, path)))
                kept.Add(new(SpecificationKeys.Find(path)!, texts));
        }

        return kept;
    }

    /// <summary>Its value in a run as a number.</summary>
    /// <exception cref="BadInputException">It is a word.</exception>
    public double Value(SweepRun run)
    {
        string text = run.Values[Key.Path];
        return Number(text)
            ?? throw new BadInputException(
                Key.Path, $"an axis of a phase diagram needs numbers of one kind but has '{text}'. Choose other keys with --x and --y.");
    }

    private double? Number(string text)
    {
        int bracket = text.IndexOf('(', StringComparison.Ordinal);
        bool isFactor = Key.Path == "descent.stepSize" && bracket > 0
            && Texts.All(other => other.StartsWith(text[..(bracket + 1)], StringComparison.Ordinal));
        string number = isFactor ? text[(bracket + 1)..].TrimEnd(')') : text;
        return double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : null;
    }

    /// <summary>A logarithmic axis where the values are spread more evenly by ratio than by difference.</summary>
    public static Axis AxisOf(string label, double[] values)
    {
        bool isGeometric = values[0] > 0 && values.Length > 2 && Unevenness(Array.ConvertAll(values, Math.Log)) < Unevenness(values);
        return (isGeometric ? Axis.Log(label) : Axis.Linear(label)) with { Labelled = values };
    }

    private static double Unevenness(double[] rising)
    {
        double[] gaps = [.. rising.Skip(1).Zip(rising, (next, value) => next - value)];
        return gaps.Max() / gaps.Min();
    }

    private static bool IsTied(SweepPlan plan, string first, string second)
    {
        int pairs = plan.Runs.Select(run => (run.Values[first], run.Values[second])).Distinct().Count();
        return pairs == plan.Runs.Select(run => run.Values[first]).Distinct().Count()
            && pairs == plan.Runs.Select(run => run.Values[second]).Distinct().Count();
    }
}
