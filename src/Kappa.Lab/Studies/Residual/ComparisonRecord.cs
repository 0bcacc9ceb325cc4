using System.Globalization;
using Kappa.Descent;
using Kappa.Lab.Data;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;

namespace Kappa.Lab.Studies.Residual;

/// <summary>The runs of one comparison as a record of a <see cref="JobStore"/>: what was measured bit for bit; what follows from it is computed again.</summary>
internal static class ComparisonRecord
{
    public static Checkpoint Write(IReadOnlyList<ArmRun> runs)
    {
        Checkpoint record = JobStore.NewRecord();
        record.AddInteger("runs", runs.Count);
        for (int k = 0; k < runs.Count; k++)
        {
            ArmRun run = runs[k];
            record.AddText($"{k}.arm", run.Arm.Name);
            record.AddText($"{k}.rule", run.Rule.ToString());
            record.AddText($"{k}.stepKind", run.StepSizeRule.Kind.ToString());
            record.AddText($"{k}.stop", run.Stop.ToString());
            record.AddNumber($"{k}.stepValue", run.StepSizeRule.Value);
            record.AddNumber($"{k}.stepSize", run.StepSize);
            record.AddNumber($"{k}.eigenvalue", run.LargestEigenvalue);
            AddSeries(record, $"{k}.loss", run.Path.Loss);
            AddSeries(record, $"{k}.conditionNumber", run.Path.ConditionNumber);
            AddSeries(record, $"{k}.branchConditionNumber", run.Path.BranchConditionNumber);
            AddSeries(record, $"{k}.sigmaMinRatio", run.Path.SigmaMinRatio);
            for (int layer = 0; layer < (run.Path.LayerSigmaMin?.Length ?? 0); layer++)
            {
                AddSeries(record, Layer(k, layer), run.Path.LayerSigmaMin![layer]);
            }
        }

        return record;
    }

    public static IReadOnlyList<ArmRun> Read(Checkpoint record, LearningProblem problem, TokenData data, int budget)
    {
        Dictionary<string, double[]> tensors = record.Tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Value.Data, StringComparer.Ordinal);
        return [.. Enumerable.Range(0, (int)record.GetInteger("runs")).Select(ReadRun)];

        ArmRun ReadRun(int k)
        {
            double[][] layers = [.. Enumerable.Range(0, problem.Depth).Where(layer => tensors.ContainsKey(Layer(k, layer))).Select(layer => tensors[Layer(k, layer)])];
            var path = new ArmPath(
                tensors[$"{k}.loss"], tensors[$"{k}.conditionNumber"], tensors[$"{k}.branchConditionNumber"], tensors[$"{k}.sigmaMinRatio"], layers.Length == 0 ? null : layers);
            double value = record.GetNumber($"{k}.stepValue");
            StepSizeSpecification rule = Enum.Parse<StepSizeKind>(record.GetText($"{k}.stepKind")) switch
            {
                StepSizeKind.Auto => StepSizeSpecification.Auto(value),
                StepSizeKind.Adaptive => StepSizeSpecification.Adaptive(value),
                _ => StepSizeSpecification.Fixed(value),
            };
            return new ArmRun(
                problem, Arm.All.Single(arm => arm.Name == record.GetText($"{k}.arm")), Enum.Parse<StepRule>(record.GetText($"{k}.rule")),
                record.GetNumber($"{k}.stepSize"), rule, record.GetNumber($"{k}.eigenvalue"), budget, Enum.Parse<StopReason>(record.GetText($"{k}.stop")),
                StallLevel.Of(data), LateRate.Of(path.Loss, data), path);
        }
    }

    private static void AddSeries(Checkpoint record, string name, double[] values) => record.AddTensor(name, [values.Length], values);

    private static string Layer(int run, int layer) => string.Create(CultureInfo.InvariantCulture, $"{run}.layer.{layer}");
}
