"""Random programs: the generated gradient against finite differences, the value against plain Python's.

`ADTRANS_RANDOM_PROGRAMS` is how many programs to run (60), `ADTRANS_RANDOM_SEED` the first seed; with
`ADTRANS_RANDOM_COMPILED=1` Numba compiles the generated code (some seconds a program).
"""

from __future__ import annotations

import os

from random_checks import outcome
from random_programs import random_program

FIRST = int(os.environ.get("ADTRANS_RANDOM_SEED", "1000"))
COUNT = int(os.environ.get("ADTRANS_RANDOM_PROGRAMS", "60"))
COMPILED = os.environ.get("ADTRANS_RANDOM_COMPILED", "0") == "1"
ONCE_WRONG: tuple[int, ...] = ()  # seeds that have failed: always run


def test_random_programs_have_right_gradients_or_clear_errors():
    seeds = (*ONCE_WRONG, *range(FIRST, FIRST + COUNT))
    found = [outcome(random_program(seed), COMPILED) for seed in seeds]
    assert found.count("checked") > 0.5 * COUNT or FIRST != 1000, f"too few programs were checked: {found}"
