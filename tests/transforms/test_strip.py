"""Independent loops around recurrences in blocks: the same numbers, for every length."""

import numba
import numpy as np
import pytest
from ir_python import define
from uncompiled import names_of

from adtrans.pipeline import generate

SIZES = (0, 1, 255, 256, 257, 1000)


def arguments(n: int) -> tuple:
    rng = np.random.default_rng(n)
    return rng.uniform(-0.9, 0.9, 4), rng.uniform(-0.9, 0.9, n), rng.uniform(-1, 1, n)


def program(*body: str, before: tuple = (), after: tuple = (), loop: str = "for i in range(len(x)):") -> str:
    lines = ["total = 0.0", *before, loop, *(f"    {line}" for line in body), *after, "return total"]
    return "\n".join(["import numpy as np", "def f(c, x, y):", *(f"    {line}" for line in lines), ""])


HORNER = ("p = 0.0", "for k in range(len(c)):", "    p = p * x[i] + c[k]")
STRIPPED = {
    "Horner's rule": program(*HORNER, "total += (p - y[i]) ** 2"),
    "downwards": program(*HORNER, "total += p", loop="for i in range(len(x) - 1, -1, -1):"),
    "from the second on": program(*HORNER, "total += p", loop="for i in range(1, len(x)):"),
    "a branch of scalars": program(*HORNER, "if p > y[i]:", "    p = p * 0.5", "total += p * p"),
    "the loop variable as a number": program(*HORNER, "total += p * i"),
    "two recurrences": program(
        "p = 1.0",
        "q = y[i]",
        "for k in range(len(c)):",
        "    t = p",
        "    p = p * x[i] + q",
        "    q = t * c[k]",
        "total += p * q",
    ),
    "nested inner loops": program(
        "p = 0.0", "for k in range(len(c)):", "    for j in range(k):", "        p = p * x[i] + c[j]", "total += p"
    ),
    "an array made here": program(*HORNER, "z[i] = p * y[i]", "total -= z[i]", before=("z = np.empty(len(x))",)),
    "a neighbour that is only read": program(*HORNER, "total += p * x[len(x) - 1 - i]"),
    "in each of several rounds": program(
        "for i in range(len(x)):", *(f"    {line}" for line in HORNER), "    total += p", loop="for step in range(3):"
    ),
}

FILL = ("for k in range(len(c)):", "    w[k] = c[k] * x[i]")
TRIANGLE = ("for k in range(len(c)):", "    for j in range(k):", "        w[k] += w[j] * c[j]")
WORK = ("w = np.empty(len(c))",)
STRIPPED |= {
    "a triangle in a work array": program(*FILL, *TRIANGLE, "total += w[len(c) - 1] * y[i]", before=WORK),
    "a recurrence in a work array": program(
        *FILL, *HORNER, "for k in range(len(c)):", "    total += p * w[k]", before=WORK
    ),
    "a work array of zeros": program(*FILL, *TRIANGLE, "total += w[1] + w[2] * w[3]", before=("w = np.zeros(len(c))",)),
    "a work array in a loop over one more variable": program(
        "for m in range(2):",
        *(f"    {line}" for line in (*FILL, *TRIANGLE, "total += w[1] * w[m + 1]")),
        before=WORK,
    ),
    "two work arrays, one of two axes": program(
        "for m in range(2):",
        "    for k in range(len(c)):",
        "        v[m, k] = x[i] * c[k] + m",
        *FILL,
        *TRIANGLE,
        "for k in range(len(c)):",
        "    total += v[0, k] * v[1, k] * w[k]",
        before=("v = np.empty((2, len(c)))", *WORK),
    ),
    "a counter that is the same in all": program(
        *FILL,
        "at = 0",
        "for k in range(len(c)):",
        "    for j in range(k):",
        "        w[k] += w[j] * z[at]",
        "        at += 1",
        "total += w[len(c) - 1] + at",
        before=(*WORK, "z = np.ones(len(c) * len(c))"),
    ),
    "a count of the iterations": program(
        *FILL, *TRIANGLE, "m += 1", "total += w[1]", before=(*WORK, "m = 0"), after=("total *= m",)
    ),
    "a work array of numbers that are the same in all": program(
        "for k in range(len(c)):",
        "    q[k] = k + 1",
        *FILL,
        "for k in range(len(c)):",
        "    for j in range(k):",
        "        w[k] += w[j] * q[j]",
        "total += w[3]",
        before=(*WORK, "q = np.empty(len(c))"),
    ),
    "a branch on the iteration's own number": program(
        *FILL, *TRIANGLE, "s = 1.0", "if x[i] > 0:", "    s = w[1]", "total += s * w[2]", before=WORK
    ),
}

