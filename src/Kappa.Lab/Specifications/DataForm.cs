using Kappa.Models;

namespace Kappa.Lab.Specifications;

/// <summary>What data give a model.</summary>
/// <param name="Input">Identifiers or arrays.</param>
/// <param name="Columns">Number of different identifiers, or columns of the arrays.</param>
/// <param name="Tokens">n.</param>
/// <param name="Outputs">Columns that the targets need, where a readout is not
/// told: one a class, or one number; null for as many as are asked for.</param>
internal sealed record DataForm(TransformerInput Input, int Columns, int Tokens, int? Outputs)
{
    private const int Bytes = 256;
    private const int DigitSide = 28;
    private const int PathfinderSide = 32;

    /// <summary>Arrays with a target for each token.</summary>
    public static DataForm OfTokens(int columns, int tokens = 1) => new(TransformerInput.Arrays, columns, tokens, null);

    /// <summary>What is known before anything is read: sizes of files that have others are corrected when they are.</summary>
    /// <param name="specification">Resolved or not.</param>
    public static DataForm Expected(ExperimentSpecification specification)
    {
        (DataSpecification data, ModelSpecification model) = (specification.Data, specification.Model);
        if (!data.IsLabelled)
        {
            int tokens = data.Tokens ?? (data.IsSeeded ? DataSpecification.DefaultTokens : 1);
            return OfTokens(model.InputColumns, tokens) with { Outputs = model.Readout == ReadoutKind.Pooled ? 1 : null };
        }

        int side = data.Source == DataSource.Digits ? DigitSide : PathfinderSide;
        return data switch
        {
            { Source: DataSource.Reviews } =>
                new(TransformerInput.Identifiers, Bytes + 1, data.Tokens ?? DataSpecification.DefaultBytes, data.Classes),
            { Patch: int patch } =>
                new(
                    TransformerInput.Arrays, (int)Math.Min(int.MaxValue, (long)patch * patch), Math.Max(1, side / patch * (side / patch)),
                    data.Classes),
            _ => new(TransformerInput.Identifiers, Bytes, side * side, data.Classes),
        };
    }
}
