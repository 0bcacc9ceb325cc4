#:project ../src/Kappa.Lab/Kappa.Lab.csproj
#:property PublishAot=false
// Reads a run folder: dotnet run samples/read-run.cs -- runs/NAME
using Kappa.Descent;
using Kappa.Lab.Runs;
using Kappa.Lab.Store;

if (args is not [var folder])
{
    Console.Error.WriteLine("Name a run folder. Make one: kappa run depth=2 steps=200");
    return 2;
}

RunAnalysis analysis = RunAnalysis.Of(RunRecord.Read(folder));
Console.WriteLine($"{analysis.Run.Name}: {analysis.Run.Status.Message}");
Console.WriteLine($"rate: {analysis.Rate.Explanation}");
foreach (LayerSummary layer in analysis.Layers)
{
    double first = layer.Start[Quantities.ConditionNumber], last = layer.End[Quantities.ConditionNumber];
    Console.WriteLine($"layer {layer.Layer} {layer.Name.Words}: κ {first:0.0e+00} → {last:0.0e+00}");
}

TelemetryTable telemetry = analysis.Telemetry;
ReadOnlySpan<double> loss = telemetry[Quantities.Loss];
Console.WriteLine($"{telemetry.Rows} rows of {telemetry.Columns.Count} columns, loss {loss[0]:0.00e+00} → {loss[^1]:0.00e+00}");
return 0;
