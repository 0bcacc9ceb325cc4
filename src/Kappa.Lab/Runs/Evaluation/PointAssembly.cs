using System.Text.Json;
using Kappa.Lab.Formats;
using Kappa.Models;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>Makes a point of the parts of a file: sizes follow from the
/// data and the matrices, and every part must agree with them.</summary>
/// <param name="document">The parts.</param>
/// <param name="problems">Told what is wrong.</param>
internal sealed class PointAssembly(PointDocument document, ProblemList problems)
{
    private PointConfig _config = null!;
    private int _depth;
    private int? _width;
    private int? _keyWidth;
    private int? _ffnWidth;
    private int? _readoutWidth;

    /// <summary>The point, or null when something is wrong.</summary>
    /// <param name="threads">Threads of a pass.</param>
    public ModelPoint? Assemble(int threads)
    {
        foreach (string key in PointParser.Required.Where(key => !document.Present.Contains(key)))
            problems.Add("", $"a point must have the key '{key}' but has not.");
        if (document.Config is not { } config)
            return null;
        var findings = new ProblemList(problems.File);
        _config = PointConfig.Read(config, findings);
        if (_config.IsForeign)
        {
            problems.Clear();
            problems.AddAll(findings);
            return null;
        }

        problems.AddAll(findings);
        FindSizes();
        CheckMatrices();
        CheckTargets();
        TrainedSet? trained = ReadTrained();
        return problems.Count == 0 && trained is not null ? Build(trained, threads) : null;
    }

    // One of the two axes of a matrix is known, the other is a size; so a transposed matrix does not spread its error to the others.
    private void FindSizes()
    {
        _depth = _config.Depth ?? (document.Parameters.Keys.Max(ParameterNames.LayerOf) ?? 0) + 1;
        _width = document.Inputs?.Shape[2] ?? First(".value")?.Shape[0];
        _keyWidth = OtherAxis(First(".query") ?? First(".key"), known: 0);
        _ffnWidth = OtherAxis(First(".ffn_in"), known: 0) ?? OtherAxis(First(".ffn_out"), known: 1);
        _readoutWidth = OtherAxis(document.Parameters.GetValueOrDefault(ParameterNames.Readout), known: 0);
    }

    private NdArray? First(string part) =>
        document.Parameters.Where(pair => pair.Key.EndsWith(part, StringComparison.Ordinal)).Select(pair => pair.Value)
            .FirstOrDefault(value => value is not null);

    private int? OtherAxis(NdArray? matrix, int known) =>
        matrix is null
            ? null
            : matrix.Shape[known] != _width && matrix.Shape[1 - known] == _width ? matrix.Shape[known]
            : matrix.Shape[1 - known];

    private void CheckMatrices()
    {
        var missing = new List<string>();
        for (int layer = 0; layer < _depth; layer++)
        {
            Check($"blocks.{layer}.query", "[d, d_k]", _width, _keyWidth, missing);
            Check($"blocks.{layer}.key", "[d, d_k]", _width, _keyWidth, missing);
            Check($"blocks.{layer}.value", "[d, d]", _width, _width, missing);
            Check($"blocks.{layer}.ffn_in", "[d, m]", _width, _ffnWidth, missing);
            Check($"blocks.{layer}.ffn_out", "[m, d]", _ffnWidth, _width, missing);
        }

        if (document.Parameters.ContainsKey(ParameterNames.Readout))
            Check(ParameterNames.Readout, "[d, d_out]", _width, _readoutWidth, missing);
        foreach (string name in document.Parameters.Keys.Where(name => ParameterNames.LayerOf(name) >= _depth))
            problems.Add($"parameters.{name}", () => ParameterNames.Unknown(name, _depth));
        if (missing.Count > 0 && document.HasParameters)
            problems.Add("parameters", MatrixProblems.Missing(missing));
    }

