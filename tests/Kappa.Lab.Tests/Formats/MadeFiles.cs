using System.Globalization;
using System.Text.Json;
using Kappa.Lab.Formats;
using Xunit;

namespace Kappa.Lab.Tests.Formats;

/// <summary>The files that <c>tests/Data/formats/make_formats.py</c> wrote, and what it says is in them.</summary>
internal static class MadeFiles
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Data", "formats");

    internal static string At(string name) => Path.Combine(Folder, name);

    internal static IEnumerable<string> Keys(string suffix)
    {
        using JsonDocument expected = Load();
        return [
            .. expected.RootElement.EnumerateObject().Select(pair => pair.Name)
                .Where(name => name.EndsWith(suffix, StringComparison.Ordinal))];
    }

    internal static void AssertHolds(string key, NdArray array)
    {
        using JsonDocument expected = Load();
        JsonElement entry = expected.RootElement.GetProperty(key);
        Assert.Equal(entry.GetProperty("shape").EnumerateArray().Select(length => length.GetInt32()), array.Shape);
        Assert.Equal(
            entry.GetProperty("bits").EnumerateArray()
                .Select(bits => ulong.Parse(bits.GetString()!, NumberStyles.HexNumber, CultureInfo.InvariantCulture)),
            array.Data.Select(BitConverter.DoubleToUInt64Bits));
    }

    private static JsonDocument Load() => JsonDocument.Parse(File.ReadAllBytes(At("expected.json")));
}
