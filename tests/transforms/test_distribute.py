"""Adjoints of stencils: split into loops that vectorise where that is right, with the same gradients."""

import re

import numba
import numpy as np
import pytest
from transforms.differences import argnums_of, differences
from uncompiled import derivative

from adtrans.passes import FASTMATH
from adtrans.pipeline import generate


def text_of(f, *args, fastmath=FASTMATH) -> str:
    """The generated gradient function by all floating-point arguments, after the functions of its loops."""
    types, argnums = tuple(map(numba.typeof, args)), argnums_of(args)
    module = generate(f, types, argnums, "value_and_grad", single=False, fastmath=fastmath)
    return module.text[module.text.index(f"def {module.adjoint}") :]


def most_places(text: str) -> int:
    """The largest number of elements of one array that a loop adds to, without the loops inside."""
    loops: list[dict] = [{}]
    for line in text.splitlines():
        if line.strip().startswith(("for ", "while ")):
            loops.append({})
        if found := re.match(r"\s*(\w+)(\[.*?\]) [+-]=", line):
            loops[-1].setdefault(found[1], set()).add(found[2])
    return max((len(places) for loop in loops for places in loop.values()), default=0)


def check(f, *args) -> None:
    """Raises: AssertionError where value or gradient differ from the function's and from finite differences."""
    check_each(f, args)


def check_each(f, *cases) -> None:
    """`check` for several arguments of the same types."""
    gradient_of = derivative(f, cases[0], argnums_of(cases[0]), "value_and_grad")
    for args in cases:
        _check(f, gradient_of, args)


def _check(f, gradient_of, args) -> None:
    argnums = argnums_of(args)
    before = [np.copy(a) for a in args]
    value, gradient = gradient_of(*args)
    expected = f(*(np.copy(a) if isinstance(a, np.ndarray) else a for a in args))
    assert value == pytest.approx(expected, rel=1e-12, abs=1e-12)
    for a, b in zip(args, before, strict=True):
        np.testing.assert_array_equal(a, b)
    for k, g in zip(argnums, gradient, strict=True):
        np.testing.assert_allclose(g, differences(f, args, k), rtol=1e-7, atol=1e-8)


def values(*shape) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape)


def line(u, c):
    new = np.zeros(u.shape[0])
    for i in range(1, u.shape[0] - 1):
        new[i] = u[i] + c * u[i] * (u[i - 1] - 2.0 * u[i] + u[i + 1])
    return np.sum(new * new)


def wide_line(u, c):
    new = np.zeros(u.shape[0])
    for i in range(2, u.shape[0] - 2):
        new[i] = c * (u[i - 2] * u[i + 2] + u[i - 1]) - u[i + 1] * u[i]
    return np.sum(new * new * u)


def skipping(u, c):
    new = np.zeros(u.shape[0])
    for i in range(0, u.shape[0] - 2, 2):
        new[i] = c * u[i] * u[i + 2] + u[i + 1]
    return np.sum(new * new)


def downwards(u, c):
    new = np.zeros(u.shape[0])
    for i in range(u.shape[0] - 2, 0, -1):
        new[i] = c * u[i - 1] * u[i + 1]
    return np.sum(new * new)


def plane(u, c):
    new = np.zeros(u.shape)
    for i in range(1, u.shape[0] - 1):
        for j in range(1, u.shape[1] - 1):
            new[i, j] = u[i, j] + c * (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1] - 4.0 * u[i, j])
    return np.sum(new * new)


def wide_plane(u, c):
    new = np.zeros(u.shape)
    for i in range(2, u.shape[0] - 2):
        for j in range(2, u.shape[1] - 2):
            new[i, j] = u[i - 2, j] * u[i + 2, j] + c * u[i, j - 2] * u[i, j + 2] + u[i - 1, j + 1]
    return np.sum(new * new)


def accumulated(u, c):
    new = np.zeros(u.shape[0])
    for i in range(1, u.shape[0] - 1):
        new[i] += c * u[i - 1] * u[i]
        new[i - 1] += u[i + 1] * u[i]
    return np.sum(new * new)


def steps_in_two_buffers(u0, c):
    u, new = u0.copy(), u0.copy()
    for _ in range(3):
        for i in range(1, u.shape[0] - 1):
            new[i] = u[i] + c * u[i] * (u[i - 1] - 2.0 * u[i] + u[i + 1])
        u[:] = new
    return np.sum(u * u)


def steps_by_swapping(u0, c):
    u, new = u0.copy(), u0.copy()
    for _ in range(3):
        for i in range(1, u.shape[0] - 1):
            new[i] = u[i] + c * u[i] * (u[i - 1] - 2.0 * u[i] + u[i + 1])
        u, new = new, u
    return np.sum(u * u * new)


def gauss_seidel(u, c):
    u = u.copy()
    for _ in range(2):
        for i in range(1, u.shape[0] - 1):
            u[i] = u[i] + c * u[i] * (u[i - 1] - 2.0 * u[i] + u[i + 1])
    return np.sum(u * u)


def wrapping_round(u, c):
    new = np.zeros(u.shape[0])
    for i in range(-1, u.shape[0] - 1):
        new[i] = c * u[i] * u[i + 1]
    return np.sum(new * new)


def colliding(u, c):
    new = np.zeros(u.shape[0])
    for i in range(-1, u.shape[0] - 1):
        new[i] = c * u[i] * u[i + 1] + new[i + 1]
    return np.sum(new * new)


def through_a_view(u, c):
    new = np.zeros(u.shape[0])
    inner = new[1:]
    for i in range(1, u.shape[0] - 1):
        inner[i] = c * u[i - 1] * u[i + 1]
        new[i] = inner[i - 1] * u[i]
    return np.sum(new * new)


def with_calls(u, c):
    new = np.zeros(u.shape[0])
    for i in range(1, u.shape[0] - 1):
        new[i] = np.sin(c * u[i - 1] * u[i + 1])
    return np.sum(new * new)


STENCILS = [line, wide_line, skipping, downwards, accumulated, steps_in_two_buffers, steps_by_swapping]
OTHERS = [gauss_seidel, wrapping_round, colliding, through_a_view, with_calls]


@pytest.mark.parametrize("f", STENCILS + OTHERS)
@pytest.mark.parametrize("n", [2, 3, 4, 5, 6, 7, 9])
def test_gradient_of_a_stencil_is_right_for_few_points(f, n):
    check(f, values(n), 0.3)


@pytest.mark.parametrize("f", [plane, wide_plane])
@pytest.mark.parametrize("shape", [(2, 2), (3, 2), (3, 3), (2, 5), (4, 3), (5, 5), (6, 7)])
def test_gradient_of_a_stencil_in_the_plane_is_right_for_few_points(f, shape):
    check(f, values(*shape), 0.3)


@pytest.mark.parametrize("f", [*STENCILS])
def test_no_loop_adds_to_neighbours(f):
    assert most_places(text_of(f, values(6), 0.3)) == 1


@pytest.mark.parametrize("f", [plane, wide_plane])
def test_no_loop_adds_to_neighbours_in_the_plane(f):
    assert most_places(text_of(f, values(6, 6), 0.3)) == 1


@pytest.mark.parametrize("f", [gauss_seidel, colliding, wrapping_round])
def test_loop_whose_iterations_depend_on_each_other_stays_whole(f):
    assert most_places(text_of(f, values(6), 0.3)) > 1


def test_sums_keep_their_order_without_fastmath():
    assert most_places(text_of(line, values(6), 0.3, fastmath=False)) > 1
