using System.Diagnostics;
using System.Globalization;
using Kappa.Descent;
using Kappa.Lab.Formats;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Lab.Runs;

/// <summary>Time and memory of a run, before it begins: time measured by
/// rehearsing some of its steps on this machine, memory counted.</summary>
/// <remarks>The time is that of all steps of the budget; a run that stops before it takes
/// less. The rate ladder of the report comes on top, some seconds at most.</remarks>
/// <param name="Steps">Steps of the budget that are left.</param>
/// <param name="SecondsPerStep">Of a step with its telemetry.</param>
/// <param name="Bytes">Memory: data, evaluator, descent and telemetry.</param>
/// <param name="DiskBytes">Of the telemetry and of the figures' tables.</param>
internal sealed record RunForecast(long Steps, double SecondsPerStep, long Bytes, double DiskBytes = 0)
{
    /// <summary>Bytes of a number of telemetry: it has 18 digits with its comma on the average.</summary>
    internal const int BytesOfANumber = 18;

    // A point in the table of a figure: the name of its line, a step and a number.
    private const int BytesOfAPoint = 44;

    /// <summary>Work of less time than this is not announced.</summary>
    public const double SecondsWorthSaying = 2;

    // In a program compiled in tiers the first steps are several times slower than the
    // rest: a rehearsal lasts until they are steady, but takes no large part of the run.
    private const double ShortestRehearsal = 0.8;
    private const double LongestRehearsal = 3;
    private const double LargestPart = 0.2;
    private const int StepsPerBatch = 4;

    /// <summary>Seconds of all steps.</summary>
    public double Seconds => Steps * SecondsPerStep;

