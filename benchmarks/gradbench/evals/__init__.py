"""GradBench's evals for adtrans: a module each, with a `Task` for each function that the eval asks for.

A module `NAME_arrays` has operations on whole arrays where `NAME` has loops.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Task:
    """`compute(*prepare(input))` is what is timed; `answer` makes a value for JSON of it."""

    prepare: Callable[[dict], tuple]
    compute: Callable
    answer: Callable[[Any], Any]
