using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>Model R on fixed inputs: the output (R.1–R.4), loss and gradient, the transposed Jacobian times a vector (R.6) and the Jacobian times a vector.</summary>
/// <remarks>
/// Theory: model R. Loss and gradient go through the model group by group of samples, in cache (<see cref="GradientPass{T}"/>); what keeps every matrix over all samples
/// (<see cref="FullPass"/>) reserves its memory, about L·(8d + 2m + n)·M doubles, when it is first used. No pass allocates after its first call.
/// The samples are divided into shards whose number depends on the sizes alone and whose gradients are added in a fixed order, so a result has the same bits for
/// any number of threads. One caller at a time; two evaluators may run at once.
/// </remarks>
public sealed class ResidualTransformer : IDisposable
{
    // What telemetry does at once for each block: branch, output and Φ.
    private const int LayerParts = 3;

    private readonly LayerView[] _layers;
    private readonly WorkerTeam _team;
    private readonly ObserverWork _observerWork = new();
    private readonly ParameterLayout _layout;
    private readonly LogitRoute _route;
    private IGradientPass? _gradientPass;
    private FullPass? _fullPass;
    private BlockRecord? _record;
    private TrainedBlocks? _trained;

    // The weights of the last pass, while the matrices of the full pass are not theirs.
    private ResidualTransformerWeights? _pending;
    private bool _isRecordFresh;

    /// <summary>Prepares the model for the given inputs.</summary>
    /// <param name="shape">A valid shape.</param>
    /// <param name="inputs">X [N·n, d], the token rows of all samples stacked; copied.</param>
    /// <param name="samples">Number of samples N.</param>
    /// <param name="threads">Number of threads, at least 1; more than there are shards, or parts of the telemetry, are not used.</param>
    /// <param name="precision">The precision of <see cref="LossAndGradient"/>; everything else is double.</param>
    /// <exception cref="ArgumentException">The shape is not valid, the inputs do not fit it, or its ε is outside [1e-18, 1e18] in single precision.</exception>
    public ResidualTransformer(ResidualTransformerShape shape, Matrix inputs, int samples, int threads = 1, Precision precision = Precision.Double)
    {
        _layout = ParameterLayout.For(shape);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(samples);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        if (inputs.Columns != shape.Width || inputs.Rows == 0 || inputs.Rows % samples != 0)
        {
            throw new ArgumentException($"X must be [N·n, d] with N = {samples}, n at least 1 and d = {shape.Width} but is {inputs}.", nameof(inputs));
        }

        if (precision == Precision.Single && shape.Activation is { Kind: ActivationKind.SmoothLeakyRelu, Smoothing: not (>= 1e-18 and <= 1e18) })
        {
            throw new ArgumentException(
                $"In single precision the activation's smoothing ε must lie in [1e-18, 1e18], as its square must be a normal number, but is {shape.Activation.Smoothing}. Take precision Double or another ε.", nameof(precision));
        }

        (Shape, Samples, Precision) = (shape, samples, precision);
        Tokens = inputs.Rows / samples;
        Inputs = Matrix.Allocate(inputs.Rows, inputs.Columns);
        inputs.CopyTo(Inputs);
        _route = CheaperRoute(shape, samples, Tokens);
        _layers = [.. Enumerable.Range(0, shape.Depth).Select(layer => new LayerView(this, layer))];
        Shards = SampleDivision.Of(samples, Tokens).Shards.Length;
        _team = new WorkerTeam(Math.Min(threads, Math.Max(Shards, LayerParts * shape.Depth)));
    }

    /// <summary>The shape.</summary>
    public ResidualTransformerShape Shape { get; }

    /// <summary>Number of samples N.</summary>
    public int Samples { get; }

    /// <summary>Tokens of a sample n.</summary>
    public int Tokens { get; }

    /// <summary>X [M, d], M = N·n; not to be written.</summary>
    public Matrix Inputs { get; }

