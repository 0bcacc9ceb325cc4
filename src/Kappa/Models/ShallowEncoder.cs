using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>Model S on fixed data: f(X) = τ₁ w_Oᵀ Σ_i ReLU(W_V Xᵀβ_i) (S.1), its loss (S.2) and gradient (S.8), and the features F_pre (S.4).</summary>
/// <remarks>
/// Theory: shallow encoder, S.1–S.8. See <see cref="IModel"/> for batches, threads and precision. Where d_m is large the logits are formed with W_Qᵀ W_K [d, d], whose gradient is turned into
/// those of W_Q and W_K once for the batch. At the kink of the ReLU its derivative is 0.
/// </remarks>
public sealed class ShallowEncoder : IModel
{
    private readonly ModelEngine _engine;
    private readonly Matrix _inputs;
    private readonly int _tokens;
    private readonly LogitRoute _route;

    /// <summary>Prepares the model.</summary>
    /// <param name="shape">A valid shape.</param>
    /// <param name="inputs">X [N·d_s, d], samples stacked; copied.</param>
    /// <param name="targets">y [N, 1]; copied.</param>
    /// <param name="samples">N.</param>
    /// <param name="threads">Number of threads, at least 1.</param>
    /// <param name="precision">The precision of the passes; <see cref="Features"/> is double.</param>
    /// <exception cref="ArgumentException">The shape is not valid or a matrix does not fit.</exception>
    public ShallowEncoder(ShallowEncoderShape shape, Matrix inputs, Matrix targets, int samples, int threads = 1, Precision precision = Precision.Double)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ParameterLayout layout = shape.NewLayout();
        _tokens = TokenRows.Require(inputs, targets, samples, shape.InputWidth, outputs: 1, perToken: false);
        (Shape, Samples, _inputs) = (shape, samples, TokenRows.Copy(inputs));
        Targets = TokenRows.Copy(targets);
        _route = CheaperRoute(shape, inputs.Rows, _tokens);
        var team = new WorkerTeam(Math.Min(threads, BatchPass<double>.Shards(samples, _tokens)));
        IBatchPass pass = precision == Precision.Single ? NewPass<float>(team, layout) : NewPass<double>(team, layout);
        _engine = new ModelEngine(layout, samples, 1, 1, team, pass);
    }

    /// <summary>The shape.</summary>
    public ShallowEncoderShape Shape { get; }

    /// <summary>d_s, tokens of a sample.</summary>
    public int Tokens => _tokens;

    /// <summary>X [N·d_s, d]; not to be written.</summary>
    public Matrix Inputs => _inputs;

    /// <summary>y [N, 1]; not to be written.</summary>
    public Matrix Targets { get; }

    /// <inheritdoc/>
    public ParameterLayout Layout => _engine.Layout;

    /// <inheritdoc/>
    public int Samples { get; }

    /// <inheritdoc/>
    public ReadOnlySpan<int> AllSamples => _engine.All;

    /// <summary>True: ψ is the ReLU.</summary>
    public bool HasKinks => true;

    /// <inheritdoc/>
    public int OutputRows => 1;

    /// <inheritdoc/>
    public int OutputColumns => 1;

    /// <inheritdoc/>
    public bool HasExactProducts => false;

    /// <inheritdoc/>
    public double SquaredErrorFactor => Shape.Reduction == LossReduction.Mean ? 1.0 / Samples : 1;

    /// <inheritdoc/>
    public IReadOnlyList<LayerMatrix> LayerMatrices => [];

    /// <inheritdoc/>
    public int Threads => _engine.Threads;

    /// <inheritdoc/>
    public void RunParts(int parts, Action<int> compute) => _engine.RunParts(parts, compute);

    /// <inheritdoc/>
    public double Loss(ModelParameters parameters, ReadOnlySpan<int> batch) => _engine.Loss(parameters, batch);

    /// <inheritdoc/>
    public double LossAndGradient(
        ModelParameters parameters, ReadOnlySpan<int> batch, ModelParameters gradient, TrainedSet trained, LayerRecord? record = null,
        Action<int>? afterwards = null) => _engine.LossAndGradient(parameters, batch, gradient, trained, record, afterwards);

    /// <inheritdoc/>
    public void Output(ModelParameters parameters, ReadOnlySpan<int> batch, Matrix output) => _engine.Output(parameters, batch, output);

    /// <inheritdoc/>
    public void Backward(ModelParameters parameters, ReadOnlySpan<int> batch, Matrix outputGradient, ModelParameters gradient, TrainedSet trained) =>
        _engine.Backward(parameters, batch, outputGradient, gradient, trained);

    /// <inheritdoc/>
    public void Tangent(ModelParameters parameters, ReadOnlySpan<int> batch, ModelParameters direction, Matrix tangent)
    {
        _engine.RequireTangent(parameters, batch, direction, tangent);
        ShallowEncoderTangent.Compute(Shape, TokenRows.Gather(_inputs, batch, _tokens), _tokens, parameters, direction, tangent);
    }

    /// <inheritdoc/>
    public void HessianProduct(
        ModelParameters parameters, ReadOnlySpan<int> batch, ModelParameters direction, ModelParameters result, TrainedSet trained)
    {
        _engine.RequireHessianProduct(parameters, batch, direction, result, trained);
        DifferencedProducts.HessianProduct(this, parameters, batch, direction, result, trained);
    }

    /// <summary>F_pre [N, d_m] (S.4): row n is τ₁ Σ_i ReLU(W_V X_nᵀβ_{i,n})ᵀ, so that f = F_pre w_O.</summary>
    /// <param name="parameters">θ; not changed.</param>
    /// <returns>New.</returns>
    /// <exception cref="ArgumentException">The layout differs.</exception>
    public Matrix Features(ModelParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        parameters.RequireLayout(Layout, nameof(parameters));
        var factors = new ShallowEncoderFactors<double>(Shape, _route);
        var pass = new ShallowEncoderPass<double>(Shape, factors, GradientLayout(Layout), _inputs, _tokens);
        factors.Take(parameters);
        Matrix features = Matrix.Allocate(Samples, Shape.Width);
        for (int first = 0; first < Samples; first += pass.LargestGroup)
        {
            int count = Math.Min(pass.LargestGroup, Samples - first);
            _ = pass.Forward(AllSamples.Slice(first, count));
            pass.Pooled.CopyTo(features.RowRange(first, count));
        }

        Vectors.Scale(features.Span, Shape.OutputScale);
        return features;
    }

    /// <inheritdoc/>
    public void Dispose() => _engine.Dispose();

    // Multiply-adds that differ between the routes, forward and backward: 3Md(d + n) + 3d²d_m merged, 3M d_m (2d + n) apart.
    private static LogitRoute CheaperRoute(ShallowEncoderShape shape, double rows, double tokens)
    {
        double d = shape.InputWidth, m = shape.Width;
        return (rows * d * (d + tokens)) + (d * d * m) < rows * m * ((2 * d) + tokens) ? LogitRoute.Merged : LogitRoute.Factored;
    }

    private ParameterLayout GradientLayout(ParameterLayout layout)
    {
        if (_route == LogitRoute.Factored)
        {
            return layout;
        }

        var builder = new ParameterLayoutBuilder(Shape);
        builder.Add("query-key", 0, ParameterKind.Query, Shape.InputWidth, Shape.InputWidth);
        builder.Add("value", 0, ParameterKind.Value, Shape.Width, Shape.InputWidth);
        builder.Add("readout", 0, ParameterKind.Readout, 1, Shape.Width);
        return builder.Build();
    }

    private IBatchPass NewPass<T>(WorkerTeam team, ParameterLayout layout)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        ParameterLayout gradientLayout = GradientLayout(layout);
        var factors = new ShallowEncoderFactors<T>(Shape, _route);
        Matrix<T> inputs = Precisions.Convert<T>(_inputs);
        ISamplePass<T>[] passes = [.. Enumerable.Range(0, team.Threads).Select(_ => new ShallowEncoderPass<T>(Shape, factors, gradientLayout, inputs, _tokens))];
        var pass = new BatchPass<T>(gradientLayout, team, factors, passes, new SquaredLoss(Targets, 1, Shape.Reduction), _tokens, outputRows: 1);
        return _route == LogitRoute.Merged ? new MergedQueryKey(pass, gradientLayout) : pass;
    }
}

