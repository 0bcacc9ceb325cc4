"""Singular values and matrix products by the libraries below PyTorch."""

import ctypes

import numpy
import torch

import content


def scipy_version():
    try:
        import scipy

        return scipy.__version__
    except ImportError:
        return None


def blas_description():
    """What the loaded OpenBLAS says about itself, or the library that is loaded instead."""
    with open("/proc/self/maps") as maps:
        libraries = sorted({line.split()[-1] for line in maps if "blas" in line and ".so" in line})
    for library in libraries:
        try:
            loaded = ctypes.CDLL(library)
            name, config = loaded.openblas_get_corename, loaded.openblas_get_config
        except (OSError, AttributeError):
            continue
        name.restype = config.restype = ctypes.c_char_p
        return f"{config().decode().strip()} (core {name().decode()})"
    return ", ".join(libraries) or "none found"


class SingularValues:
    """A request: rows, columns, routine (svdvals of PyTorch, or gesdd of LAPACK). Columns are graded to a condition number of about 1e6."""

    def __init__(self, request):
        rows, columns = request["rows"], request["columns"]
        grading = 10.0 ** (-6.0 * numpy.arange(columns) / (columns - 1))
        values = content.matrix(1, rows, columns) * grading
        if request["routine"] == "svdvals":
            tensor = torch.tensor(values)
            self.values = lambda: torch.linalg.svdvals(tensor)
        else:
            self.values = gesdd(numpy.asfortranarray(values))

    def run(self):
        self.values()

    def check(self):
        values = self.values()
        return {"largest": float(values[0]), "smallest": float(values[-1])}


def gesdd(values):
    """LAPACK's gesdd without vectors, as directly as SciPy offers it; through NumPy, which calls the same routine, without SciPy."""
    try:
        from scipy.linalg import lapack
    except ImportError:
        return lambda: numpy.linalg.svd(values, compute_uv=False)
    work = int(lapack.dgesdd_lwork(*values.shape, compute_uv=0)[0])
    return lambda: lapack.dgesdd(values, compute_uv=0, lwork=work)[1]


class Product:
    """A request: form (plain, leftTransposed, rightTransposed), samples, rows, depth, columns, precision. Results go into memory that is reused."""

    def __init__(self, request):
        samples, rows, depth, columns = request["samples"], request["rows"], request["depth"], request["columns"]
        form, type_ = request["form"], torch.float32 if request["precision"] == "single" else torch.float64
        left = (samples, depth, rows) if form == "leftTransposed" else (samples, rows, depth)
        right = (samples, columns, depth) if form == "rightTransposed" else (samples, depth, columns)
        a, b = stack(1, left, type_), stack(2, right, type_)
        a, b = a.mT if form == "leftTransposed" else a, b.mT if form == "rightTransposed" else b
        c = torch.empty(samples, rows, columns, dtype=type_)
        if samples == 1:
            a, b, c = a[0], b[0], c[0]
        multiply = torch.mm if samples == 1 else torch.bmm
        self.result, self.run = c, lambda: multiply(a, b, out=c)

    def check(self):
        self.run()
        return {"norm": float(torch.linalg.norm(self.result.double()))}


def stack(stream, shape, type_):
    return torch.tensor(content.matrix(stream, shape[0] * shape[1], shape[2]).reshape(shape), dtype=type_)