LEFT = {
    "a work array that is read after the loop": program(*FILL, *TRIANGLE, before=WORK, after=("total = w[2]",)),
    "a work array that is not filled": program(
        *TRIANGLE, "total += w[2]", "w[0] = x[i]", before=("w = np.ones(len(c))",)
    ),
    "a work array that a branch fills": program(
        "if x[i] > 0:", *(f"    {line}" for line in FILL), *TRIANGLE, "total += w[2]", before=("w = np.ones(len(c))",)
    ),
    "a work array that is filled but for its end": program(
        "for k in range(len(c) - 1):",
        "    w[k] = c[k] * x[i]",
        *TRIANGLE,
        "total += w[3]",
        before=("w = np.ones(len(c))",),
    ),
    "a work array with a view": program(
        *FILL, *TRIANGLE, "total += v[0]", before=(*WORK, "v = w[2:]"), after=("total += v[1]",)
    ),
    "loops whose bounds count on": program(
        *FILL,
        "for k in range(len(c)):",
        "    for j in range(m):",
        "        w[k] += w[0] * c[j]",
        "m = 1 - m",
        "total += w[3]",
        before=(*WORK, "m = 0"),
    ),
    "bounds that differ": program(
        *FILL,
        "m = i % 3",
        "for k in range(m):",
        "    for j in range(k):",
        "        w[k] += w[j]",
        "total += w[2]",
        before=WORK,
    ),
    "plain sums, which vectorise as they are": program(
        "s = 0.0", "for k in range(len(c)):", "    s += c[k] * x[i]", "total += s"
    ),
    "a recurrence over the iterations": program("p = 0.5 * p", *HORNER[1:], "total += p", before=("p = 1.0",)),
    "a value that is used after the loop": program(*HORNER, "total += 1.0", before=("p = 0.0",), after=("total += p",)),
    "an inner loop that differs": program("p = 0.0", "for k in range(i % 4):", "    p = p * x[i] + c[k]", "total += p"),
    "a branch around the inner loop": program("p = 0.0", "if x[i] > 0:", *(f"    {s}" for s in HORNER), "total += p"),
    "the running total": program(*HORNER, "total += p * total"),
    "an argument that is written to": program(*HORNER, "x[i] = p", "total += p"),
    "a while loop": program("p = 1.0", "while p < 3.0:", "    p = p * 2.0 + x[i] * x[i]", "total += p"),
    "steps along an array": program(
        *HORNER, "z[i + 1] = z[i] * 0.5 + p", before=("z = np.zeros(len(x) + 1)",), after=("total = z[len(x)]",)
    ),
}


def generated(source: str, argnums: tuple = (0, 1), **options):
    fn = define(source)
    types = tuple(map(numba.typeof, arguments(3)))
    return fn, generate(fn, types, argnums, "value_and_grad", single=False, **options)


