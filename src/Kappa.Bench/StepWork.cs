using System.Diagnostics;
using System.Text.Json.Nodes;
using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Bench;

/// <summary>What is measured at every step besides the step itself.</summary>
internal enum StepMeasure
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>All singular values of the attention branch and of the attention
    /// output of every layer: what both sides of a comparison can do.</summary>
    SingularValues,

    /// <summary>Everything that telemetry records, the samples' own spectra and those of Φ included.</summary>
    Telemetry,
}

/// <summary>Gradient-descent steps of model R at a benchmark size: forward, gradient, norms and update.</summary>
internal sealed class StepWork : IContestant, IDisposable
{
    // A step size that leaves the weights where they are, to rounding: every step does the same work.
    private const double StepSize = 1e-12;

    private readonly ResidualTransformer _model;
    private readonly ResidualTransformerWeights _weights;
    private readonly SingularValues[] _factorisations;
    private readonly double[] _singularValues;
    private readonly Action<int> _factorise;
    private readonly TelemetryProbe _probe;
    private readonly LayerRecord? _record;
    private readonly double[] _row;
    private readonly Action<DescentStep>? _observer;
    private readonly long[] _allocated;
    private readonly Action<int> _countBytes;

    public StepWork(
        BenchmarkSize size, int depth, int threads, StepMeasure measure, Precision precision = Precision.Double, string side = "kappa")
    {
        Side = side;
        int rows = size.Samples * size.Tokens;
        ResidualTransformerShape shape = size.Shape(depth);
        double scale = 1 / Math.Sqrt(size.Width);
        Matrix inputs = BenchmarkContent.NewMatrix(1, rows, size.Width, scale),
            targets = BenchmarkContent.NewMatrix(2, rows, size.Width, scale);
        _model = new ResidualTransformer(shape, inputs, targets, size.Samples, threads, precision);
        _weights = Weights(shape);
        _factorisations = [.. Enumerable.Range(0, 2 * depth).Select(_ => new SingularValues(rows, size.Width))];
        _singularValues = new double[2 * depth * Math.Min(rows, size.Width)];
        _factorise = Factorise;
        _allocated = new long[_model.Threads];
        _countBytes = thread => _allocated[thread] = GC.GetAllocatedBytesForCurrentThread();
        _probe = new TelemetryProbe(_model, TrainedSet.All, measure == StepMeasure.Telemetry);
        _row = new double[_probe.Columns.Count];
        _record = measure == StepMeasure.SingularValues
            ? new LayerRecord(_model, LayerPart.AttentionBranch | LayerPart.AttentionOutput) : _probe.Record;
        _observer = measure switch
        {
            StepMeasure.SingularValues => _ => _model.RunParts(_factorisations.Length, _factorise),
            StepMeasure.Telemetry => step => _probe.Measure(step, _row),
            _ => null,
        };
    }

    public string Side { get; }

    /// <summary>The request that has a PyTorch peer do the same.</summary>
    public static JsonObject Request(BenchmarkSize size, int depth, Precision precision, bool spectra, string variant, int runs = 1) =>
        new()
        {
            ["kind"] = "step",
            ["samples"] = size.Samples,
            ["tokens"] = size.Tokens,
            ["width"] = size.Width,
            ["ffnWidth"] = size.FfnWidth,
            ["depth"] = depth,
            ["precision"] = precision == Precision.Single ? "single" : "double",
            ["spectra"] = spectra,
            ["variant"] = variant,
            ["runs"] = runs,
        };

    public double Seconds(int executions)
    {
        GradientDescent descent = Descent(executions);
        DescentState state = descent.Start(_weights);
        long start = Stopwatch.GetTimestamp();
        _ = descent.Run(state, _observer, _record);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Loss and gradient norm at the weights that every block starts from.</summary>
    public (double Loss, double GradientNorm) Check()
    {
        (double loss, double norm) = (0, 0);
        GradientDescent descent = Descent(1);
        _ = descent.Run(descent.Start(_weights), step => (loss, norm) = (step.Loss, step.GradientNorm));
        return (loss, norm);
    }

    /// <summary>Managed bytes that a steady step allocates, on all threads that compute it and on no other of the process.</summary>
    public double SteadyBytes()
    {
        const int steps = 20;
        long first = 0, last = 0;
        GradientDescent descent = Descent(steps);
        _ = AllocatedBytes();
        _ = descent.Run(descent.Start(_weights), step =>
        {
            _observer?.Invoke(step);
            if (step.Step == 1)
            {
                first = AllocatedBytes();
            }
            else if (step.Step == steps - 1)
            {
                last = AllocatedBytes();
            }
        });
        return (double)(last - first) / (steps - 2);
    }

    public void Dispose() => _model.Dispose();

    /// <summary>Weights of variance one over their rows, the content of streams 11, 12, … block by block.</summary>
    internal static ResidualTransformerWeights Weights(ResidualTransformerShape shape)
    {
        ResidualTransformerWeights weights = new(shape);
        double narrow = 1 / Math.Sqrt(shape.Width), wide = 1 / Math.Sqrt(shape.FfnWidth);
        for (int layer = 0; layer < shape.Depth; layer++)
        {
            BlockWeights block = weights.Block(layer);
            int stream = 10 * layer;
            BenchmarkContent.Fill(block.Query, stream + 11, narrow);
            BenchmarkContent.Fill(block.Key, stream + 12, narrow);
            BenchmarkContent.Fill(block.Value, stream + 13, narrow);
            BenchmarkContent.Fill(block.FfnIn, stream + 14, narrow);
            BenchmarkContent.Fill(block.FfnOut, stream + 15, wide);
        }

        return weights;
    }

    // As many parts as threads: each thread takes its own.
    private long AllocatedBytes()
    {
        _model.RunParts(_allocated.Length, _countBytes);
        return _allocated.Sum();
    }

    private GradientDescent Descent(int steps) =>
        new(_model, new DescentOptions { StepSize = StepSizeRule.Fixed(StepSize), MaximumSteps = steps - 1 });

    private void Factorise(int part)
    {
        int count = _singularValues.Length / _factorisations.Length;
        Matrix matrix = _record![part / 2, part % 2 == 0 ? LayerPart.AttentionBranch : LayerPart.AttentionOutput];
        _factorisations[part].Compute(matrix, _singularValues.AsSpan(part * count, count));
    }
}
