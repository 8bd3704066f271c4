"""Random loop nests: gradient, values and what the passes on loops do to them.

`ADTRANS_RANDOM_NESTS` is how many programs to run (45), `ADTRANS_RANDOM_SEED` the first seed; with
`ADTRANS_RANDOM_COMPILED=1` Numba compiles the generated code (some seconds a program).
"""

from __future__ import annotations

import os
from collections import Counter

import pytest
from random_checks import outcome
from random_nests import random_nest

from adtrans import helpers, pipeline, units
from adtrans.passes import FASTMATH
from adtrans.transforms import fuse, gradient, optimise, search, strip

FIRST = int(os.environ.get("ADTRANS_RANDOM_SEED", "1000"))
COUNT = int(os.environ.get("ADTRANS_RANDOM_NESTS", "45"))
COMPILED = os.environ.get("ADTRANS_RANDOM_COMPILED", "0") == "1"
ONCE_WRONG: tuple[int, ...] = ()  # seeds that have failed: always run
PASSES = (
    *((pipeline, "fuse"), (pipeline, "checkpoint"), (fuse, "contract"), (optimise, "strip"), (optimise, "accumulate")),
    *((optimise, "distribute"), (optimise, "ascend"), (optimise, "unsigned"), (gradient, "extremes")),
    *((pipeline, "borrow"), (units, "coalesce")),
)
EACH_FOURTH = ((FASTMATH, False), "")  # program in both orders of sums, with all passes


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Few iterations in a block or segment, so that a loop of few has several, and one that is cut short."""
    monkeypatch.setattr(strip, "LANES", 4)
    monkeypatch.setattr(search, "LENGTH", 3)
    monkeypatch.setitem(helpers.SOURCE, "lanes", "def lanes(elements):\n    return 3\n")
    segment = "def segment(trips, state, tape, most):\n    return max(min(trips, 2 + trips // 5), 1)\n"
    monkeypatch.setitem(helpers.SOURCE, "segment", segment)


@pytest.fixture
def changes(monkeypatch) -> Counter:
    """How often each pass changed a function."""
    found: Counter = Counter()

    def watched(name, transform):
        def new(block, *args):
            out = transform(block, *args)
            found[name] += out != block
            return out

        return new

    for module, name in PASSES:
        monkeypatch.setattr(module, name, watched(name, getattr(module, name)))
    return found


def test_random_nests_have_right_gradients_or_clear_errors(changes):
    seeds = (*ONCE_WRONG, *range(FIRST, FIRST + COUNT))
    found = [outcome(random_nest(seed), COMPILED, *EACH_FOURTH if seed % 4 == 0 else ()) for seed in seeds]
    assert found.count("checked") > 0.5 * COUNT or FIRST != 1000, f"too few programs were checked: {found}"
    missed = {name for _, name in PASSES if not changes[name]}
    assert not missed or FIRST != 1000 or COUNT < 40, f"passes that no program needs: {missed}"
