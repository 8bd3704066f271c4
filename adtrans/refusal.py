"""Numba's refusal to compile generated code, as an error at the user's line."""

from __future__ import annotations

import re

from numba import njit
from numba.core.errors import NumbaError

from adtrans.errors import Loc, UnsupportedError
from adtrans.request import Request, function_loc, primal_function

_NOTE = re.compile(r"  # (?:line |(\S+):)(\d+)$")
_OF_NUMBA = ("Failed in nopython mode pipeline", "- Resolution failure", "Overload of function")


def refusal(error: NumbaError, text: str, request: Request, argtypes: tuple) -> UnsupportedError:
    """The error for the generated module `text`, which Numba does not compile for `argtypes`."""
    fn = primal_function(request.wrapped)
    place = place_in(text, getattr(getattr(error, "loc", None), "line", None), fn.__code__.co_filename)
    reason = reason_of(error)
    message, hint = f"Numba does not compile this: {reason}", _hint(fn, request, argtypes, reason)
    return UnsupportedError(message, place or function_loc(fn), hint)


def place_in(text: str, line: int | None, file: str) -> Loc | None:
    """The place in the user's program that is noted at a line of `text`, or last before it in its function."""
    for written in reversed(text.splitlines()[: line or 0]):
        if note := _NOTE.search(written):
            return _whole_line(note[1] or file, int(note[2]))
        if written.startswith("def "):
            break
    return None


def _whole_line(file: str, line: int) -> Loc:
    text = Loc(file, line, 1, line, 2).source_line()
    return Loc(file, line, len(text) - len(text.lstrip()) + 1, line, len(text) + 1)


def reason_of(error: NumbaError) -> str:
    """What Numba says first, with what it was asked for where it names that on lines of their own."""
    lines = [line.strip() for line in str(error).splitlines()]
    lines = [line for line in lines if line and not line.startswith(_OF_NUMBA)]
    if not lines:
        return type(error).__name__
    asked = next((line.removeprefix(">>> ") for line in lines if line.startswith(">>> ")), None)
    return f"{lines[0]} {asked}" if asked and lines[0].endswith(":") else lines[0]


def _hint(fn, request: Request, argtypes: tuple, reason: str) -> str:
    """Whether the user's own function is a program for Numba."""
    try:
        njit(fn).compile(argtypes[:-1] if request.mode == "vjp" else argtypes)
    except NumbaError as error:
        same = reason_of(error) == reason
        return f"Nor does it compile {fn.__name__} as it is." if same else "Write it in another way."
    return f"It compiles {fn.__name__} as it is, so this is an error of adtrans: please report it."
