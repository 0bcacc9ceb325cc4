using Kappa.Lab.Data;
using Kappa.Lab.Data.Correlated;
using Kappa.Lab.Formats;
using Kappa.Lab.Specifications;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Lab.Runs;

/// <summary>A model on its data, with its initial parameters; for a classifier also on what it is tested on.</summary>
/// <param name="Model">On the samples to train on.</param>
/// <param name="Initial">θ_0.</param>
/// <param name="Description">Where the data come from.</param>
/// <param name="Fingerprint">SHA-256 of the data.</param>
internal sealed record ExperimentProblem(IModel Model, ModelParameters Initial, string Description, string Fingerprint) : IDisposable
{
    /// <summary>The model on the samples to test on; null when there are none.</summary>
    public IModel? Test { get; private init; }

    /// <summary>Their classes.</summary>
    public int[] TestLabels { get; private init; } = [];

    /// <summary>X, samples stacked; empty for identifiers and patches.</summary>
    public Matrix Inputs { get; private init; }

    /// <summary>Y; empty for classes.</summary>
    public Matrix Targets { get; private init; }

    /// <summary>The tokens, where inputs and targets are of that form.</summary>
    public TokenData? Data { get; private init; }

    /// <summary>Whether the model is another one's to dispose of.</summary>
    public bool IsBorrowed { get; private init; }

    /// <summary>Builds what a specification describes: the one place that decides which implementation a description gets.</summary>
    /// <param name="specification">Resolved.</param>
    /// <param name="threads">Threads of a pass.</param>
    /// <param name="others">Runs and files that it may start from; null for none.</param>
    /// <param name="earlier">A model in whose memory one of the same shape is built; it stays its owner's.</param>
    /// <exception cref="BadInputException">The data cannot be read or contradict the model.</exception>
    public static ExperimentProblem Create(
        ExperimentSpecification specification, int threads, OtherRuns? others = null, ResidualTransformer? earlier = null)
    {
        others ??= OtherRuns.In(null);
        return specification.Form switch
        {
            ModelForm.Residual => Residual(specification, ExperimentData.Load(specification, others), threads, others, earlier),
            _ when specification.Data.IsLabelled => Labelled(specification, threads, others),
            _ => OfArrays(specification, threads, others),
        };
    }

    /// <summary>Model R on given data.</summary>
    public static ExperimentProblem Residual(
        ExperimentSpecification specification, TokenData data, int threads, OtherRuns others, ResidualTransformer? earlier = null)
    {
        ResidualTransformerShape shape = specification.Model.ToShape();
        Experiment.RequireFit(shape, data);
        bool spectra = specification.Telemetry.Quantities.HasSpectra;
        Precision precision = specification.Descent.Precision;
        MemoryLimit.Require(
            "model", "The evaluator and the descent", RunForecast.BytesOf(shape, data.Samples, data.Tokens, spectra, precision, threads));
        ResidualTransformerWeights weights = specification.Initialisation.From is { } from && others.StartOf(from) is { } given
            ? StartingPoints.Fill(from, given, new ResidualTransformerWeights(shape))
            : specification.Initialisation.ToInitialisation(shape.Depth).Create(shape, specification.Seed);
        bool fits = earlier is not null && earlier.Shape == shape
            && (earlier.Samples, earlier.Rows, earlier.Precision) == (data.Samples, data.Inputs.Rows, precision);
        if (fits)
        {
            earlier!.SetData(data.Inputs, data.Targets);
        }

        ResidualTransformer model = fits
            ? earlier!
            : new ResidualTransformer(shape, data.Inputs, data.Targets, data.Samples, threads, precision);
        return new ExperimentProblem(model, weights, data.Description, data.Fingerprint)
        {
            Inputs = data.Inputs,
            Targets = data.Targets,
            Data = data,
            IsBorrowed = fits,
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!IsBorrowed)
        {
            Model.Dispose();
        }

        Test?.Dispose();
    }

