"""Functions of NumPy in the language itself: see `registry`."""

from adtrans.library import (
    accumulations,
    building,
    elementwise,
    joining,
    products,
    rearranging,
    repeating,
    searching,
    sorting,
    statistics,
)
from adtrans.library.registry import OPAQUE, Definition, Formula, Opaque, constant, definitions, lookup

__all__ = [
    "OPAQUE", "Definition", "Formula", "Opaque", "accumulations", "building", "constant", "definitions", "elementwise",
    "joining", "lookup", "products", "rearranging", "repeating", "searching", "sorting", "statistics",
]  # fmt: skip
