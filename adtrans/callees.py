"""Functions of the user's that stay calls, and the functions that are generated for them: how programs name them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from adtrans import ir
from adtrans.errors import AdtransError, Loc, UnsupportedError
from adtrans.ir.tree import CALLEE

FORWARD, REVERSE, JOINT = "forward", "reverse", "vjp"  # which sweep, and how its function is called
_found: list[Any] = []  # what `callee_name` has named


@dataclass(frozen=True)
class Callee:
    """A function, its jumps gone: `known` are the parameters that a variable cannot hold, with what they stand for,
    `shares` the positions of the others whose memory the result may share. Of a `derivative` that is called at `loc`,
    whose text depends on the types of its arguments, `function` has the name and the parameters alone."""

    function: ir.Function
    known: tuple = ()
    shares: frozenset = frozenset()
    derivative: Any = None
    loc: Loc | None = None

    @property
    def params(self) -> tuple:
        """The parameters that are passed."""
        star = (self.function.star,) if self.function.star else ()
        every = (*self.function.params, *self.function.keyword_only, *star)
        return tuple(p for p in every if p not in dict(self.known))

    @contextmanager
    def read(self) -> Iterator[None]:
        """Errors from inside that are about the text of a derivative are at the call of it."""
        try:
            yield
        except AdtransError as error:
            if self.derivative is None or error.loc == self.loc:
                raise
            raise UnsupportedError(f"{self.function.name}: {error.message}", self.loc, error.hint) from error


@dataclass(frozen=True)
class Unit:
    """The function over scalars that is generated for the function named `callee` and arguments of `types`."""

    callee: str
    types: tuple


@dataclass(frozen=True)
class Sweep:
    """The forward or the reverse sweep of the function named `unit`, or both in one: of its parameters and of its
    results those that are `true` have a cotangent."""

    unit: str
    params: tuple
    results: tuple
    part: str = FORWARD


def callee_name(obj: Callee | Unit | Sweep) -> str:
    """What calls of the function are named in a program."""
    number = next((k for k, other in enumerate(_found) if _same(obj, other)), len(_found))
    if number == len(_found):
        _found.append(obj)
    return f"{CALLEE}{number}"


def callee_of(func: str) -> Any:
    """The object that `func` names in a program; None where it names none."""
    return _found[int(func.removeprefix(CALLEE))] if func.startswith(CALLEE) else None


def unit_of(stmt) -> Unit | None:
    """The unit that the statement calls; None where it calls none."""
    found = callee_of(stmt.value.func) if isinstance(stmt, ir.Opaque) else None
    return found if isinstance(found, Unit) else None


def _same(a, b) -> bool:
    if type(a) is not type(b) or not isinstance(a, Callee):
        return a == b
    arrays, others = a.function.constants, b.function.constants
    if arrays.keys() != others.keys() or not all(np.array_equal(arrays[k], others[k]) for k in arrays):
        return False
    return _without_arrays(a) == _without_arrays(b)


def _without_arrays(callee: Callee) -> Callee:
    return replace(callee, function=replace(callee.function, constants={}))
