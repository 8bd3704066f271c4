"""Forward and reverse loops merged: the gradient stays right, the tapes go, and what must stay apart does."""

import math

import numba
import numpy as np
import pytest
from ir_python import define
from uncompiled import names_of

from adtrans.passes import VARIABLE
from adtrans.pipeline import generate

SIZES = (0, 1, 5)


@pytest.fixture(autouse=True)
def one_version(monkeypatch):
    """Without `near`, a loop with sines stays one."""
    monkeypatch.setenv(VARIABLE, "near")


def arguments(n: int) -> tuple:
    rng = np.random.default_rng(n)
    return rng.uniform(0.2, 0.9, 3), rng.uniform(-1, 1, n), rng.uniform(-1, 1, n)


def generated(source: str, mode: str = "value_and_grad", **options):
    fn = define(source, math=math)
    return fn, generate(fn, tuple(map(numba.typeof, arguments(3))), (0, 1, 2), mode, single=False, **options)


def assert_right(source: str, **options) -> str:
    """The text of the gradient function, after its results are found to agree with finite differences."""
    fn, module = generated(source, **options)
    adjoint = names_of(module.text)[module.adjoint]
    for n in SIZES:
        args = arguments(n)
        value, gradient = adjoint(*args)
        assert value == pytest.approx(fn(*(a.copy() for a in args)), rel=1e-12)
        for k, found in enumerate(gradient):
            np.testing.assert_allclose(found, differences(fn, args, k), rtol=1e-6, atol=1e-8)
    return module.text.split(f"def {module.adjoint}")[1]


def differences(fn, args: tuple, k: int) -> np.ndarray:
    found = np.zeros_like(args[k])
    for i in range(len(found)):
        ends = []
        for step in (1e-6, -1e-6):
            moved = [a.copy() for a in args]
            moved[k][i] += step
            ends.append(fn(*moved))
        found[i] = (ends[0] - ends[1]) / 2e-6
    return found


def loops_over(text: str, var: str = "i") -> int:
    return text.count(f"for {var} in ")


def program(*body: str, before: tuple = (), after: tuple = ()) -> str:
    """A function of c, x and y with a loop over i, of which `body` is the body."""
    lines = ["n = len(x)", "d = len(c)", "total = 0.0", *before, "for i in range(n):"]
    lines += [*(f"    {line}" for line in body), *after]
    return "\n".join(
        ["import numpy as np", "def f(c, x, y):", *(f"    {line}" for line in (*lines, "return total")), ""]
    )


MERGED = {
    "the square of a residual": program("r = math.exp(x[i]) - y[i]", "total += r * r"),
    "an inner recurrence": program("p = 0.0", "for k in range(d):", "    p = p * x[i] + c[k]", "total += p * p * y[i]"),
    "a branch": program("s = x[i] * c[0]", "if s > y[i]:", "    s = math.sin(s)", "total += s * s"),
    "a mean": program("total += math.sin(x[i] * c[0])", after=("total = total / (n + 1)",)),
    "an array of results": program("z[i] = math.sin(x[i])", "total += z[i] * z[i] * c[1]", before=("z = np.empty(n)",)),
    "a sum that the reverse loop does not touch": program(
        "total += x[i] * x[i]", "seen += y[i]", before=("seen = 0.0",)
    ),
    "a constant that changes": program("total += w * x[i] * x[i]", "w = w * 0.9", before=("w = 1.0",)),
    "a range that starts later": program("total += math.sin(x[i])").replace("range(n)", "range(1, n)"),
    "a range with a step": program("total += math.sin(x[i])").replace("range(n)", "range(0, n, 2)"),
    "a triangle": program(
        "p = 1.0", "for k in range(i):", "    p = p * math.sin(x[k] * c[1]) + y[i]", "total += p * p"
    ),
    "a search": program("s = x[i] * x[i]", "while s < 5.0:", "    s = s * s + 0.6 * s + c[0]", "total += s * y[i]"),
    "a search in each row of a triangle": program(
        *(
            "p = x[i]",
            "for k in range(i):",
            "    s = y[k] * y[k]",
            "    while s < 5.0:",
            "        s = s * s + s + c[0]",
        ),
        *("    p = p * s", "total += 0.001 * p * y[i]"),
    ),
    "a range downwards": program("total += math.sin(x[i])").replace("range(n)", "range(n - 1, -1, -1)"),
}

