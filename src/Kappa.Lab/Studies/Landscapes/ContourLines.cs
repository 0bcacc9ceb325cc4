namespace Kappa.Lab.Studies.Landscapes;

/// <summary>Lines of equal value on a grid, by marching squares with linear
/// interpolation along the edges of a cell, joined from cell to cell.</summary>
internal static class ContourLines
{
    /// <summary>The lines of a level; a closed one ends where it begins.</summary>
    /// <param name="xs">Coordinates of the columns.</param>
    /// <param name="ys">Coordinates of the rows.</param>
    /// <param name="values">[ys, xs]; a cell with a corner that is not finite has no line.</param>
    /// <param name="level">The value.</param>
    public static List<(double[] Xs, double[] Ys)> At(double[] xs, double[] ys, double[,] values, double level)
    {
        var neighbours = new Dictionary<Edge, List<Edge>>();
        for (int row = 0; row + 1 < ys.Length; row++)
        {
            for (int column = 0; column + 1 < xs.Length; column++)
            {
                // Four crossings are a saddle: neighbours along the outline are joined, one of two equally good readings.
                Edge[] crossed = Crossed(values, level, row, column);
                for (int k = 0; k + 1 < crossed.Length; k += 2)
                {
                    Join(neighbours, crossed[k], crossed[k + 1]);
                }
            }
        }

        // Open lines first, from an end; what is left is closed.
        var lines = new List<(double[], double[])>();
        foreach (Edge start in neighbours.Keys.OrderBy(edge => neighbours[edge].Count).ToArray())
        {
            List<Edge> line = Walk(neighbours, start);
            if (line.Count > 1)
            {
                lines.Add(([.. line.Select(edge => edge.X(xs, values, level))], [.. line.Select(edge => edge.Y(ys, values, level))]));
            }
        }

        return lines;
    }

    private static Edge[] Crossed(double[,] values, double level, int row, int column)
    {
        Edge[] edges = [new(row, column, false), new(row, column + 1, true), new(row + 1, column, false), new(row, column, true)];
        double sum = values[row, column] + values[row, column + 1] + values[row + 1, column] + values[row + 1, column + 1];
        return double.IsFinite(sum) ? [.. edges.Where(edge => edge.Crosses(values, level))] : [];
    }

    private static void Join(Dictionary<Edge, List<Edge>> neighbours, Edge one, Edge other)
    {
        foreach ((Edge from, Edge to) in new[] { (one, other), (other, one) })
        {
            if (!neighbours.TryGetValue(from, out List<Edge>? known))
            {
                neighbours[from] = known = [];
            }

            known.Add(to);
        }
    }

    // Each step uses up its connection, so every connection is walked once.
    private static List<Edge> Walk(Dictionary<Edge, List<Edge>> neighbours, Edge start)
    {
        var line = new List<Edge> { start };
        while (neighbours[line[^1]].Count > 0)
        {
            Edge from = line[^1], to = neighbours[from][0];
            _ = neighbours[from].Remove(to);
            _ = neighbours[to].Remove(from);
            line.Add(to);
        }

        return line;
    }

    /// <summary>An edge of a cell, from a grid point to the next one along a row or up a column.</summary>
    private readonly record struct Edge(int Row, int Column, bool IsUpright)
    {
        public bool Crosses(double[,] values, double level) => From(values) < level != To(values) < level;

        public double X(double[] xs, double[,] values, double level) =>
            IsUpright ? xs[Column] : xs[Column] + (Share(values, level) * (xs[Column + 1] - xs[Column]));

        public double Y(double[] ys, double[,] values, double level) =>
            IsUpright ? ys[Row] + (Share(values, level) * (ys[Row + 1] - ys[Row])) : ys[Row];

        private double Share(double[,] values, double level) => (level - From(values)) / (To(values) - From(values));

        private double From(double[,] values) => values[Row, Column];

        private double To(double[,] values) => IsUpright ? values[Row + 1, Column] : values[Row, Column + 1];
    }
}
