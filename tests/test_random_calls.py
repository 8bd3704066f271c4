"""Random programs of functions that call themselves: the gradient against differences, the value against Python's.

`ADTRANS_RANDOM_CALLS` is how many programs to run (8), `ADTRANS_RANDOM_SEED` the first seed; with
`ADTRANS_RANDOM_COMPILED=1` Numba compiles the generated code (some seconds a program).
"""

from __future__ import annotations

import os

from random_calls import random_calls
from random_checks import outcome
from random_sums import random_sums

FIRST = int(os.environ.get("ADTRANS_RANDOM_SEED", "1000"))
COUNT = int(os.environ.get("ADTRANS_RANDOM_CALLS", "8"))
COMPILED = os.environ.get("ADTRANS_RANDOM_COMPILED", "0") == "1"
ONCE_WRONG = (990005,)  # seeds that have failed: always run


def test_recursive_programs_have_right_gradients_or_clear_errors():
    seeds = (*ONCE_WRONG, *range(FIRST, FIRST + COUNT))
    found = [outcome(random_calls(seed), COMPILED) for seed in seeds]
    assert found.count("checked") > 0.5 * COUNT, f"too few programs were checked: {found}"


def test_recursive_programs_that_scale_and_add_have_right_gradients():
    seeds = range(FIRST, FIRST + (COUNT + 1) // 2)
    found = [outcome(random_sums(seed), COMPILED) for seed in seeds]
    assert found.count("checked") > 0.5 * len(seeds), f"too few programs were checked: {found}"
