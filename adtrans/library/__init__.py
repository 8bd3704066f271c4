"""Functions of NumPy in the language itself, see `registry`; others left to a library, see `operations`."""

from adtrans.library import (
    accumulations,
    building,
    elementwise,
    joining,
    linalg,
    products,
    rearranging,
    repeating,
    searching,
    sorting,
    special,
    statistics,
)
from adtrans.library.declaration import Declaration
from adtrans.library.operations import Operation, Result, declarations, declared
from adtrans.library.registry import Definition, Formula, Opaque, constant, definitions, lookup

__all__ = [
    "Declaration", "Definition", "Formula", "Opaque", "Operation", "Result", "accumulations", "building", "constant",
    "declarations", "declared", "definitions", "elementwise", "joining", "linalg", "lookup", "products", "rearranging",
    "repeating", "searching", "sorting", "special", "statistics",
]  # fmt: skip
