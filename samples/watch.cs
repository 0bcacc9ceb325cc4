#:project ../src/Kappa.Lab/Kappa.Lab.csproj
#:property PublishAot=false
// Trains the same Transformer with and without its residual connection and watches κ of the last attention output.
using Kappa.Descent;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;

foreach (double residual in new[] { 1.0, 0.0 })
{
    var specification = new ExperimentSpecification
    {
        Model = new() { Depth = 2, AttentionResidual = residual },
        Descent = new() { Steps = 200 },
    };
    using var experiment = Experiment.Prepare(specification);
    var probe = new TelemetryProbe(experiment.Model, experiment.Trained);
    int column = probe.Columns.ToList().IndexOf(Quantities.ConditionNumber.Of("l1.output"));
    double[] row = new double[probe.Columns.Count];

    Console.WriteLine($"attentionResidual = {residual}");
    DescentOutcome outcome = experiment.Descent.Run(experiment.Start(), Watch, probe.Record);
    Console.WriteLine($"  {outcome.Explanation}");

    void Watch(DescentStep step)
    {
        if (step.Step % 50 == 0)
        {
            probe.Measure(step, row);
            Console.WriteLine($"  step {step.Step,3}   loss {step.Loss:0.000e+00}   κ {row[column]:0.0e+00}");
        }
    }
}