/// <summary>Turns the gradient of W_Qᵀ W_K into those of W_Q and W_K (S.8), once for a batch.</summary>
internal sealed class MergedQueryKey(IBatchPass pass, ParameterLayout layout) : IBatchPass
{
    private readonly double[] _gradient = new double[layout.Length];
    private readonly bool[] _isTrained = new bool[layout.Blocks.Count];

    /// <inheritdoc/>
    public double Compute(in BatchRequest request)
    {
        if (request.IsTrained is not bool[] trained)
        {
            return pass.Compute(request);
        }

        (_isTrained[0], _isTrained[1], _isTrained[2]) = (trained[0] || trained[1], trained[2], trained[3]);
        double loss = pass.Compute(new BatchRequest
        {
            Parameters = request.Parameters,
            Batch = request.Batch,
            WantsLoss = request.WantsLoss,
            Output = request.Output,
            OutputGradient = request.OutputGradient,
            Gradient = _gradient,
            IsTrained = _isTrained,
        });
        Distribute(request.Parameters, trained, request.Gradient!);
        return loss;
    }

    private void Distribute(ModelParameters parameters, bool[] trained, double[] gradient)
    {
        ParameterBlock query = parameters.Layout.Blocks[0], key = parameters.Layout.Blocks[1];
        var merged = new Matrix(_gradient, 0, layout.Blocks[0].Rows, layout.Blocks[0].Columns);
        gradient.AsSpan(0, query.Length + key.Length).Clear();
        _gradient.AsSpan(layout.Blocks[1].Offset).CopyTo(gradient.AsSpan(query.Length + key.Length));

        // (S.8)  dW_Q = W_K (d(W_Qᵀ W_K))ᵀ, dW_K = W_Q d(W_Qᵀ W_K)            [d_m, d]
        if (trained[0])
        {
            Products.MultiplyByTransposed(parameters[key], merged, new Matrix(gradient, query.Offset, query.Rows, query.Columns));
        }

        if (trained[1])
        {
            Products.Multiply(parameters[query], merged, new Matrix(gradient, key.Offset, key.Rows, key.Columns));
        }
    }
}
