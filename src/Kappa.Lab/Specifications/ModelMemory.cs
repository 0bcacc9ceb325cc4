using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Lab.Specifications;

/// <summary>What a Transformer and its descent take in memory: a count of its matrices, right to a factor of two.</summary>
internal static class ModelMemory
{
    private const int RowsOfGroup = 128;
    private const int MostShards = 8;
    private const int LeastRows = 64;
    private const int RowsOfTwoShards = 512;

    /// <summary>Number of parameters, also where they are more than an array can hold.</summary>
    /// <param name="shape">Any shape.</param>
    public static double Parameters(TransformerShape shape)
    {
        double d = shape.Width, keys = shape.Heads * (double)shape.KeyWidth, values = shape.Heads * (double)shape.ValueWidth,
            m = shape.FfnWidth ?? 0;
        double output = shape.HasOutput ? shape.OutputWidth : values;
        double attention = (d * ((2 * keys) + values)) + (shape.HasOutput ? values * output : 0)
            + (shape.HasAttentionBiases ? (2 * keys) + values + output : 0);
        double ffn = (2 * d * m) + (shape.HasFfnBiases ? d + m : 0);
        double norms = shape.HasNormParameters
            ? 2 * d * ((shape.Norm == NormPlace.None ? 0 : 2 * shape.Depth) + (shape.HasLastNorm ? 1 : 0))
            : 0;
        double ends = (shape.HasEmbedding ? (double)shape.InputWidth * d : 0) + ((shape.Tokens ?? 0) * d)
            + ((output + 1) * (shape.ReadoutWidth ?? 0));
        return (shape.Depth * (attention + ffn)) + norms + ends;
    }

    /// <summary>Bytes of a run.</summary>
    /// <param name="shape">A valid shape.</param>
    /// <param name="samples">N.</param>
    /// <param name="tokens">n.</param>
    /// <param name="specification">Precision, what is recorded, and the method.</param>
    /// <param name="threads">Of one step.</param>
    public static double Bytes(TransformerShape shape, int samples, int tokens, ExperimentSpecification specification, int threads)
    {
        int element = specification.Descent.Precision == Precision.Single ? sizeof(float) : sizeof(double);
        double rows = (double)samples * tokens, heads = shape.Heads, d = Math.Max(shape.Width, shape.OutputWidth), m = shape.FfnWidth ?? 0;
        double projections = heads * ((2.0 * shape.KeyWidth) + (2.0 * shape.ValueWidth));

        // X and Y twice, in double and in the precision of the passes.
        double columns = (shape.Input == TransformerInput.Arrays ? shape.InputWidth : 1) + shape.OutputColumns;
        double data = rows * columns * ((2 * sizeof(double)) + element);

        // θ_0 twice, θ, its successor, ∇ℒ and what the method carries; the factors of a pass, and each shard's gradient.
        double batch = Math.Min(specification.Descent.BatchSize ?? samples, samples), shards = Math.Min(batch, Shards(batch * tokens)),
            moments = specification.Descent.Method switch { DescentMethod.Adam => 2, DescentMethod.Momentum => 1, _ => 0 };
        double weights = Parameters(shape) * ((sizeof(double) * (7 + moments)) + (element * (2 + shards)));

        // Each thread takes about 128 rows, or one sample, through all blocks, and keeps the weights where they fit.
        double group = Math.Min(rows, Math.Max(RowsOfGroup, tokens)),
            kept = group / tokens * shape.KeptWeightBytes(tokens, specification.Descent.Precision);
        double columnsOfPass = (shape.Depth * ((8 * d) + (3 * m) + projections)) + (6 * d) + m + (2 * projections);
        double passes = Math.Min(threads, shards) * ((element * group * columnsOfPass) + kept);

        // What is looked at is kept, and factorised in a copy: Φ, branches of heads and of all of them, outputs.
        bool looks = specification.Telemetry.Quantities.HasSpectra;
        double layers = looks
            ? 2 * sizeof(double) * shape.Depth * batch * tokens * (m + (5 * d) + (heads > 1 ? heads * shape.ValueWidth : 0))
            : 0;
        return data + weights + passes + layers;
    }

    // A batch of few rows is not divided, and one of many by every 512 rows into two.
    private static double Shards(double rows) => rows < LeastRows ? 1 : Math.Clamp(2 * Math.Floor(rows / RowsOfTwoShards), 2, MostShards);
}
