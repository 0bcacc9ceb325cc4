using System.Numerics;

namespace Kappa.Numerics;

/// <summary>Blocks a product into panels that stay in cache and hands them to the register tiles.</summary>
/// <remarks>
/// Element (i, j) is summed over k in order, in blocks of at most <see cref="ProductKernels.DepthBlock"/> terms whose sums are added to C
/// one after the other: its bits depend on its row of A, its column of B, its element of D, α and β, not on the other rows, the thread or
/// the vector path. Error: |fl(C) − C| ≤ ((k + 2) ε |α| |A||B| + 2 ε |β D|)(1 + O(ε)), ε = 2⁻⁵³ (2⁻²⁴ in single precision).
/// </remarks>
internal sealed unsafe class ProductKernel<TVector, TLanes, T> : IProductKernel<T>
    where TVector : struct
    where TLanes : struct, ILanes<TVector, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // 256 rows by 128 terms of A are 256 KiB: they stay in the second-level cache while the panels of B pass.
    private const int RowBlock = 256;

    // From so many rows on every panel of B would be copied three times or more: then all are copied once.
    private const int RowsForPackingOnce = 2 * RowBlock + 1;

    // Elements; a thread keeps the memory.
    private const int MostPackedOnce = 1 << 22;

    // Bytes of a row from which on a page holds at most two terms of a column of A, which also share few sets of a cache.
    private const int PageStride = 2048;

    public int Lanes => TLanes.Count;

    public void Run(ProductForm form, int samples, in Matrix<T> a, in Matrix<T> b, in Matrix<T> c, in ProductEnding<T> ending)
    {
        int depth = form == ProductForm.LeftTransposed ? a.Rows / samples : a.Columns;
        if (ending.IsEmpty(depth, c))
        {
            return;
        }

        fixed (T* aFirst = &a.First, bFirst = &b.First, cFirst = &c.First)
        fixed (T* dFirst = &ending.AddendOf(c).First, secondFirst = &ending.SecondOf(c).First)
        {
            bool left = form == ProductForm.LeftTransposed;
            PanelTask<T> task = Task(aFirst, left ? 1 : a.Stride, left ? a.Stride : 1, depth, c, cFirst, dFirst, secondFirst, ending);
            bool turned = form == ProductForm.RightTransposed;
            var right = new RightFactor<T> { Data = bFirst, Stride = b.Stride, IsTransposed = turned, Columns = c.Columns };
            if (samples > 1)
            {
                task.Rows = c.Rows / samples;
                task.ASample = (left ? depth : task.Rows) * (nint)a.Stride;
                task.BSample = (right.IsTransposed ? c.Columns : depth) * (nint)b.Stride;
                task.CSample = task.Rows * (nint)c.Stride;
                task.DSample = task.Rows * task.DRow;
            }

            if (c.Rows >= RowsForPackingOnce && (long)depth * c.Columns <= MostPackedOnce && samples == 1
                && c.Columns > RightPanels<TVector, TLanes, T>.Widest)
            {
                right = RightPanels<TVector, TLanes, T>.PackAll(right, depth);
            }

            // One panel goes through all samples in one call; more would bring every sample into cache once for each panel.
            int together = c.Columns <= RightPanels<TVector, TLanes, T>.Widest ? samples : 1;
            task.Samples = together;
            if (together == samples)
            {
                RowBlocks(ref task, right);
                return;
            }

            for (int sample = 0; sample < samples; sample++)
            {
                PanelTask<T> part = task;
                RowBlocks(ref part, right);
                task.A += task.ASample;
                task.C += task.CSample;
                task.D += task.DSample;
                right.Data += task.BSample;
            }
        }
    }

    public void Run(in Matrix<T> a, PackedMatrix<T> b, in Matrix<T> c, in ProductEnding<T> ending)
    {
        if (ending.IsEmpty(a.Columns, c))
        {
            return;
        }

        fixed (T* aFirst = &a.First, bFirst = &b.First, cFirst = &c.First)
        fixed (T* dFirst = &ending.AddendOf(c).First, secondFirst = &ending.SecondOf(c).First)
        {
            PanelTask<T> task = Task(aFirst, a.Stride, 1, a.Columns, c, cFirst, dFirst, secondFirst, ending);
            var right = new RightFactor<T> { Data = bFirst, PackedDepth = a.Columns, Columns = c.Columns };
            RowBlocks(ref task, right);
        }
    }

    public void Pack(in Matrix<T> matrix, bool isTransposed, PackedMatrix<T> packed)
    {
        if (packed.Rows == 0 || packed.Columns == 0)
        {
            return;
        }

        fixed (T* source = &matrix.First, target = &packed.First)
        {
            RightPanels<TVector, TLanes, T>.PackAll(source, matrix.Stride, isTransposed, packed.Rows, packed.Columns, target);
        }
    }

    private static PanelTask<T> Task(
        T* a, nint aRow, nint aStep, int depth, in Matrix<T> c, T* cFirst, T* dFirst, T* secondFirst, in ProductEnding<T> ending)
    {
        PanelTask<T> task = default;
        task.A = a;
        task.ARow = aRow;
        task.ATile = 8 * aRow;
        task.AStep = aStep;
        task.C = cFirst;
        task.CRow = c.Stride;
        task.D = dFirst;
        task.DRow = ending.AddendOf(c).Stride;
        task.SecondOffset = (nint)(secondFirst - cFirst);
        task.Rows = c.Rows;
        task.Depth = depth;
        task.Alpha = ending.Alpha;
        task.Beta = ending.Beta;
        task.Result = ending.Result;
        task.Samples = 1;
        return task;
    }

    // Rows outside: those of C stay in cache while their sums are completed; B comes again for each block of rows.
    private static void RowBlocks(ref PanelTask<T> task, in RightFactor<T> right)
    {
        int rows = task.Rows;
        if (rows <= RowBlock)
        {
            DepthBlocks(ref task, right);
            return;
        }

        for (int row = 0; row < rows; row += RowBlock)
        {
            PanelTask<T> block = task;
            block.A += row * task.ARow;
            block.C += row * task.CRow;
            block.D += row * task.DRow;
            block.Rows = Math.Min(RowBlock, rows - row);
            DepthBlocks(ref block, right);
        }
    }

    // Equal blocks, so that no short one is left over.
    private static void DepthBlocks(ref PanelTask<T> task, in RightFactor<T> right)
    {
        int depth = (int)task.Depth;
        int blocks = (depth + ProductKernels.DepthBlock - 1) / ProductKernels.DepthBlock;
        if (blocks == 1)
        {
            Block(ref task, right, firstTerm: 0);
            return;
        }

        T* a = task.A;
        for (int block = 0; block < blocks; block++)
        {
            int start = (int)((long)depth * block / blocks);
            int end = (int)((long)depth * (block + 1) / blocks);
            task.A = a + (start * task.AStep);
            task.Depth = end - start;
            Block(ref task, right, start);
            task.Result = ProductResult.Sum;
            task.Beta = T.One;
            task.D = task.C;
            task.DRow = task.CRow;
            task.DSample = task.CSample;
        }
    }

    private static void Block(ref PanelTask<T> task, in RightFactor<T> right, int firstTerm)
    {
        if (PackingRowsPays(task, right.Columns))
        {
            PanelTask<T> packed = task;
            PackRows(ref packed);
            ColumnPanels(ref packed, right, firstTerm);
            return;
        }

        ColumnPanels(ref task, right, firstTerm);
    }

    private static void ColumnPanels(ref PanelTask<T> task, in RightFactor<T> right, int firstTerm)
    {
        T* c = task.C;
        T* d = task.D;
        int vectors = RightPanels<TVector, TLanes, T>.VectorsOf(right.Columns), start = 0;
        while (vectors > 0)
        {
            int width = RightPanels<TVector, TLanes, T>.StripOf(vectors);
            int panelWidth = width * TLanes.Count;
            task.Columns = Math.Min(panelWidth, right.Columns - start);
            if (right.PackedDepth > 0)
            {
                task.B = right.Data + ((nint)start * right.PackedDepth) + (firstTerm * panelWidth);
                task.BStep = panelWidth;
                task.NextB = vectors > width ? task.B + (right.PackedDepth * panelWidth) : null;
                Tiles(task, width);
            }
            else if (right.IsTransposed || task.Columns < panelWidth || PackingPays(task, right.Data + start, right.Stride))
            {
                PackedPanel(task, right, firstTerm, start, width);
            }
            else
            {
                task.B = right.Data + (firstTerm * right.Stride) + start;
                task.BStep = right.Stride;
                Tiles(task, width);
            }

            vectors -= width;
            start += panelWidth;
            task.C += panelWidth;
            task.D += panelWidth;
        }

        task.C = c;
        task.D = d;
    }

    private static bool PackingRowsPays(in PanelTask<T> task, int columns)
    {
        if (task.Samples > 1 || task.Depth < 16)
        {
            return false;
        }

        return task.ARow == 1
            ? task.AStep * sizeof(T) >= PageStride && (task.AStep * sizeof(T) & 64) == 0 && columns > RightPanels<TVector, TLanes, T>.Widest
            : task.ARow * sizeof(T) >= 2 * PageStride && columns > 16 * RightPanels<TVector, TLanes, T>.Widest;
    }

    private static void PackRows(ref PanelTask<T> task)
    {
        int depth = (int)task.Depth;
        int tileStride = ProductPanel<T>.TileStride(depth);
        T* tiles = ProductPanel<T>.RowsMemory((task.Rows + 7) / 8 * tileStride);
        ProductPanel<T>.PackRows(task.A, task.ARow, task.AStep, depth, task.Rows, tiles);
        task.A = tiles;
        task.ARow = 1;
        task.ATile = tileStride;
        task.AStep = 8;
    }

    // Long rows share the sets of a cache, and vectors that cross its lines are loaded twice.
    private static bool PackingPays(in PanelTask<T> task, T* b, nint stride)
    {
        nint bytes = stride * sizeof(T);
        return task.Samples == 1 && task.Rows >= 128 && task.Depth >= 16
            && ((bytes >= 1024 && (bytes & 64) == 0) || ((nuint)b & 63) != 0 || (bytes & 63) != 0);
    }

    private static void PackedPanel(PanelTask<T> task, in RightFactor<T> right, int firstTerm, int start, int width)
    {
        int panelWidth = width * TLanes.Count;
        int depth = (int)task.Depth;
        T* panel = ProductPanel<T>.PanelMemory(depth * panelWidth);
        T* b = right.Data + (right.IsTransposed ? firstTerm : firstTerm * right.Stride);
        int samples = task.Samples;
        task.B = panel;
        task.BStep = panelWidth;
        task.Samples = 1;
        for (int sample = 0; sample < samples; sample++)
        {
            RightPanels<TVector, TLanes, T>.Pack(b, right.Stride, right.IsTransposed, start, depth, task.Columns, panel, panelWidth);
            Tiles(task, width);
            task.A += task.ASample;
            task.C += task.CSample;
            task.D += task.DSample;
            b += task.BSample;
        }
    }

    private static void Tiles(in PanelTask<T> task, int vectors)
    {
        if (vectors == 1)
        {
            ProductTiles<TVector, TLanes, Strip1<TVector, TLanes, T>, T>.Run(task);
        }
        else if (vectors == 2)
        {
            ProductTiles<TVector, TLanes, Strip2<TVector, TLanes, T>, T>.Run(task);
        }
        else
        {
            ProductTiles<TVector, TLanes, Strip3<TVector, TLanes, T>, T>.Run(task);
        }
    }
}