    /// <summary>The precision of <see cref="LossAndGradient"/>.</summary>
    public Precision Precision { get; }

    /// <summary>Rows M = N·n of the output.</summary>
    public int Rows => Inputs.Rows;

    /// <summary>F of the last pass (R.4) [M, d_out]; not to be written. After <see cref="LossAndGradient"/> it is computed when it is asked for.</summary>
    public Matrix Output => FullForward().Output;

    /// <summary>Number of shards that the samples are divided into; a function of the sizes alone.</summary>
    internal int Shards { get; }

    /// <summary>The threads, for work on the layers between two passes.</summary>
    internal WorkerTeam Team => _team;

    /// <summary>Whether somebody has looked at what a pass may keep.</summary>
    internal bool IsLookedAt { get; set; }

    /// <summary>What block <paramref name="layer"/> computed in the last forward pass.</summary>
    /// <param name="layer">Block number from 0.</param>
    public LayerView Layer(int layer) => _layers[layer];

    /// <summary>Takes other inputs of the same shape, for run after run in the same memory; the layers are stale until the next pass.</summary>
    /// <param name="inputs">X [N·n, d]; copied.</param>
    /// <exception cref="ArgumentException">The shape is another.</exception>
    public void SetInputs(Matrix inputs)
    {
        if (inputs.Rows != Inputs.Rows || inputs.Columns != Inputs.Columns)
        {
            throw new ArgumentException($"X must be {Inputs} as before but is {inputs}; prepare another evaluator.", nameof(inputs));
        }

        inputs.CopyTo(Inputs);
        _gradientPass?.TakeInputs(Inputs);
        _fullPass?.TakeInputs();
        (_pending, _isRecordFresh) = (null, false);
    }

    /// <summary>F = Z^L or Z^L W_U (R.1–R.4) into <see cref="Output"/>, and every intermediate matrix.</summary>
    /// <param name="weights">Weights of this shape; not changed.</param>
    /// <remarks>Non-finite weights or overflow give non-finite outputs, no exception.</remarks>
    /// <exception cref="ArgumentException">The weights have another layout.</exception>
    public void Forward(ResidualTransformerWeights weights)
    {
        RequireLayout(weights, nameof(weights));
        _fullPass ??= new FullPass(Shape, Inputs, Samples, _route, _team);
        _fullPass.Forward(weights);
        (_pending, _isRecordFresh) = (null, false);
    }

    /// <summary>ℒ = ½‖F − Y‖² and, in the same pass over the samples, E = F − Y and ∇ℒ (R.4, R.6), in the model's <see cref="Precision"/>.</summary>
    /// <param name="weights">θ; not changed, neither here nor before the layers have been looked at.</param>
    /// <param name="targets">Y [M, d_out].</param>
    /// <param name="residual">E [M, d_out], contiguous; overwritten.</param>
    /// <param name="gradient">Overwritten when ℒ is finite: the gradient of each trained matrix, zero in every other.</param>
    /// <param name="trained">Which matrices are trained; nothing below the lowest is computed.</param>
    /// <param name="keepLayers">Whether attention branches and outputs, and Φ where M ≤ m, are kept for <see cref="Layer"/>.</param>
    /// <param name="afterwards">Called with the index of each parameter matrix as soon as its gradient is complete, on any thread of the model.</param>
    /// <returns>ℒ, NaN or infinite when F is.</returns>
    /// <exception cref="ArgumentException">A layout or shape does not fit, or a trained name is not in the model.</exception>
    public double LossAndGradient(
        ResidualTransformerWeights weights, Matrix targets, Matrix residual, ResidualTransformerWeights gradient, TrainedSet trained, bool keepLayers = false, Action<int>? afterwards = null)
    {
        RequireLayout(weights, nameof(weights));
        RequireLayout(gradient, nameof(gradient));
        RequireOutputShape(targets, nameof(targets));
        RequireOutputShape(residual, nameof(residual));
        _record ??= keepLayers ? new BlockRecord(Shape, Rows) : null;
        double loss = Pass(new GradientRequest
        {
            Weights = weights,
            Targets = targets,
            Residual = residual,
            Gradient = gradient,
            Trained = Resolve(trained),
            Record = keepLayers ? _record : null,
            Afterwards = afterwards,
        });
        _isRecordFresh = keepLayers;
        return loss;
    }

