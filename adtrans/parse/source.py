"""The source of a function, its concrete syntax tree, and positions in the user's file."""

from __future__ import annotations

import functools
import inspect
import linecache
import types
from dataclasses import dataclass, replace
from importlib.machinery import SourceFileLoader
from tokenize import TokenError
from typing import Any

import libcst as cst
from libcst.metadata import PositionProvider

from adtrans.errors import Loc, SourceError
from adtrans.py_func import py_func


@dataclass(frozen=True)
class Source:
    """A function and its syntax tree; `text` is dedented and without decorators."""

    fn: types.FunctionType
    file: str
    first_line: int  # of the decorators, if any
    def_line: int
    text: str
    module: cst.Module
    node: cst.FunctionDef
    positions: dict
    shift: int  # lines that were put before the source to parse it

    def loc(self, node) -> Loc:
        """Where `node` is in the user's file."""
        span = self.positions[node]
        add = self.first_line - 1 - self.shift
        return Loc(self.file, span.start.line + add, span.start.column + 1, span.end.line + add, span.end.column + 1)


def plain(fn) -> types.FunctionType:
    """The Python function behind `fn`. Raises: SourceError if there is none whose body can be differentiated."""
    fn = py_func(fn)
    kind = _unreadable(fn)
    if kind:
        name = getattr(fn, "__qualname__", None) or repr(fn)
        raise SourceError(
            f"{name} is {kind}", _first_line(fn), "Differentiate a plain Python function, written with def."
        )
    return fn


def _unreadable(fn) -> str:
    """What `fn` is, if it is not a plain Python function."""
    if isinstance(fn, type):
        return "a class"
    if inspect.ismethod(fn):
        return "a method"
    if not isinstance(fn, types.FunctionType):
        return "a function written in C" if inspect.isbuiltin(fn) else f"an object of type {type(fn).__name__}"
    if fn.__name__ == "<lambda>" or fn.__code__.co_name == "<lambda>":
        return "a lambda"
    if inspect.iscoroutinefunction(fn) or inspect.isasyncgenfunction(fn):
        return "an async function"
    return "a generator" if inspect.isgeneratorfunction(fn) else ""


def _first_line(fn) -> Loc | None:
    code = getattr(fn, "__code__", None)
    if code is None:
        return None
    loc = Loc(code.co_filename, code.co_firstlineno, 1, code.co_firstlineno, 2)
    text = loc.source_line()
    return replace(loc, column=len(text) - len(text.lstrip()) + 1, end_column=len(text) + 1) if text else loc


def read(fn: types.FunctionType) -> Source:
    """The source of `fn`, parsed. Raises: SourceError if it cannot be found, or is not the source that `fn` ran."""
    code = fn.__code__  # not `fn`: inspect would follow `__wrapped__` to another function
    try:
        lines, first_line = inspect.getsourcelines(code)
    except TokenError as error:  # a bracket that is not closed, where there was none
        raise _changed(fn) from error
    except (OSError, TypeError, IndentationError, SyntaxError) as error:
        hint = "Define it in a file or in a cell of a notebook."
        raise SourceError(f"the source of {fn.__qualname__} cannot be read", _first_line(fn), hint) from error
    if type(fn.__globals__.get("__loader__")) is SourceFileLoader:  # else an import hook may have rewritten it
        _check_unchanged(fn)
    # Under an `if`, an indented function parses as it stands, and columns stay those of the file.
    shift = 1 if lines[0][:1].isspace() else 0
    try:
        module = cst.parse_module("if True:\n" * shift + "".join(lines))
    except cst.ParserSyntaxError as error:
        line, column = first_line - 1 - shift + error.raw_line, error.raw_column + 1
        loc = Loc(code.co_filename, line, column, line, column + 1)
        raise SourceError(f"LibCST cannot parse {fn.__qualname__}", loc, "Write this line in another way.") from error
    first: Any = module.body[0]
    node = first.body.body[0] if shift else first
    _check_same(fn, node)
    positions = _positions(module)
    def_line = positions[node.name].start.line + first_line - 1 - shift
    text = _dedent(lines[def_line - first_line :])
    return Source(fn, code.co_filename, first_line, def_line, text, module, node, positions, shift)


def _check_unchanged(fn) -> None:
    """The file may have changed since `fn` was defined: then its text is another program."""
    code = fn.__code__
    now = _functions("".join(linecache.getlines(code.co_filename)), code.co_filename)
    if not any(code.co_firstlineno == other.co_firstlineno and _equal(code, other) for other in now):
        raise _changed(fn)


@functools.lru_cache(maxsize=16)
def _functions(text: str, file: str) -> list[types.CodeType]:
    """The code of all functions in the text of a file."""
    try:
        found = [compile(text, file, "exec", dont_inherit=True)]
    except (SyntaxError, ValueError):
        return []
    for outer in found:  # grows on the way
        found += [c for c in outer.co_consts if isinstance(c, types.CodeType)]
    return found


def _changed(fn) -> SourceError:
    message = f"the source of {fn.__qualname__} is not what was defined"
    return SourceError(message, _first_line(fn), "Import the module again.")


def _check_same(fn, node) -> None:
    """The text found by its line number may be that of another function."""
    code = fn.__code__
    params = node.params if isinstance(node, cst.FunctionDef) else None
    written = params and [p.name.value for p in (*params.posonly_params, *params.params, *params.kwonly_params)]
    count = code.co_argcount + code.co_kwonlyargcount
    if params is None or node.name.value != code.co_name or written != list(code.co_varnames[:count]):
        raise _changed(fn)


def _equal(a, b) -> bool:
    """Whether two constants are the same, code by what it does."""
    if not (isinstance(a, types.CodeType) and isinstance(b, types.CodeType)):
        # repr tells 0.0 from -0.0 and 1 from True, but a set's order is its own.
        return type(a) is type(b) and (a == b if isinstance(a, frozenset) else repr(a) == repr(b))
    names = a.co_code == b.co_code and a.co_names == b.co_names and a.co_varnames == b.co_varnames
    same = names and a.co_freevars == b.co_freevars and len(a.co_consts) == len(b.co_consts)
    return same and all(map(_equal, a.co_consts, b.co_consts))


def _positions(module: cst.Module) -> dict:
    """Node to span. The provider is driven directly: `MetadataWrapper.resolve` takes twice as long (22 against
    11 ms for 60 lines) because it visits the whole tree once more for providers that are not asked for."""
    provider = PositionProvider()
    provider._computed = {}
    provider._gen_impl(module)
    return provider._computed


def _dedent(lines: list[str]) -> str:
    """`lines` without the first one's indentation; lines of a string that start further left stay."""
    indent = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
    return "".join(line.removeprefix(indent) for line in lines)
