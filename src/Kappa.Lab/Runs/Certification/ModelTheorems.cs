using Kappa.Certificates;
using Kappa.Models;

namespace Kappa.Lab.Runs.Certification;

/// <summary>The theorems about a model other than R, asked at one point.</summary>
/// <remarks>Evaluates the loss once; the model stays its caller's.</remarks>
internal sealed class ModelTheorems
{
    private readonly Func<Theorem, CertificateOptions, Certificate> _ask;

    private ModelTheorems(IReadOnlyList<Theorem> all, Func<Theorem, CertificateOptions, Certificate> ask) => (All, _ask) = (all, ask);

    /// <summary>Those about this model; empty for a Transformer that none is about.</summary>
    public IReadOnlyList<Theorem> All { get; }

    /// <summary>The theorems about a form of model.</summary>
    public static IReadOnlyList<Theorem> About(Specifications.ModelForm form) => form switch
    {
        Specifications.ModelForm.Residual => Theorems.OfResidualTransformer,
        Specifications.ModelForm.KernelAttention => Theorems.OfKernelAttention,
        Specifications.ModelForm.ShallowEncoder => Theorems.OfShallowEncoder,
        _ => [],
    };

    /// <summary>Those about a model at a point.</summary>
    /// <param name="model">The model.</param>
    /// <param name="parameters">θ_0.</param>
    /// <param name="trained">The trained matrices.</param>
    public static ModelTheorems At(IModel model, ModelParameters parameters, TrainedSet trained) => model switch
    {
        KernelAttention attention => Of(Theorems.OfKernelAttention, new ModelPoint<KernelAttention>(attention, parameters, trained)),
        ShallowEncoder encoder => Of(Theorems.OfShallowEncoder, new ModelPoint<ShallowEncoder>(encoder, parameters, trained)),
        _ => new ModelTheorems([], (theorem, _) => Foreign(theorem, "this Transformer")),
    };

    /// <summary>Asks one theorem; one about another model is not applicable.</summary>
    /// <param name="theorem">Any theorem.</param>
    /// <param name="options">What is asked.</param>
    public Certificate Ask(Theorem theorem, CertificateOptions options) => _ask(theorem, options);

    private static ModelTheorems Of<TModel>(IReadOnlyList<ModelTheorem<TModel>> all, ModelPoint<TModel> point)
        where TModel : class, IModel => new(all, (theorem, options) => theorem is ModelTheorem<TModel> known
            ? known.Evaluate(point, options)
            : Foreign(theorem, typeof(TModel) == typeof(KernelAttention) ? "kernel attention (model G)" : "the shallow encoder (model S)", all.Select(other => other.Name)));

    private static Certificate Foreign(Theorem theorem, string model, params IEnumerable<string> others)
    {
        string ask = string.Join(", ", others);
        return new Certificate
        {
            Theorem = theorem,
            Outcome = CertificateOutcome.NotApplicable,
            Explanation = $"The theorem is about another model than {model}; {(ask.Length > 0 ? $"ask {ask}" : "no theorem of Kappa is about it")}.",
        };
    }
}
