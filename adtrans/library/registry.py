"""Functions of NumPy written in the language that adtrans differentiates: how one is declared and found.

A call of `np.cumsum(a)` becomes the loops of our `cumsum`, made for the types of the arguments, in place of the call;
derivatives, tapes and readable code come with the language. So a definition needs no rule of differentiation.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass

from adtrans import ir
from adtrans.library.declaration import Declaration
from adtrans.types.kinds import types

# The annotations of parameters that take arrays: of a list or tuple of numbers they are given their array.
Array = types.Array
ArrayOrNumber = types.Array | types.Number


@dataclass(frozen=True)
class Definition(Declaration):
    """`choose` returns what takes the place of the call: the statements of a Python function, a `Formula` or an
    `Opaque`. The parameters of these are some of those of `choose`, by name; of an argument `arrays` that is a tuple
    they can be the items, `arrays_0`, `arrays_1`.

    Of the `known` parameters `choose` is given the value where it is a constant, so that the text can be simpler.

    `rest` is the parameter that holds the positional arguments from its place on, where NumPy's has a star.
    """

    known: frozenset
    rest: str | None

    @property
    def arrays(self) -> tuple[str, ...]:
        """The parameters that take arrays."""
        return self._annotated("Array", "ArrayOrNumber")

    @property
    def arrays_only(self) -> tuple[str, ...]:
        """The parameters that take arrays and no numbers."""
        return self._annotated("Array")

    def _annotated(self, *names: str) -> tuple[str, ...]:
        found = inspect.signature(self.choose).parameters.values()
        return tuple(p.name for p in found if p.annotation in names)


@dataclass(frozen=True)
class Formula:
    """A definition of one expression, the result of `fn`, which takes the place of the call: nothing gets a name, and
    elementwise arguments are not computed beforehand."""

    fn: Callable


@dataclass(frozen=True)
class Opaque:
    """A call that stays a call of Numba's: of a function whose result has no derivative, an integer or a new array of
    integers with `ndim` axes; they have the lengths of those of the parameter `like`, if it names one."""

    func: str
    params: tuple[str, ...]
    keywords: tuple = ()  # ((name, constant), ...)
    ndim: int = 1
    like: str | None = None


_DEFINITIONS: dict[str, Definition] = {}


def defines(func: str, *at: str, static: tuple[str, ...] = (), known: tuple[str, ...] = (), rest: str | None = None):
    """A decorator: the function chooses the definition of `func`, tested `at` these calls."""

    def keep(choose: Callable) -> Callable:
        assert at, f"{func} is not tested"
        _DEFINITIONS[func] = Definition(func, choose, frozenset(static), at, frozenset(known), rest)
        return choose

    return keep


def lookup(func: str) -> Definition | None:
    """The definition of a function by its canonical name, such as `np.cumsum`."""
    return _DEFINITIONS.get(func)


def definitions() -> tuple[Definition, ...]:
    """All of them, by name."""
    return tuple(_DEFINITIONS[func] for func in sorted(_DEFINITIONS))


def constant(expr):
    """The value of an expression that is a constant, a tuple of them too. Raises: ValueError where it is none."""
    match expr:
        case ir.Const(value):
            return value
        case ir.Op("neg", (ir.Const(value),)):
            return -value
        case ir.Tuple(items):
            return tuple(map(constant, items))
    raise ValueError("must be a constant")
