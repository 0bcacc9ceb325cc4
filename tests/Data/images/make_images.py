"""Writes the picture and digit files of this folder with nothing but Python's own struct, zlib and gzip.

Run in this folder: python3 make_images.py. An oracle independent of the readers under test: filters, chunks and headers are laid
out here by hand. The pixel in row r and column c of picture i is 63 ((37 r + 91 c + r c + 2 i) mod 5): few
values, so that the guesses of the fourth filter tie in every way.
"""
import gzip
import struct
import zlib

HEIGHT, WIDTH = 5, 7


def pixel(r, c, i=0):
    return 63 * ((37 * r + 91 * c + r * c + 2 * i) % 5)


def paeth(a, b, c):
    p = a + b - c
    pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
    return a if pa <= pb and pa <= pc else b if pb <= pc else c


def filtered(row, above, kind):
    out = []
    for k, x in enumerate(row):
        a = row[k - 1] if k else 0
        b = above[k]
        c = above[k - 1] if k else 0
        guess = [0, a, b, (a + b) // 2, paeth(a, b, c)][kind]
        out.append((x - guess) % 256)
    return bytes([kind] + out)


def chunk(kind, data):
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def png(kinds, depth=8, colour=0, interlace=0, extra=b"", pieces=1):
    rows = [[pixel(r, c) for c in range(WIDTH)] for r in range(HEIGHT)]
    above = [0] * WIDTH
    raw = b""
    for r, row in enumerate(rows):
        raw += filtered(row, above, kinds[r % len(kinds)])
        above = row
    data = zlib.compress(raw)
    cut = -(-len(data) // pieces)
    idat = b"".join(chunk(b"IDAT", data[k:k + cut]) for k in range(0, len(data), cut))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colour, 0, 0, interlace)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + idat + chunk(b"IEND", b"")


def write(name, content):
    with open(name, "wb") as file:
        file.write(content)


for kind in range(5):
    write("filter%d.png" % kind, png([kind]))
write("filters.png", png([4, 3, 2, 1, 0], extra=chunk(b"tEXt", b"Comment\0made"), pieces=3))
write("colour.png", png([0], colour=2))
write("interlaced.png", png([0], interlace=1))
write("critical.png", png([0], extra=chunk(b"ABCD", b"x")))

images = struct.pack(">IIII", 0x803, 3, HEIGHT, WIDTH) + bytes(pixel(r, c, i) for i in range(3) for r in range(HEIGHT) for c in range(WIDTH))
labels = struct.pack(">II", 0x801, 3) + bytes([7, 0, 9])
write("images.idx", images)
write("labels.idx", labels)
with gzip.GzipFile("images.idx.gz", "wb", mtime=0) as file:  # with the name in the header
    file.write(images)
write("labels.idx.gz", gzip.compress(labels, mtime=0))  # without
