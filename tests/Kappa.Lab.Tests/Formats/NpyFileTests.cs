using System.Buffers.Binary;
using System.Text;
using Kappa.Lab.Formats;
using Xunit;

namespace Kappa.Lab.Tests.Formats;

public sealed class NpyFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_type_order_and_version_written_by_the_script_is_read_bit_for_bit()
    {
        string[] names = [.. MadeFiles.Keys(".npy")];
        Assert.Equal(17, names.Length);
        Assert.All(names, name => MadeFiles.AssertHolds(name, NpyFile.Read(MadeFiles.At(name))));
    }

    [Fact]
    public void A_written_file_has_the_very_bytes_that_numpy_would_write()
    {
        NdArray array = NpyFile.Read(MadeFiles.At("f8.npy"));
        NpyFile.Write(_folder.At("a.npy"), array.Shape, array.Data);
        Assert.Equal(File.ReadAllBytes(MadeFiles.At("f8.npy")), File.ReadAllBytes(_folder.At("a.npy")));
    }

    [Theory]
    [InlineData]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(3, 0, 2)]
    [InlineData(2, 3, 1, 5)]
    [InlineData(20000)]
    public void What_is_written_is_read_back(params int[] shape)
    {
        double[] data = new double[shape.Aggregate(1, (product, length) => product * length)];
        new Numerics.RandomSequence(3, "npy").FillGaussian(data);
        NpyFile.Write(_folder.At("a.npy"), shape, data);
        NdArray read = NpyFile.Read(_folder.At("a.npy"));
        Assert.Equal(shape, read.Shape);
        Assert.Equal(data, read.Data);
    }

    [Fact]
    public void Fortran_order_is_undone_across_the_chunks_of_the_reader()
    {
        const int rows = 300, columns = 111;
        double[] stored = new double[rows * columns];
        for (int k = 0; k < stored.Length; k++)
        {
            stored[k] = (1000.0 * (k % rows)) + (k / rows);
        }

        byte[] bytes = Made(Header($"{{'descr': '<f8', 'fortran_order': True, 'shape': ({rows}, {columns})}}"), stored);
        NdArray read = Read(bytes);
        for (int k = 0; k < stored.Length; k++)
        {
            Assert.Equal((1000.0 * (k / columns)) + (k % columns), read.Data[k]);
        }
    }

    [Theory]
    [InlineData("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", "never read because they are code")]
    [InlineData("{'descr': '<c16', 'fortran_order': False, 'shape': (1,)}", "not supported")]
    [InlineData("{'descr': '<f16', 'fortran_order': False, 'shape': (1,)}", "not supported")]
    [InlineData("{'descr': '<U5', 'fortran_order': False, 'shape': (1,)}", "not supported")]
    [InlineData("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}", "structured type")]
    [InlineData("{'descr': '=f8', 'fortran_order': False, 'shape': (1,)}", "byte order of '<', '>' or '|'")]
    [InlineData("{'descr': '|f8', 'fortran_order': False, 'shape': (1,)}", "no byte order")]
    [InlineData("{'descr': '', 'fortran_order': False, 'shape': (1,)}", "byte order of '<', '>' or '|'")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}", "non-negative integer")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (1)}", "with a comma")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': ((1,),)}", "non-negative integer")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': ((((((((((1,),),),),),),),),),)}", "non-negative integer")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1 + 0)}", "')' must follow but '+' does")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 0x1)}", "')' must follow but 'x' does")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999999,)}", "at most 2147483647 elements")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (2147483647, 2147483647, 2147483647)}", "more than 2^60 elements")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (65536, 65536, 65536, 65536)}", "more than 2^60 elements")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (0,)}", "must take 0 bytes but 8 follow")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (2147483647, 2)}", "8 follow the header")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}", "must take 16 bytes but 8 follow")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': ()} import os", "nothing must follow")]
    [InlineData("{'descr': '<f8', 'fortran_order': 0, 'shape': (1,)}", "True or False")]
    [InlineData("{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (1,)}", "'descr' twice")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'x': 1}", "'x' too")]
    [InlineData("{'descr': '<f8', 'shape': (1,)}", "'fortran_order' is missing")]
    [InlineData("{'d\\x65scr': '<f8', 'fortran_order': False, 'shape': (1,)}", "without escapes")]
    [InlineData("{'déscr': '<f8', 'fortran_order': False, 'shape': (1,)}", "printable ASCII")]
    [InlineData("{'descr': '<f8", "quoted text must follow")]
    [InlineData("((((((((((", "'{' must follow")]
    [InlineData("", "'{' must follow but the end does")]
    public void A_hostile_header_is_refused_on_one_line(string header, string reason)
    {
        BadInputException refusal = Assert.Throws<BadInputException>(() => Read(Made(Header(header), [1.0])));
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        Assert.StartsWith("made.npy: ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unsupported_and_malformed_are_told_apart()
    {
        string unsupported = Assert.Throws<BadInputException>(() =>
            Read(Made(Header("{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}"), [1.0]))).Message;
        string malformed = Assert.Throws<BadInputException>(() => Read(Made(Header("{'descr': '<f8'}"), [1.0]))).Message;
        Assert.DoesNotContain("not a valid npy file", unsupported, StringComparison.Ordinal);
        Assert.Contains("not a valid npy file", malformed, StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_length_beyond_the_file_or_the_cap_is_refused_before_memory_is_asked_for()
    {
        byte[] long2 = [0x93, .. "NUMPY"u8, 2, 0, 0xFF, 0xFF, 0xFF, 0xFF, .. "{}"u8];
        long before = GC.GetAllocatedBytesForCurrentThread();
        BadInputException refusal = Assert.Throws<BadInputException>(() => Read(long2));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 100_000);
        Assert.Contains("at most 2 bytes but claims 4294967295", refusal.Message, StringComparison.Ordinal);
        byte[] version9 = [0x93, .. "NUMPY"u8, 9, 0, 2, 0, .. "{}"u8];
        Assert.Contains(
            "has 9.0, which is not supported", Assert.Throws<BadInputException>(() => Read(version9)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_elements_than_the_limit_are_refused_although_the_file_is_consistent()
    {
        byte[] bytes = Made(Header("{'descr': '|u1', 'fortran_order': False, 'shape': (8,)}"), [1.0]);
        Assert.Equal(8, Read(bytes, new ReadLimits { MaximumBytes = 64 }).Data.Length);
        BadInputException refusal = Assert.Throws<BadInputException>(() => Read(bytes, new ReadLimits { MaximumBytes = 63 }));
        Assert.Contains("must take at most 63 bytes as doubles but takes 64", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<i8", (1L << 53) + 1)]
    [InlineData("<i8", long.MinValue)]
    [InlineData("<i8", long.MaxValue)]
    [InlineData("<u8", -1L)]
    public void An_integer_that_is_no_double_is_refused_and_not_rounded(string type, long value)
    {
        byte[] bytes = Made(
            Header($"{{'descr': '{type}', 'fortran_order': False, 'shape': (2,)}}"), [0.0, BitConverter.Int64BitsToDouble(value)]);
        Assert.Contains("element 1 is not", Assert.Throws<BadInputException>(() => Read(bytes)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_empty_and_folder_paths_say_so()
    {
        File.WriteAllBytes(_folder.At("empty.npy"), []);
        Assert.Contains(
            "does not exist", Assert.Throws<BadInputException>(() => NpyFile.Read(_folder.At("none.npy"))).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "is empty", Assert.Throws<BadInputException>(() => NpyFile.Read(_folder.At("empty.npy"))).Message, StringComparison.Ordinal);
        Assert.Contains(
            "is a folder", Assert.Throws<BadInputException>(() => NpyFile.Read(_folder.Path)).Message, StringComparison.Ordinal);
        _ = Assert.Throws<BadInputException>(() => NpyFile.Read(""));
        _ = Assert.Throws<BadInputException>(() => NpyFile.Read("a\0b"));
    }

    [Theory]
    [InlineData("f8.npy")]
    [InlineData("f4_big_fortran.npy")]
    [InlineData("i8.npy")]
    public void Damaged_files_give_a_value_or_bad_input_and_nothing_else(string name)
    {
        byte[] valid = File.ReadAllBytes(MadeFiles.At(name));
        ReadLimits limits = new() { MaximumBytes = 1 << 16 };
        long before = GC.GetAllocatedBytesForCurrentThread();
        int cases = ReaderFuzz.Cases(3000);
        int refused = ReaderFuzz.Run(valid, name, cases, stream => NpyFile.Read(stream, name, limits));
        Assert.InRange(refused, valid.Length + 1, valid.Length + cases);
        // A refusal costs its header, its exception and the mutation itself;
        // none may come near the limit of 64 KiB, let alone a claimed size.
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < (valid.Length + cases) * 32_768L);
    }

    // numpy wrote the long integers of Python 2 so, and reads them.
    [Theory]
    [InlineData("(2L, 1L)")]
    [InlineData("(2L, 1)")]
    [InlineData("( 2L ,1L, )")]
    public void Lengths_of_Python_2_are_read(string shape) =>
        Assert.Equal([2, 1], Read(Made(Header($"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}"), [1, 2])).Shape);

    [Theory]
    [InlineData("(2LL, 1L)")]
    [InlineData("(L, 2)")]
    [InlineData("(2 L, 1)")]
    [InlineData("(2l, 1)")]
    public void No_other_letters_are(string shape) =>
        _ = Assert.Throws<BadInputException>(() =>
            Read(Made(Header($"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}"), [1, 2])));

    private static NdArray Read(byte[] bytes, ReadLimits? limits = null) => NpyFile.Read(new MemoryStream(bytes), "made.npy", limits);

    private static byte[] Header(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        byte[] header = [0x93, .. "NUMPY"u8, 3, 0, 0, 0, 0, 0, .. utf8];
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), utf8.Length);
        return header;
    }

    private static byte[] Made(byte[] header, double[] data) => [.. header, .. data.SelectMany(BitConverter.GetBytes)];
}
