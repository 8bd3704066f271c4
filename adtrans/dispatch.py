"""Argument types to compiled function: the objects that Python and `@njit` code call.

`Derivative` is a Numba dispatcher whose machine code comes from a generated module. Everything else about a call
(types of arguments, keywords, defaults, use inside compiled code) is Numba's own, and costs what a call of any
`@njit` function costs.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import hashlib
import importlib
import inspect
import sys
import warnings
from dataclasses import replace
from typing import Any

import numpy as np
from numba.core import config, sigutils, types
from numba.core.compiler_lock import global_compiler_lock
from numba.core.dispatcher import OmittedArg
from numba.core.errors import NumbaError
from numba.core.imputils import lower_getattr
from numba.core.registry import CPUDispatcher
from numba.core.typing.templates import AttributeTemplate, infer_getattr

from adtrans import cache
from adtrans.errors import ArgumentError, UnsupportedError
from adtrans.fingerprint import environment, fingerprint
from adtrans.load import load
from adtrans.modes import MODES
from adtrans.passes import disabled
from adtrans.py_func import py_func
from adtrans.refusal import refusal
from adtrans.request import (
    Request,
    check_cotangent,
    check_types,
    function_loc,
    plain_types,
    primal_function,
    request_of,
    type_key,
    type_of,
    types_of,
)
from adtrans.structure import leaves
from adtrans.subclasses import has_own_arithmetic, look_at_subclasses


class Derivative(CPUDispatcher):
    """The compiled primal or gradient of a function, callable from Python and from `@njit` code.

    Attributes: `request`; `primal`, the user's Python function; `py_func`, the same computation uncompiled.
    """

    def __init__(self, request: Request):
        self.request, self.kind = request, type(self)
        self.primal = primal_function(request.wrapped)
        self._in_progress: set[tuple] = set()
        python = self.primal if request.mode == "primal" else _uncompiled(request, self.primal)
        super().__init__(python, targetoptions={"nopython": True})
        self.__signature__ = inspect.signature(python)
        if request.mode != "primal":
            # What unwraps this object must not take the primal for it.
            del self.__dict__["__wrapped__"]
            self.__doc__ = f"The {request.mode} of `{self.primal.__name__}`.\n\n{self.primal.__doc__ or ''}".rstrip()

    def compile(self, sig):
        """The entry point for `sig`, compiled or read from disk on first use.

        Raises: ArgumentError, UnsupportedError, SourceError about the user's program; Numba's errors.
        """
        args, return_type = sigutils.normalize_signature(sig)
        args = tuple(types.unliteral(a) for a in args)
        with global_compiler_lock, _uncollected():
            existing = self.overloads.get(args)
            if existing is not None:
                return existing.entry_point
            if not self._can_compile:
                raise RuntimeError("compilation disabled")
            function = self.generated(args)
            if any(isinstance(ty, types.Array) for ty in args):
                look_at_subclasses()
            if any(isinstance(ty, types.BaseTuple) for ty in args):
                self.__class__ = _checking_items(self.kind)
            try:
                function.compile(args if return_type is None else return_type(*args))
            except NumbaError as error:
                raise self._refusal(error, args) from error
            self.check_result(args, function.overloads[args].signature.return_type)
            self.add_overload(function.overloads[args])
            return self.overloads[args].entry_point

    def check_result(self, args: tuple, result) -> None:
        """Raises: ArgumentError where this returns `result` for `args`, and the cotangent among these does not fit."""
        if self.request.mode == "vjp":
            check_cotangent(self.request, args, result[0])

    def _refusal(self, error: NumbaError, args: tuple) -> UnsupportedError:
        """The error for generated code that Numba does not compile.

        Raises: ArgumentError where that is for a cotangent of another form than the result.
        """
        root, entry = locate(self.request, plain_types(args))
        if self.request.mode == "vjp":
            primal = getattr(load(root, entry), entry.primal)
            with contextlib.suppress(NumbaError):
                primal.compile(args[:-1])
                check_cotangent(self.request, args, primal.overloads[args[:-1]].signature.return_type)
        return refusal(error, (root / entry.file).read_text("utf-8"), self.request, args)

    def generated(self, args: tuple):
        """The function of the generated module that answers Numba types `args`: an `@njit` dispatcher.

        A derivative of this object is the derivative of that function's source.
        """
        with global_compiler_lock:
            check_types(self.request, args)
            if args in self._in_progress:
                message = f"{self.primal.__name__} is differentiated inside itself"
                raise UnsupportedError(
                    message, function_loc(self.primal), "Differentiate it outside, and pass the result."
                )
            self._in_progress.add(args)
            try:
                root, entry = locate(self.request, plain_types(args))
                module = load(root, entry)
            finally:
                self._in_progress.remove(args)
            return getattr(module, entry.primal if self.request.mode == "primal" else entry.adjoint)

    def source(self, *args) -> str:
        """The generated module's text for `args`: Numba types, type strings, or example arguments.

        Raises: as a call with such arguments does.
        """
        argtypes = types_of(args)
        check_types(self.request, argtypes)
        root, entry = locate(self.request, plain_types(argtypes))
        return (root / entry.file).read_text("utf-8")

    def typeof_pyval(self, val):
        return types.pyobject if any(map(has_own_arithmetic, map(type, leaves(val)))) else super().typeof_pyval(val)

    def _compile_for_args(self, *args, **kws):
        # Checked here as well as in `compile`: only here the values are known, and an error can name their types.
        self._compilation_chain_init_hook()
        argtypes = self._check_values(args)
        self._types_active_call.clear()
        if config.DISABLE_JIT:
            return _run_generated(self, argtypes)
        return super()._compile_for_args(*args, **kws)

    def _check_values(self, args: tuple) -> tuple:
        """The types of arguments. Raises: ArgumentError where one cannot be an argument."""
        argtypes = tuple(types.Omitted(a.value) if isinstance(a, OmittedArg) else self.typeof_pyval(a) for a in args)
        check_types(self.request, argtypes, list(map(_type_name, args)))
        return argtypes

    def _make_finalizer(self):
        # The machine code belongs to the generated function, which other objects may share.
        return lambda: None

    def __adtrans_state__(self):
        """What the text generated for a caller of this object depends on."""
        return (self.request.options(), self.request.wrapped)

    def __reduce__(self):
        if _find(self.primal.__module__, self.primal.__qualname__) is self:
            return self.primal.__qualname__
        r = self.request
        return rebuild, (self.kind, r.wrapped, r.options(), r.cache)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __repr__(self):
        r, code = self.request, self.primal.__code__
        what = "differentiate" if r.mode == "primal" else r.mode
        argnums = r.argnums[0] if r.single else r.argnums
        signature = f"{self.primal.__name__}{inspect.signature(self.primal)}"
        return f"<adtrans.{what} of {signature} at {code.co_filename}:{code.co_firstlineno}, argnums={argnums}>"


class Differentiable(Derivative):
    """A compiled function with its derivatives as attributes: `grad`, `value_and_grad`, `vjp`.

    In `@njit` code the attributes are there as well.
    """

    def __init__(self, request: Request):
        super().__init__(request)
        self.grad, self.value_and_grad, self.vjp = (_Part(self, mode) for mode in MODES)

    def source(self, *args, mode: str = "value_and_grad") -> str:
        """The generated module's text for `args`: Numba types, a type string such as "float64[:,:], float64",
        or example arguments.

        Raises: ArgumentError where `mode` is not "primal", "grad", "value_and_grad" or "vjp"; else as a call does.
        """
        if mode == "primal":
            return super().source(*args)
        if mode not in MODES:
            raise ArgumentError(f"mode is {mode!r}; it can be {', '.join(('primal', *MODES))}")
        return getattr(self, mode).source(*args)


class _Part(Derivative):
    """One of the derivatives of a `Differentiable`; pickled as that object's attribute."""

    def __init__(self, whole: Differentiable, mode: str):
        super().__init__(replace(whole.request, mode=mode))
        self._whole = whole

    def __reduce__(self):
        return getattr, (self._whole, self.request.mode)


