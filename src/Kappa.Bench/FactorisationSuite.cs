using System.Text.Json.Nodes;
using Kappa.Numerics;

namespace Kappa.Bench;

/// <summary>All singular values of a tall matrix whose columns are graded to
/// a condition number of about 1e6, against LAPACK and PyTorch.</summary>
internal static class FactorisationSuite
{
    /// <summary>Name of the work.</summary>
    public const string Work = "singular values";

    // Both routes are backward stable: σ_min has a relative error of about ε κ = 2e-10, times a factor that grows slowly with the size.
    private const double Tolerance = 1e-7;

    /// <summary>Times the three sizes of a stacked attention output.</summary>
    public static void Run(BenchmarkContext context)
    {
        foreach ((int rows, int columns) in ((int, int)[])[(256, 32), (1024, 64), (4096, 128)])
        {
            Matrix matrix = Graded(rows, columns);
            SingularValues factorisation = new(rows, columns);
            double[] values = new double[columns];
            factorisation.Compute(matrix, values);
            List<IContestant> contestants = [new OwnWork("kappa", () => factorisation.Compute(matrix, values))];
            if (context.Peers.WithThreads(1) is TorchPeer peer)
            {
                foreach (string routine in (string[])["gesdd", "svdvals"])
                {
                    TorchWork? torch = context.Prepare(
                        routine == "gesdd" ? "lapack gesdd" : "torch svdvals", peer,
                        new JsonObject { ["kind"] = "svd", ["rows"] = rows, ["columns"] = columns, ["routine"] = routine });
                    if (torch is not null
                        && context.Agrees(
                            torch, [("largest", values[0]), ("smallest", values[^1])], Tolerance, $"singular values of {rows}x{columns}"))
                    {
                        contestants.Add(torch);
                    }
                }
            }

            // Householder QR of the tall matrix and bidiagonalisation of its square factor.
            double operations = (2.0 * rows * columns * columns) + (4.0 / 3 * columns * columns * columns);
            context.Hold(
                new BenchmarkRow { Suite = "spectra", Work = Work, Size = $"{rows}x{columns}", Side = "kappa", Microseconds = default },
                contestants, operations);
        }
    }

    private static Matrix Graded(int rows, int columns)
    {
        Matrix matrix = BenchmarkContent.NewMatrix(1, rows, columns);
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                matrix[i, j] *= Math.Pow(10, -6.0 * j / (columns - 1));
            }
        }

        return matrix;
    }
}
