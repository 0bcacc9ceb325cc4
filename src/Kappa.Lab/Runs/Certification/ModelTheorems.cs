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
    public static ModelTheorems At(IModel model, ModelParameters parameters, TrainedSet trained)
    {
        TransformerTheorem[] all = model is Transformer own ? [.. Theorems.OfKernelAttention.Concat<TransformerTheorem>(Theorems.OfShallowEncoder).Where(theorem => theorem.IsAbout(own))] : [];
        if (all.Length == 0)
        {
            return new ModelTheorems([], (theorem, _) => Foreign(theorem, "this Transformer"));
        }

        var point = new TransformerPoint((Transformer)model, parameters, trained);
        return new ModelTheorems(all, (theorem, options) =>
            theorem is TransformerTheorem known && known.Subject == all[0].Subject ? known.Evaluate(point, options) : Foreign(theorem, all[0].Subject, all.Select(other => other.Name)));
    }

    /// <summary>Asks one theorem; one about another model is not applicable.</summary>
    /// <param name="theorem">Any theorem.</param>
    /// <param name="options">What is asked.</param>
    public Certificate Ask(Theorem theorem, CertificateOptions options) => _ask(theorem, options);

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