    /// <summary>Rehearses a run: real steps from its initial weights with a
    /// step size of zero and their telemetry, written to nowhere.</summary>
    /// <param name="experiment">The experiment; its evaluator is used, so it must not run yet.</param>
    /// <param name="stepsDone">Steps that an interrupted run has behind it.</param>
    public static RunForecast Of(Experiment experiment, long stepsDone = 0)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        return OfSteps(experiment, Math.Max(0, experiment.Specification.Descent.Steps - stepsDone), isBegun: stepsDone > 0);
    }

    /// <summary>The same for any number of steps, such as those of all runs of
    /// one shape: the more there are, the longer it is rehearsed.</summary>
    internal static RunForecast OfSteps(Experiment experiment, long steps, bool isBegun = false)
    {
        using var rehearsal = new Rehearsal(experiment, isBegun ? 0 : experiment.Specification.Descent.StepSize.Factors.Count);
        double seconds = rehearsal.SecondsPerStep();
        long start = Stopwatch.GetTimestamp();
        for (bool isSteady = false; !isSteady && seconds * steps > SecondsWorthSaying;)
        {
            double spent = Stopwatch.GetElapsedTime(start).TotalSeconds, before = seconds;
            seconds = Math.Min(seconds, rehearsal.SecondsPerStep());
            isSteady = (spent > ShortestRehearsal && seconds > 0.9 * before) || spent > LongestRehearsal
                || (spent > ShortestRehearsal && spent > LargestPart * seconds * steps);
        }

        return new RunForecast(steps, seconds, BytesOf(experiment), DiskBytesOf(experiment, steps));
    }

    private static double DiskBytesOf(Experiment experiment, long steps)
    {
        IReadOnlyList<string> columns = new RunTelemetry(experiment).Columns;
        int lines = 1 + (PartName.In(columns).Count() * SpectralQuantity.All.Count(quantity => quantity.IsDrawnForARun));
        double rows = 1 + Math.Floor((double)steps / experiment.Specification.Telemetry.Every);
        return rows * ((columns.Count * (double)BytesOfANumber) + (lines * BytesOfAPoint));
    }

    /// <summary>Bytes of an experiment.</summary>
    internal static long BytesOf(Experiment experiment) => experiment.Model is ResidualTransformer model
        ? BytesOf(
            model.Shape, model.Samples, model.Tokens, experiment.Specification.Telemetry.Quantities.HasSpectra, model.Precision,
            model.Threads)
        : (long)ModelMemory.Bytes(
            ShapeOf(experiment), experiment.Model.Samples, TokensOf(experiment.Model), experiment.Specification, experiment.Model.Threads);

    private static TransformerShape ShapeOf(Experiment experiment) => experiment.Model is Transformer model
        ? model.Shape
        : experiment.Specification.Model.ToTransformerShape(DataForm.Expected(experiment.Specification));

    private static int TokensOf(IModel model) => model.LayerMatrices is [{ RowsPerSample: var tokens }, ..] ? tokens : model.OutputRows;

    /// <summary>The forecast in one line.</summary>
    public string Words() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Steps} steps of {DurationText.Of(SecondsPerStep)}: at most {DurationText.Of(Seconds)}, about "
                + $"{Math.Ceiling(Bytes / 1048576.0):F0} MiB of memory and {Math.Ceiling(DiskBytes / 1048576):F0} MiB of files.");

    /// <summary>Bytes of a run of model R: a count of its matrices of M =
    /// N·n rows and of its P weights, right to a factor of two.</summary>
    /// <param name="shape">The model.</param>
    /// <param name="samples">N.</param>
    /// <param name="tokens">n.</param>
    /// <param name="spectra">Whether spectra are measured.</param>
    /// <param name="precision">Of the passes.</param>
    /// <param name="threads">Of one step.</param>
    internal static long BytesOf(
        ResidualTransformerShape shape, int samples, int tokens, bool spectra, Precision precision = Precision.Double, int threads = 1)
    {
        int element = precision == Precision.Single ? sizeof(float) : sizeof(double);
        long rows = (long)samples * tokens, d = shape.Width, m = shape.FfnWidth, parameters = ParameterLayout.For(shape).Length;

        // X twice, once transposed and in the precision of the passes, Y and E; each
        // block's intermediates, and branch and output once more for observers.
        long data = rows * (
            (sizeof(double) * ((2 * d) + (2 * shape.OutputWidth) + (shape.Depth * ((8 * d) + (2 * m) + tokens)))) + (element * d));

        // θ_0 twice, θ, its successor, ∇ℒ, and the full pass's packed factors; in the precision
        // of the passes those of a step, as they are and transposed, and each shard's gradient.
        long shards = Math.Clamp(rows / 256, Math.Min(2, samples), Math.Min(8, samples));
        long weights = ((sizeof(double) * 7) + (element * (2 + shards))) * parameters;

        // Each thread takes groups of about 128 rows, or one sample, through all blocks in memory of its own.
        long group = element * Math.Min(threads, shards) * Math.Min(rows, Math.Max(128, tokens)) * (
            (shape.Depth * ((8 * d) + (2 * m) + tokens)) + (6 * d) + m);

        // A factorisation works in a copy; branch, output and Φ have one each in every layer.
        long factorisations = spectra ? sizeof(double) * shape.Depth * rows * ((2 * d) + m) : 0;
        return data + weights + group + factorisations;
    }

    private sealed class Rehearsal : IDisposable
    {
        private readonly Experiment _experiment;
        private readonly RunTelemetry _columns;
        private readonly TelemetryWriter _writer;
        private readonly double[] _row;
        private readonly int _trials;
        private readonly GradientDescent _descent;
        private readonly ModelParameters _gradient;
        private long _rows;

        public Rehearsal(Experiment experiment, int trials)
        {
            (_experiment, _trials) = (experiment, trials);
            _columns = new RunTelemetry(experiment);
            _writer = new TelemetryWriter("rehearsal", Stream.Null, _columns.Columns.Count, lastStep: -1);
            _row = new double[_columns.Columns.Count];
            _gradient = new ModelParameters(experiment.Model.Layout);
            _descent = new GradientDescent(
                experiment.Model,
                new DescentOptions { StepSize = StepSizeRule.Fixed(0), Trained = experiment.Trained, MaximumSteps = StepsPerBatch - 1 });
        }

        // Steps without telemetry cost what they cost; one with it is counted as often as it will occur.
        public double SecondsPerStep()
        {
            if (!_experiment.IsFullBatch)
            {
                return SecondsOfGradient();
            }

            double plain = Seconds(null), measured = Seconds(Measure);
            // A step of best(…) has been taken once for each factor before, at most.
            return ((plain * (1 + _trials)) + (Math.Max(0, measured - plain) / _experiment.Specification.Telemetry.Every)) / StepsPerBatch;
        }

        public void Dispose() => _writer.Dispose();

        private double Seconds(Action<DescentStep>? observer)
        {
            DescentState state = _descent.Start(_experiment.Initial);
            long start = Stopwatch.GetTimestamp();
            _ = _descent.Run(state, observer, _columns.Record);
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        private double SecondsOfGradient()
        {
            long start = Stopwatch.GetTimestamp();
            _ = _experiment.Model.LossAndGradient(_experiment.Initial, _experiment.Descent.BatchOf(0), _gradient, _experiment.Trained);
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        private void Measure(DescentStep step)
        {
            _columns.Measure(step).CopyTo(_row);
            _row[0] = _rows++; // A writer wants rising steps, and every batch begins at the first.
            _writer.Append(_row);
        }
    }
}
