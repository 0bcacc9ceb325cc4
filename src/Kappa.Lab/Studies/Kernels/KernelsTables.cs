using System.Globalization;
using System.Text;

namespace Kappa.Lab.Studies.Kernels;

/// <summary>Every number and every curve as CSV, a number a row.</summary>
internal static class KernelsTables
{
    /// <summary>kernel-runs.csv.</summary>
    public static string Runs(IReadOnlyList<KernelRun> runs)
    {
        var text = new StringBuilder("study,setting,kernel,seed,quantity,value\n");
        foreach (KernelRun run in runs)
        {
            foreach ((string quantity, double value) in run.Numbers.OrderBy(number => number.Key, StringComparer.Ordinal))
            {
                _ = text.Append(CultureInfo.InvariantCulture, $"{Key(run)},{quantity},{value:R}\n");
            }
        }

        return text.ToString();
    }

    /// <summary>kernel-curves.csv: the raw series of every run behind every
    /// curve; the index counts from 0, in steps for the loss of a step.</summary>
    public static string Curves(IReadOnlyList<KernelRun> runs)
    {
        var text = new StringBuilder("study,setting,kernel,seed,quantity,index,value\n");
        foreach (KernelRun run in runs)
        {
            foreach ((string quantity, double[] values) in run.Series.OrderBy(series => series.Key, StringComparer.Ordinal))
            {
                foreach (int k in Kept(values.Length))
                {
                    _ = text.Append(CultureInfo.InvariantCulture, $"{Key(run)},{quantity},{k},{values[k]:R}\n");
                }
            }
        }

        return text.ToString();
    }

    // Of a long curve the first 200 steps are kept, then one after every 1 %
    // of the steps so far: a table of tens of megabytes would not be read.
    private static IEnumerable<int> Kept(int length)
    {
        const int All = 200;
        const double Growth = 1.01;
        for (int k = 0; k < length; k = k < All ? k + 1 : Math.Max(k + 1, (int)(k * Growth)))
        {
            yield return k;
        }
    }

    private static string Key(KernelRun run) =>
        string.Create(CultureInfo.InvariantCulture, $"{run.Study},\"{run.Setting}\",{run.Arm},{run.Seed}");
}
