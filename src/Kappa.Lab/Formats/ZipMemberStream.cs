namespace Kappa.Lab.Formats;

/// <summary>The content of one archive member: never gives more bytes than
/// the directory announced, and checks the checksum when it ends.</summary>
internal sealed class ZipMemberStream(Stream content, ZipMember member, string location) : Stream
{
    private Crc32 _checksum;
    private long _read;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => member.Length;

    public override long Position { get => _read; set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        int wanted = (int)Math.Min(buffer.Length, member.Length - _read);
        int read = ReadContent(buffer[..wanted]);
        _checksum.Append(buffer[..read]);
        _read += read;
        return read;
    }

    /// <summary>Checks that all announced bytes were read, that nothing follows, and that the checksum agrees.</summary>
    /// <exception cref="BadInputException">One of the three fails.</exception>
    internal void VerifyEnd()
    {
        Span<byte> one = stackalloc byte[1];
        bool more = member.Method != 0 && ReadContent(one) > 0;
        if (_read != member.Length || more)
        {
            throw Damaged($"it must have {member.Length} bytes but has {(more ? "more" : $"{_read}")}");
        }

        if (_checksum.Value != member.Checksum)
        {
            throw Damaged($"its checksum must be {member.Checksum:x8} but is {_checksum.Value:x8}");
        }
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        // A stored member reads the archive's own stream, which stays open for the next member.
        if (disposing && member.Method != 0)
        {
            content.Dispose();
        }

        base.Dispose(disposing);
    }

    private int ReadContent(Span<byte> buffer)
    {
        try
        {
            return content.Read(buffer);
        }
        catch (InvalidDataException failure)
        {
            throw Damaged("its compressed data cannot be decoded", failure);
        }
    }

    private BadInputException Damaged(string what, Exception? cause = null) =>
        new(location, $"is damaged: {what}. Copy or write the archive again.", cause);
}