    /// <summary>ℒ = ½‖F − Y‖² alone, to the bits of <see cref="LossAndGradient"/>.</summary>
    /// <param name="weights">θ; not changed.</param>
    /// <param name="targets">Y [M, d_out].</param>
    /// <returns>ℒ, NaN or infinite when F is.</returns>
    /// <exception cref="ArgumentException">A layout or shape does not fit.</exception>
    public double Loss(ResidualTransformerWeights weights, Matrix targets)
    {
        RequireLayout(weights, nameof(weights));
        RequireOutputShape(targets, nameof(targets));
        double loss = Pass(new GradientRequest { Weights = weights, Targets = targets });
        _isRecordFresh = false;
        return loss;
    }

    /// <summary>Jᵀ u: the gradient of ⟨u, F(θ)⟩, by R.6, at the weights of the last <see cref="Forward"/>.</summary>
    /// <param name="weights">The weights of the last forward pass; not changed.</param>
    /// <param name="outputGradient">u = ∂ℒ/∂F [M, d_out]; not changed.</param>
    /// <param name="gradient">Overwritten: the gradient of each trained matrix, zero in every other.</param>
    /// <param name="trained">Which matrices are trained; nothing below the lowest is computed.</param>
    /// <exception cref="ArgumentException">A layout or shape does not fit, or a trained name is not in the model.</exception>
    public void Backward(ResidualTransformerWeights weights, Matrix outputGradient, ResidualTransformerWeights gradient, TrainedSet trained)
    {
        RequireLayout(weights, nameof(weights));
        RequireLayout(gradient, nameof(gradient));
        RequireOutputShape(outputGradient, nameof(outputGradient));
        FullForward().Backward(weights, outputGradient, gradient, Resolve(trained));
    }

    /// <summary>J v: the derivative of F along <paramref name="direction"/>, at the weights of the last <see cref="Forward"/>.</summary>
    /// <param name="weights">The weights of the last forward pass; not changed.</param>
    /// <param name="direction">v; only its trained matrices are read.</param>
    /// <param name="outputTangent">Overwritten with J v [M, d_out].</param>
    /// <param name="trained">Which matrices are trained.</param>
    /// <exception cref="ArgumentException">A layout or shape does not fit, or a trained name is not in the model.</exception>
    public void Tangent(ResidualTransformerWeights weights, ResidualTransformerWeights direction, Matrix outputTangent, TrainedSet trained)
    {
        RequireLayout(weights, nameof(weights));
        RequireLayout(direction, nameof(direction));
        RequireOutputShape(outputTangent, nameof(outputTangent));
        FullForward().Tangent(weights, direction, outputTangent, Resolve(trained));
    }

    /// <summary>H v with H = ∇²ℒ of ℒ = ½‖F − Y‖²: Jᵀ J v + Σ_i E_i D²F_i v (R.7), at the weights of the last <see cref="Forward"/>; exact up to rounding.</summary>
    /// <remarks>ψ'' of ReLU and leaky ReLU counts as 0, also at the kink. The first call reserves memory; a product costs about five backward passes.</remarks>
    /// <param name="weights">The weights of the last forward pass; not changed.</param>
    /// <param name="direction">v; only its trained matrices are read.</param>
    /// <param name="residual">E = ∂ℒ/∂F = F − Y [M, d_out]; not changed. Zero leaves JᵀJ v, the Gauss–Newton part.</param>
    /// <param name="result">Overwritten: H v in each trained matrix, zero in every other.</param>
    /// <param name="trained">Which matrices are trained: H is taken in these.</param>
    /// <exception cref="ArgumentException">A layout or shape does not fit, or a trained name is not in the model.</exception>
    public void HessianProduct(
        ResidualTransformerWeights weights, ResidualTransformerWeights direction, Matrix residual, ResidualTransformerWeights result, TrainedSet trained)
    {
        RequireLayout(weights, nameof(weights));
        RequireLayout(direction, nameof(direction));
        RequireLayout(result, nameof(result));
        RequireOutputShape(residual, nameof(residual));
        FullForward().HessianProduct(weights, direction, residual, result, Resolve(trained));
    }

