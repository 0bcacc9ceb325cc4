#:project ../src/Kappa.Lab/Kappa.Lab.csproj
#:property PublishAot=false
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;

foreach (double residual in new[] { 1.0, 0.0 })
{
    string[] settings = ["depth=2", "steps=200", $"attentionResidual={residual}"];
    using var experiment = Experiment.Prepare(SpecificationReader.Read(null, settings).Specification!);
    var outcome = experiment.Descent.Run(experiment.Start());
    Console.WriteLine($"residual {residual}: loss {experiment.InitialLoss:0.00} → {outcome.Loss:0.00} in {outcome.Step} steps");
}
