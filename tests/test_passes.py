"""Passes switched off: gradients stay right without each of them and without all, and what is cached knows of it."""

import ast
from functools import cache
from pathlib import Path

import numba
import numpy as np
import pytest
from collected import into
from flow_programs import PROGRAMS as FLOW
from programs import PROGRAMS as BASIC
from uncompiled import derivative

import adtrans
from adtrans.errors import ArgumentError
from adtrans.explain import explain
from adtrans.passes import VARIABLE, names, watched
from adtrans.pipeline import generate
from adtrans.testing import check_pullback, copies, scaled

pytestmark = pytest.mark.usefixtures("quiet")

STEP = 2.0**-8
SHARED = ("tuple_of_arrays_rotated", "max_by_hand", "run_time_slice", "parallel_ranges", "softmax_of_columns_by_hand")
PROGRAMS = [p for p in BASIC + FLOW if p[0].__name__ in (*SHARED, "heat_by_slices")]
program = into(PROGRAMS)


@program(np.linspace(0.5, 1.5, 5), 3)
def growth_in_stages(x, steps):
    y, k, stage = np.zeros(x.shape[0]), np.empty(x.shape[0]), np.empty(x.shape[0])
    for _ in range(steps):
        for i in range(x.shape[0]):
            k[i] = x[i] * y[i - 1]
        for i in range(x.shape[0]):
            stage[i] = y[i] * k[i] + 0.5
        for i in range(x.shape[0]):
            k[i] = x[i] * stage[i - 1]
        for i in range(x.shape[0]):
            stage[i] = stage[i] * k[i]
        for i in range(x.shape[0]):
            y[i] += 0.1 * k[i] * stage[i]
    return np.sum(y * y)


@program(np.linspace(0.5, 1.5, 7), 0.3, argnums=(0, 1))
def heat_between_edges(u0, c):
    u, new = u0.copy(), u0.copy()
    for _ in range(3):
        for i in range(1, u.shape[0] - 1):
            new[i] = u[i] + c * u[i] * (u[i - 1] - 2.0 * u[i] + u[i + 1])
        u[:] = new
    return np.sum(u * u)


@program(np.linspace(0.5, 1.5, 7), 0.3, argnums=(0, 1))
def smoothed(u0, c):
    u, new = u0.copy(), u0.copy()
    for _ in range(3):
        for i in range(1, u.shape[0] - 1):
            new[i] = u[i] + c * (u[i - 1] - 2.0 * u[i] + u[i + 1])
        u[:] = new
    return np.sum(u * u)


@program(np.linspace(0.5, 1.5, 5), 3)
def growth(x, steps):
    y, k = np.zeros(x.shape[0]), np.empty(x.shape[0])
    for _ in range(steps):
        k[0] = x[0]
        for i in range(1, x.shape[0]):
            k[i] = x[i] * y[i - 1]
        for i in range(x.shape[0]):
            y[i] += 0.1 * k[i]
    return np.sum(y * y)


@program(np.linspace(0.5, 1.5, 10))
def packed_triangle(x):
    at, total = 0, 1.0
    for i in range(4):
        for j in range(i, 4):
            total += np.sin(x[at]) * (j + 1.0) * total
            at += 1
    return total


@program(0.7, 3)
def nested_products(x, n):
    if n <= 0:
        return x
    factor = x * 1.5
    rest = nested_products(x * 0.9, n - 1)
    return factor * rest


@cache
def changed_by() -> dict:
    """For each pass the last program that it changes: these are the short ones."""
    found: dict = {}
    for f, args, argnums in PROGRAMS:
        with watched() as changes:
            generate(f, tuple(map(numba.typeof, args)), argnums, "value_and_grad", single=False)
        found |= dict.fromkeys(changes, (f, args, argnums))
    return found


def check(f, args, argnums) -> None:
    """Raises: AssertionError where value or gradient are wrong."""
    value_and_grad = derivative(f, args, argnums, "value_and_grad")

    def pullback(*args_and_y_bar):
        *args, y_bar = args_and_y_bar
        y, gradient = value_and_grad(*args)
        return y, tuple(scaled(y_bar, g) for g in gradient)

    check_pullback(f, pullback, args, argnums, like=f(*copies(args)), eps=STEP)


@pytest.mark.parametrize("name", names())
def test_gradient_is_right_without_the_pass(name, monkeypatch):
    f, args, argnums = changed_by()[name]
    monkeypatch.setenv(VARIABLE, name)
    with watched() as changes:
        check(f, args, argnums)
    assert name not in changes


@pytest.mark.parametrize("f, args, argnums", PROGRAMS, ids=[f.__name__ for f, _, _ in PROGRAMS])
def test_gradient_is_right_without_any_pass(f, args, argnums, monkeypatch):
    monkeypatch.setenv(VARIABLE, ", ".join(names()))
    with watched() as changes:
        check(f, args, argnums)
    assert not changes


def test_each_pass_of_the_gradient_can_be_switched_off():
    folder = Path(adtrans.__file__).parent / "transforms"
    text = (folder.parent / "README.md").read_text("utf-8")
    table = text.split("made short and fast**")[1].split("\n\n**")[0]
    listed = {line.split("`")[1].split("/")[1].removesuffix(".py") for line in table.splitlines() if "| `" in line}
    containers = {"simplify", "optimise"}  # of passes that have names of their own
    chosen_by_option = {"threads"}
    assert listed - set(names()) == containers | chosen_by_option | {"afford", "rename"}
    for name in names():
        functions = [s.name for s in ast.parse((folder / f"{name}.py").read_text("utf-8")).body if hasattr(s, "name")]
        assert name in functions


def test_unknown_name_is_refused_with_those_that_there_are(monkeypatch):
    monkeypatch.setenv(VARIABLE, "fuse,melt")
    with pytest.raises(ArgumentError, match=r"no pass 'melt' .*\n.*accumulate, .*fuse, "):
        adtrans.grad(smoothed).source("float64[:], float64")


def test_cached_module_is_that_of_the_passes_that_are_on(monkeypatch):
    gradient = adtrans.grad(smoothed)
    before = gradient.source("float64[:], float64")
    monkeypatch.setenv(VARIABLE, "substitute,gather")
    without = gradient.source("float64[:], float64")
    monkeypatch.setenv(VARIABLE, "gather,substitute")
    assert gradient.source("float64[:], float64") == without != before
    monkeypatch.delenv(VARIABLE)
    assert gradient.source("float64[:], float64") == before


def test_explain_says_which_passes_changed_which_lines(monkeypatch):
    types = (numba.float64[::1], numba.float64)
    first = smoothed.__code__.co_firstlineno + 1  # the decorator's is counted
    *_, section = explain(smoothed, types, (0,)).split("\n\n")
    rows = dict(line.split(maxsplit=1) for line in section.splitlines()[1:])
    assert section.startswith("Passes that changed the code")
    assert f"{first + 4}" in rows["gather"] and f"{first + 6}" not in rows["gather"]
    monkeypatch.setenv(VARIABLE, "gather")
    text = explain(smoothed, types, (0,))
    assert "    gather " not in text and text.rstrip().endswith("switched off: gather")
