"""The stages of `pipeline` for functions that are met on the way: definitions of the library, and pullbacks."""

from __future__ import annotations

from collections.abc import Callable

_STAGES: dict[str, Callable] = {}


def make_known(*stages: Callable) -> None:
    """Keeps the stages by name. `pipeline`, which leads to those who need them, does this."""
    _STAGES.update((stage.__name__, stage) for stage in stages)


def loops(fn, argtypes: tuple):
    """A function over scalars and loops, for these types of its arguments."""
    return _STAGES["loops"](fn, argtypes)


def structured(fn):
    """A function as a structured program, whatever its arguments."""
    return _STAGES["structured"](fn)


def scalarised(function, argtypes: tuple, lengths: dict[str, tuple]):
    """A structured program over scalars and loops; `lengths` as `scalarise` has them."""
    return _STAGES["scalarised"](function, argtypes, lengths)
