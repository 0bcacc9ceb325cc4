using System.Text.Json.Nodes;
using Kappa.Numerics;

namespace Kappa.Bench;

/// <summary>Matrix products at the shapes of a training step, one thread, against PyTorch's.</summary>
internal static class ProductSuite
{
    /// <summary>Name of the work A B.</summary>
    public const string Plain = "A B";

    // A sum of up to 4096 terms in another order.
    private const double Tolerance = 1e-10;

    private static readonly Shape[] s_shapes =
    [
        new(Plain, 1, 64, 16, 16), new(Plain, 1, 256, 32, 32), new(Plain, 1, 1024, 64, 64), new(Plain, 1, 1024, 256, 64),
        new(Plain, 1, 4096, 128, 512), new(Plain, 1, 2048, 2048, 2048),
        new(Plain, 64, 16, 16, 64), new(Plain, 256, 64, 64, 32),
        new("At B", 1, 16, 64, 32), new("At B", 1, 32, 512, 128), new("At B", 1, 64, 1024, 256), new("At B", 1, 128, 4096, 512),
        new("A Bt", 1, 64, 16, 32), new("A Bt", 1, 512, 32, 128), new("A Bt", 1, 1024, 64, 256), new("A Bt", 1, 4096, 128, 512),
        new("A Bt", 64, 16, 64, 16),
    ];

    /// <summary>Times every shape; the largest is left out of a quick run.</summary>
    public static void Run(BenchmarkContext context)
    {
        foreach (Shape shape in s_shapes.Where(shape => !context.Request.IsQuick || shape.Operations < 1e9))
        {
            Compare(context, shape);
        }
    }

    private static void Compare(BenchmarkContext context, Shape shape)
    {
        Matrix a = shape.Form == "At B"
            ? Content(1, shape.Samples * shape.Depth, shape.Rows)
            : Content(1, shape.Samples * shape.Rows, shape.Depth);
        Matrix b = shape.Form == "A Bt"
            ? Content(2, shape.Samples * shape.Columns, shape.Depth)
            : Content(2, shape.Samples * shape.Depth, shape.Columns);
        Matrix c = Matrix.Allocate(shape.Samples * shape.Rows, shape.Columns);
        Action product = shape.Form switch
        {
            "At B" => () => Products.TransposedMultiplyEach(shape.Samples, a, b, c),
            "A Bt" => () => Products.MultiplyByTransposedEach(shape.Samples, a, b, c),
            _ => () => Products.MultiplyEach(shape.Samples, a, b, c),
        };
        product();
        List<IContestant> contestants = [new OwnWork("kappa", product)];
        if (context.Peers.WithThreads(1) is TorchPeer peer && context.Prepare("torch", peer, shape.Request()) is TorchWork torch
            && context.Agrees(torch, [("norm", Vectors.Norm(c.Span))], Tolerance, $"norms of {shape.Form} {shape}"))
        {
            contestants.Add(torch);
        }

        context.Hold(
            new BenchmarkRow { Suite = "products", Work = shape.Form, Size = shape.ToString(), Side = "kappa", Microseconds = default },
            contestants, shape.Operations);
    }

    private static Matrix Content(int stream, int rows, int columns) => BenchmarkContent.NewMatrix(stream, rows, columns);

    private sealed record Shape(string Form, int Samples, int Rows, int Depth, int Columns)
    {
        public double Operations => 2.0 * Samples * Rows * Depth * Columns;

        public override string ToString() => $"{(Samples == 1 ? "" : $"{Samples} of ")}{Rows}x{Depth}x{Columns}";

        public JsonObject Request() => new()
        {
            ["kind"] = "product",
            ["form"] = Form switch { "At B" => "leftTransposed", "A Bt" => "rightTransposed", _ => "plain" },
            ["samples"] = Samples,
            ["rows"] = Rows,
            ["depth"] = Depth,
            ["columns"] = Columns,
            ["precision"] = "double",
        };
    }
}
