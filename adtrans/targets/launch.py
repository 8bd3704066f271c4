"""The adjoint of a kernel as an object that is launched like a kernel."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import inspect
from typing import Any

from numba.core import types
from numba.core.errors import NumbaError
from numba.np.numpy_support import from_dtype

from adtrans import cache
from adtrans.errors import ArgumentError, UnsupportedError
from adtrans.fingerprint import environment, fingerprint
from adtrans.refusal import place_in, reason_of
from adtrans.request import KernelRequest, function_loc, type_key, type_of, types_of

INSTALL = 'It needs an NVIDIA GPU with its driver, and pip install "adtrans[cuda]".'


class KernelVjp:
    """The adjoint of a kernel: `kernel_vjp[blocks, threads, stream](*args, *cotangents)`.

    The arguments are those of the kernel, as they are before it, and are left so. After them comes a cotangent for each
    parameter in `argnums`, an array of the same shape and type; for a number an array of one element. On entry `y_bar`
    is the cotangent of the array `y` as the kernel leaves it, afterwards that of `y` as the kernel finds it: where an
    element is read, what it gets is added, and where it is overwritten, the cotangent is used up and becomes zero.

    Attributes: `request`; `primal`, the user's Python function.
    """

    def __init__(self, request: KernelRequest):
        self.request = request
        self.primal = request.kernel
        self.__name__, self.__doc__ = f"{self.primal.__name__}_vjp", f"The adjoint of `{self.primal.__name__}`."

    def __getitem__(self, configuration):
        """The adjoint on a grid: `[blocks, threads]` or `[blocks, threads, stream]`, with numbers or tuples of them."""
        if not isinstance(configuration, tuple) or len(configuration) not in (2, 3):
            raise self._error("launch it as vjp(kernel)[blocks, threads]", "Dynamic shared memory is not supported.")
        blocks, threads, *stream = configuration
        grid = _lengths(blocks), _lengths(threads), *(stream or [0])
        return lambda *args: self._launch(grid, args)

    def __call__(self, *args):
        raise self._error("a kernel's adjoint needs a grid", "Write vjp(kernel)[blocks, threads](...).")

    def source(self, *args) -> str:
        """The generated module's text for the kernel's `args`: Numba types, type strings, or example arguments.

        Raises: as a launch with such arguments does.
        """
        root, entry = self._located(tuple(map(_plain, types_of(args))))
        return (root / entry.file).read_text("utf-8")

    def generated(self, argtypes: tuple):
        """The generated module, a `targets.kernel.Module`, for arguments of these Numba types.

        Raises: as a launch with such arguments does.
        """
        # Imported here: a process that finds everything on disk never pays for LibCST.
        kernel = importlib.import_module("adtrans.targets.kernel")
        return kernel.generate(self.primal, argtypes, self._argnums(argtypes), **self.request.generated())

    def _launch(self, grid: tuple, args: tuple) -> None:
        cuda = cuda_of(self.primal)
        args = tuple(cuda.as_cuda_array(a) if _is_foreign(a) else a for a in args)
        params = self.request.parameters()
        given, bars = args[: len(params)], args[len(params) :]
        argtypes = tuple(map(array_type, given))
        argnums = self._argnums(argtypes)
        self._check(given, bars, argnums)
        root, entry = self._located(argtypes)
        launch = getattr(cache.load(root, entry), str(entry.adjoint))
        self._check_apart(args, {params.index(name) for name in launch.stores})
        asks = len(inspect.signature(launch).parameters) > len(grid) + len(args)
        records = (self.request.records,) if asks else ()
        try:
            launch(*grid, *args, *records)
        except NumbaError as error:
            raise refused(error, (root / entry.file).read_text("utf-8"), self.primal) from error

    def _argnums(self, argtypes: tuple) -> tuple:
        if len(argtypes) != len(self.request.parameters()):
            count = len(self.request.parameters())
            raise self._error(f"{self.primal.__name__} takes {count} arguments", "Then come the cotangents.")
        chosen = self.request.argnums
        if chosen is None:
            chosen = tuple(k for k, t in enumerate(argtypes) if _is_float(t) and isinstance(t, types.Array))
        for k in chosen:
            if not _is_float(argtypes[k]):
                name = self.request.parameters()[k]
                raise self._error(f"cannot differentiate by {name!r}: it is {argtypes[k]}", "Choose other argnums.")
        return chosen

    def _check(self, given: tuple, bars: tuple, argnums: tuple) -> None:
        """Raises: ArgumentError where a cotangent is missing or not like the argument."""
        names = [self.request.parameters()[k] for k in argnums]
        if len(bars) != len(argnums):
            wanted = ", ".join(names)
            raise self._error(f"{len(bars)} cotangents are given", f"Pass one for each of {wanted}, in this order.")
        for name, value, bar in zip(names, (given[k] for k in argnums), bars, strict=True):
            t, own = array_type(bar), array_type(value)
            dtype, shape = getattr(own, "dtype", own), tuple(getattr(value, "shape", ())) or (1,)
            if not isinstance(t, types.Array) or t.dtype != dtype or tuple(bar.shape) != shape:
                message = f"the cotangent of {name!r} has to be an array of {dtype} of shape {shape}"
                raise self._error(message, f"Pass np.zeros({shape}, np.{dtype}), or what later kernels have left.")

    def _check_apart(self, args: tuple, stored: set[int]) -> None:
        """Raises: ArgumentError where an array that is written to shares memory with another."""
        params = self.request.parameters()
        spans = {k: span for k, a in enumerate(args) if (span := _span(a))}
        for k in (k for k in spans if k in stored or k >= len(params)):
            for other in (n for n in spans if n != k and spans[n][0] < spans[k][1] and spans[k][0] < spans[n][1]):
                hint = "Pass arrays of their own."
                raise self._error(f"arguments {min(k, other) + 1} and {max(k, other) + 1} share memory", hint)

    def _located(self, argtypes: tuple) -> tuple:
        """The directory and the `cache.Entry` of the module for `argtypes`, made if need be."""
        argnums = self._argnums(argtypes)
        kept = self.request.cache and not cache.is_temporary(self.primal.__code__.co_filename)
        root = cache.directory(kept)
        parts = ("kernel", environment(), fingerprint(self.primal), tuple(map(type_key, argtypes)), argnums)
        key = hashlib.sha256(repr((*parts, self.request.options())).encode()).hexdigest()
        if entry := cache.lookup(root, key):
            return root, entry
        made = self.generated(argtypes)
        return root, cache.store(root, key, made.text, made.kernel, made.launch)

    def _error(self, message: str, hint: str) -> ArgumentError:
        return ArgumentError(message, function_loc(self.primal), hint)

    def __repr__(self):
        return f"<adtrans.vjp of the kernel {self.primal.__name__}>"


def cuda_of(primal):
    """`numba.cuda`, which is imported only here: without a GPU its import may fail.

    Raises: ArgumentError where there is no GPU to run the function `primal`.
    """
    try:
        cuda = importlib.import_module("numba.cuda")
        reason = "" if cuda.is_available() else "numba.cuda finds no GPU"
    except Exception as error:  # libraries that are missing raise what they like
        reason = str(error).strip() or type(error).__name__
    if reason:
        raise ArgumentError(f"{primal.__name__} cannot run here: {reason}", function_loc(primal), INSTALL)
    return cuda


def refused(error: NumbaError, text: str, primal) -> UnsupportedError:
    """The error for a generated module `text` that Numba does not compile, made of the function `primal`."""
    line = getattr(getattr(error, "loc", None), "line", None)
    place = place_in(text, line, primal.__code__.co_filename) or function_loc(primal)
    return UnsupportedError(f"Numba does not compile this: {reason_of(error)}", place, "Write it in another way.")


def _lengths(dims) -> tuple:
    """The three lengths of a grid or a block."""
    given = tuple(dims) if hasattr(dims, "__iter__") else (dims,)
    return (*map(int, given), *(1,) * (3 - len(given)))


def _is_foreign(value) -> bool:
    """Whether `value` is an array on a GPU that is not Numba's."""
    return hasattr(value, "__cuda_array_interface__") and not type(value).__module__.startswith("numba.")


def array_type(value) -> Any:
    """The Numba type of an argument, whichever way an array lies in memory, on the host or on a GPU."""
    shape = getattr(value, "shape", None)
    if shape:
        return types.Array(from_dtype(value.dtype), len(shape), "A")
    return type_of(value)


def _plain(t) -> Any:
    return types.Array(t.dtype, t.ndim, "A") if isinstance(t, types.Array) else t


def _is_float(t) -> bool:
    return isinstance(t.dtype if isinstance(t, types.Array) else t, types.Float)


def _span(value) -> tuple | None:
    """The first byte of an array and the one after its last; None for what is no array, or empty."""
    with contextlib.suppress(AttributeError):
        found = getattr(value, "__cuda_array_interface__", None) or value.__array_interface__
        itemsize, start = value.dtype.itemsize, found["data"][0]
        if 0 in value.shape or not value.ndim:
            return None
        steps = [(n - 1) * stride for n, stride in zip(value.shape, value.strides, strict=True)]
        return start + sum(s for s in steps if s < 0), start + sum(s for s in steps if s > 0) + itemsize
    return None