WORK_ARRAY = """
import numpy as np

def f(c, x, y):
    total = 0.0
    w = np.empty(len(c))
    for i in range(len(x)):
        for k in range(len(c)):
            w[k] = math.sin(c[k] * x[i])
        for k in range(1, len(c)):
            w[k] = w[k] * w[k - 1] + y[i]
        total += w[len(c) - 1] * w[0]
    return total
"""

APART = {
    "an active recurrence": program("s = s * x[i] + c[0]", "total += s", before=("s = 1.0",)),
    "the running total": program("total += math.sin(total + x[i])"),
    "an element of the neighbour": program(
        "total += math.sin(x[i] * x[i - 1])", "s = s * x[i]", before=("s = 1.0",), after=("total += s",)
    ),
    "a cotangent that only the whole sum gives": program(
        "total += math.exp(x[i])", after=("total = math.log(total + 1.0)",)
    ),
    "in-place steps along an array": program(
        "z[i + 1] = z[i] * x[i] + c[0]", "total += z[i]", before=("z = np.zeros(n + 1)",)
    ),
    "elements under two names": program(
        "z[i] = math.sin(x[i])",
        "total += v[i] * z[i]",
        before=("z = np.ones(n + 1)", "v = z[1:]"),
        after=("total += z[0] * z[n]",),
    ),
    "elements under a name that moves": program(
        "v = z[i:]", "v[n - i] += math.sin(x[i])", "total += z[n] * z[n]", before=("z = np.ones(n + 1)",)
    ),
    "break": program("total += math.sin(x[i])", "if total > 1.5:", "    break"),
    "while": program("total += math.sin(x[i])", "i += 1", before=("i = 0",)).replace(
        "for i in range(n)", "while i < n"
    ),
}


@pytest.mark.parametrize("source", MERGED.values(), ids=MERGED)
def test_independent_iterations_are_reversed_one_by_one(source):
    text = assert_right(source)
    assert loops_over(text) + text.count("for i_start in ") == 1
    assert "tape = np.empty(n)" not in text and "tape = np.empty((n" not in text


@pytest.mark.parametrize("source", APART.values(), ids=APART)
def test_dependent_iterations_stay_in_their_order(source):
    text = assert_right(source)
    assert loops_over(text) != 1


def test_work_array_filled_by_each_iteration_is_not_copied_for_its_reverse():
    text = assert_right(WORK_ARRAY.replace("import numpy", "import math\nimport numpy"))
    assert loops_over(text) == 1
    assert "w = np.empty(c.shape[0])" in text and "w_back" not in text


def test_loop_that_reads_a_sum_of_the_loop_before_stays_apart():
    """The second loop needs the first one's total: neither reverse loop can run before it."""
    body = (
        "for i in range(n):",
        "    total += x[i] * x[i]",
        "for i in range(n):",
        "    best += math.sin(total * y[i])",
    )
    source = program("total += c[0] * x[i]", before=("best = 0.0",), after=(*body, "total = best"))
    assert_right(source)


def test_iteration_that_overwrites_its_argument_reverses_a_copy_of_it():
    text = assert_right(program("x[i] = x[i] * x[i] * c[0]", "total += math.sin(x[i])"))
    assert "x = x.copy()" in text


def test_nothing_is_merged_where_sums_keep_their_order():
    text = assert_right(MERGED["a mean"], fastmath=False)
    assert loops_over(text) == 2