    private void Check(string name, string axes, int? rows, int? columns, List<string> missing)
    {
        if (!document.Parameters.TryGetValue(name, out NdArray? matrix))
            missing.Add(name);
        else if (matrix is not null && rows is { } height && columns is { } width
            && MatrixProblems.WrongShape(matrix.Shape, height, width, axes) is { } problem)
            problems.Add($"parameters.{name}", problem);
    }

    private void CheckTargets()
    {
        if (document.Inputs is not { } inputs || document.Targets is not { } targets)
            return;
        bool hasReadout = document.Parameters.ContainsKey(ParameterNames.Readout);
        int? outputWidth = hasReadout ? _readoutWidth : _width;
        int[] wanted = [inputs.Shape[0], inputs.Shape[1], outputWidth ?? targets.Shape[2]];
        if (!wanted.AsSpan().SequenceEqual(targets.Shape))
        {
            (string columns, string advice) = hasReadout
                ? ("d_out", "d_out is the number of columns of the readout.")
                : ("d", "An output of another width than d needs parameters.readout [d, d_out].");
            problems.Add("targets", $"must be [N, n, {columns}] = {NdArray.Describe(wanted)} but is {targets}. {advice}");
        }
    }

    private TrainedSet? ReadTrained()
    {
        if (document.Trained is not { } trained)
            return document.Present.Contains("trained") ? null : TrainedSet.All;
        if (trained.ValueKind != JsonValueKind.Array || trained.GetArrayLength() == 0)
        {
            problems.Add(
                "trained",
                $"must list at least one name of parameters but is "
                    + $"{(trained.ValueKind == JsonValueKind.Array ? "empty" : FoundKind.Of(trained))}. Leave the key out to train all.");
            return null;
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        int index = 0;
        foreach (JsonElement entry in trained.EnumerateArray())
            ReadTrainedName(entry, $"trained[{index++}]", names);
        return names.Count > 0 ? TrainedSet.OfNames([.. names]) : null;
    }

    private void ReadTrainedName(JsonElement entry, string place, HashSet<string> names)
    {
        string? name = entry.ValueKind == JsonValueKind.String ? entry.GetString() : null;
        if (name is null)
            problems.Add(place, $"must be a name of parameters but is {FoundKind.Of(entry)}.");
        else if (!ParameterNames.IsPossible(name) || ParameterNames.LayerOf(name) >= _depth)
            problems.Add(place, () => $"'{Shown.Of(name)}': {ParameterNames.Unknown(name, _depth)}");
        else if (name == ParameterNames.Readout && !document.Parameters.ContainsKey(name))
            problems.Add(place, "names the readout but parameters has none.");
        else if (!names.Add(name))
            problems.Add(place, $"lists '{name}' again; once is enough.");
    }

    private ModelPoint? Build(TrainedSet trained, int threads)
    {
        NdArray inputs = document.Inputs!;
        var shape = new ResidualTransformerShape
        {
            Depth = _depth,
            Width = inputs.Shape[2],
            KeyWidth = _keyWidth!.Value,
            FfnWidth = _ffnWidth!.Value,
            ReadoutWidth = _readoutWidth,
            Temperature = _config.Temperature,
            AttentionResidual = _config.AttentionResidual,
            FfnResidual = _config.FfnResidual,
            Activation = _config.Activation,
        };
        if (ModelPoint.TooLarge(shape, inputs.Shape[0], inputs.Shape[1]) is { } problem)
        {
            problems.Add("inputs", problem);
            return null;
        }

        var weights = new ResidualTransformerWeights(shape);
        foreach (ParameterBlock block in weights.Layout.Blocks)
            document.Parameters[block.Name]!.Data.CopyTo(weights[block].Span);
        string name = document.Name ?? Path.GetFileNameWithoutExtension(problems.File);
        return new ModelPoint(
            name, new ResidualTransformer(shape, Stacked(inputs), Stacked(document.Targets!), inputs.Shape[0], threads), weights, trained);
    }

    private static Matrix Stacked(NdArray array)
    {
        Matrix matrix = Matrix.Allocate(array.Shape[0] * array.Shape[1], array.Shape[2]);
        array.Data.CopyTo(matrix.Span);
        return matrix;
    }
}
