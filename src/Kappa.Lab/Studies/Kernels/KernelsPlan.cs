using System.Globalization;
using Kappa.Descent;

namespace Kappa.Lab.Studies.Kernels;

/// <summary>What the reproduction runs: everything is listed here before anything runs.</summary>
internal sealed record KernelsPlan
{
    /// <summary>Seeds of the full version.</summary>
    public const int FullSeeds = 5;

    /// <summary>Seeds of the quick version.</summary>
    public const int QuickSeeds = 3;

    /// <summary><c>quick</c> or <c>full</c>.</summary>
    public required string Mode { get; init; }

    /// <summary>Seeds 0 … Seeds − 1.</summary>
    public required int Seeds { get; init; }

    /// <summary>Steps with trained values.</summary>
    public required int ValueSteps { get; init; }

    /// <summary>Steps with trained queries.</summary>
    public required int QuerySteps { get; init; }

    /// <summary>Steps with queries, keys and values trained.</summary>
    public required int AllSteps { get; init; }

    /// <summary>Scales of the tokens where all three are trained.</summary>
    public required IReadOnlyList<double> TokenScales { get; init; }

    /// <summary>The picture task.</summary>
    public required ClassifierTask Pathfinder { get; init; }

    /// <summary>Adam.</summary>
    public required TrainingRecipe PathfinderRecipe { get; init; }

    /// <summary>The text task.</summary>
    public required ClassifierTask Text { get; init; }

    /// <summary>SGD.</summary>
    public required TrainingRecipe TextRecipe { get; init; }

    /// <summary>The task of landscapes and depths.</summary>
    public required ClassifierTask LandscapeTask { get; init; }

    /// <summary>Each of the two stages before a landscape.</summary>
    public required TrainingRecipe LandscapeRecipe { get; init; }

    /// <summary>Points along each side of a landscape.</summary>
    public required int LandscapePoints { get; init; }

    /// <summary>Depths of the open question.</summary>
    public required IReadOnlyList<int> Depths { get; init; }

    /// <summary>How each depth is trained.</summary>
    public required TrainingRecipe DepthRecipe { get; init; }

    /// <summary>The settings of [B]: pictures pixel by pixel, 1,024 bytes of text.</summary>
    /// <param name="choices">Seeds and folders.</param>
    /// <exception cref="BadInputException">A file of a folder is missing or malformed.</exception>
    public static KernelsPlan Full(ReproductionChoices choices)
    {
        (
            ClassifierTask pathfinder, ClassifierTask text,
            ClassifierTask shorter) = Tasks(choices, new(4096, 1024, 1), new(4096, 1024, 1024), new(512, 256, 128));
        return new KernelsPlan
        {
            Mode = "full",
            Seeds = choices.Seeds,
            ValueSteps = 20_000,
            QuerySteps = 40_000,
            AllSteps = 10_000,
            TokenScales = [0.25, 0.5, 1, 2],
            Pathfinder = pathfinder,
            PathfinderRecipe = new TrainingRecipe(new AdamDescent(), 1e-3, 6000, 32, 500),
            Text = text,
            TextRecipe = new TrainingRecipe(new PlainDescent(), 0.5, 3000, 32, 250),
            LandscapeTask = shorter,
            LandscapeRecipe = new TrainingRecipe(new AdamDescent(), 1e-3, 400, 32, 100),
            LandscapePoints = 41,
            Depths = [1, 2, 4, 8],
            DepthRecipe = new TrainingRecipe(new AdamDescent(), 1e-3, 400, 32, 100),
        };
    }

    /// <summary>The same questions, smaller: patches instead of pixels, short texts, fewer seeds and steps.</summary>
    /// <param name="choices">Seeds and folders.</param>
    /// <exception cref="BadInputException">A file of a folder is missing or malformed.</exception>
    public static KernelsPlan Quick(ReproductionChoices choices)
    {
        (
            ClassifierTask pathfinder, ClassifierTask text,
            ClassifierTask shorter) = Tasks(choices, new(512, 256, 4), new(512, 256, 128), new(128, 128, 64));
        return new KernelsPlan
        {
            Mode = "quick",
            Seeds = choices.Seeds,
            ValueSteps = 5000,
            QuerySteps = 10_000,
            AllSteps = 2000,
            TokenScales = [0.5, 1],
            Pathfinder = pathfinder,
            PathfinderRecipe = new TrainingRecipe(new AdamDescent(), 1e-3, 160, 32, 40),
            Text = text,
            TextRecipe = new TrainingRecipe(new PlainDescent(), 0.5, 240, 32, 40),
            LandscapeTask = shorter,
            LandscapeRecipe = new TrainingRecipe(new AdamDescent(), 1e-3, 60, 16, 30),
            LandscapePoints = 11,
            Depths = [1, 2, 4],
            DepthRecipe = new TrainingRecipe(new AdamDescent(), 1e-3, 80, 16, 40),
        };
    }

    /// <summary>What ordinary runs are made for, the longest first: they then do not end up alone at the end.</summary>
    public IReadOnlyList<KernelJob> Jobs() =>
        [
            .. ClassifierStudy.Jobs(this), .. QueriesOnlyStudy.Jobs(this), .. AllTrainedStudy.Jobs(this), .. OpenStudies.Jobs(this),
            .. ValuesOnlyStudy.Jobs(this), .. LandscapeStudy.Jobs(this)];

    /// <summary>What will be run, in one sentence.</summary>
    public string Describe()
    {
        string smaller = Mode == "quick"
            ? " Quick: patches for pixels, short texts, few seeds and steps; accuracies are not those of the paper's sizes."
            : string.Empty;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Jobs().Count} settings on {Seeds} seeds: {Pathfinder.Name}, {PathfinderRecipe.Words}; {Text.Name}, "
                + $"{TextRecipe.Words}; landscapes of {LandscapePoints} × {LandscapePoints} points; model G with values, queries, or all "
                + $"trained; open questions.{smaller}");
    }

    private static (ClassifierTask Pathfinder, ClassifierTask Text, ClassifierTask Short) Tasks(
        ReproductionChoices choices, TaskSize pictures, TaskSize texts, TaskSize shorter)
    {
        string? textFolder = choices.Folders.GetValueOrDefault(TaskSources.TextFolder);
        return (
            TaskSources.Pathfinder(choices.Folders.GetValueOrDefault(TaskSources.PathfinderFolderName), pictures),
            TaskSources.Text(textFolder, texts), TaskSources.Text(textFolder, shorter));
    }
}
