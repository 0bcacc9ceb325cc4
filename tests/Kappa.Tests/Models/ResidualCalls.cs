using Kappa.Models;

namespace Kappa.Tests.Models;

/// <summary>Calls of model R over all of its samples.</summary>
internal static class ResidualCalls
{
    public static void Backward(
        this ResidualTransformer model, ModelParameters at, Matrix u, ModelParameters gradient, TrainedSet trained) =>
        model.Backward(at, model.AllSamples, u, gradient, trained);

    /// <summary>J v with only the trained matrices of v.</summary>
    public static void Tangent(
        this ResidualTransformer model, ModelParameters at, ModelParameters direction, Matrix tangent, TrainedSet trained)
    {
        ModelParameters along = direction.Clone();
        foreach (ParameterBlock block in along.Layout.Blocks.Where(block => !trained.Includes(block)))
        {
            along[block].Fill(0);
        }

        model.Tangent(at, model.AllSamples, along, tangent);
    }

    public static double Loss(this ResidualTransformer model, ModelParameters at) => model.Loss(at, model.AllSamples);

    public static double LossAndGradient(
        this ResidualTransformer model, ModelParameters at, ModelParameters gradient, TrainedSet trained, LayerRecord? record = null,
        Action<int>? afterwards = null) => model.LossAndGradient(at, model.AllSamples, gradient, trained, record, afterwards);
}
