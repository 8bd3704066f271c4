"""The statements for calls that stay what they are, and for operations with adjoints of their own."""

from __future__ import annotations

from dataclasses import dataclass, field

from adtrans.errors import Loc
from adtrans.ir.memo import Node
from adtrans.ir.nodes import Call, _loc


@dataclass(frozen=True, slots=True)
class Opaque(Node):
    """`targets = value`: the results, in new memory, of a call that is not looked into; one that may do more than
    return them, as drawing random numbers, is run `once`, in its turn. `changes` are the arrays among its arguments
    that it writes to; in those it `keeps` it leaves no negative element, if there was none. Made by `scalarise`."""

    targets: tuple[str, ...]
    value: Call
    once: bool = False
    changes: tuple[str, ...] = ()
    loc: Loc | None = _loc()
    comments: tuple = field(default=(), compare=False)
    keeps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pullback:
    """`block` adds to the cotangents of `inputs` what they get by `results`, the cotangent of `x` being the name
    `bar(x)`. Where there is no derivative `refused` says why."""

    inputs: tuple[str, ...]
    results: tuple[str, ...]
    block: tuple
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Custom(Node):
    """An operation with an adjoint of its own: `forward` computes `targets`, and `adjoints` are their pullbacks."""

    targets: tuple[str, ...]
    forward: tuple
    adjoints: tuple[Pullback, ...]
    loc: Loc | None = _loc()
    comments: tuple = field(default=(), compare=False)
