"""Functions of NumPy in the language itself: see `registry`."""

from adtrans.library import (
    accumulations,
    building,
    elementwise,
    products,
    rearranging,
    searching,
    sorting,
    statistics,
)
from adtrans.library.registry import OPAQUE, Definition, Formula, Opaque, constant, definitions, lookup

__all__ = [
    "OPAQUE", "Definition", "Formula", "Opaque", "accumulations", "building", "constant", "definitions", "elementwise",
    "lookup", "products", "rearranging", "searching", "sorting", "statistics",
]  # fmt: skip
