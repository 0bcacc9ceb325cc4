using System.Buffers.Binary;
using System.IO.Compression;

namespace Kappa.Lab.Formats;

/// <summary>One member of a gzip file.</summary>
/// <param name="Data">Where its compressed data start.</param>
/// <param name="ContentEnd">One past the last byte of the file that is not zero.</param>
/// <param name="End">One past its checksum and length.</param>
/// <param name="Length">Bytes that it holds.</param>
internal sealed record GzipMember(int Data, int ContentEnd, int End, long Length)
{
    /// <summary>Bytes of a buffer that suits.</summary>
    internal const int BufferBytes = 65536;

    /// <summary>Expands a member into nowhere and checks its checksum and its
    /// length; null when it holds more than <paramref name="most"/> bytes.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="data">Where its compressed data start.</param>
    /// <param name="contentEnd">One past the last byte of the file that is not zero.</param>
    /// <param name="buffer">Memory to expand into.</param>
    /// <param name="most">Most bytes that it may hold.</param>
    /// <param name="location">Where the file comes from, for messages.</param>
    /// <exception cref="BadInputException">It is damaged or cut off.</exception>
    internal static GzipMember? Measure(byte[] file, int data, int contentEnd, byte[] buffer, long most, string location)
    {
        using CompressedBytes compressed = new(file, data, contentEnd);
        using DeflateStream expanded = new(compressed, CompressionMode.Decompress);
        Crc32 checksum = default;
        long length = 0;
        try
        {
            for (int read = expanded.Read(buffer); read > 0; read = expanded.Read(buffer))
            {
                checksum.Append(buffer.AsSpan(0, read));
                length += read;
                if (length > most)
                {
                    return null;
                }
            }
        }
        catch (InvalidDataException failure)
        {
            throw GzipFile.Damaged(location, $"its compressed data from offset {data} on cannot be decoded", failure);
        }

        // What follows the data is checksum and length; when the data are cut off it is neither.
        int trailer = compressed.At;
        if (file.Length - trailer < GzipFile.Trailer)
        {
            throw GzipFile.Damaged(
                location,
                $"its compressed data from offset {data} on must be followed by {GzipFile.Trailer} bytes but the file ends at "
                    + $"{file.Length}: it is cut off");
        }

        uint announced = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(trailer)),
            announcedLength = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(trailer + 4));
        if (checksum.Value != announced)
        {
            throw GzipFile.Damaged(
                location,
                $"its checksum at offset {trailer} must be that of the content, {checksum.Value:x8}, but is {announced:x8}, or something "
                    + $"follows that is no member");
        }

        return (uint)length == announcedLength
            ? new GzipMember(data, contentEnd, trailer + GzipFile.Trailer, length)
            : throw GzipFile.Damaged(
                location, $"it must hold the {announcedLength} bytes that it claims at offset {trailer + 4} but holds {length}");
    }

    /// <summary>Expands it into <paramref name="content"/>, which has its length.</summary>
    internal void Fill(Span<byte> content, byte[] file)
    {
        using CompressedBytes compressed = new(file, Data, ContentEnd);
        using DeflateStream expanded = new(compressed, CompressionMode.Decompress);
        expanded.ReadExactly(content);
    }

    /// <summary>
    /// The bytes of a file in pieces that break wherever compressed data may end: eight bytes before the end of the file, before zeros up
    /// to it, or before the signature of a next member. The decoder asks for no piece after the one in which its data end, so that it has
    /// read exactly its own.
    /// </summary>
    private sealed class CompressedBytes(byte[] file, int start, int contentEnd) : Stream
    {
        public int At { get; private set; } = start;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            int length = Math.Min(buffer.Length, NextBreak() - At);
            file.AsSpan(At, length).CopyTo(buffer);
            At += length;
            return length;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        private int NextBreak()
        {
            // The length of a member may end in zeros of its own, as may its checksum: from here on every place is possible.
            int firstTail = contentEnd - GzipFile.Trailer;
            if (At >= firstTail)
            {
                return Math.Min(At + 1, file.Length);
            }

            int window = Math.Min(firstTail, At + BufferBytes);
            ReadOnlySpan<byte> ahead = file.AsSpan(At + 1, Math.Min(window + GzipFile.Trailer + 2, file.Length) - At - 1);
            int signature = ahead.IndexOf((ReadOnlySpan<byte>)[0x1F, 0x8B, 0x08]);
            int beforeMember = signature < 0 ? int.MaxValue : At + 1 + signature - GzipFile.Trailer;
            // A signature nearer than a trailer is no next member: go on byte by byte until it is passed.
            return beforeMember <= At ? At + 1 : Math.Min(window, beforeMember);
        }
    }
}