class _ItemsChecked:
    """Mixed into a `Derivative` that takes tuples: Numba takes an array in a tuple for a plain one, whatever its class,
    once it has compiled for these."""

    def __call__(self, *args, **kwargs):
        for value in (*args, *kwargs.values()):
            if isinstance(value, tuple) and any(has_own_arithmetic(type(leaf)) for leaf in leaves(value)):
                bound = self.__signature__.bind(*args, **kwargs)
                bound.apply_defaults()
                self._check_values(bound.args)
        return super().__call__(*args, **kwargs)


@functools.cache
def _checking_items(kind: type) -> type:
    return type(kind.__name__, (_ItemsChecked, kind), {"__doc__": kind.__doc__})


@contextlib.contextmanager
def _uncollected():
    """A time without garbage collections: compiling makes millions of objects, most of which live until it is done."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _type_name(value) -> str:
    own = next((type(leaf).__name__ for leaf in leaves(value) if has_own_arithmetic(type(leaf))), None)
    if own and isinstance(value, tuple):
        return f"tuple with {own}"
    return f"array({value.dtype})" if type(value) is np.ndarray else type(value).__name__


def rebuild(cls, wrapped, options, keep) -> Derivative:
    """The object that was pickled as `wrapped` and `options`."""
    mode, argnums, single, fastmath, parallel, target = options
    fastmath = fastmath if isinstance(fastmath, bool) else frozenset(fastmath)
    return cls(Request(wrapped, mode, argnums, single, fastmath, parallel, keep, target))


def locate(request: Request, argtypes: tuple) -> tuple:
    """The directory and the `cache.Entry` of the module that answers `request` for `argtypes`, made if need be."""
    with global_compiler_lock:
        if request.mode == "vjp":
            argtypes = argtypes[:-1]  # the cotangent's type is that of the result
        fn: Any = request.wrapped
        inner = request_of(fn)
        if inner is not None and inner.mode != "primal":
            # What it computes as one thread would: threads are for what is made of it.
            fn = Derivative(replace(inner, parallel=False)).generated(argtypes)
        fn = primal_function(fn)
        root = cache.directory(request.is_persistent() and not cache.is_temporary(fn.__code__.co_filename))
        key = _key(fn, argtypes, request)
        if key in _made_here:
            return _made_here[key]
        entry = cache.lookup(root, key)
        return (root, entry) if entry else _generate(root, key, fn, argtypes, request)


def _key(fn, argtypes, request) -> str:
    made_by = environment(), sorted(disabled()), _users_rules()
    parts = (made_by, fingerprint(fn), tuple(map(type_key, argtypes)), request.options())
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _users_rules() -> list:
    """The derivative rules that are not adtrans's own; nobody has any while the registry is not even imported."""
    registry = sys.modules.get("adtrans.rules.registry")
    if registry is None:
        return []
    users = {name for name, owner in registry.owners.items() if not owner.startswith("adtrans.")}
    return sorted((name, registry.entries[name].params, registry.entries[name].texts) for name in users)


