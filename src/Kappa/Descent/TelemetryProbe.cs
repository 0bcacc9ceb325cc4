using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Descent;

/// <summary>Measures every telemetry quantity of a step: loss and gradient, and for each layer the spectra of the attention branch and of the attention output.</summary>
/// <remarks>
/// Quantities: docs/quantities.md. The names of <see cref="Columns"/> are a promise to every reader of a run folder. Singular values come from an orthogonal route (P.1);
/// the cost per layer is one factorisation each of two [M, d], and of their samples' [n, d] parts; with M ≤ m also of Φ [M, m]. Measuring allocates nothing. One probe per evaluator, one thread.
/// </remarks>
public sealed class TelemetryProbe
{
    private static readonly (ParameterKind Kind, string Name)[] Kinds =
    [
        (ParameterKind.Query, "query"), (ParameterKind.Key, "key"), (ParameterKind.Value, "value"),
        (ParameterKind.FfnIn, "ffnIn"), (ParameterKind.FfnOut, "ffnOut"), (ParameterKind.Readout, "readout"),
    ];

    private readonly ParameterKind[] _trainedKinds;
    private readonly LayerProbe[] _layers;
    private readonly string[] _columns;
    private readonly WorkerTeam _team;
    private readonly LayerWork _work;

    /// <summary>Reserves workspaces for a model.</summary>
    /// <param name="model">The evaluator whose steps are measured.</param>
    /// <param name="trained">Its trained parameters: only their kinds get a gradient-norm column.</param>
    /// <param name="spectra">Whether the layers' spectra are measured; otherwise only what costs nothing.</param>
    /// <exception cref="ArgumentException">A trained name is not in the model.</exception>
    public TelemetryProbe(ResidualTransformer model, TrainedSet trained, bool spectra = true)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(trained);
        ParameterLayout layout = ParameterLayout.For(model.Shape);
        bool[] isTrained = trained.Resolve(layout);
        (ParameterKind Kind, string Name)[] kinds = [.. Kinds.Where(kind => layout.Blocks.Where((block, k) => isTrained[k] && block.Kind == kind.Kind).Any())];
        _trainedKinds = [.. kinds.Select(kind => kind.Kind)];
        _layers = spectra ? [.. Enumerable.Range(0, model.Shape.Depth).Select(layer => new LayerProbe(model, layer))] : [];
        _team = model.Team;
        _work = new LayerWork(_layers);
        _columns =
        [
            "step", "loss", "gradientNorm", "plRatio", "stepSize", "stepRatio", "distance", "pathLength",
            .. kinds.Select(kind => $"gradientNorm.{kind.Name}"),
            .. _layers.SelectMany(layer => layer.Columns),
        ];
    }

    /// <summary>The name of each number that <see cref="Measure"/> writes.</summary>
    public IReadOnlyList<string> Columns => _columns;

    /// <summary>Writes the quantities of step k, all taken before the update.</summary>
    /// <param name="step">The step, from the observer of <see cref="GradientDescent"/>.</param>
    /// <param name="row">Destination of as many numbers as there are columns.</param>
    /// <exception cref="ArgumentException">The row has another length.</exception>
    public void Measure(DescentStep step, Span<double> row)
    {
        ArgumentNullException.ThrowIfNull(step);
        if (row.Length != _columns.Length)
        {
            throw new ArgumentException($"The row must have {_columns.Length} numbers but has {row.Length}.", nameof(row));
        }

        ReadOnlySpan<double> scalars = [step.Step, step.Loss, step.GradientNorm, step.PlRatio, step.StepSize, step.StepRatio, step.Distance, step.PathLength];
        scalars.CopyTo(row);
        int next = scalars.Length;
        foreach (ParameterKind kind in _trainedKinds)
        {
            row[next++] = step.GradientNormOf(kind);
        }

        foreach (LayerProbe layer in _layers)
        {
            layer.Begin();
        }

        _team.Run(_work, LayerProbe.Parts * _layers.Length);
        foreach (LayerProbe layer in _layers)
        {
            next += layer.Write(row[next..]);
        }
    }

    /// <summary>All singular values at the last <see cref="Measure"/>, by name, for example <c>l0.output</c>; empty without spectra.</summary>
    /// <remarks>
    /// Views of the probe's memory, valid until the next measurement. Those of Φ, which no column needs when M &gt; m, are computed here from the
    /// evaluator's matrices: read them before the evaluator goes on, that is, in the observer that measured.
    /// </remarks>
    public IEnumerable<(string Name, ReadOnlyMemory<double> SingularValues)> Spectra => _layers.SelectMany(layer => layer.Spectra);

    // Every part has its own workspace and writes its own numbers, so the thread that does it makes no difference.
    private sealed class LayerWork(LayerProbe[] layers) : IDividedWork
    {
        public void Compute(int part, int worker) => layers[part / LayerProbe.Parts].Measure(part % LayerProbe.Parts);
    }
}
