using System.Text;

namespace Kappa.Lab.Tests.Store;

/// <summary>A stream that takes what fits, then fails as a full disk does: after part of the bytes.</summary>
internal sealed class SmallDisk(int room) : MemoryStream
{
    public string Text => Encoding.UTF8.GetString(ToArray());

    public override void Write(byte[] buffer, int offset, int count)
    {
        int fits = (int)Math.Min(count, room - Length);
        base.Write(buffer, offset, fits);
        if (fits < count)
            throw new IOException("No space left on device");
    }
}
