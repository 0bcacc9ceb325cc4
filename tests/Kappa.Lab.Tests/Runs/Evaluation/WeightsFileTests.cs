using Kappa.Lab.Formats;
using Kappa.Lab.Runs;
using Kappa.Lab.Runs.Evaluation;
using Kappa.Lab.Specifications;
using Kappa.Models;
using Xunit;

namespace Kappa.Lab.Tests.Runs.Evaluation;

/// <summary>Weights from safetensors, model and data from a specification.</summary>
public sealed class WeightsFileTests : IDisposable
{
    private static readonly ExperimentSpecification Specification = new()
    {
        Model = new ModelSpecification
        { Width = 4, FfnWidth = 5, KeyWidth = 3, ReadoutWidth = 2, Trained = TrainedBlocks.Of("value", "readout") },
        Data = new DataSpecification { Samples = 2, Tokens = 3 },
        Seed = 7,
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Tensors_become_weights_and_the_rest_is_the_specifications()
    {
        using var experiment = Experiment.Prepare(Specification, ExperimentData.Load(Specification));
        string path = Write(Tensors(experiment.InitialWeights));
        ModelPoint point = WeightsFile.Read(path, Specification).Require();
        Assert.Equal("weights", point.Name);
        Assert.Equal(experiment.InitialWeights.Vector, point.Parameters.Vector);
        Assert.Equal(experiment.Data.Inputs.Span.ToArray(), point.Residual().Inputs.Span.ToArray());
        Assert.Equal(experiment.Data.Targets.Span.ToArray(), point.Residual().Targets.Span.ToArray());
        Assert.Equal(["blocks.0.value", "readout"], point.TrainedBlocks.Select(block => block.Name));
        Assert.Equal(experiment.InitialLoss, PointEvaluation.Of(point).Loss);
    }

    [Fact]
    public void Everything_that_is_wrong_with_the_tensors_is_reported_together()
    {
        var weights = new ResidualTransformerWeights(Specification.Resolve().Model.ToShape());
        NamedTensor[] tensors = [.. Tensors(weights)];
        tensors[0] = tensors[0] with { Name = "blocks.0.qery" };
        tensors[1] = tensors[1] with { Value = new NdArray([3, 4], new double[12]) };
        tensors[2].Value.Data[6] = double.NaN;
        tensors[2].Value.Data[7] = double.NegativeInfinity;
        string path = Write(tensors);
        Assert.Equal(
            [
                $"{path}: blocks.0.key: must be [4, 3] but is [3, 4]. It is transposed: weights are stored [d_in, d_out], as used in X W.",
                $"{path}: blocks.0.value[1][2]: must be a finite number but is NaN, the first of 2. Take a point from before training "
                    + $"went wrong.",
                $"{path}: blocks.0.qery: unknown matrix. Did you mean 'blocks.0.query'?",
                $"{path}: must hold blocks.0.query but does not. Add it.",
            ],
            WeightsFile.Read(path, Specification).Problems.Select(problem => problem.ToString()));
    }

    [Fact]
    public void A_readout_that_the_specification_lacks_is_named()
    {
        ExperimentSpecification without = Specification with
        { Model = Specification.Model with { ReadoutWidth = null, Trained = TrainedBlocks.All } };
        string path = Write(Tensors(new ResidualTransformerWeights(Specification.Model.ToShape())));
        Assert.Equal(
            [$"{path}: readout: the specified model has no readout; set readoutWidth."],
            WeightsFile.Read(path, without).Problems.Select(problem => problem.ToString()));
    }

    [Fact]
    public void Data_of_another_width_than_the_model_are_refused()
    {
        NpyFile.Write(_folder.At("x.npy"), [1, 2, 6], new double[12]);
        ExperimentSpecification arrays = Specification with
        { Data = new DataSpecification { Source = DataSource.Arrays, Inputs = _folder.At("x.npy"), Targets = _folder.At("x.npy") } };
        string path = Write(Tensors(new ResidualTransformerWeights(Specification.Model.ToShape())));
        Assert.Equal(
            "model.width: must be the width of the tokens, 6, but is 4.",
            Assert.Throws<BadInputException>(() => WeightsFile.Read(path, arrays)).Message);
    }

    private string Write(IEnumerable<NamedTensor> tensors)
    {
        string path = _folder.At("weights.safetensors");
        SafetensorsFile.Write(path, new SafetensorsContent([.. tensors], new Dictionary<string, string>()));
        return path;
    }

    private static IEnumerable<NamedTensor> Tensors(ResidualTransformerWeights weights) =>
        weights.Layout.Blocks.Select(block =>
            new NamedTensor(block.Name, new NdArray([block.Rows, block.Columns], weights[block].Span.ToArray())));
}
