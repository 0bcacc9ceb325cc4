using System.Buffers.Binary;

namespace Kappa.Lab.Formats;

/// <summary>An array of bytes as an IDX file holds it.</summary>
/// <param name="Shape">Lengths of the axes.</param>
/// <param name="Data">Elements, the last axis fastest.</param>
internal sealed record IdxArray(int[] Shape, byte[] Data);

/// <summary>The file format of MNIST: two zero bytes, the element type 08 (unsigned byte),
/// the number of axes, their lengths as big-endian 32-bit integers, the elements.</summary>
/// <remarks>Read plain or compressed by gzip, which is recognised by its content and not by its
/// name. Offsets in messages count uncompressed bytes. Stateless and thread-safe.</remarks>
internal static class IdxFile
{
    private const int UnsignedByte = 8;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="rank">Number of axes that it must have: 3 for images, 1 for labels.</param>
    /// <param name="limits">How much it may take.</param>
    /// <exception cref="BadInputException">The file cannot be read, is malformed, truncated
    /// or too long, has another number of axes, or exceeds the limits.</exception>
    internal static IdxArray Read(string path, int rank, ReadLimits limits) =>
        Parse(InputBytes.Read(path, limits.MaximumBytes), path, rank, limits);

    /// <summary>Reads a stream to its end.</summary>
    internal static IdxArray Read(Stream stream, string location, int rank, ReadLimits limits) =>
        Parse(InputBytes.Read(stream, location, limits.MaximumBytes), location, rank, limits);

    private static IdxArray Parse(byte[] file, string location, int rank, ReadLimits limits)
    {
        byte[] content = GzipFile.IsGzip(file) ? GzipFile.Expand(file, location, limits) : file;
        int start = 4 + (4 * rank);
        RequireMagic(content, location, rank, start);
        int[] shape = new int[rank];
        for (int axis = 0; axis < rank; axis++)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(content.AsSpan(4 + (4 * axis)));
            shape[axis] = length is > 0 and <= int.MaxValue
                ? (int)length
                : throw new BadInputException(
                    location,
                    $"the length of axis {axis} at offset {4 + (4 * axis)} must be 1 to {int.MaxValue} but is {length}. Copy the file "
                        + $"again.");
        }

        long count = NdArray.CountElements(shape);
        if (count != content.Length - start)
        {
            throw new BadInputException(
                location,
                $"the shape {NdArray.Describe(shape)} must be followed by {(count < 0 ? "2^63 or more" : count)} bytes from offset "
                    + $"{start} on but {content.Length - start} are there. The file is truncated or of another kind: copy it again.");
        }

        return new IdxArray(shape, content[start..]);
    }

    private static void RequireMagic(ReadOnlySpan<byte> content, string location, int rank, int start)
    {
        if (content.Length >= 4 && content[0] == 0 && content[1] == 0 && content[2] == UnsignedByte && content[3] != rank)
        {
            throw new BadInputException(
                location,
                $"must have {rank} axes but has {content[3]} (byte at offset 3): {(rank == 1 ? "labels are" : "images are")} expected "
                    + $"here. Were images and labels mixed up?");
        }

        if (content.Length < 4 || BinaryPrimitives.ReadUInt32BigEndian(content) != (uint)((UnsignedByte << 8) | rank))
        {
            throw new BadInputException(
                location,
                $"must start with the bytes 00 00 08 {rank:x2} at offset 0 but starts with "
                    + $"{Convert.ToHexStringLower(content[..Math.Min(4, content.Length)])}: it is no IDX file of bytes. Choose another "
                    + $"file.");
        }

        if (content.Length < start)
        {
            throw new BadInputException(
                location,
                $"must have a header of {start} bytes but ends at offset {content.Length}. The file is truncated: copy it again.");
        }
    }
}
