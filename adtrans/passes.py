"""The optimising passes, what arithmetic they may change, and what they have changed.

`ADTRANS_DISABLE` switches passes off by their names.

A pass says that it is one where it is defined: what `optimising` decorates returns its first argument as it is while
it is switched off. Only passes without which a program is as right as with them are such.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextvars import ContextVar

from adtrans import ir
from adtrans.errors import ArgumentError, Loc

Changes = dict[str, set[Loc]]  # of each pass that changed something, where
VARIABLE = "ADTRANS_DISABLE"
# LLVM's flags by default: sums and functions vectorise; NaN and infinity keep their meaning.
FASTMATH = frozenset({"reassoc", "contract", "arcp", "nsz", "afn"})
_names: set[str] = set()
_watching: ContextVar[Changes | None] = ContextVar("watching", default=None)


def optimising(transform: Callable) -> Callable:
    """The pass `transform` of a block, or of something with a function, which can be switched off."""
    name = transform.__name__
    _names.add(name)

    @functools.wraps(transform)
    def switched(program, *args):
        if name in disabled():
            return program
        out = transform(program, *args)
        changes = _watching.get()
        if changes is not None and out != program:
            changes.setdefault(name, set()).update(_places(_block(program), _block(out)))
        return out

    return switched


def disabled() -> frozenset:
    """The names of the passes that are switched off."""
    return frozenset(filter(None, map(str.strip, os.environ.get(VARIABLE, "").split(","))))


def check_disabled() -> None:
    """Raises: ArgumentError where what is switched off is no pass. To be called where all passes are imported."""
    for name in sorted(disabled() - _names):
        hint = f"Name some of {', '.join(sorted(_names))}, with commas between."
        raise ArgumentError(f"{VARIABLE}: there is no pass {name!r} that can be switched off", None, hint)


def names() -> list[str]:
    """The names of all passes that can be switched off, as far as they are imported."""
    return sorted(_names)


@contextlib.contextmanager
def watched() -> Iterator[Changes]:
    """What the passes change inside."""
    changes: Changes = {}
    token = _watching.set(changes)
    try:
        yield changes
    finally:
        _watching.reset(token)


def _block(program) -> tuple:
    if isinstance(program, tuple):
        return program
    return program.function.body if hasattr(program, "function") else (program,)


def _places(before: tuple, after: tuple) -> set[Loc]:
    """Where the statements are from that only one of two blocks has; nested ones count for themselves."""
    one, two = (Counter(map(_alone, ir.statements(b))) for b in (before, after))
    return {loc for _, loc in (*(one - two), *(two - one)) if loc}


def _alone(stmt) -> tuple:
    return ir.with_blocks(stmt, *(() for _ in ir.blocks(stmt))), stmt.loc
