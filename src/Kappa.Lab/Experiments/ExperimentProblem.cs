using Kappa.Descent;
using Kappa.Lab.Data;
using Kappa.Lab.Data.Correlated;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Lab.Experiments;

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
    /// <param name="earlier">A model in whose memory one of the same shape is built; it stays its owner's.</param>
    /// <exception cref="BadInputException">The data cannot be read or contradict the model.</exception>
    public static ExperimentProblem Create(ExperimentSpecification specification, int threads, ResidualTransformer? earlier = null) =>
        specification.Model.Kind switch
        {
            ModelKind.Residual => Residual(specification, ExperimentData.Load(specification), threads, earlier),
            ModelKind.KernelAttention => Kernel(specification, threads),
            ModelKind.ShallowEncoder => Encoder(specification, threads),
            _ => Classifier(specification, threads),
        };

    /// <summary>Model R on given data.</summary>
    public static ExperimentProblem Residual(ExperimentSpecification specification, TokenData data, int threads, ResidualTransformer? earlier = null)
    {
        ResidualTransformerShape shape = specification.Model.ToShape();
        Experiment.RequireFit(shape, data);
        bool spectra = specification.Telemetry.Quantities == TelemetryQuantities.All;
        Precision precision = specification.Descent.Precision;
        MemoryLimit.Require(
            "model", "The evaluator and the descent", RunForecast.BytesOf(shape, data.Samples, data.Tokens, spectra, precision, threads));
        ResidualTransformerWeights weights = specification.Initialisation.ToInitialisation(shape.Depth).Create(shape, specification.Seed);
        bool fits = earlier is not null && earlier.Shape == shape
            && (earlier.Samples, earlier.Rows, earlier.Precision) == (data.Samples, data.Inputs.Rows, precision);
        if (fits)
        {
            earlier!.SetData(data.Inputs, data.Targets);
        }

        ResidualTransformer model = fits ? earlier! : new ResidualTransformer(shape, data.Inputs, data.Targets, data.Samples, threads, precision);
        return new ExperimentProblem(model, weights, data.Description, data.Fingerprint)
        {
            Inputs = data.Inputs,
            Targets = data.Targets,
            Data = data,
            IsBorrowed = fits,
        };
    }

    /// <summary>The kernel of attention as the models take it.</summary>
    public static AttentionKernel KernelOf(ModelSpecification model) => new(model.Kernel, model.Temperature, model.NormalisesRows);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!IsBorrowed)
        {
            Model.Dispose();
        }

        Test?.Dispose();
    }

    private static ExperimentProblem Kernel(ExperimentSpecification specification, int threads)
    {
        TokenData data = ExperimentData.Load(specification);
        ModelSpecification model = specification.Model;
        Require(data.Width, model.Width);
        if (data.OutputWidth != model.OutputWidth)
        {
            throw new BadInputException("model.readoutWidth", $"the model's output has width {model.OutputWidth} but the targets have {data.OutputWidth}. Set readoutWidth={data.OutputWidth}.");
        }

        var shape = new KernelAttentionShape
        {
            Width = model.Width,
            Heads = model.Heads,
            KeyWidth = model.KeyWidth!.Value,
            ValueWidth = model.ValueWidth!.Value,
            OutputWidth = model.OutputWidth,
            Kernel = KernelOf(model),
        };
        ModelParameters initial = ModelInitialisation.Create(shape, specification.Seed, block => specification.Initialisation.GainOf(block.Kind));
        var attention = new KernelAttention(shape, data.Inputs, data.Targets, data.Samples, threads, specification.Descent.Precision);
        return new ExperimentProblem(attention, initial, data.Description, data.Fingerprint) { Targets = data.Targets };
    }

    private static ExperimentProblem Encoder(ExperimentSpecification specification, int threads)
    {
        (Matrix inputs, Matrix labels, string description, string fingerprint) = ScalarData(specification);
        ModelSpecification model = specification.Model;
        Require(inputs.Columns, model.Width);
        var shape = new ShallowEncoderShape
        {
            InputWidth = model.Width,
            Width = model.EncoderWidth,
            LogitScale = model.Temperature!.Value,
            OutputScale = model.OutputScale!.Value,
            Pooling = model.Pooling,
            Reduction = model.LossReduction,
        };
        ModelParameters initial = specification.Initialisation.Encoder.Create(shape, specification.Seed).Parameters;
        foreach (ParameterBlock block in initial.Layout.Blocks)
        {
            Vectors.Scale(initial[block].Span, specification.Initialisation.GainOf(block.Kind));
        }

        var encoder = new ShallowEncoder(shape, inputs, labels, labels.Rows, threads, specification.Descent.Precision);
        return new ExperimentProblem(encoder, initial, description, fingerprint) { Inputs = inputs, Targets = labels };
    }

    private static ExperimentProblem Classifier(ExperimentSpecification specification, int threads)
    {
        ModelSpecification model = specification.Model;
        (LabelledInputs train, LabelledInputs test) = LabelledInputs.Load(specification.Data);
        TransformerShape shape = train.Shape() with
        {
            Depth = model.Depth,
            Width = model.Width,
            Heads = model.Heads,
            FfnWidth = model.FfnWidth,
            Kernel = KernelOf(model),
            Activation = new Activation(model.Activation, model.ActivationSlope, model.ActivationSmoothing),
            AttentionResidual = model.AttentionResidual,
            FfnResidual = model.FfnResidual,
        };
        ModelParameters initial = ModelInitialisation.Create(shape, specification.Seed, _ => specification.Initialisation.Gain);
        Precision precision = specification.Descent.Precision;
        return new ExperimentProblem(
            train.Model(shape, model.MasksPadding, threads, precision), initial, $"{train.Description}; tested on: {test.Description}",
            $"{train.Fingerprint}{test.Fingerprint}")
        {
            Test = test.Model(shape, model.MasksPadding, threads, precision),
            TestLabels = test.Labels,
        };
    }

    // One label a sample: a column of N numbers.
    private static (Matrix Inputs, Matrix Labels, string Description, string Fingerprint) ScalarData(ExperimentSpecification specification)
    {
        DataSpecification data = specification.Data;
        if (data.Source == DataSource.Arrays)
        {
            (Matrix inputs, Matrix targets, string where) = SampleArrays.Read(data);
            return (inputs, targets, where, SampleArrays.Fingerprint(inputs, targets));
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
                Labels = data.Labels == SampleLabels.Attention ? ScalarLabels.Attention : ScalarLabels.Gaussian,
            }.Create(data.Samples!.Value, data.Tokens!.Value, specification.Model.Width, data.Seed!.Value);
        }
        catch (ArgumentOutOfRangeException reason)
        {
            throw new BadInputException("data", reason.Message.Split('(')[0].Trim());
        }

        Matrix labels = Matrix.Allocate(samples.Labels.Length, 1);
        samples.Labels.CopyTo(labels.Span);
        double scale = isCorrelated ? 1 : data.TargetScale!.Value;
        Vectors.Scale(labels.Span, scale);

        string description = isCorrelated ? samples.Description : FormattableString.Invariant($"{samples.Description}, labels scaled by {scale:R}");
        return (samples.Inputs, labels, description, SampleArrays.Fingerprint(samples.Inputs, labels));
    }

    private static void Require(int found, int width)
    {
        if (found != width)
        {
            throw new BadInputException("model.width", $"must be the width of the tokens, {found}, but is {width}.");
        }
    }
}
