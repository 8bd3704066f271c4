"""Random programs of one kind each: the generated gradient against finite differences, the values against Python's.

For each kind a variable of the environment says how many programs to run, `ADTRANS_RANDOM_ARRAYS` for those of array
functions (10), `ADTRANS_RANDOM_CALLS` of functions that call themselves (8), `ADTRANS_RANDOM_SUMS` of such that scale
and add up what their calls return (4), `ADTRANS_RANDOM_COUNTERS` of integers that count (12), `ADTRANS_RANDOM_STATES`
of loops that carry much (8), `ADTRANS_RANDOM_LENGTHS` of arrays that change their lengths (8), `ADTRANS_RANDOM_VIEWS`
of memory with several names (8), `ADTRANS_RANDOM_COMPLEX` of complex arrays (6), `ADTRANS_RANDOM_TYPES` of numbers of
all types (6), `ADTRANS_RANDOM_STEPS` of time steps on grids (10), `ADTRANS_RANDOM_KERNELS` of numerical kernels that
are a little other than usual (12). `ADTRANS_RANDOM_SEED` is the first seed; with `ADTRANS_RANDOM_COMPILED=1` Numba
compiles the generated code (some seconds a program).
"""

from __future__ import annotations

import os

import pytest
from random_arrays import random_arrays
from random_calls import random_calls
from random_checks import outcome
from random_complex import random_complex
from random_counters import random_counters
from random_kernels import random_kernels
from random_lengths import random_lengths
from random_states import random_states
from random_steps import random_steps
from random_sums import random_sums
from random_types import random_types
from random_views import random_views

FIRST = int(os.environ.get("ADTRANS_RANDOM_SEED", "1000"))
COMPILED = os.environ.get("ADTRANS_RANDOM_COMPILED", "0") == "1"
KINDS = (  # each with how many programs, and seeds that have failed, which always run
    (random_arrays, 10, (1100008,)),
    (random_calls, 8, (990005,)),
    (random_sums, 4, (5125,)),
    (random_counters, 12, (992001,)),
    (random_states, 8, (1230039,)),
    (random_lengths, 8, (5, 37, 1230026)),
    (random_views, 8, ()),
    (random_complex, 6, ()),
    (random_types, 6, ()),
    (random_steps, 10, ()),
    (random_kernels, 12, (1701762,)),
)


@pytest.mark.parametrize(
    ("generator", "count", "once_wrong"), KINDS, ids=[generator.__name__ for generator, *_ in KINDS]
)
def test_random_programs_of_a_kind_have_right_gradients_or_clear_errors(generator, count, once_wrong):
    count = int(os.environ.get(f"ADTRANS_{generator.__name__.upper()}", count))
    seeds = (*once_wrong, *range(FIRST, FIRST + count))
    found = [outcome(generator(seed), COMPILED) for seed in seeds]
    assert found.count("checked") > 0.5 * count or FIRST != 1000, f"too few programs were checked: {found}"
