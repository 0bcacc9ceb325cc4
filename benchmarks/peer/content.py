"""Matrix entries as a function of their position, the same bits as Kappa's BenchmarkContent: a hash of (stream, index) made uniform with variance 1."""

import numpy


def entries(stream, count):
    with numpy.errstate(over="ignore"):
        z = (numpy.arange(1, count + 1, dtype=numpy.uint64) + (numpy.uint64(stream) << numpy.uint64(32))) * numpy.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        z = z ^ (z >> numpy.uint64(31))
    return ((z >> numpy.uint64(11)).astype(numpy.float64) / 2.0**53 - 0.5) * numpy.sqrt(12.0)


def matrix(stream, rows, columns, scale=1.0):
    return entries(stream, rows * columns).reshape(rows, columns) * scale
