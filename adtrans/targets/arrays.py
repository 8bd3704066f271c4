"""Array functions and their derivatives on a GPU, as objects that are called like those for the CPU."""

from __future__ import annotations

import hashlib
import importlib
import inspect
from dataclasses import replace

from numba.core import types
from numba.core.errors import NumbaError

from adtrans import cache
from adtrans.errors import ArgumentError
from adtrans.fingerprint import environment, fingerprint
from adtrans.modes import MODES
from adtrans.request import (
    Request,
    check_types,
    function_loc,
    plain_types,
    primal_function,
    request_of,
    type_key,
    types_of,
)
from adtrans.targets.launch import array_type, cuda_of, refused


class ArrayFunction:
    """A function of arrays, or its `grad`, `value_and_grad` or `vjp`, on a GPU: `f(*args, stream=0)`.

    Arrays may be NumPy's, which are copied to the GPU and results back, or lie on the GPU, as Numba's, CuPy's or
    PyTorch's: then the results do too, a number as an array of one element, and nothing is copied or waited for but
    what branches are decided by, and whether indices that are arrays are within their axes.

    Attributes: `request`; `primal`, the user's Python function.
    """

    def __init__(self, request: Request):
        self.request = request
        inner = request_of(request.wrapped)
        if inner is not None and inner.mode != "primal":
            message = f"the {request.mode} of a {inner.mode} is not supported with target='cuda'"
            raise ArgumentError(message, function_loc(primal_function(request.wrapped)), 'Use target="cpu".')
        self.primal = primal_function(request.wrapped)
        what = "" if request.mode == "primal" else f"_{request.mode}"
        self.__name__, self.__doc__ = f"{self.primal.__name__}{what}", self.primal.__doc__
        self.__signature__ = inspect.Signature(self.request.parameters())

    def __call__(self, *args, stream=0, **kwargs):
        bound = self.__signature__.bind(*args, **kwargs)
        bound.apply_defaults()
        cuda_of(self.primal)
        argtypes = tuple(map(array_type, bound.args))
        root, entry = self._located(argtypes)
        function = getattr(cache.load(root, entry), str(entry.adjoint))
        try:
            return function(*bound.args, stream=stream)
        except NumbaError as error:
            raise refused(error, (root / entry.file).read_text("utf-8"), self.primal) from error

    def source(self, *args) -> str:
        """The generated module's text for `args`: Numba types, type strings, or example arguments.

        Raises: as a call with such arguments does.
        """
        root, entry = self._located(types_of(args))
        return (root / entry.file).read_text("utf-8")

    def generated(self, argtypes: tuple):
        """The generated module, a `targets.kernel.Module`, for arguments of these Numba types.

        Raises: as a call with such arguments does.
        """
        # Imported here: a process that finds everything on disk never pays for LibCST.
        function = importlib.import_module("adtrans.targets.function")
        r = self.request
        return function.generate(self.primal, argtypes, r.argnums, r.mode, single=r.single, fastmath=r.fastmath)

    def _located(self, argtypes: tuple) -> tuple:
        """The directory and the `cache.Entry` of the module for `argtypes`, made if need be."""
        check_types(self.request, argtypes)
        if self.request.mode == "vjp":
            argtypes = argtypes[:-1]  # the cotangent's type is that of the result
        argtypes = tuple(map(_any_layout, plain_types(argtypes)))
        root = cache.directory(self.request.cache and not cache.is_temporary(self.primal.__code__.co_filename))
        parts = ("arrays", environment(), fingerprint(self.primal), tuple(map(type_key, argtypes)))
        key = hashlib.sha256(repr((*parts, self.request.options())).encode()).hexdigest()
        if entry := cache.lookup(root, key):
            return root, entry
        made = self.generated(argtypes)
        return root, cache.store(root, key, made.text, made.kernel, made.launch)

    def __reduce__(self):
        return _made, (type(self), self.request)

    def __repr__(self):
        return f"<adtrans {self.__name__} of {self.primal.__name__}{inspect.signature(self.primal)} on a GPU>"


class DifferentiableArrayFunction(ArrayFunction):
    """A function of arrays on a GPU with its derivatives as attributes: `grad`, `value_and_grad`, `vjp`."""

    def __init__(self, request: Request):
        super().__init__(request)
        self.grad, self.value_and_grad, self.vjp = (ArrayFunction(replace(request, mode=mode)) for mode in MODES)

    def source(self, *args, mode: str = "value_and_grad") -> str:
        """The generated module's text for `args`, as `ArrayFunction.source` has it.

        Raises: ArgumentError where `mode` is not "primal", "grad", "value_and_grad" or "vjp"; else as a call does.
        """
        if mode == "primal":
            return super().source(*args)
        if mode not in MODES:
            modes = ", ".join(("primal", *MODES))
            raise ArgumentError(f"mode is {mode!r}; it can be {modes}", function_loc(self.primal))
        return getattr(self, mode).source(*args)


def _made(cls, request: Request) -> ArrayFunction:
    return cls(request)


def _any_layout(t):
    return types.Array(t.dtype, t.ndim, "A") if isinstance(t, types.Array) else t
