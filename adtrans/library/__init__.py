"""Functions of NumPy in the language itself, see `registry`; others left to a library, see `operations`."""

from adtrans.library import accumulations, building, linalg, statistics
from adtrans.library.operations import Declaration, Operation, Result, declarations, declared
from adtrans.library.registry import Definition, constant, definitions, lookup

__all__ = [
    "Declaration",
    "Definition",
    "Operation",
    "Result",
    "accumulations",
    "building",
    "constant",
    "declarations",
    "declared",
    "definitions",
    "linalg",
    "lookup",
    "statistics",
]
