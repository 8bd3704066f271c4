"""Derivative rules. To add one, read a neighbour in the entry files (`arithmetic`, `exponential` ...)."""

from __future__ import annotations

from adtrans.rules.registry import Elementwise, lookup, partials, table

# The entry files, in the order of the table; importing one registers its rules.
from adtrans.rules import arithmetic, exponential, trigonometric, special, selection, rounding, comparison  # isort: skip

ENTRY_FILES = (arithmetic, exponential, trigonometric, special, selection, rounding, comparison)

__all__ = ["Elementwise", "lookup", "partials", "table"]
