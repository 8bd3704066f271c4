"""Functions of the user's, and derivatives, whose calls stay calls, as `inline` meets them."""

from __future__ import annotations

from dataclasses import replace

from adtrans import ir
from adtrans.analyses.sharing import sources, viewed
from adtrans.callees import Callee
from adtrans.errors import UnsupportedError
from adtrans.names import used
from adtrans.parse import parse
from adtrans.transforms.knowledge import only_known


def called(function: ir.Function, known: tuple) -> Callee:
    """The function, its jumps gone, with what is `known` of parameters that no variable can hold."""
    callee = Callee(function, known)
    result, found = function.body[-1].value, sources(function.body)
    names = viewed(result) if result is not None else ()
    returned = set().union(*(found.get(name, {name}) for name in names))
    shares = (k for k, param in enumerate(callee.params) if param in returned)
    return Callee(function, known, frozenset(shares))


def called_with(callee: ir.Function, bound: dict) -> Callee:
    """The function of a call that stays one, with those arguments that no variable can hold."""
    return called(callee, tuple((param, value) for param, value in bound.items() if only_known(value)))


def signature(derivative) -> ir.Function:
    """The name and the parameters of a derivative, as a function."""
    request, function = derivative.request, parse(derivative.primal)
    params = tuple(p.name for p in request.parameters())
    body = (ir.Return(ir.Const(0.0)),)
    return replace(function, name=f"{function.name}_{request.mode}", params=params, body=body, constants={})


def require_values(bound: dict, loc) -> None:
    """Raises: UnsupportedError where a derivative is given what no variable can hold, such as a function."""
    for param, value in bound.items():
        if only_known(value) and value != ir.Const(None):
            message = f"a derivative is given what is no number or array as {param}"
            raise UnsupportedError(message, loc, "Define a function that has it inside, and differentiate that.")


def require_closed(known: tuple, loc) -> None:
    """Raises: UnsupportedError where a function that is passed reads variables of the one that passes it."""
    for _, value in known:
        for part in ir.walk(value):
            if isinstance(part, ir.Name) or (isinstance(part, ir.FunctionValue) and _reads_outside(part.target)):
                raise UnsupportedError(
                    "a function that reads variables of this one is passed to one that calls itself",
                    loc,
                    "Define it outside, or pass what it reads as arguments.",
                )


def _reads_outside(target) -> bool:
    """Whether a function inside of another uses names of that one."""
    return isinstance(target, ir.Function) and any(not name.startswith(target.prefix) for name in used(target))
