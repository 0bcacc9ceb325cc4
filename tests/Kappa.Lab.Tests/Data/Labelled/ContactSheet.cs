using System.Globalization;
using Kappa.Lab.Data.Labelled;
using Kappa.Lab.Figures;
using Kappa.Lab.Formats;
using Kappa.Lab.Tests.Formats;

namespace Kappa.Lab.Tests.Data.Labelled;

/// <summary>One row of a contact sheet.</summary>
/// <param name="Title">What stands above the row.</param>
/// <param name="Images">Where the pictures come from.</param>
/// <param name="Groups">Which pictures, in groups that stand apart; as many groups in every row.</param>
internal sealed record ContactSheetRow(string Title, LabelledImages Images, int[][] Groups);

/// <summary>Examples of pictures in rows and groups, as one SVG whose pictures
/// are PNG data: text stays text, and nothing is loaded from elsewhere.</summary>
internal static class ContactSheet
{
    // Every pixel becomes 4 × 4 before embedding: viewers differ in how they enlarge, and most would blur.
    private const int Enlargement = 4;

    private const double Margin = 8;
    private const double Gap = 3;
    private const double GroupGap = 14;
    private const double TitleSize = 11;
    private const double TextSize = 9;
    private const double LineHeight = 14;
    private const double TitleGap = 3;

    /// <summary>Draws a sheet.</summary>
    /// <param name="name">Prefix of its identifiers.</param>
    /// <param name="title">What it shows.</param>
    /// <param name="groupTitles">What stands above the groups of every row.</param>
    /// <param name="rows">At least one.</param>
    /// <param name="side">Width of a picture in points.</param>
    internal static string Draw(
        string name, string title, IReadOnlyList<string> groupTitles, IReadOnlyList<ContactSheetRow> rows, double side)
    {
        double[] lefts = GroupLefts(rows, side);
        double width = lefts[^1] - GroupGap + Margin;
        double top = Margin + TitleGap + (LineHeight * (groupTitles.Count > 0 ? 2 : 1));
        double height = top + rows.Sum(row => RowHeight(row, side)) + Margin;
        SvgWriter svg = new();
        Open(svg, name, title, width, height);
        _ = svg.Text(Margin, Margin + TitleSize, title, TitleSize, "start", ("font-weight", "bold"));
        for (int group = 0; group < groupTitles.Count; group++)
        {
            _ = svg.Text(lefts[group], Margin + LineHeight + TitleSize, groupTitles[group], TextSize);
        }

        foreach (ContactSheetRow row in rows)
        {
            DrawRow(svg, row, lefts, top, side);
            top += RowHeight(row, side);
        }

        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + svg.Close();
    }

    /// <summary>The picture as it is embedded: each pixel 4 × 4 times.</summary>
    internal static GreyImage Enlarged(LabelledImages images, int sample)
    {
        (int height, int width) = (images.Height * Enlargement, images.Width * Enlargement);
        ReadOnlySpan<byte> pixels = images.Pixels(sample);
        byte[] enlarged = new byte[height * width];
        for (int k = 0; k < enlarged.Length; k++)
        {
            enlarged[k] = pixels[(k / width / Enlargement * images.Width) + (k % width / Enlargement)];
        }

        return new GreyImage(height, width, enlarged);
    }

    private static void DrawRow(SvgWriter svg, ContactSheetRow row, double[] lefts, double top, double side)
    {
        double titleHeight = row.Title.Length > 0 ? LineHeight : 0;
        if (titleHeight > 0)
        {
            _ = svg.Text(Margin, top + TextSize, row.Title, TextSize, "start", ("fill", Palette.Muted));
        }

        for (int group = 0; group < row.Groups.Length; group++)
        {
            for (int k = 0; k < row.Groups[group].Length; k++)
            {
                string data = Convert.ToBase64String(PictureFiles.Png(Enlarged(row.Images, row.Groups[group][k])));
                _ = svg.Empty(
                    "image",
                    ("x", SvgWriter.Number(lefts[group] + (k * (side + Gap)))),
                    ("y", SvgWriter.Number(top + titleHeight)),
                    ("width", SvgWriter.Number(side)),
                    ("height", SvgWriter.Number(side * row.Images.Height / row.Images.Width)),
                    ("xlink:href", $"data:image/png;base64,{data}"));
            }
        }
    }

    private static void Open(SvgWriter svg, string name, string title, double width, double height)
    {
        _ = svg.Open(
            "svg",
            ("xmlns", "http://www.w3.org/2000/svg"),
            ("xmlns:xlink", "http://www.w3.org/1999/xlink"),
            ("width", SvgWriter.Number(width) + "pt"),
            ("height", SvgWriter.Number(height) + "pt"),
            ("viewBox", string.Create(CultureInfo.InvariantCulture, $"0 0 {SvgWriter.Number(width)} {SvgWriter.Number(height)}")),
            ("role", "img"),
            ("aria-labelledby", $"{name}-title"),
            ("font-family", TextMetrics.FontStack),
            ("fill", Palette.Ink));
        _ = svg.Leaf("title", title, ("id", $"{name}-title")).Rectangle(0, 0, width, height, ("fill", "#ffffff"));
    }

    // Left edges of the groups, and where the next one would stand; a group is as wide as its widest row.
    private static double[] GroupLefts(IReadOnlyList<ContactSheetRow> rows, double side)
    {
        double[] lefts = new double[rows[0].Groups.Length + 1];
        lefts[0] = Margin;
        for (int group = 0; group + 1 < lefts.Length; group++)
        {
            lefts[group + 1] = lefts[group] + (rows.Max(row => row.Groups[group].Length) * (side + Gap)) - Gap + GroupGap;
        }

        return lefts;
    }

    private static double RowHeight(ContactSheetRow row, double side) =>
        (side * row.Images.Height / row.Images.Width) + Gap + (row.Title.Length > 0 ? LineHeight : 0);
}
