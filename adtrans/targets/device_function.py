"""The gradient of a function of numbers as a device function, which kernels call."""

from __future__ import annotations

import hashlib
import importlib
from dataclasses import replace

from numba.core import types

from adtrans import cache
from adtrans.errors import ArgumentError
from adtrans.fingerprint import environment, fingerprint
from adtrans.py_func import py_func
from adtrans.request import Request, check_types, function_loc, make_request, type_key, types_of
from adtrans.targets.launch import INSTALL


def device_function(wrapped, mode: str, options: dict):
    """The `grad`, `value_and_grad` or `vjp` of a function of numbers, as a `@cuda.jit(device=True)` function for
    arguments of the types that the option `types` names. It may read arrays, but not be differentiated by them.

    Raises: ArgumentError where options or types do not fit, UnsupportedError and SourceError for the function itself.
    """
    fn = py_func(wrapped)
    wanted = options.get("types")
    request = make_request(fn, mode, {k: v for k, v in options.items() if k not in ("target", "types")})
    argtypes = _checked(fn, request, wanted)
    root, entry = _located(fn, request, argtypes)
    try:
        return getattr(cache.load(root, entry), str(entry.adjoint))
    except ImportError as error:  # `numba.cuda` without its libraries
        raise ArgumentError(f"there is no CUDA here: {error}", function_loc(fn), INSTALL) from error


def _checked(fn, request: Request, wanted) -> tuple:
    loc = function_loc(fn)
    if wanted is None:
        hint = 'Name those of its arguments: types="float64, float64".'
        raise ArgumentError(f"{fn.__name__} on a GPU is made for given types", loc, hint)
    argtypes = types_of((wanted,) if isinstance(wanted, str) else wanted)
    check_types(replace(request, mode="value_and_grad"), argtypes)
    for k in request.argnums:
        if not isinstance(argtypes[k], types.Float):
            message = f"a device function is not differentiated by {argtypes[k]}"
            raise ArgumentError(message, loc, "Choose parameters that are numbers.")
    return argtypes


def _located(fn, request: Request, argtypes: tuple) -> tuple:
    """The directory and the `cache.Entry` of the module, made if need be."""
    root = cache.directory(request.cache and not cache.is_temporary(fn.__code__.co_filename))
    parts = ("device", environment(), fingerprint(fn), tuple(map(type_key, argtypes)), request.options())
    key = hashlib.sha256(repr(parts).encode()).hexdigest()
    if entry := cache.lookup(root, key):
        return root, entry
    # Imported here: a process that finds everything on disk never pays for LibCST.
    made = importlib.import_module("adtrans.targets.device").generate(
        fn, argtypes, request.argnums, request.mode, single=request.single, fastmath=request.fastmath
    )
    return root, cache.store(root, key, made.text, made.kernel, made.launch)