    // Any Transformer on samples with a class each.
    private static ExperimentProblem Labelled(ExperimentSpecification specification, int threads, OtherRuns others)
    {
        (LabelledInputs train, LabelledInputs test) = LabelledInputs.Load(specification.Data);
        TransformerShape shape = Fit(specification, train.Form());
        bool hasSquaredError = specification.Model.Loss == LossKind.SquaredError;
        RequireMemory(shape, train.Labels.Length + test.Labels.Length, train.Tokens, specification, threads);
        Transformer model = New(train);
        return new ExperimentProblem(
            model, Begin(specification, train.Form(), model, others),
            $"{train.Description}; tested on: {test.Description}", $"{train.Fingerprint}{test.Fingerprint}")
        {
            Test = New(test),
            TestLabels = test.Labels,
            Inputs = train.Patches,
            Targets = hasSquaredError ? train.Indicators() : default,
        };

        Transformer New(LabelledInputs samples) =>
            samples.Model(shape, specification.Model.MasksPadding, threads, specification.Descent.Precision, hasSquaredError);
    }

    // On arrays, with a target for each token, or for each sample where the tokens are pooled.
    private static ExperimentProblem OfArrays(ExperimentSpecification specification, int threads, OtherRuns others)
    {
        (Matrix inputs, Matrix targets, int samples, string description, string fingerprint) =
            specification.Model.Readout == ReadoutKind.Pooled ? OfSamples(specification, others) : OfTokens(specification, others);
        if (!specification.Model.Embedding)
        {
            Require(inputs.Columns, specification.Model.Width);
        }

        DataForm form = DataForm.OfTokens(inputs.Columns, inputs.Rows / samples) with { Outputs = targets.Columns };
        TransformerShape shape = Fit(specification, form);
        if (shape.OutputColumns != targets.Columns)
        {
            throw new BadInputException(
                "model.readoutWidth",
                $"the model's output has width {shape.OutputColumns} but the targets have {targets.Columns}. Set "
                    + $"readoutWidth={targets.Columns}.");
        }

        RequireMemory(shape, samples, form.Tokens, specification, threads);
        IModel model = OfForm(specification, form, samples, inputs, targets, threads);
        return new ExperimentProblem(model, Begin(specification, form, model, others), description, fingerprint)
        {
            Inputs = inputs,
            Targets = targets,
        };
    }

    /// <summary>The model on arrays: the one place that decides which implementation a description other than R gets.</summary>
    /// <param name="specification">Resolved.</param>
    /// <param name="form">Of the arrays.</param>
    /// <param name="samples">N.</param>
    /// <param name="inputs">X [N·n, columns].</param>
    /// <param name="targets">Y; zeros where it is empty.</param>
    /// <param name="threads">Threads of a pass.</param>
    internal static IModel OfForm(
        ExperimentSpecification specification, DataForm form, int samples, Matrix inputs, Matrix targets, int threads)
    {
        TransformerShape shape = ShapeOf(specification, form);
        if (targets.Rows == 0)
        {
            targets = Matrix.Allocate(shape.Readout == ReadoutKind.Pooled ? samples : inputs.Rows, shape.OutputColumns);
        }

        return Transformer.OfArrays(shape, inputs, targets, samples, threads, specification.Descent.Precision);
    }

    // Models G and S have the names and orientation of their own matrices, whatever preset the description started from.
    private static TransformerShape ShapeOf(ExperimentSpecification specification, DataForm form) => specification.Form switch
    {
        ModelForm.KernelAttention => specification.Model.AsKernelAttention(),
        ModelForm.ShallowEncoder => specification.Model.AsShallowEncoder(),
        _ => specification.Model.ToTransformerShape(form),
    };

    // Given, or drawn.
    private static ModelParameters Begin(ExperimentSpecification specification, DataForm form, IModel model, OtherRuns others) =>
        specification.Initialisation.From is { } from && others.StartOf(from) is { } given
            ? StartingPoints.Fill(from, given, new ModelParameters(model.Layout))
            : Start(specification, form, specification.Seed);

