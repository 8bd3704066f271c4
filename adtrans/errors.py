"""Source locations and the exceptions that adtrans raises about a user's program."""

from __future__ import annotations

import contextlib
import linecache
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Loc:
    """A span of a user's source file; lines and columns count from 1, `end_column` is exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def source_line(self) -> str:
        return linecache.getline(self.file, self.line).rstrip("\n")


class AdtransError(Exception):
    """Base of every error that adtrans raises about a user's program or call; names the line and what to do."""

    def __init__(self, message: str, loc: Loc | None = None, hint: str = ""):
        self.message, self.loc, self.hint = message, loc, hint
        super().__init__(render(message, loc, hint))

    def __reduce__(self):
        return type(self), (self.message, self.loc, self.hint)


class SourceError(AdtransError):
    """The function has no source that can be read."""


class UnsupportedError(AdtransError):
    """The program uses something that cannot be differentiated."""


class ArgumentError(UnsupportedError, TypeError):
    """The arguments, their types or `argnums` do not fit the function."""


@contextlib.contextmanager
def located(loc: Loc | None) -> Iterator[None]:
    """Errors from inside that name no place name `loc`."""
    try:
        yield
    except AdtransError as error:
        if error.loc is not None or loc is None:
            raise
        raise type(error)(error.message, loc, error.hint) from error


def render(message: str, loc: Loc | None, hint: str) -> str:
    """`file:line:column: message`, the line with carets under the span, and the hint."""
    if loc is None:
        return message if not hint else f"{message}\n{hint}"
    lines = [f"{loc.file}:{loc.line}:{loc.column}: {message}"]
    text = loc.source_line()
    if text:
        end = loc.end_column if loc.end_line == loc.line else len(text) + 1
        lines += ["    " + text, "    " + " " * (loc.column - 1) + "^" * max(1, end - loc.column)]
    return "\n".join(lines + ([hint] if hint else []))
