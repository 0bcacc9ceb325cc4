using Kappa.Descent;
using Kappa.Lab.Data;
using Kappa.Lab.Data.Correlated;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Lab.Experiments;

/// <summary>A model other than R on its data, with its initial parameters; for a classifier also on what it is tested on.</summary>
/// <param name="Model">On the samples to train on.</param>
/// <param name="Test">On those to test on; null when there are none.</param>
/// <param name="TestLabels">Their classes.</param>
/// <param name="Initial">θ_0.</param>
/// <param name="Description">Where the data come from.</param>
/// <param name="Fingerprint">SHA-256 of the data.</param>
internal sealed record TrainableProblem(IModel Model, IModel? Test, int[] TestLabels, ModelParameters Initial, string Description, string Fingerprint) : IDisposable
{
    /// <summary>Builds what a specification describes.</summary>
    /// <param name="specification">Resolved, of a kind other than R.</param>
    /// <param name="threads">Threads of a pass.</param>
    /// <exception cref="BadInputException">The data cannot be read or contradict the model.</exception>
    public static TrainableProblem Create(ExperimentSpecification specification, int threads) => specification.Model.Kind switch
    {
        ModelKind.KernelAttention => Kernel(specification, threads),
        ModelKind.ShallowEncoder => Encoder(specification, threads),
        _ => Classifier(specification, threads),
    };

    /// <summary>The kernel of attention as the models take it.</summary>
    public static AttentionKernel KernelOf(ModelSpecification model) => new(model.Kernel, model.Temperature, model.NormalisesRows);

    /// <inheritdoc/>
    public void Dispose()
    {
        Model.Dispose();
        Test?.Dispose();
    }

    private static TrainableProblem Kernel(ExperimentSpecification specification, int threads)
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
        return new TrainableProblem(attention, null, [], initial, data.Description, data.Fingerprint);
    }

    private static TrainableProblem Encoder(ExperimentSpecification specification, int threads)
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
        return new TrainableProblem(encoder, null, [], initial, description, fingerprint);
    }

    private static TrainableProblem Classifier(ExperimentSpecification specification, int threads)
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
        return new TrainableProblem(
            train.Model(shape, model.MasksPadding, threads, precision), test.Model(shape, model.MasksPadding, threads, precision), test.Labels, initial, $"{train.Description}; tested on: {test.Description}", $"{train.Fingerprint}{test.Fingerprint}");
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
