namespace Kappa.Lab.Specifications;

/// <summary>Everything that decides the numbers of one run: model, data, initial point, descent, what is recorded, seed.</summary>
/// <remarks>
/// Immutable and compared by value. Not part of it: where the run is stored and how many threads compute it, because neither changes a bit.
/// An optional property that is <see langword="null"/> follows from others; <see cref="Resolve"/> fills it in. Read one with
/// <see cref="SpecificationReader"/>; one built in code is checked with <see cref="SpecificationRules.Check"/>.
/// </remarks>
public sealed record ExperimentSpecification
{
    /// <summary>The model.</summary>
    public ModelSpecification Model { get; init; } = new();

    /// <summary>Inputs and targets.</summary>
    public DataSpecification Data { get; init; } = new();

    /// <summary>The initial point.</summary>
    public InitialisationSpecification Initialisation { get; init; } = new();

    /// <summary>Gradient descent and when it stops.</summary>
    public DescentSpecification Descent { get; init; } = new();

    /// <summary>What is recorded, and when.</summary>
    public TelemetrySpecification Telemetry { get; init; } = new();

    /// <summary>Seed of the initial point, and of the data unless
    /// <see cref="DataSpecification.Seed"/> says otherwise. Any integer.</summary>
    public long Seed { get; init; }

    /// <summary>Which model it is; a class for each sample is something that only the general one is given.</summary>
    internal ModelForm Form => Data.IsLabelled ? ModelForm.General : Model.Form;

    /// <summary>
    /// The same experiment with every value that follows from others written out,
    /// lists in canonical order, and keys without effect as if they were left out:
    /// two specifications that mean the same have equal resolved forms.
    /// </summary>
    /// <returns>A specification with <c>Resolve() == this</c>; what does
    /// not apply to the data source stays <see langword="null"/>.</returns>
    public ExperimentSpecification Resolve()
    {
        ExperimentSpecification effective = KeyRules.WithoutEffectless(this);
        ModelSpecification model = effective.Model.Resolve(effective);
        bool hasScheme = KeyRules.Applies(SpecificationKeys.Scheme, effective);
        return effective with
        {
            Model = model,
            Data = effective.Data.Resolve(model.InputColumns, Seed),
            Initialisation = effective.Initialisation with
            {
                Scheme = hasScheme ? effective.Initialisation.Scheme ?? InitialisationSpecification.SchemeOf(model.Kind) : null,
            },
            Telemetry = effective.Telemetry with { SpectraAt = effective.Telemetry.SpectraAt.Canonical() },
        };
    }
}
