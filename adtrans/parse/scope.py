"""What a name in the user's function means: a local, or a value from outside of it."""

from __future__ import annotations

import builtins
import copy
import functools
import inspect
from types import FunctionType, ModuleType

import libcst as cst
import numpy as np

from adtrans import ir
from adtrans.errors import Loc, UnsupportedError
from adtrans.modes import is_derivative
from adtrans.names import RESERVED, fresh
from adtrans.parse.canonical import dtype_name, function_name
from adtrans.parse.device import device_name
from adtrans.parse.source import Source
from adtrans.subclasses import has_own_arithmetic

MISSING = object()
NUMBERS = "Use float64, float32, complex128, complex64, integers or bools."
_LITERALS = {"True": True, "False": False, "None": None}


class Scope:
    """The names of one function; `constants` collects the outside arrays that it reads. A function inside of it has
    a scope of its own (`nested`), in which `prefix` stands before the names that it does not share."""

    prefix = ""

    def __init__(self, source: Source):
        code = source.fn.__code__
        self.source = source
        self.constants: dict[str, np.ndarray] = {}
        count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & inspect.CO_VARARGS)
        self.params = set(code.co_varnames[:count])
        self._outside = _outside(source.fn)
        written = {*code.co_varnames, *code.co_cellvars}
        self.taken = written | self._outside.keys() & set(code.co_names + code.co_freevars)
        # A local called `sum` or `np` would hide the one that generated code uses.
        hiding = sorted((written - self.params) & RESERVED)
        self._locals = {name: name for name in written} | {name: fresh(name, self.taken) for name in hiding}

    def nested(self, name: str, own: set[str]) -> Scope:
        """The scope of the function `name` in this one, `own` being its parameters and locals."""
        scope = copy.copy(self)
        scope.prefix = f"{self.prefix}{name}."
        scope._locals = self._locals | {local: scope.prefix + local for local in own}
        return scope

    def shadowed(self, names: set[str]) -> Scope:
        """The scope of the same function with variables of their own for `names`."""
        scope = copy.copy(self)
        scope._locals = self._locals | {name: self.fresh(name) for name in sorted(names)}
        return scope

    def loc(self, node) -> Loc:
        return self.source.loc(node)

    def local(self, name: str) -> str:
        """The IR name of a local variable."""
        return self._locals.get(name, name)

    def fresh(self, base: str) -> str:
        return self.prefix + fresh(base, self.taken)

    def lookup(self, node):
        """The object that a name or a dotted chain names outside of the function; MISSING if it starts at a
        local, or goes through anything but modules, classes, named tuples and functions that have derivatives."""
        match node:
            case cst.Name(value=name):
                return self._lookup_name(name, node)
            case cst.Attribute(value=base, attr=cst.Name(value=attr)):
                owner = self.lookup(base)
                if device := device_name(owner, attr):
                    return device
                if owner is MISSING or not (_is_namespace(owner) or _has_derivative(owner, attr)):
                    return MISSING
                if not hasattr(owner, attr):
                    raise UnsupportedError(
                        f"{dotted(base)} has no attribute {attr}", self.loc(node), "Is it spelled right?"
                    )
                return getattr(owner, attr)
        return MISSING

    def _lookup_name(self, name: str, node):
        if name in _LITERALS:
            return _LITERALS[name]
        if name in self._locals:
            return MISSING
        if name not in self._outside:
            raise UnsupportedError(f"name {name} is not defined", self.loc(node), "Is it spelled right, and imported?")
        return self._outside[name]

    def value(self, obj, node, label: str):
        """The expression for the outside value `obj`, written at `node` as `label`."""
        loc = self.loc(node)
        constant = _constant(obj, loc)
        if constant is not None:
            return constant
        if isinstance(obj, np.ndarray):
            return self.array(obj, label, loc)
        if isinstance(obj, tuple):
            items = (self.value(item, node, f"{label}_{k}") for k, item in enumerate(obj))
            return ir.Tuple(tuple(items), loc, record(type(obj)))
        if dtype := dtype_name(obj):
            return ir.DType(dtype, loc)
        if isinstance(obj, functools.partial):
            args = tuple(self.value(item, node, f"{label}_{k}") for k, item in enumerate(obj.args))
            keywords = tuple((k, self.value(item, node, f"{label}_{k}")) for k, item in obj.keywords.items())
            return ir.FunctionValue(obj.func, label, (), args, keywords, True, loc)
        if is_function(obj):
            return ir.FunctionValue(obj, label, loc=loc)
        raise UnsupportedError(*_bad_value(obj, label, loc))

    def array(self, array: np.ndarray, label: str, loc: Loc) -> ir.Name:
        """The name, like `label`, of an array that the function does not change."""
        return ir.Name(self._array(array, label, loc), loc)

    def _array(self, array: np.ndarray, label: str, loc: Loc) -> str:
        if has_own_arithmetic(type(array)):
            message = f"{label} is an object of type {type(array).__name__}, which is not supported"
            raise UnsupportedError(message, loc, "Make it a plain array, with np.array(...).")
        if dtype_name(array.dtype) is None:
            message = f"{label} is an array of {array.dtype}, which is not supported"
            raise UnsupportedError(message, loc, NUMBERS)
        name = label.replace(".", "_")
        own = (*self._locals, self.source.fn.__name__)
        while name in own or not np.array_equal(self.constants.get(name, array), array, equal_nan=True):
            name += "_"
        if name not in self.constants:
            self.taken.add(name)
            self.constants[name] = array.copy()
            self.constants[name].flags.writeable = False
        return name


