using System.Buffers.Binary;
using System.Text;
using Kappa.Lab.Formats;
using Xunit;

namespace Kappa.Lab.Tests.Formats;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_type_written_by_the_script_is_read_bit_for_bit()
    {
        SafetensorsContent content = SafetensorsFile.Read(MadeFiles.At("all.safetensors"));
        Assert.Equal(15, content.Tensors.Count);
        Assert.All(content.Tensors, tensor => MadeFiles.AssertHolds($"all.safetensors/{tensor.Name}", tensor.Value));
        Assert.Equal(new Dictionary<string, string> { ["format"] = "pt", ["κ"] = "condition number" }, content.Metadata);
    }

    [Fact]
    public void What_is_written_is_read_back_bit_for_bit_and_the_data_are_aligned()
    {
        double payload = BitConverter.UInt64BitsToDouble(0x7FF4_0000_DEAD_BEEF);
        SafetensorsContent content = new(
            [
                new NamedTensor("b \"κ\"\n", new NdArray([2, 2], [payload, -0.0, double.Epsilon, 1e308])),
                new NamedTensor("a", new NdArray([], [1.5])), new NamedTensor("none", new NdArray([0], []))],
            new Dictionary<string, string> { ["z"] = "1", ["a"] = "\u0001 \\ κ" });
        SafetensorsFile.Write(_folder.At("a.safetensors"), content);
        SafetensorsContent read = SafetensorsFile.Read(_folder.At("a.safetensors"));
        Assert.Equal(content.Tensors.Select(tensor => tensor.Name), read.Tensors.Select(tensor => tensor.Name));
        Assert.All(content.Tensors.Zip(read.Tensors), pair =>
        {
            Assert.Equal(pair.First.Value.Shape, pair.Second.Value.Shape);
            Assert.Equal(
                pair.First.Value.Data.Select(BitConverter.DoubleToUInt64Bits),
                pair.Second.Value.Data.Select(BitConverter.DoubleToUInt64Bits));
        });
        Assert.Equal(content.Metadata.OrderBy(pair => pair.Key), read.Metadata.OrderBy(pair => pair.Key));
        Assert.Equal(0UL, BinaryPrimitives.ReadUInt64LittleEndian(File.ReadAllBytes(_folder.At("a.safetensors"))) % 8);
    }

    [Fact]
    public void Two_tensors_of_one_name_are_the_callers_mistake()
    {
        NamedTensor tensor = new("a", new NdArray([], [1]));
        _ = Assert.Throws<ArgumentException>(() =>
            SafetensorsFile.Write(_folder.At("a"), new SafetensorsContent([tensor, tensor], new Dictionary<string, string>())));
    }

    private const string Whole =
        """{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""";

    [Theory]
    [InlineData("""{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}""", "must cover all 16 bytes after the header but cover 8")]
    [InlineData("""{"a":{"dtype":"F64","shape":[1],"data_offsets":[8,16]}}""", "begins at 8 (a hole)")]
    [InlineData(
        """{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"b":{"dtype":"F64","shape":[1],"data_offsets":[4,12]}}""",
        "begins at 4 (an overlap)")]
    [InlineData(
        """{"a":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},"b":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}}""",
        "begins at 0 (an overlap)")]
    [InlineData(
        """{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"a":{"dtype":"F64","shape":[1],"data_offsets":[8,16]}}""",
        "'a' must occur once")]
    [InlineData("""{"a":{"dtype":"F64","dtype":"F64","shape":[2],"data_offsets":[0,16]}}""", "'dtype' twice")]
    [InlineData("""{"a":{"dtype":"F64","shape":[3],"data_offsets":[0,16]}}""", "takes the bytes from 0 to 16")]
    [InlineData("""{"a":{"dtype":"F64","shape":[2],"data_offsets":[16,0]}}""", "takes the bytes from 16 to 0")]
    [InlineData("""{"a":{"dtype":"F64","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", "at most 2147483647 elements an axis")]
    [InlineData("""{"a":{"dtype":"F64","shape":[2147483647,2147483647,8],"data_offsets":[0,16]}}""", "takes the bytes from 0 to 16")]
    [InlineData("""{"a":{"dtype":"F64","shape":[65536,65536,65536,65536],"data_offsets":[0,0]}}""", "takes the bytes from 0 to 0")]
    [InlineData("""{"a":{"dtype":"F64","shape":[-2],"data_offsets":[0,16]}}""", "integers from 0")]
    [InlineData("""{"a":{"dtype":"F64","shape":[2.0],"data_offsets":[0,16]}}""", "integers from 0")]
    [InlineData("""{"a":{"dtype":"F64","shape":[2],"data_offsets":[0,99999999999999999999]}}""", "integers from 0")]
    [InlineData("""{"a":{"dtype":"F64","shape":[2],"data_offsets":[0,16,16]}}""", "at most 2 integers")]
    [InlineData("""{"a":{"dtype":"F64","shape":[2],"data_offsets":[0]}}""", "two data_offsets")]
    [InlineData("""{"a":{"dtype":"F64","shape":[2]}}""", "two data_offsets")]
    [InlineData("""{"a":{"dtype":"F64","shape":[[2]],"data_offsets":[0,16]}}""", "must be JSON")]
    [InlineData("""{"a":[1]}""", "tensor 'a' must be an object")]
    [InlineData("""{"a":{"dtype":7,"shape":[2],"data_offsets":[0,16]}}""", "a.dtype must be text")]
    [InlineData("""{"__metadata__":{"a":1}}""", "__metadata__.a must be text")]
    [InlineData("""{"__metadata__":{"a":"","a":""}}""", "'a' of __metadata__ must occur once")]
    [InlineData("""{"__metadata__":{"a":"\ud800"}}""", "not valid Unicode")]
    [InlineData("""{"a":""", "must be JSON")]
    [InlineData("""{}x""", "must be JSON")]
    [InlineData("""[]""", "must be a JSON object")]
    [InlineData("""  {}""", "must be a JSON object")]
    [InlineData("", "must be a JSON object")]
    public void A_header_that_breaks_the_format_is_malformed(string header, string reason)
    {
        BadInputException refusal = Assert.Throws<BadInputException>(() => Read(Made(header)));
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("is not a valid safetensors file", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unsupported_type_is_another_error_than_a_malformed_file()
    {
        BadInputException refusal = Assert.Throws<BadInputException>(() =>
            Read(Made("""{"a":{"dtype":"F8_E4M3","shape":[16],"data_offsets":[0,16]}}""")));
        Assert.Contains("tensor 'a' of type F8_E4M3, which is not supported", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("not a valid", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1UL << 63)]
    [InlineData(ulong.MaxValue)]
    [InlineData(100_000_001UL)]
    [InlineData(99_999_999UL)]
    [InlineData(127UL)]
    public void A_header_length_beyond_the_file_is_refused_before_memory_is_asked_for(ulong claimed)
    {
        byte[] bytes = Made(Whole);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, claimed);
        long before = GC.GetAllocatedBytesForCurrentThread();
        BadInputException refusal = Assert.Throws<BadInputException>(() => Read(bytes));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 100_000);
        Assert.Contains($"at most {bytes.Length - 8} bytes but claims {claimed}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_order_of_the_header_does_not_matter_and_the_limit_counts_doubles()
    {
        byte[] bytes = Made(
            """{"b":{"dtype":"F32","shape":[2],"data_offsets":[8,16]},"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}   """);
        Assert.Equal(["a", "b"], Read(bytes).Tensors.Select(tensor => tensor.Name));
        Assert.Equal(2, Read(bytes, new ReadLimits { MaximumBytes = 24 }).Tensors.Count);
        Assert.Contains(
            "takes 24 bytes", Assert.Throws<BadInputException>(() => Read(bytes, new ReadLimits { MaximumBytes = 23 })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_files_give_a_value_or_bad_input_and_nothing_else()
    {
        byte[] valid = File.ReadAllBytes(MadeFiles.At("all.safetensors"));
        ReadLimits limits = new() { MaximumBytes = 1 << 16 };
        long before = GC.GetAllocatedBytesForCurrentThread();
        int cases = ReaderFuzz.Cases(4000);
        int refused = ReaderFuzz.Run(valid, "safetensors", cases, stream => SafetensorsFile.Read(stream, "made", limits));
        Assert.InRange(refused, valid.Length + (cases / 2), valid.Length + cases);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < (valid.Length + cases) * 65_536L);
    }

    private static SafetensorsContent Read(byte[] bytes, ReadLimits? limits = null) =>
        SafetensorsFile.Read(new MemoryStream(bytes), "made", limits);

    private static byte[] Made(string header)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(header);
        byte[] bytes = new byte[8 + utf8.Length + 16];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, utf8.Length);
        utf8.CopyTo(bytes.AsSpan(8));
        return bytes;
    }
}