def assert_right(source: str, sizes=SIZES, argnums=(0, 1)) -> str:
    """The text of the module, after its results are found right."""
    fn, module = generated(source, argnums)
    names = names_of(module.text)
    for n in sizes:
        args = arguments(n)
        expected = fn(*(a.copy() for a in args))
        assert names[module.primal](*(a.copy() for a in args)) == pytest.approx(expected, rel=1e-10)
        value, gradient = names[module.adjoint](*args)
        assert value == pytest.approx(expected, rel=1e-10)
        tangents = tuple(np.random.default_rng(7).standard_normal(args[k].shape) for k in argnums)
        slope = sum(np.sum(g * t) for g, t in zip(gradient, tangents, strict=True))
        assert slope == pytest.approx(slope_of(fn, args, argnums, tangents), rel=1e-5, abs=1e-6)
    return module.text


def slope_of(fn, args: tuple, argnums: tuple, tangents: tuple) -> float:
    """The derivative along `tangents`, by differences."""

    def at(h: float) -> float:
        moved = [a.copy() for a in args]
        for k, tangent in zip(argnums, tangents, strict=True):
            moved[k] += h * tangent
        return fn(*moved)

    return (at(1e-6) - at(-1e-6)) / 2e-6


def primal_text(text: str) -> str:
    return text.split("def f(")[1].split("def f_")[0]


@pytest.mark.parametrize("source", STRIPPED.values(), ids=STRIPPED)
def test_recurrences_of_independent_iterations_run_side_by_side(source):
    assert "for lane in range(lanes)" in primal_text(assert_right(source))


@pytest.mark.parametrize("source", LEFT.values(), ids=LEFT)
def test_other_loops_are_left_as_they_are(source):
    assert "lane" not in primal_text(assert_right(source, sizes=(1, 3, 257)))


DIFFERENCES = ("for k in range(len(c)):", "    v[k] = x[i] - 2.0 * c[k]", "    w[k] = v[k] * y[i]")
PRODUCT = ("for k in range(len(c)):", "    for j in range(k):", "        w[k] += v[j] * 0.5")
TWO = ("v = np.empty(len(c))", *WORK)
SUMMED = {
    "differences": program(*DIFFERENCES, *PRODUCT, "total += w[3] ** 2 + w[1]", before=TWO),
    "added to in a branch": program(
        *DIFFERENCES, *PRODUCT, "s = w[3] * w[3]", "if x[i] > 0.1:", "    s = v[2] * y[i]", "total += s", before=TWO
    ),
}


@pytest.mark.parametrize("source", SUMMED.values(), ids=SUMMED)
def test_cotangent_that_only_sums_read_is_one_for_all_lanes(source):
    text = assert_right(source, argnums=(0,)).split("def f_value_and_grad")[1]
    assert "for lane in range(lanes)" in text and "v_bar = np.zeros(c.shape[0])" in text


def test_cotangent_of_which_each_iteration_needs_its_own_is_widened():
    """A product with the point's own number: the sum over the points is of no use."""
    text = assert_right(program(*DIFFERENCES, *PRODUCT, "total += w[3] ** 2", before=TWO)).split("def f_value")[1]
    assert "v_bar = np.zeros((c.shape[0], width))" in text


def test_gradient_of_horners_rule_needs_no_tape_and_adds_each_coefficient_once_a_block():
    fn = define(STRIPPED["Horner's rule"])
    text = generate(fn, tuple(map(numba.typeof, arguments(3))), (0,), "grad").text.split("def f_grad")[1]
    assert "tape" not in text
    assert "c_bar[k] += c_bar_sum" in text


@pytest.mark.parametrize("name", ["Horner's rule", "two work arrays, one of two axes"])
def test_last_block_is_shorter_when_compiled_too(name):
    fn, module = generated(STRIPPED[name])
    names: dict = {}
    exec(module.text.replace(", cache=True", ""), names)
    for n in (0, 257):
        args = arguments(n)
        assert names[module.adjoint](*args)[0] == pytest.approx(fn(*args), rel=1e-12)


def test_nothing_is_reordered_where_the_user_forbids_it():
    _, module = generated(STRIPPED["Horner's rule"], fastmath=False)
    assert "lane" not in module.text