    /// <summary>Parameters of a model other than R, drawn by the law of a specification.</summary>
    /// <param name="specification">Resolved.</param>
    /// <param name="form">Of its data.</param>
    /// <param name="seed">Any integer.</param>
    internal static ModelParameters Start(ExperimentSpecification specification, DataForm form, long seed)
    {
        InitialisationSpecification law = specification.Initialisation;
        bool isEncoder = specification.Form == ModelForm.ShallowEncoder;
        if (!isEncoder || law.Encoder is not { } scheme)
        {
            TransformerShape shape = ShapeOf(specification, form);
            law = isEncoder ? law.AsScheme(shape.Width, shape.KeyWidth) : law;
            return law.ToInitialisation(shape.Depth, shape.Readout != ReadoutKind.None).Create(shape, seed);
        }

        ModelParameters initial = scheme.Create(specification.Model.AsShallowEncoder(), seed).Parameters;
        foreach (ParameterBlock block in initial.Layout.Blocks)
        {
            Vectors.Scale(initial[block].Span, law.GainOf(block.Kind));
        }

        return initial;
    }

    // The sizes are known only when the data are read: what was checked before with those expected is checked again.
    private static TransformerShape Fit(ExperimentSpecification specification, DataForm data)
    {
        TransformerShape shape = specification.Model.ToTransformerShape(data);
        return TransformerRules.All.FirstOrDefault(rule => !rule.Holds(shape)) is { } broken
            ? throw new BadInputException("model", ModelRules.Explain(broken, shape, specification))
            : shape;
    }

    private static void RequireMemory(
        TransformerShape shape, int samples, int tokens, ExperimentSpecification specification, int threads) =>
        MemoryLimit.Require("model", "The model and its descent", ModelMemory.Bytes(shape, samples, tokens, specification, threads));

    private static (
        Matrix Inputs, Matrix Targets, int Samples, string Description, string Fingerprint) OfTokens(
            ExperimentSpecification specification, OtherRuns others)
    {
        TokenData data = ExperimentData.Load(specification, others);
        return (data.Inputs, data.Targets, data.Samples, data.Description, data.Fingerprint);
    }

    // A row of targets for each sample.
    private static (
        Matrix Inputs, Matrix Targets, int Samples, string Description, string Fingerprint) OfSamples(
            ExperimentSpecification specification, OtherRuns others)
    {
        DataSpecification data = specification.Data;
        if (data.Source is DataSource.Arrays or DataSource.Teacher || data.TargetDistance is not null)
        {
            (Matrix inputs, Matrix targets, string where) = data.Source switch
            {
                DataSource.Arrays => SampleArrays.Read(data),
                DataSource.Teacher => ExperimentData.TeacherArrays(specification),
                _ => ExperimentData.ArraysNearStart(specification, others),
            };
            return (inputs, targets, targets.Rows, where, SampleArrays.Fingerprint(inputs, targets));
        }

        bool isCorrelated = data.Source == DataSource.Correlated;
        Correlation Exchangeable(double strength) => new(CorrelationStructure.Exchangeable, strength);
        ScalarSamples samples;
        try
        {
            samples = new CorrelatedTokens
            {
                TokenScale = data.TokenScale,
                BetweenTokens = Exchangeable(data.Correlation),
                BetweenSamples = Exchangeable(data.SampleCorrelation),
                Centred = data.Centred,
                Labels = data.Labels,
            }.Create(data.Samples!.Value, data.Tokens!.Value, specification.Model.InputColumns, data.Seed!.Value);
        }
        catch (ArgumentOutOfRangeException reason)
        {
            throw new BadInputException("data", reason.Message.Split('(')[0].Trim());
        }

        Matrix labels = Matrix.Allocate(samples.Labels.Length, 1);
        samples.Labels.CopyTo(labels.Span);
        double scale = isCorrelated ? 1 : data.TargetScale!.Value;
        Vectors.Scale(labels.Span, scale);

        string description = isCorrelated
            ? samples.Description
            : FormattableString.Invariant($"{samples.Description}, labels scaled by {scale:R}");
        return (samples.Inputs, labels, labels.Rows, description, SampleArrays.Fingerprint(samples.Inputs, labels));
    }

    private static void Require(int found, int width)
    {
        if (found != width)
        {
            throw new BadInputException("model.width", $"must be the width of the tokens, {found}, but is {width}.");
        }
    }
}
