using System.IO.Compression;
using Kappa.Lab.Formats;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Lab.Tests.Formats;

/// <summary>RFC 1952: a file is one or more members, and what pads it to a block is zeros.</summary>
public sealed class GzipFileTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 1)]
    [InlineData(1, 7)]
    [InlineData(1, 5000)]
    [InlineData(2, 0)]
    [InlineData(2, 512)]
    [InlineData(17, 3)]
    public void Members_are_joined_and_zeros_after_the_last_are_nothing(int members, int zeros)
    {
        byte[][] parts = [.. Enumerable.Range(0, members).Select(part => Bytes(part, 1 + (977 * part * part)))];
        byte[] file = [.. parts.SelectMany(part => Gzip(part)), .. new byte[zeros]];
        Assert.Equal(parts.SelectMany(part => part), Expand(file));
    }

    // Equal members have equal checksums and lengths, so the last one's trailer does not tell how many there are.
    [Fact]
    public void Equal_members_are_all_read()
    {
        byte[] member = Gzip([1, 2, 3]);
        Assert.Equal([1, 2, 3, 1, 2, 3], Expand([.. member, .. member]));
    }

    [Fact]
    public void A_member_without_content_and_lengths_and_checksums_that_end_in_zeros_are_read()
    {
        Assert.Empty(Expand(Gzip([])));
        Assert.Equal(new byte[1 << 16], Expand([.. Gzip([]), .. Gzip(new byte[1 << 16]), 0, 0, 0]));
    }

    // The signature of a member may occur inside compressed data: stored blocks keep what they are given.
    [Fact]
    public void The_signature_inside_the_data_ends_no_member()
    {
        byte[] content = [.. Enumerable.Repeat<byte[]>([0x1F, 0x8B, 0x08, 0, 9], 3000).SelectMany(bytes => bytes), .. new byte[300]];
        byte[] file = Gzip(content, CompressionLevel.NoCompression);
        Assert.Equal([.. content, .. content], Expand([.. file, .. file]));
    }

    [Fact]
    public void The_limits_hold_for_all_members_together()
    {
        byte[] member = Gzip(new byte[600]);
        byte[] file = [.. member, .. member];
        Assert.Equal(1200, GzipFile.Expand(file, "a", new ReadLimits { MaximumBytes = 1200 }).Length);
        Assert.Contains(
            "must expand to at most 1199 bytes", Refusal(file, new ReadLimits { MaximumBytes = 1199 }), StringComparison.Ordinal);
        byte[] bomb = [.. Enumerable.Repeat(Gzip(new byte[1 << 20]), 20).SelectMany(part => part)];
        Assert.Contains("200-fold", Refusal(bomb, ReadLimits.Default), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 1 }, "its checksum at offset")]
    [InlineData(new byte[] { 0, 0, 1 }, "its checksum at offset")]
    [InlineData(new byte[] { 0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3 }, "or have another member")]
    public void What_follows_a_member_and_is_neither_is_refused(byte[] tail, string reason) =>
        Assert.Contains(reason, Refusal([.. Gzip([1, 2, 3]), .. tail], ReadLimits.Default), StringComparison.Ordinal);

    [Fact]
    public void Every_truncation_of_two_members_but_that_between_them_is_refused()
    {
        byte[] member = Gzip(Bytes(3, 500)), file = [.. member, .. member];
        for (int length = 0; length < file.Length; length++)
        {
            if (length != member.Length)
                _ = Refusal(file[..length], ReadLimits.Default);
        }
    }

    [Fact]
    public void No_mutation_makes_the_reader_fail_otherwise()
    {
        byte[] valid = [.. Gzip(Bytes(1, 60)), .. Gzip(Bytes(2, 90)), 0, 0, 0];
        int cases = ReaderFuzz.Cases(3000);
        int refused = ReaderFuzz.RunMutations(
            valid, "gzip", cases,
            stream => GzipFile.Expand(InputBytes.Read(stream, "fuzz", 1000), "fuzz", new ReadLimits { MaximumBytes = 1 << 20 }));
        Assert.InRange(refused, cases / 2, cases - 1);
    }

    private static byte[] Expand(byte[] file) => GzipFile.Expand(file, "a", ReadLimits.Default);

    private static string Refusal(byte[] file, ReadLimits limits) =>
        Assert.Throws<BadInputException>(() => GzipFile.Expand(file, "a", limits)).Message;

    private static byte[] Bytes(int seed, int count)
    {
        var random = new RandomSequence(seed, "gzip");
        return [.. Enumerable.Range(0, count).Select(k => (byte)random.Below(k, 7))];
    }

    private static byte[] Gzip(byte[] content, CompressionLevel level = CompressionLevel.Optimal)
    {
        using MemoryStream compressed = new();
        using (GZipStream stream = new(compressed, level, leaveOpen: true))
        {
            stream.Write(content);
        }

        return compressed.ToArray() is { Length: > 0 } bytes ? bytes : [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    }
}