    /// <summary>Threads of one pass.</summary>
    public int Threads => _team.Threads;

    /// <summary>Computes the parts of an observer's own work on the evaluator's threads, which are idle while a step is observed.</summary>
    /// <param name="parts">Number of parts; they run concurrently and in any order, so each writes to its own memory. As many as <see cref="Threads"/>: one on each thread.</param>
    /// <param name="compute">Computes the part of a number; an exception is thrown here when all parts have ended.</param>
    public void RunParts(int parts, Action<int> compute) => _team.Run(_observerWork.Of(compute), parts);

    /// <summary>Ends the threads.</summary>
    public void Dispose() => _team.Dispose();

    /// <summary>The route with fewer multiply-adds in a forward and backward pass over M rows, the gradient of the input included.</summary>
    /// <remarks>Factored: 6Md·d_k + 3Mn·d_k. Merged: 3Md² + 3Mnd + 3d²·d_k.</remarks>
    internal static LogitRoute CheaperRoute(ResidualTransformerShape shape, int samples, int tokens)
    {
        double rows = (double)samples * tokens;
        double width = shape.Width;
        double keyWidth = shape.KeyWidth;
        double factored = 3 * rows * keyWidth * ((2 * width) + tokens);
        double merged = 3 * width * ((rows * (width + tokens)) + (width * keyWidth));
        return merged < factored ? LogitRoute.Merged : LogitRoute.Factored;
    }

    /// <summary>What the last pass kept for observers; null when it kept nothing.</summary>
    internal BlockRecord? ReadRecord()
    {
        IsLookedAt = true;
        return _isRecordFresh ? _record : null;
    }

    /// <summary>The matrices of the last pass, computed now if it was one that keeps none.</summary>
    internal FullPass FullForward()
    {
        if (_pending is ResidualTransformerWeights weights)
        {
            bool wasRecordFresh = _isRecordFresh;
            Forward(weights);
            _isRecordFresh = wasRecordFresh;
        }

        return _fullPass ??= new FullPass(Shape, Inputs, Samples, _route, _team);
    }

    private double Pass(in GradientRequest request)
    {
        _gradientPass ??= Precision == Precision.Single
            ? new GradientPass<float>(Shape, Inputs, Samples, _route, _team)
            : new GradientPass<double>(Shape, Inputs, Samples, _route, _team);
        _pending = request.Weights;
        return _gradientPass.Compute(request);
    }

    private TrainedBlocks Resolve(TrainedSet trained)
    {
        ArgumentNullException.ThrowIfNull(trained);
        if (!ReferenceEquals(_trained?.Set, trained))
        {
            _trained = new TrainedBlocks(trained, _layout, Shape.Depth);
        }

        return _trained!;
    }

    private void RequireLayout(ResidualTransformerWeights weights, string name)
    {
        ArgumentNullException.ThrowIfNull(weights, name);
        if (!weights.Shape.HasLayoutOf(Shape))
        {
            throw new ArgumentException($"Weights must have the layout of {Shape} but belong to {weights.Shape}.", name);
        }
    }

    private void RequireOutputShape(in Matrix matrix, string name)
    {
        if (matrix.Rows != Rows || matrix.Columns != Shape.OutputWidth || !matrix.IsContiguous)
        {
            throw new ArgumentException($"The matrix must be contiguous and of the output's shape [{Rows}, {Shape.OutputWidth}] but is {matrix} with stride {matrix.Stride}.", name);
        }
    }
}
