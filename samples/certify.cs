#:project ../src/Kappa.Lab/Kappa.Lab.csproj
#:property PublishAot=false
// Looks along a descent for the first step from which convergence to zero loss is a theorem, and prints its conditions.
using Kappa.Certificates;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;

SpecificationReading reading = SpecificationReader.Read(null, ["ffnWidth=64"]);
using var experiment = Experiment.Prepare(reading.Specification!);
FirstCertifiedStep first = FirstCertifiedStep.Search(
    Theorems.Find("path")!, experiment.Model, experiment.Options, experiment.Start(), new() { LastStep = 300 });

Console.WriteLine(first.Step is { } step
    ? $"Certified from step {step} on, at {first.RelativeLoss:0.0e+00} of the first loss."
    : $"No step is certified: {first.Certificate.Explanation}");
foreach (Condition condition in first.Certificate.Conditions)
{
    Console.WriteLine($"  {condition.Name}: margin {condition.Margin:0.0e+00} ({condition.Grade})");
}

if (first.Certificate.Guarantee is { } guarantee)
{
    Console.WriteLine($"With η = {guarantee.StepSize:0.0000} every step removes at least {guarantee.Rate:0.00 %} of the loss.");
}
