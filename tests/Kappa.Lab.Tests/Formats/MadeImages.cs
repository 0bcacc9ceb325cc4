namespace Kappa.Lab.Tests.Formats;

/// <summary>The files that <c>tests/Data/images/make_images.py</c> wrote, and the rule of their pixels.</summary>
internal static class MadeImages
{
    internal const int Height = 5;
    internal const int Width = 7;

    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Data", "images");

    internal static string At(string name) => Path.Combine(Folder, name);

    internal static byte[] Pixels(int image = 0) =>
        [
            .. Enumerable.Range(0, Height * Width).Select(at =>
                (byte)(63 * (((37 * (at / Width)) + (91 * (at % Width)) + ((at / Width) * (at % Width)) + (2 * image)) % 5)))];
}
