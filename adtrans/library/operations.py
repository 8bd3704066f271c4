"""Functions that are left to a library, with pullbacks written in the language that adtrans differentiates.

The call stays as it is. Of the pullback, the Python function that gives the cotangents of the arguments from that of
the result, the statements take the place of the adjoint: `b_bar` of `x = np.linalg.solve(a, b)` is
`np.linalg.solve(a.T, x_bar)`, and `a_bar` the negative outer product of `b_bar` and `x`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adtrans import types
from adtrans.library.declaration import Declaration


@dataclass(frozen=True)
class Result:
    """A result's type, and for each axis of an array an array and its axis that have the same length: an argument, or a
    result, the array itself where no other has its length."""

    name: str
    type: Any
    lengths: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Operation:
    """A call for the types of its arguments: `args` are those that are arrays, with the lengths of their axes as in
    `Result`.

    `pullbacks` has for a result the function that computes the cotangents of `args`, in their order, or the reason why
    there is none. Its parameters are among the arguments, the results, and `y_bar` for the cotangent of the result `y`.
    A result for which it has nothing is constant."""

    args: dict[str, tuple[tuple[str, int], ...]]
    results: tuple[Result, ...]
    pullbacks: dict[str, Callable | str]


_DECLARATIONS: dict[str, Declaration] = {}


def operation(func: str, *at: str, static: tuple[str, ...] = ()):
    """A decorator: the function chooses the `Operation` for a call of `func`, tested `at` these calls."""

    def keep(choose: Callable) -> Callable:
        assert at, f"{func} is not tested"
        _DECLARATIONS[func] = Declaration(func, choose, frozenset(static), at)
        return choose

    return keep


def declared(func: str) -> Declaration | None:
    """The declaration of a function by its canonical name, such as `np.linalg.solve`."""
    return _DECLARATIONS.get(func)


def declarations() -> tuple[Declaration, ...]:
    """All of them, by name."""
    return tuple(_DECLARATIONS[func] for func in sorted(_DECLARATIONS))


def array(name: str, like: Any, *lengths: tuple[str, int]) -> Result:
    """The result `name`, an array with as many axes as `lengths` and elements as those of the type `like`."""
    return Result(name, types.array_type(types.dtype_of(like), len(lengths)), lengths)