def _generate(root, key, fn, argtypes, request) -> tuple:
    # Imported here: a process that finds everything on disk never pays for LibCST.
    pipeline = importlib.import_module("adtrans.pipeline")
    module = pipeline.generate(
        fn,
        argtypes,
        request.argnums,
        request.mode,
        single=request.single,
        fastmath=request.fastmath,
        parallel=request.parallel,
        target=request.target,
    )
    marks = (
        f"# {rule.label}: {fingerprint(rule)}\n" for rule in module.rules
    )  # machine code of theirs is kept with ours
    text = module.text + "".join(marks)
    if not module.given:
        try:
            return root, cache.store(root, key, text, module.primal, module.adjoint)
        except OSError as error:  # the disk is full, say
            warnings.warn(f"the cache cannot be written, so nothing is kept: {error}", stacklevel=2)
    root = cache.temporary()
    entry = cache.store(root, key, text, module.primal, module.adjoint)
    _made_here[key] = root, entry
    cache.load(root, entry, module.given)
    return root, entry


# Modules, by key, that need objects which only this process has, or that could not be kept.
_made_here: dict[str, tuple] = {}


def _uncompiled(request, primal):
    """A Python function with the signature of the derivative that runs the generated source uncompiled."""
    params = request.parameters()

    def derivative(*args, **kwargs):
        bound = derivative.__signature__.bind(*args, **kwargs)
        bound.apply_defaults()
        function = Derivative(request).generated(tuple(map(type_of, bound.args)))
        return py_func(function)(*bound.args)

    for name in ("__name__", "__qualname__", "__module__", "__doc__"):
        setattr(derivative, name, getattr(primal, name))
    derivative.__signature__ = inspect.Signature(params)
    derivative.__defaults__ = tuple(p.default for p in params if p.default is not p.empty) or None
    return derivative


def _run_generated(derivative, argtypes):
    """What NUMBA_DISABLE_JIT calls instead of machine code."""
    function = derivative.generated(argtypes)
    return lambda *args: function(*(a.value if isinstance(a, OmittedArg) else a for a in args))


def _find(module, qualname):
    """The object at `module.qualname`, None when there is none."""
    found = sys.modules.get(module)
    for part in qualname.split("."):
        found = getattr(found, part, None)
    return found


@infer_getattr
class _DerivativeAttributes(AttributeTemplate):
    """`f.grad` in `@njit` code, `f` a `Differentiable`."""

    key = types.Dispatcher

    def generic_resolve(self, ty, attr):
        if attr in MODES and isinstance(ty.dispatcher, Differentiable):
            return types.Dispatcher(getattr(ty.dispatcher, attr))
        return None


def _lower_derivative(context, builder, ty, value):
    return context.get_dummy_value()  # a dispatcher has no value at run time, only a type


for _mode in MODES:
    lower_getattr(types.Dispatcher, _mode)(_lower_derivative)
