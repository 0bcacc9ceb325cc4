using System.Diagnostics;
using Kappa.Models;

namespace Kappa.Lab.Experiments;

/// <summary>What a run of a model other than R will take: a gradient is taken and timed on this machine.</summary>
internal static class TrainableForecast
{
    private const int Rehearsals = 3;

    /// <summary>The forecast in one line; null when it takes no time worth saying.</summary>
    public static string? Words(TrainableExperiment experiment, long stepsDone)
    {
        RunForecast forecast = Of(experiment, stepsDone);
        return forecast.Seconds > RunForecast.SecondsWorthSaying ? forecast.Words() : null;
    }

    /// <summary>Steps left, their time and the memory.</summary>
    public static RunForecast Of(TrainableExperiment experiment, long stepsDone)
    {
        long steps = Math.Max(0, experiment.Specification.Descent.Steps - stepsDone);
        IModel model = experiment.Model;
        int batch = Math.Min(experiment.Specification.Descent.BatchSize ?? model.Samples, model.Samples);
        var gradient = new ModelParameters(model.Layout);
        double seconds = double.PositiveInfinity;
        for (int k = 0; k < Rehearsals; k++)
        {
            // The first is slower, for its code is not compiled to the end; the quickest is nearest to the rest of the run.
            long start = Stopwatch.GetTimestamp();
            _ = model.LossAndGradient(experiment.Initial, model.AllSamples[..batch], gradient, experiment.Trained);
            seconds = Math.Min(seconds, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        long bytes = sizeof(double) * (long)model.Layout.Length * (4 + experiment.Moments);
        return new RunForecast(steps, seconds, bytes);
    }
}
