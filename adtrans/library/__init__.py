"""Functions of NumPy in the language itself: see `registry`."""

from adtrans.library import accumulations, building, statistics
from adtrans.library.registry import Definition, constant, definitions, lookup

__all__ = ["Definition", "accumulations", "building", "constant", "definitions", "lookup", "statistics"]
