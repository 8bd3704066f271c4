"""The types of what functions return that stay calls: those that they have where the calls of themselves have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from numba.core import types

from adtrans import ir
from adtrans.callees import callee_of
from adtrans.errors import UnsupportedError
from adtrans.types.kinds import array_type

MOST = 20  # functions and kinds of arguments that call each other

_readers: list[tuple[Callable, Callable]] = []
_settled: dict[tuple, types.Type] = {}
_guesses: dict[tuple, types.Type | None] = {}  # of the functions that are being looked at; None: not known yet


def read_with(program: Callable, returned: Callable) -> None:
    """Makes known how a function that stays a call becomes a structured program, and how the type of what that returns
    is found. `pipeline`, which leads here for the calls in a program, does this."""
    _readers.append((program, returned))


def called_program(func: str, args: tuple) -> ir.Function:
    """The structured program of the function that `func` names, for arguments of types `args`."""
    return _readers[-1][0](func, args)


class Unknown(Exception):
    """A type is not known yet: the loop or the function that it hangs on is still being read."""


def called_type(func: str, args: tuple, loc) -> types.Type:
    """What the function that `func` names returns: a scalar, an array, a tuple of such, or `none`.

    Raises: Unknown while that is being found; UnsupportedError where every path to a return calls the function again.
    """
    key = (func, args)
    if key in _settled:
        return _settled[key]
    if _guesses:
        guess = _guesses.setdefault(key, None)
        if guess is None:
            raise Unknown(callee_of(func).function.name)
        return guess
    _guesses[key] = None
    try:
        _settle(loc)
        return _settled[key]
    finally:
        _guesses.clear()


@contextmanager
def apart() -> Iterator[None]:
    """A time in which another program is read: what is guessed of this one says nothing about that."""
    guesses = dict(_guesses)
    _guesses.clear()
    try:
        yield
    finally:
        _guesses.clear()
        _guesses.update(guesses)


def _settle(loc) -> None:
    """Looks at the functions, and at those that they turn out to call, until nothing changes."""
    before: dict = {}
    while before != _guesses:
        before = dict(_guesses)
        for key in before:
            program, returned = _readers[-1]
            with callee_of(key[0]).read():
                _guesses[key] = _contiguous(returned(program(*key), key[1]))
        if len(_guesses) > MOST:
            name = callee_of(next(iter(_guesses))[0]).function.name
            raise UnsupportedError(
                f"{name} calls itself with arguments of ever other types", loc, "Pass the same types in every call."
            )
    for (func, _), t in _guesses.items():
        if t is None:
            raise _without_end(callee_of(func).function, loc)
    _settled.update(_guesses)


def _contiguous(t):
    """The type, of an array or a tuple with arrays in it, as it is in new memory."""
    if isinstance(t, types.BaseTuple):
        return types.BaseTuple.from_types([_contiguous(item) for item in t])
    return array_type(t.dtype, t.ndim) if isinstance(t, types.Array) else t


def _without_end(function: ir.Function, loc) -> UnsupportedError:
    message = f"{function.name} returns nothing but what it gets by calling itself, so that its type is not known"
    return UnsupportedError(message, loc, "Let one path return a value without a call of itself.")
