using Kappa.Models;

namespace Kappa.Certificates;

/// <summary>
/// What a theorem about full-batch gradient descent on a Transformer is evaluated at: the model with its data, its parameters θ_0, the
/// trained matrices, and the loss there.
/// </summary>
/// <remarks>Copies the parameters; the model stays its caller's.</remarks>
public sealed class TransformerPoint
{
    /// <summary>Evaluates the loss once.</summary>
    /// <param name="model">The model.</param>
    /// <param name="parameters">θ_0; copied.</param>
    /// <param name="trained">The trained matrices; the others are constants.</param>
    /// <exception cref="ArgumentException">The layout differs or a trained name is not in the model.</exception>
    public TransformerPoint(Transformer model, ModelParameters parameters, TrainedSet trained)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(trained);
        (Model, Parameters, Trained) = (model, parameters.Clone(), trained);
        IsTrained = trained.Resolve(model.Layout);
        Loss = model.Loss(Parameters, model.AllSamples);
    }

    /// <summary>The model.</summary>
    public Transformer Model { get; }

    /// <summary>θ_0; not to be written.</summary>
    public ModelParameters Parameters { get; }

    /// <summary>The trained matrices.</summary>
    public TrainedSet Trained { get; }

    /// <summary>For each matrix of the layout, whether it is trained.</summary>
    public IReadOnlyList<bool> IsTrained { get; }

    /// <summary>ℒ_0 over all samples.</summary>
    public double Loss { get; }

    /// <summary>The trained matrices' places.</summary>
    internal IEnumerable<ParameterBlock> TrainedMatrices => Model.Layout.Blocks.Where((_, k) => IsTrained[k]);

    /// <summary>Whether the matrix called <paramref name="name"/> is trained.</summary>
    internal bool Trains(string name) => Trained.Includes(Model.Layout.Find(name));
}

/// <summary>A theorem about some form of the Transformer other than model R.</summary>
public abstract class TransformerTheorem : Theorem
{
    private protected TransformerTheorem(TheoremText text)
        : base(text)
    {
    }

    /// <summary>Computes the conditions at a point and says what follows.</summary>
    /// <param name="point">Model, data, parameters θ_0 and trained matrices.</param>
    /// <param name="options">What is asked; <c>null</c> for the defaults.</param>
    /// <returns>A value, also when the theorem does not apply or a condition fails.</returns>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public Certificate Evaluate(TransformerPoint point, CertificateOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(point);
        CertificateOptions asked = options ?? CertificateOptions.Default;
        asked.Validate();
        string? reason = !IsAbout(point.Model)
            ? Theorems.WhyNotAbout(this, point.Model)
            : !double.IsFinite(point.Loss)
                ? $"The loss must be a finite number but is {point.Loss}; begin from smaller weights or scale the data."
            : WhyNotApplicable(point);
        return reason is null ? Compute(point, asked) : Certificate.NotApplicable(this, reason);
    }

    /// <summary>Why the theorem is not about this point of its form, with what to do; <c>null</c> when it is.</summary>
    internal abstract string? WhyNotApplicable(TransformerPoint point);

    /// <summary>The conditions and the conclusion at a point that the theorem is about.</summary>
    internal abstract Certificate Compute(TransformerPoint point, CertificateOptions options);

    /// <inheritdoc/>
    internal sealed override string? WhyNotApplicable(ResidualTransformerPoint point) =>
        Theorems.WhyNotAbout(this, point.Model);

    private protected sealed override Certificate EvaluateOwn(
        IModel model, ModelParameters parameters, TrainedSet trained, CertificateOptions options) =>
        Evaluate(new TransformerPoint((Transformer)model, parameters, trained), options);

    /// <inheritdoc/>
    internal sealed override Certificate Compute(ResidualTransformerPoint point, CertificateOptions options) =>
        Certificate.NotApplicable(this, WhyNotApplicable(point)!);
}

/// <summary>A theorem about kernel attention, model G.</summary>
public abstract class KernelAttentionTheorem : TransformerTheorem
{
    private protected KernelAttentionTheorem(TheoremText text)
        : base(text)
    {
    }

    /// <inheritdoc/>
    public sealed override string Subject => Theorems.KernelAttention;

    /// <inheritdoc/>
    public sealed override bool IsAbout(IModel model) => model is Transformer { Shape.IsKernelAttention: true, HasLabels: false };
}

/// <summary>A theorem about the shallow encoder, model S.</summary>
public abstract class ShallowEncoderTheorem : TransformerTheorem
{
    private protected ShallowEncoderTheorem(TheoremText text)
        : base(text)
    {
    }

    /// <inheritdoc/>
    public sealed override string Subject => Theorems.ShallowEncoder;

    /// <inheritdoc/>
    public sealed override bool IsAbout(IModel model) =>
        model is Transformer { Shape.IsShallowEncoder: true, HasLabels: false, HasPadding: false };
}
