"""Loops that a function has more than once as calls of one function: the gradients are those of the loops in place."""

import sys

import numba
import pytest
from transforms import test_checkpoint as recorded_in_parts
from transforms.test_checkpoint import IN_PARTS, array_read_last, check, generated, runge_kutta, values
from uncompiled import check_compiled, without_helpers

from adtrans import emit
from adtrans.pipeline import structured

MERGE = sys.modules["adtrans.transforms.merge"]


@pytest.fixture
def any_size(monkeypatch):
    """Loops are merged however short they are."""
    monkeypatch.setattr(MERGE, "LEAST", 1)


def functions(text: str) -> list[str]:
    """The functions of a generated module that loops have become."""
    lines = without_helpers(text).splitlines()
    return [line.split("(")[0].removeprefix("def ") for line in lines if line.startswith("def ") and "_line_" in line]


def test_loop_that_is_run_again_is_one_function():
    text = without_helpers(generated(runge_kutta, (values(3), 0.3, 5)).text)
    (name,) = functions(text)
    assert text.count(f"{name}(") == 3  # its definition and two calls
    assert name.startswith("runge_kutta_value_and_grad_line_")


def test_without_the_pass_it_stands_twice(monkeypatch):
    monkeypatch.setenv("ADTRANS_DISABLE", "merge")
    assert not functions(generated(runge_kutta, (values(3), 0.3, 5)).text)


def test_short_loops_stay():
    assert not functions(generated(recorded_in_parts.in_place, (values(3), 0.3, 5)).text)


@pytest.mark.parametrize("f", IN_PARTS)
def test_gradient_is_that_of_loops_in_place(f, any_size):
    check(f, 0.5 * values(4), 0.2, 5)
    assert functions(generated(f, (values(4), 0.2, 5)).text) or f is array_read_last


@pytest.mark.parametrize("f", [recorded_in_parts.final_array_and_argument, recorded_in_parts.seen_through_a_view])
def test_state_with_other_names_is_handed_on(f, any_size):
    check(f, 0.5 * values(3), 0.3, 5)


def same_loop_for_other_numbers(x, c, n):
    s, t = 0.0, 1.0
    for i in range(n):
        s += x[i] * c
        t *= x[i] + s
    r = s * t
    for i in range(n - 1):
        s += x[i] * c
        t *= x[i] + s
    return r + s + t


def handed_on_in_a_branch(x, c, n):
    """Where the branch is not taken `t` has no value before the last loop."""
    r = 0.0
    if n > 2:
        t = 0.0
        for i in range(n):
            t = x[i] * c
            r += t
        r += t
    for i in range(n - 1):
        t = x[i] * c
        r += t
    return r


def read_after_the_first(x, c, n):
    t = 0.0
    for i in range(n):
        t = x[i] * c
    r = t * t
    for i in range(n - 1):
        t = x[i] * c
    return r + x[0]


def merged(f) -> tuple:
    """The function with its loops merged, run by Python, and the names of the functions that these have become."""
    types = {"x": numba.float64[:], "n": numba.int64, "i": numba.int64}
    program, made = structured(f), []
    block = MERGE.merge(program.body, types, "f", set(), frozenset(), made)
    lines = [
        line for g in made for line in (f"def {g.name}({', '.join(g.params)}):", *emit.block(g.body, program.file))
    ]
    names: dict = {}
    exec("\n".join([*lines, "def f(x, c, n):", *emit.block(block, program.file)]), names)
    return names["f"], [g.name for g in made]


@pytest.mark.parametrize("f", [same_loop_for_other_numbers, read_after_the_first])
def test_loops_that_stand_twice_are_handed_what_they_need(f, any_size):
    g, made = merged(f)
    assert len(made) == 1
    for n in (1, 2, 3, 4):
        assert g(values(4), 0.3, n) == f(values(4), 0.3, n)


def test_loop_that_hands_on_what_may_have_no_value_elsewhere_stays(any_size):
    f, made = merged(handed_on_in_a_branch)
    assert not made
    for n in (1, 2, 3, 4):
        assert f(values(4), 0.3, n) == handed_on_in_a_branch(values(4), 0.3, n)


def test_compiled_function_of_the_loop_computes_the_same():
    check_compiled(runge_kutta, (0.5 * values(6), 0.2, 4), (0, 1))
