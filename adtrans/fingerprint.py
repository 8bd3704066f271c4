"""A hash of everything that the text generated for a function depends on, found without parsing.

It runs in every process before the first call, so it reads code objects and source lines and nothing slower:
no LibCST, no Numba pipeline.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import linecache
import sys
import types
from pathlib import Path
from tokenize import TokenError

import numba
import numpy as np

# What these contain is fixed by their versions, which are part of `environment`.
_LIBRARIES = {"adtrans", "builtins", "cmath", "math", "numba", "numpy"}
_PLAIN = (bool, int, float, complex, str, bytes, type(None), type(Ellipsis))


def fingerprint(fn) -> str:
    """A hash (hexadecimal) of `fn`'s source and bytecode, of every function that it may call, and of every
    constant that they may read: globals, closure values, defaults, attributes of modules and objects.

    It errs on the side of a needless change: a global that merely shares its name with an attribute counts too.
    """
    walker = _Walker()
    walker.visit(fn, ())
    return walker.hash.hexdigest()


@functools.cache
def environment() -> str:
    """A hash (hexadecimal) of the programs that make the text: Python, NumPy, Numba and adtrans itself."""
    digest = hashlib.sha256(repr((sys.version_info[:3], np.__version__, numba.__version__)).encode())
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


class _Walker:
    """Feeds values to `hash` in one fixed order; `seen` numbers what was met, so that cycles end."""

    def __init__(self):
        self.hash = hashlib.sha256()
        self.seen = {}

    def add(self, *items):
        for item in items:
            data = item if isinstance(item, bytes) else repr(item).encode()
            # The length keeps ("ab", "c") apart from ("a", "bc").
            self.hash.update(b"%d:" % len(data) + data)

    def visit(self, value, names: tuple):
        """Feed `value`; `names` are the attribute names that the code around it may read."""
        if isinstance(value, _PLAIN):
            return self.add(type(value).__name__, value)
        if isinstance(value, (np.ndarray, np.generic)):
            return self.array(np.asarray(value))
        # The same object is walked again where the code around it may read other attributes.
        key = (id(value), names)
        if key in self.seen:
            return self.add("seen", self.seen[key][0])
        self.seen[key] = (len(self.seen), value)  # holds the value, so that its id stays its own
        self.compound(value, names)

    def compound(self, value, names):
        if isinstance(value, types.FunctionType) and not _is_library(value.__module__):
            self.function(value)
        elif hasattr(value, "__adtrans_state__") and not isinstance(value, type):
            self.add("adtrans")
            self.visit(value.__adtrans_state__(), names)
        elif hasattr(value, "py_func"):
            self.visit(value.py_func, names)
        elif isinstance(value, types.CodeType):
            self.code(value)
        elif isinstance(value, functools.partial):
            self.add("partial")
            for part in (value.func, value.args, value.keywords):
                self.visit(part, names)
        elif isinstance(value, (tuple, list)):
            self.add(type(value).__qualname__, len(value), getattr(value, "_fields", None))
            for item in value:
                self.visit(item, names)
        elif isinstance(value, (set, frozenset)):
            self.add("set", sorted(map(repr, value)))
        elif isinstance(value, dict):
            self.add("dict", len(value))
            for key, item in value.items():
                self.visit(key, names)
                self.visit(item, names)
        else:
            self.opaque(value, names)

    def array(self, value: np.ndarray):
        self.add("array", value.dtype.str, value.shape)
        self.add(repr(value.tolist()) if value.dtype.hasobject else np.ascontiguousarray(value).tobytes())

    def function(self, fn):
        code = fn.__code__
        names = _names(code)
        self.add("function", fn.__name__, code.co_filename, code.co_firstlineno, _source(code))
        self.visit(code, names)
        self.visit(fn.__defaults__, names)
        for cell in fn.__closure__ or ():
            try:
                self.visit(cell.cell_contents, names)
            except ValueError:  # a name of the enclosing function that has no value yet
                self.add("empty")
        for name in names:
            if name in fn.__globals__:
                self.add(name)
                self.visit(fn.__globals__[name], names)

    def code(self, code):
        self.add("code", code.co_code, code.co_varnames, code.co_freevars, code.co_names)
        for const in code.co_consts:
            self.visit(const, ())

    def opaque(self, value, names):
        """Feed a module, class or object by its name and by those of its attributes that the code may read."""
        module = getattr(value, "__name__" if isinstance(value, types.ModuleType) else "__module__", None)
        name = getattr(value, "__qualname__", None) or type(value).__qualname__
        self.add(
            type(value).__qualname__, module, name, getattr(value, "_fields", None) if isinstance(value, type) else None
        )
        if _is_library(module):
            # Scalar types, ufuncs and numba types: their text is their value, unless it shows an address.
            text = repr(value)
            return self.add(text if " at 0x" not in text else name)
        # `getattr` finds what a class inherits and what a module makes on demand, as the program would; of other
        # objects no attribute is ever a constant, and asking could run anything.
        for attribute in names if isinstance(value, (type, types.ModuleType)) else ():
            if hasattr(value, attribute):
                self.add(attribute)
                self.visit(getattr(value, attribute), names)


def _is_library(module) -> bool:
    return str(module).partition(".")[0] in _LIBRARIES


@functools.lru_cache(maxsize=1024)
def _names(code) -> tuple:
    """The global and attribute names in `code` and in the functions defined inside it, sorted."""
    found = set(code.co_names)
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            found.update(_names(const))
    return tuple(sorted(found))


@functools.lru_cache(maxsize=1024)
def _source(code) -> str:
    """The lines of the function that `code` belongs to, with its comments; empty when there is no source."""
    lines = linecache.getlines(code.co_filename)[code.co_firstlineno - 1 :]
    if not lines:
        return ""
    last = max((line for _, _, line in code.co_lines() if line), default=code.co_firstlineno)
    length = max(last - code.co_firstlineno + 1, 1)
    try:
        return "".join(inspect.getblock(lines))
    except (SyntaxError, TokenError):
        return "".join(lines[:length])
