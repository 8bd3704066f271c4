"""Functions with a pullback of their own, which Python and `@njit` code call and adtrans does not look into."""

from __future__ import annotations

import inspect
import sys
from types import FunctionType

from numba import njit
from numba.core.registry import CPUDispatcher

from adtrans.errors import ArgumentError
from adtrans.py_func import py_func
from adtrans.request import function_loc, request_of


def vjp_rule(fn) -> Rule:
    """`fn` compiled by Numba, with a derivative that `pullback` defines: a decorator.

        @vjp_rule
        def root(a): ...

        @root.pullback
        def _(a, x, x_bar):
            return x_bar / (2.0 * x)

    `fn` is a Python function or an `@njit` function of numbers and arrays; Numba compiles it, adtrans never reads it.
    It returns a number, an array or a tuple of these, writes to none of its arguments and returns no memory of theirs.
    What it returns must depend on its arguments alone.

    Raises: ArgumentError for anything but such a function.
    """
    function = py_func(fn)
    if not isinstance(function, FunctionType) or request_of(fn) is not None or isinstance(fn, Rule):
        raise ArgumentError(f"vjp_rule does not take {fn!r}", None, "Give it a Python function or an @njit function.")
    for param in inspect.signature(function).parameters.values():
        if param.kind is not param.POSITIONAL_OR_KEYWORD:
            hint = "Use plain parameters only."
            raise ArgumentError(f"parameter {str(param)!r} is not supported", function_loc(function), hint)
    return Rule(function, {**getattr(fn, "targetoptions", {}), "nopython": True})


class Rule(CPUDispatcher):
    """What `vjp_rule` makes: an `@njit` function. `rule` is its compiled pullback, None before there is one."""

    has_vjp_rule = True

    def __init__(self, function: FunctionType, options: dict):
        super().__init__(function, targetoptions=options)
        self.rule = None
        self.label = function.__name__
        self.parameters = tuple(inspect.signature(function).parameters)

    def pullback(self, fn) -> Rule:
        """Makes `fn` the pullback, a decorator: a Python function or an `@njit` function that Numba compiles.

        It takes the arguments of the function, its result and the cotangent of the result, which for a tuple is the
        tuple of the cotangents, and returns the cotangents of the arguments: a value for one argument, a tuple for
        several, None in the place of each that has none.

        Raises: ArgumentError for another number of parameters, or where there is a pullback already.
        """
        function = py_func(fn)
        if self.rule is not None:
            raise ArgumentError(f"{self.label} has a pullback already", function_loc(function))
        count = len(inspect.signature(function).parameters)
        if count != len(self.parameters) + 2:
            message = f"the pullback of {self.label} takes {len(self.parameters) + 2} arguments, this one {count}"
            hint = f"Its parameters are {', '.join(self.parameters)}, the result and the result's cotangent."
            raise ArgumentError(message, function_loc(function), hint)
        self.rule = njit(fn) if fn is function else fn
        return self

    @property
    def place(self) -> tuple[str, str] | None:
        """The module and the name by which this object can be imported; None where it cannot."""
        module, name = self.py_func.__module__, self.py_func.__qualname__
        return (module, name) if getattr(sys.modules.get(module), name, None) is self else None

    def __adtrans_state__(self):
        """What a text that calls this function depends on."""
        return self.py_func, getattr(self.rule, "py_func", None), self.place or id(self)

    def __reduce__(self):
        if self.place is None:
            raise TypeError(f"{self.label} can only be pickled by name, as a function of a module")
        return self.py_func.__qualname__

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self
