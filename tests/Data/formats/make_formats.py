"""Writes the array files of this folder, and expected.json with what they hold, using nothing but Python's own struct, zipfile and json.

Run in this folder: python3 make_formats.py. An oracle independent of the readers under test: every byte is laid out here by hand.
"""
import io
import json
import struct
import zipfile

EXPECTED = {}


def expect(key, shape, values):
    # The 64 bits of each double, most significant first, so that the comparison is bit for bit.
    EXPECTED[key] = {"shape": list(shape), "bits": [struct.pack(">d", v).hex() for v in values]}


def npy(descr, shape, values, code, fortran=False, version=1, pad=True):
    text = "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }" % (descr, fortran, repr(tuple(shape)))
    prefix = 10 if version == 1 else 12
    if pad:
        text += " " * (-(prefix + len(text) + 1) % 64)
    text = (text + "\n").encode("ascii")
    length = struct.pack("<H", len(text)) if version == 1 else struct.pack("<I", len(text))
    order = ">" if descr[0] == ">" else "<"
    return b"\x93NUMPY" + bytes([version, 0]) + length + text + struct.pack(order + str(len(values)) + code, *values)


def fortran(shape, values):
    """The row-major list `values` reordered so that the first axis is the fastest."""
    out, index = [], [0] * len(shape)
    for _ in values:
        position = 0
        for length, i in zip(shape, index):
            position = position * length + i
        out.append(values[position])
        for axis in range(len(shape)):
            index[axis] += 1
            if index[axis] < shape[axis]:
                break
            index[axis] = 0
    return out


def save(name, content):
    with open(name, "wb") as file:
        file.write(content)


def save_npy(name, descr, shape, values, code, **options):
    stored = fortran(shape, values) if options.get("fortran") else values
    save(name, npy(descr, shape, stored, code, **options))
    expect(name, shape, values)


grid = [k * 0.1 - 1.05 for k in range(24)]
halves = [k * 0.25 - 3 for k in range(24)]  # exact in every float type
save_npy("f8.npy", "<f8", (2, 3, 4), grid, "d")
save_npy("f8_fortran.npy", "<f8", (2, 3, 4), grid, "d", fortran=True)
save_npy("f8_big.npy", ">f8", (24,), grid, "d", version=2)
save_npy("f8_special.npy", "<f8", (6,), [float("nan"), float("inf"), float("-inf"), -0.0, 5e-324, 1.7976931348623157e308], "d")
save_npy("f4_big_fortran.npy", ">f4", (4, 6), halves, "f", fortran=True, version=3)
save_npy("f2.npy", "<f2", (24,), halves, "e", pad=False)
save_npy("i1.npy", "|i1", (4,), [-128, -1, 0, 127], "b")
save_npy("u1.npy", "|u1", (3,), [0, 128, 255], "B")
save_npy("b1.npy", "|b1", (3,), [1, 0, 1], "B")
save_npy("i2_big.npy", ">i2", (3,), [-32768, 258, 32767], "h")
save_npy("u2.npy", "<u2", (2,), [1, 65535], "H")
save_npy("i4.npy", "<i4", (2, 2), [-2147483648, -1, 1, 2147483647], "i")
save_npy("u4.npy", "<u4", (2,), [1, 4294967295], "I")
save_npy("i8.npy", "<i8", (3,), [-(2 ** 53), 7, 2 ** 53], "q")
save_npy("u8_big.npy", ">u8", (2,), [0, 2 ** 53], "Q")
save_npy("scalar.npy", "<f8", (), [2.5], "d")
save_npy("empty.npy", "<f8", (0, 5), [], "d")

stamp = (1980, 1, 1, 0, 0, 0)
members = [("inputs.npy", npy("<f8", (2, 3, 4), grid, "d")), ("targets.npy", npy("<f4", (2, 3, 4), halves, "f")), ("notes.txt", b"not an array")]
for name, method in (("stored.npz", zipfile.ZIP_STORED), ("deflated.npz", zipfile.ZIP_DEFLATED)):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for member, content in members:
            info = zipfile.ZipInfo(member, stamp)
            info.compress_type = method
            # force_zip64 is what numpy.savez uses: the local header gets a Zip64 field, the directory does not.
            with archive.open(info, "w", force_zip64=True) as file:
                file.write(content)
    save(name, buffer.getvalue())
    expect(name + "/inputs", (2, 3, 4), grid)
    expect(name + "/targets", (2, 3, 4), halves)

tensors = [
    ("f64", "F64", (2, 3, 4), struct.pack("<24d", *grid), grid),
    ("f32", "F32", (24,), struct.pack("<24f", *halves), halves),
    ("f16", "F16", (24,), struct.pack("<24e", *halves), halves),
    ("bf16", "BF16", (24,), b"".join(struct.pack("<f", v)[2:] for v in halves), halves),
    ("i64", "I64", (2,), struct.pack("<2q", -(2 ** 53), 2 ** 53), [-(2 ** 53), 2 ** 53]),
    ("i32", "I32", (2,), struct.pack("<2i", -7, 7), [-7, 7]),
    ("i16", "I16", (2,), struct.pack("<2h", -7, 7), [-7, 7]),
    ("i8", "I8", (2,), struct.pack("<2b", -7, 7), [-7, 7]),
    ("u64", "U64", (1,), struct.pack("<Q", 9), [9]),
    ("u32", "U32", (1,), struct.pack("<I", 2 ** 32 - 1), [2 ** 32 - 1]),
    ("u16", "U16", (1,), struct.pack("<H", 65535), [65535]),
    ("u8", "U8", (1,), b"\xff", [255]),
    ("bool", "BOOL", (2,), b"\x01\x00", [1, 0]),
    ("scalar", "F64", (), struct.pack("<d", 2.5), [2.5]),
    ("nothing", "F64", (0, 3), b"", []),
]
header, data = {"__metadata__": {"format": "pt", "κ": "condition number"}}, b""
for name, dtype, shape, content, values in tensors:
    header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [len(data), len(data) + len(content)]}
    data += content
    expect("all.safetensors/" + name, shape, values)
text = json.dumps(header, ensure_ascii=False).encode("utf-8")
text += b" " * (-len(text) % 8)
save("all.safetensors", struct.pack("<Q", len(text)) + text + data)

with open("expected.json", "w", encoding="utf-8") as file:
    json.dump(EXPECTED, file, indent=0, sort_keys=True)
    file.write("\n")
