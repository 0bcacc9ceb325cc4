using System.Runtime.Intrinsics;

namespace Kappa.Numerics;

/// <summary>Which factor of a product is transposed.</summary>
internal enum ProductForm
{
    /// <summary>A B.</summary>
    Plain,

    /// <summary>A Bᵀ.</summary>
    RightTransposed,

    /// <summary>Aᵀ B.</summary>
    LeftTransposed,
}

/// <summary>Blocks a product into panels that stay in cache and hands them to the register tiles.</summary>
/// <remarks>
/// Element (i, j) is summed over k in order, in blocks of at most <see cref="DepthBlock"/> terms whose sums are added to C one after
/// the other: its bits depend on its row of A, its column of B, its element of D, α and β, not on the other rows, the thread or the vector path.
/// Error: |fl(C) − C| ≤ ((k + 2) ε |α| |A||B| + 2 ε |β D|)(1 + O(ε)), ε = 2⁻⁵³.
/// </remarks>
internal static unsafe class ProductKernel
{
    // 128 terms by three 512-bit vectors of B are 24 KiB: they stay in a first-level cache of 32 KiB while all rows of A pass.
    private const int DepthBlock = 128;

    // 256 rows by 128 terms of A are 256 KiB: they stay in the second-level cache while the panels of B pass.
    private const int RowBlock = 256;

    // From this row length on, a page holds at most two terms of a column of A, which also share few sets of a cache.
    private const int PageStride = 256;

    // Vectors in the widest strip of a tile.
    private const int WidestStrip = 3;

    /// <summary>C_i ← α op(A_i) op(B_i) + β D_i for <paramref name="samples"/> equal row blocks, whose shapes fit; D has the shape and stride of C and may be C.</summary>
    public static void Run(ProductForm form, int samples, in Matrix a, in Matrix b, in Matrix c, double alpha, double beta, in Matrix addend, VectorPath path)
    {
        if (c.Rows == 0 || c.Columns == 0)
        {
            return;
        }

        int depth = form == ProductForm.LeftTransposed ? a.Rows / samples : a.Columns;
        if (depth == 0)
        {
            ScaleOnly(c, beta, addend);
            return;
        }

        switch (path)
        {
            case VectorPath.Bits512:
                Blocks<Vector512<double>, Lanes512>.Run(form, samples, depth, a, b, c, alpha, beta, addend);
                break;
            case VectorPath.Bits256:
                Blocks<Vector256<double>, Lanes256>.Run(form, samples, depth, a, b, c, alpha, beta, addend);
                break;
            default:
                Blocks<Vector128<double>, Lanes128>.Run(form, samples, depth, a, b, c, alpha, beta, addend);
                break;
        }
    }

    // An empty sum is zero: C ← β D.
    private static void ScaleOnly(in Matrix c, double beta, in Matrix addend)
    {
        for (int row = 0; row < c.Rows; row++)
        {
            if (beta == 0)
            {
                c.Row(row).Clear();
            }
            else
            {
                addend.Row(row).CopyTo(c.Row(row));
                Vectors.Scale(c.Row(row), beta);
            }
        }
    }

