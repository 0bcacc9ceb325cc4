#:project ../src/Kappa.Lab/Kappa.Lab.csproj
#:property PublishAot=false
// A sweep from code: twelve runs on all cores into the folder runs/, then the median of each group's last losses over its seeds.
using Kappa.Lab.Store;
using Kappa.Lab.Sweeps;

string[] words = ["depth=1,2", "attentionResidual=0,1", "seed=range(0,3)", "steps=200", "telemetry.quantities=loss"];
SweepReading reading = SweepReader.Read(null, words);
if (reading.Plan is not { } plan)
{
    Console.Error.WriteLine(string.Join('\n', reading.Problems));
    return 3;
}

SweepFolder sweep = SweepFolder.Freeze("runs", plan);
var worker = new SweepWorker(sweep, RunEnvironment.Current(words, 1, TimeProvider.System));
worker.Work(Environment.ProcessorCount);

var runs = plan.Runs.Select((run, index) => (run.Specification.Model, Record: RunRecord.Read(sweep.Files(index).Path)));
foreach (var group in runs.GroupBy(run => $"depth={run.Model.Depth} attentionResidual={run.Model.AttentionResidual}"))
{
    double[] losses = [.. group.Select(run => run.Record.Status.Loss ?? double.NaN).Order()];
    Console.WriteLine($"{group.Key}: median loss {losses[losses.Length / 2]:0.0e+00} over {losses.Length} seeds");
}

return 0;
