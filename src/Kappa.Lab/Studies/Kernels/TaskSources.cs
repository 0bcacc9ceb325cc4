using System.Globalization;
using Kappa.Lab.Data.Labelled;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;

namespace Kappa.Lab.Studies.Kernels;

/// <summary>Where the two tasks come from: the folders of real files that were
/// given, or else the generators, which every name calls a stand-in.</summary>
internal static class TaskSources
{
    /// <summary>Name of the option for the folder of texts.</summary>
    public const string TextFolder = "imdb";

    /// <summary>Name of the option for the folder of pictures.</summary>
    public const string PathfinderFolderName = "pathfinder";

    /// <summary>The text task: bytes, cut off or padded.</summary>
    /// <param name="folder">The IMDb folder, or null for the stand-in.</param>
    /// <param name="size">Sizes.</param>
    /// <exception cref="BadInputException">A file is missing or malformed.</exception>
    public static ClassifierTask Text(string? folder, TaskSize size)
    {
        DataSpecification data = KernelSpecifications.Text(folder, size);
        return new ClassifierTask(
            $"text ({(folder is null ? "stand-in reviews" : "review files")}, {size.Length} bytes)",
            LabelledInputs.Load(data))
        { Data = data };
    }

    /// <summary>The Pathfinder task, 32 × 32: a token a pixel, or patches.</summary>
    /// <param name="folder">The folder of one difficulty, or null for the stand-in.</param>
    /// <param name="size">Sizes; the length is the side of a patch, 1 for a token of identifiers a pixel.</param>
    /// <exception cref="BadInputException">A file is missing or malformed.</exception>
    public static ClassifierTask Pathfinder(string? folder, TaskSize size)
    {
        DataSpecification data = KernelSpecifications.Pathfinder(folder, size);
        LabelledSplit<LabelledInputs> inputs = LabelledInputs.Load(data);
        string seen = data.Patch is not int patch
            ? "1024 pixels"
            : string.Create(CultureInfo.InvariantCulture, $"{inputs.Train.Tokens} patches of {patch} × {patch}");
        return new ClassifierTask(
            $"Pathfinder ({(folder is null ? "stand-in: own generator" : "Pathfinder files")}, {seen})", inputs)
        { Data = data };
    }
}

/// <summary>How much of a task is used.</summary>
/// <param name="Train">Samples to train on, even.</param>
/// <param name="Test">Samples to test on, even.</param>
/// <param name="Length">Bytes of a text; side of a patch.</param>
internal sealed record TaskSize(int Train, int Test, int Length);
