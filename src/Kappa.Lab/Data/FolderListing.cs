using System.Globalization;

namespace Kappa.Lab.Data;

/// <summary>Lists the files of data folders in an order that does not depend on the disk.</summary>
internal static class FolderListing
{
    /// <summary>The files of a folder with an extension, those whose names start with a number by this number, then by name; hidden files, links and folders are left out.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="extension">With the dot.</param>
    /// <param name="layout">What lies where, for the message.</param>
    /// <exception cref="BadInputException">The folder is missing, may not be read, or has no such file.</exception>
    internal static string[] Files(string folder, string extension, string layout)
    {
        EnumerationOptions options = new() { IgnoreInaccessible = false, AttributesToSkip = FileAttributes.Hidden | FileAttributes.System | FileAttributes.ReparsePoint };
        try
        {
            string[] files = [.. Directory.EnumerateFiles(folder, "*" + extension, options).OrderBy(LeadingNumber).ThenBy(path => Path.GetFileName(path), StringComparer.Ordinal)];
            return files.Length > 0 ? files : throw new BadInputException(folder, $"must contain files *{extension} but contains none: {layout}.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(folder, Directory.Exists(folder) ? $"cannot be read ({failure.Message.TrimEnd('.')}). Change the permissions." : $"must be a folder but does not exist as one: {layout}.", failure);
        }
    }

    private static long LeadingNumber(string path)
    {
        ReadOnlySpan<char> name = Path.GetFileName(path.AsSpan());
        int digits = name.IndexOfAnyExceptInRange('0', '9');
        return digits > 0 && long.TryParse(name[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : long.MaxValue;
    }
}
