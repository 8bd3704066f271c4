"""A structured program: no jumps, no unpacking, loops that own their variable and bounds."""

from __future__ import annotations

from adtrans import ir
from adtrans.transforms.jumps import jumps
from adtrans.transforms.loops import loops
from adtrans.transforms.unpacking import unpacking


def normalise(function: ir.Function) -> ir.Function:
    """`function` without `Break` and `Continue`, with one `Return` at its end, without `Unpack` but for
    permutations of names, and with `For` as its docstring says. Expects `inline` first.

    Raises: UnsupportedError if it returns a value on some paths only, or unpacks a tuple of the wrong length.
    """
    return loops(unpacking(jumps(function)))