def record(cls: type) -> ir.Record | None:
    """What is known of a class of named tuples; None for any other class."""
    return ir.Record(cls.__name__, cls._fields) if issubclass(cls, tuple) and hasattr(cls, "_fields") else None


def _outside(fn: FunctionType) -> dict:
    """Builtins, globals and closure of `fn`, the inner ones over the outer."""
    cells = {}
    for name, cell in zip(fn.__code__.co_freevars, fn.__closure__ or (), strict=True):
        try:
            cells[name] = cell.cell_contents
        except ValueError:  # the enclosing function has not assigned it yet
            continue
    unassigned = set(fn.__code__.co_freevars) - cells.keys()
    found = vars(builtins) | fn.__globals__ | cells
    return {name: value for name, value in found.items() if name not in unassigned}


def _is_namespace(obj) -> bool:
    return isinstance(obj, (ModuleType, type)) or (isinstance(obj, tuple) and hasattr(obj, "_fields"))


def _has_derivative(obj, attr: str) -> bool:
    """Whether `obj` is one of ours, and `attr` one of its derivatives."""
    return hasattr(type(obj), "__adtrans_state__") and is_derivative(getattr(obj, attr, None))


def dotted(node) -> str:
    """The text of a name or an attribute chain; "the result" for anything else that is called."""
    match node:
        case cst.Name(value=name):
            return name
        case cst.Attribute(value=base, attr=attr):
            return f"{dotted(base)}.{attr.value}"
    return "the result"


def is_function(obj) -> bool:
    """Whether `obj` is a function that can be followed or is known by name, not a class or an object that is called."""
    return bool(function_name(obj)) or hasattr(obj, "py_func") or isinstance(obj, FunctionType)


def _constant(obj, loc: Loc) -> ir.Const | None:
    if obj is None or isinstance(obj, str):
        return ir.Const(obj, None, loc)
    if isinstance(obj, np.generic) and (dtype := dtype_name(type(obj))):
        return ir.Const(obj.item(), dtype, loc)
    if isinstance(obj, bool):
        return ir.Const(obj, None, loc)
    plain = next((t for t in (int, float, complex) if isinstance(obj, t)), None)
    if plain is None or isinstance(obj, np.generic):
        return None
    return ir.Const(plain(obj), None, loc)  # an IntEnum is its number


def _bad_value(obj, label: str, loc: Loc) -> tuple:
    if isinstance(obj, (list, dict, set)):
        kind = type(obj).__name__
        return f"{label} is a {kind}, which is not supported", loc, "Make it an array or a tuple of numbers."
    if isinstance(obj, np.dtype) or (isinstance(obj, type) and issubclass(obj, np.generic)):
        return f"the type {label} is not supported", loc, NUMBERS
    if callable(obj):
        return f"the function {label} is used as a value", loc, "Call it here by its name."
    if isinstance(obj, ModuleType):
        return f"the module {label} is used as a value", loc, "Name the function or the constant in it."
    kind = type(obj).__name__
    return f"{label} is an object of type {kind}, which is not supported", loc, "Pass its numbers and arrays instead."
