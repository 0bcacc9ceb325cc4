using System.Numerics;

namespace Kappa.Numerics;

/// <summary>How the columns of a right factor are divided into panels of one to
/// three vectors, and their copies in the order the tiles read them.</summary>
internal static unsafe class RightPanels<TVector, TLanes, T>
    where TVector : struct
    where TLanes : struct, ILanes<TVector, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // Vectors in the widest strip of a tile.
    private const int WidestStrip = 3;

    /// <summary>Columns of the widest panel.</summary>
    public static int Widest => WidestStrip * TLanes.Count;

    /// <summary>A factor whose panels are all copied, once, into memory of the calling thread.</summary>
    public static RightFactor<T> PackAll(in RightFactor<T> right, int depth)
    {
        T* panels = ProductPanel<T>.PanelsMemory(checked(depth * VectorsOf(right.Columns) * TLanes.Count));
        PackAll(right.Data, right.Stride, right.IsTransposed, depth, right.Columns, panels);
        return new RightFactor<T> { Data = panels, PackedDepth = depth, Columns = right.Columns };
    }

    /// <summary>All panels of a factor, one after the other.</summary>
    public static void PackAll(T* source, nint stride, bool isTransposed, int depth, int columns, T* target)
    {
        int vectors = VectorsOf(columns);
        for (int start = 0; vectors > 0;)
        {
            int width = StripOf(vectors), panelWidth = width * TLanes.Count;
            Pack(
                source, stride, isTransposed, start, depth, Math.Min(panelWidth, columns - start), target + ((nint)start * depth),
                panelWidth);
            vectors -= width;
            start += panelWidth;
        }
    }

    /// <summary>Vectors that hold <paramref name="columns"/> columns.</summary>
    public static int VectorsOf(int columns) => (columns + TLanes.Count - 1) / TLanes.Count;

    /// <summary>Vectors of the next panel: three while that leaves no single one, a last four are two and two.</summary>
    public static int StripOf(int vectors) => vectors == WidestStrip + 1 ? 2 : Math.Min(vectors, WidestStrip);

    /// <summary>One panel: the columns from <paramref name="start"/> on.</summary>
    public static void Pack(T* b, nint stride, bool isTransposed, int start, int depth, int columns, T* panel, int panelWidth)
    {
        if (isTransposed)
        {
            ProductPanel<T>.PackTransposed(b + (start * stride), stride, depth, columns, panel, panelWidth);
        }
        else if (columns == panelWidth)
        {
            for (T* row = b + start, end = row + (depth * stride); row != end; row += stride)
            {
                for (int j = 0; j < panelWidth; j += TLanes.Count, panel += TLanes.Count)
                {
                    TLanes.Store(panel, TLanes.Load(row + j));
                }
            }
        }
        else
        {
            ProductPanel<T>.Pack(b + start, stride, depth, columns, panel, panelWidth);
        }
    }
}