    private static class Blocks<TVector, TLanes>
        where TVector : struct
        where TLanes : struct, ILanes<TVector>
    {
        public static void Run(ProductForm form, int samples, int depth, in Matrix a, in Matrix b, in Matrix c, double alpha, double beta, in Matrix addend)
        {
            fixed (double* aFirst = &a.First, bFirst = &b.First, cFirst = &c.First, dFirst = &addend.First)
            {
                bool left = form == ProductForm.LeftTransposed, right = form == ProductForm.RightTransposed;
                PanelTask task = default;
                task.A = aFirst;
                task.ARow = left ? 1 : a.Stride;
                task.ATile = 8 * task.ARow;
                task.AStep = left ? a.Stride : 1;
                task.C = cFirst;
                task.CRow = c.Stride;
                task.AddendOffset = (nint)(dFirst - cFirst);
                task.Rows = c.Rows;
                task.Depth = depth;
                task.Alpha = alpha;
                task.Beta = beta;
                if (samples > 1)
                {
                    task.Rows = c.Rows / samples;
                    task.ASample = (left ? depth : task.Rows) * (nint)a.Stride;
                    task.BSample = (right ? c.Columns : depth) * (nint)b.Stride;
                    task.CSample = task.Rows * (nint)c.Stride;
                }

                // One panel goes through all samples in one call; more would bring every sample into cache once for each panel.
                int together = c.Columns <= WidestStrip * TLanes.Count ? samples : 1;
                task.Samples = together;
                double* bSample = bFirst;
                for (int sample = 0; sample < samples; sample += together)
                {
                    PanelTask part = task;
                    DepthBlocks(ref part, bSample, b.Stride, right, c.Columns);
                    task.A += task.ASample;
                    task.C += task.CSample;
                    bSample += task.BSample;
                }
            }
        }

        // Equal blocks, so that no short one is left over.
        private static void DepthBlocks(ref PanelTask task, double* b, nint bStride, bool transposed, int columns)
        {
            int depth = (int)task.Depth;
            int blocks = (depth + DepthBlock - 1) / DepthBlock;
            if (blocks == 1)
            {
                RowBlocks(ref task, b, bStride, transposed, columns);
                return;
            }

            double* a = task.A;
            for (int block = 0; block < blocks; block++)
            {
                int start = (int)((long)depth * block / blocks);
                int end = (int)((long)depth * (block + 1) / blocks);
                task.A = a + (start * task.AStep);
                task.Depth = end - start;
                RowBlocks(ref task, b + (transposed ? start : start * bStride), bStride, transposed, columns);
                task.Beta = 1;
                task.AddendOffset = 0;
            }
        }

        private static void RowBlocks(ref PanelTask task, double* b, nint bStride, bool transposed, int columns)
        {
            int rows = task.Rows;
            double* a = task.A;
            double* c = task.C;
            for (int row = 0; row < rows; row += RowBlock)
            {
                task.A = a + (row * task.ARow);
                task.C = c + (row * task.CRow);
                task.Rows = Math.Min(RowBlock, rows - row);
                PanelTask block = task;
                if (PackingRowsPays(task, columns))
                {
                    PackRows(ref block);
                }

                Panels(ref block, b, bStride, transposed, columns);
            }

            task.Rows = rows;
            task.A = a;
            task.C = c;
        }

        // Strips of three vectors while that leaves no single one: a last four are two and two.
        private static void Panels(ref PanelTask task, double* b, nint bStride, bool transposed, int columns)
        {
            double* c = task.C;
            int vectors = (columns + TLanes.Count - 1) / TLanes.Count;
            int start = 0;
            while (vectors > 0)
            {
                int width = vectors == WidestStrip + 1 ? 2 : Math.Min(vectors, WidestStrip);
                task.C = c + start;
                task.Columns = Math.Min(width * TLanes.Count, columns - start);
                if (transposed)
                {
                    PackedPanel(ref task, b + (start * bStride), bStride, transposed, width);
                }
                else if (task.Columns < width * TLanes.Count || PackingPays(task, b + start, bStride))
                {
                    PackedPanel(ref task, b + start, bStride, transposed, width);
                }
                else
                {
                    task.B = b + start;
                    task.BStep = bStride;
                    Tiles(task, width);
                }

                vectors -= width;
                start += width * TLanes.Count;
            }

            task.C = c;
        }

        private static bool PackingRowsPays(in PanelTask task, int columns) =>
            task.ARow == 1 && task.AStep >= PageStride && task.Samples == 1 && columns > WidestStrip * TLanes.Count && task.Depth >= 16;

        private static void PackRows(ref PanelTask task)
        {
            int depth = (int)task.Depth;
            int tileStride = ProductPanel.TileStride(depth);
            double* tiles = ProductPanel.RowsMemory((task.Rows + 7) / 8 * tileStride);
            ProductPanel.PackRows(task.A, task.AStep, depth, task.Rows, tiles);
            task.A = tiles;
            task.ATile = tileStride;
            task.AStep = 8;
        }

        // Long rows share the sets of a cache, and vectors that cross its lines are loaded twice.
        private static bool PackingPays(in PanelTask task, double* b, nint bStride) =>
            task.Samples == 1 && task.Rows >= 128 && task.Depth >= 16 && (bStride >= 128 || ((nuint)b & 63) != 0 || (bStride & 7) != 0);

        private static void PackedPanel(ref PanelTask task, double* b, nint bStride, bool transposed, int width)
        {
            int panelWidth = width * TLanes.Count;
            int depth = (int)task.Depth;
            double* panel = ProductPanel.PanelMemory(depth * panelWidth);
            PanelTask one = task;
            one.B = panel;
            one.BStep = panelWidth;
            one.Samples = 1;
            for (int sample = 0; sample < task.Samples; sample++)
            {
                if (transposed)
                {
                    ProductPanel.PackTransposed(b, bStride, depth, task.Columns, panel, panelWidth);
                }
                else
                {
                    ProductPanel.Pack(b, bStride, depth, task.Columns, panel, panelWidth);
                }

                Tiles(one, width);
                one.A += task.ASample;
                one.C += task.CSample;
                b += task.BSample;
            }
        }

        private static void Tiles(in PanelTask task, int vectors)
        {
            switch (vectors)
            {
                case 1:
                    ProductTiles<TVector, TLanes, Strip1<TVector, TLanes>>.Run(task);
                    break;
                case 2:
                    ProductTiles<TVector, TLanes, Strip2<TVector, TLanes>>.Run(task);
                    break;
                default:
                    ProductTiles<TVector, TLanes, Strip3<TVector, TLanes>>.Run(task);
                    break;
            }
        }
    }
}
