"""Adjoints of stencils that gather: with the same gradients, and only where each element finds its neighbours."""

import numba
import numpy as np
import pytest
from transforms.differences import differences
from transforms.test_distribute import check_each, text_of, values
from uncompiled import derivative, names_of

from adtrans.pipeline import generate

STEPS = 2


def second_difference(u0, c):
    u, new = u0.copy(), u0.copy()
    for _ in range(STEPS):
        for i in range(1, u.shape[0] - 1):
            new[i] = u[i] + c * (u[i - 1] - 2.0 * u[i] + u[i + 1])
        u[:] = new
    return np.sum(u * u * u)


def times_itself(u0, c):
    u, new = u0.copy(), u0.copy()
    for _ in range(STEPS):
        for i in range(1, u.shape[0] - 1):
            new[i] = u[i] + c * u[i] * (u[i - 1] - 2.0 * u[i] + u[i + 1])
        u[:] = new
    return np.sum(u * u)


def times_an_array(u0, k):
    u, new = u0.copy(), u0.copy()
    for _ in range(STEPS):
        for i in range(2, u.shape[0] - 2):
            flow = (u[i - 2] - u[i - 1] + u[i + 1] / 2.0 - u[i + 2]) * k[i] * i
            new[i] = u[i] + flow
        u[:] = new
    return np.sum(u * u)


def to_one_side(u0, c):
    u, new = u0.copy(), u0.copy()
    for t in range(STEPS):
        for i in range(u.shape[0] - 3):
            new[i] = c * (u[i + 3] - u[i] * 3.0 + u[i + 1]) - u[i + 2] * t
        u[:] = new
    return np.sum(u * u)


def downwards(u0, c):
    u = u0.copy()
    for _ in range(STEPS):
        new = np.zeros(u.shape[0])
        for i in range(u.shape[0] - 2, 0, -1):
            new[i] = (u[i - 1] + u[i] + u[i + 1]) * c
        u = new
    return np.sum(u * u)


def added_to(u0, c):
    total = c
    new = np.zeros(u0.shape[0])
    for _ in range(STEPS):
        for i in range(1, u0.shape[0] - 1):
            new[i] += u0[i - 1] + c * (u0[i] + u0[i + 1])
        total += np.sum(new * new)
    return total


LINE = [second_difference, times_itself, to_one_side, downwards]


def five_points(u0, c):
    u, new = u0.copy(), u0.copy()
    for _ in range(STEPS):
        for i in range(1, u.shape[0] - 1):
            for j in range(1, u.shape[1] - 1):
                around = u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1]
                new[i, j] = u[i, j] + c * (around - 4.0 * u[i, j])
        u[:, :] = new
    return np.sum(u * u)


def corners(u0, c):
    u, new = u0.copy(), u0 * c
    for _ in range(STEPS):
        for i in range(u.shape[0] - 1):
            for j in range(2, u.shape[1]):
                new[i, j] = u[i, j] * (u[i + 1, j - 2] + u[i, j - 2] - c * u[i + 1, j])
        u[:, :] = new
    return np.sum(u * u)


PLANE = [five_points, corners]


def seven_points(u0, c):
    u, new = u0.copy(), u0.copy()
    for _ in range(STEPS):
        for i in range(1, u.shape[0] - 1):
            for j in range(1, u.shape[1] - 1):
                for k in range(1, u.shape[2] - 1):
                    around = u[i - 1, j, k] + u[i + 1, j, k] + u[i, j - 1, k]
                    new[i, j, k] = u[i, j, k] * c + c * (around + u[i, j + 1, k] + u[i, j, k - 1] - u[i, j, k + 1])
        u[:, :, :] = new
    return np.sum(u * u)


def once(u, c):
    new = u.copy()
    for i in range(1, u.shape[0] - 1):
        new[i] = u[i] + c * (u[i - 1] - 2.0 * u[i] + u[i + 1])
    return np.sum(new * new)


def to_two(u0, c):
    u, new = u0.copy(), u0.copy()
    for _ in range(STEPS):
        for i in range(1, u.shape[0]):
            new[i] = u[i] + c * (u[i - 1] - u[i])
        u[:] = new
    return np.sum(u * u)


def gauss_seidel(u, c):
    u = u.copy()
    for _ in range(STEPS):
        for i in range(1, u.shape[0] - 1):
            u[i] = u[i] + c * (u[i - 1] - 2.0 * u[i] + u[i + 1])
    return np.sum(u * u)


def wrapping_round(u0, c):
    u, new = u0.copy(), u0.copy()
    for _ in range(STEPS):
        for i in range(u.shape[0] - 1):
            new[i] = u[i] + c * (u[i - 1] - 2.0 * u[i] + u[i + 1])
        u[:] = new
    return np.sum(u * u)


def periodic(u0, c):
    u, new, n = u0.copy(), u0.copy(), u0.shape[0]
    for _ in range(STEPS):
        for i in range(n):
            new[i] = u[i] + c * (u[(i + n - 1) % n] - 2.0 * u[i] + u[(i + 1) % n])
        u[:] = new
    return np.sum(u * u)


def closing_in(u0, c):
    u, new = u0.copy(), u0.copy()
    for t in range(STEPS):
        for i in range(1 + t, u.shape[0] - 1 - t):
            new[i] = u[i] + c * (u[i - 1] - 2.0 * u[i] + u[i + 1])
        u[:] = new
    return np.sum(u * u)


def as_far_as_the_argument_says(u0, c, m=3):
    u, new = u0.copy(), u0.copy()
    for _ in range(STEPS):
        for i in range(1, m):
            new[i] = u[i] + c * (u[i - 1] - 2.0 * u[i] + u[i + 1])
        u[:] = new
    return np.sum(u * u)


def sometimes(u0, c):
    u, new = u0.copy(), u0.copy()
    for _ in range(STEPS):
        for i in range(1, u.shape[0] - 1):
            if u[i] > 0.1:
                new[i] = u[i] + c * (u[i - 1] - 2.0 * u[i] + u[i + 1])
        u[:] = new
    return np.sum(u * u)


KEPT = [once, to_two, gauss_seidel, wrapping_round, periodic, closing_in, sometimes]


@pytest.mark.parametrize("f", [*LINE, *KEPT, added_to])
def test_gradient_is_right_for_few_points(f):
    check_each(f, *((values(n), 0.3) for n in (1, 2, 3, 4, 5, 6, 9)))


def test_gradient_by_a_coefficient_of_each_point_is_right():
    check_each(times_an_array, *((values(n), values(n + 1)[1:]) for n in (1, 3, 4, 5, 6, 9)))


@pytest.mark.parametrize("f", PLANE)
def test_gradient_is_right_for_few_points_in_the_plane(f):
    shapes = [(1, 1), (1, 4), (2, 2), (3, 2), (3, 3), (2, 5), (4, 3), (5, 6)]
    check_each(f, *((values(*shape), 0.3) for shape in shapes))


def test_gradient_is_right_for_few_points_in_space():
    shapes = [(1, 1, 1), (2, 3, 4), (3, 3, 3), (4, 3, 4)]
    check_each(seven_points, *((0.5 * values(*shape), 0.3) for shape in shapes))


def test_bounds_that_the_array_may_not_reach_are_right():
    check_each(as_far_as_the_argument_says, (values(4), 0.3, 3), (values(1), 0.3, 0))


@pytest.mark.parametrize("f", LINE)
def test_elements_gather(f):
    assert gathers(text_of(f, values(6), 0.3))


@pytest.mark.parametrize("f", PLANE)
def test_elements_gather_in_the_plane(f):
    assert gathers(text_of(f, values(6, 6), 0.3))


def test_elements_gather_what_a_coefficient_of_each_point_scales():
    assert gathers(text_of(times_an_array, values(6), values(6)))


@pytest.mark.parametrize("f", KEPT)
def test_elements_give_where_they_cannot_gather(f):
    assert not gathers(text_of(f, values(6), 0.3))


def test_sums_keep_their_order_without_fastmath():
    assert not gathers(text_of(second_difference, values(6), 0.3, fastmath=False))


def two_coefficients(u0, c):
    u, new = u0.copy(), u0.copy()
    k = c * c
    for _ in range(STEPS):
        for i in range(1, u.shape[0] - 1):
            new[i] = u[i] + c * (u[i - 1] - 2.0 * u[i] + u[i + 1]) + k * (u[i + 1] + u[i])
        u[:] = new
    return np.sum(u * u * u)


def squared(u0, c):
    u, new = u0.copy(), u0.copy()
    for _ in range(STEPS):
        for i in range(1, u.shape[0] - 1):
            change = u[i - 1] - 2.0 * u[i] + u[i + 1]
            new[i] = u[i] + c * change * c
        u[:] = new
    return np.sum(u * u)


def other_weights(u0, c):
    u, new, total = u0.copy(), u0.copy(), 0.0
    for _ in range(STEPS):
        for i in range(1, u.shape[0] - 1):
            new[i] = u[i - 1] * c + u[i] * c + u[i + 1] * 0.5
        total += c * np.sum(new)
        u[:] = new
    return np.sum(u * u) + total


@pytest.mark.parametrize("f", [two_coefficients, squared, other_weights])
def test_sums_over_what_is_given_are_right(f):
    check_each(f, *((values(n), 0.3) for n in (1, 2, 3, 4, 7)))


@pytest.mark.parametrize("f", [second_difference, to_one_side, two_coefficients])
def test_sum_for_the_coefficient_is_over_what_elements_get(f):
    assert "_bar += value * given if given != 0.0 else 0.0" in text_of(f, values(6), 0.3)


@pytest.mark.parametrize("f", [times_itself, five_points])
def test_sum_for_the_coefficient_waits_only_for_the_same_weights(f):
    text = text_of(f, values(6) if f is times_itself else values(6, 6), 0.3)
    assert ("value * given" in text) == (f is five_points)


def given_by_the_last(v, c):
    u, s = np.zeros(v.shape[0]), c
    for _ in range(STEPS):
        for i in range(1, v.shape[0] - 1):
            u[i - 1] += s
            u[i] += 2.0 * s
            u[i + 1] += s
            s = v[i] * c
    return u


def growing(v, c):
    u, s = np.zeros(v.shape[0]), 1.0
    for _ in range(STEPS):
        for i in range(1, v.shape[0] - 1):
            u[i - 1] += s
            u[i] += s * v[i]
            u[i + 1] += s
            s = s * c
    return u


def changed_between(v, c):
    u, v = np.zeros(v.shape[0]), v.copy()
    for _ in range(STEPS):
        for i in range(1, v.shape[0] - 1):
            u[i - 1] += v[i] * c
            v[i] = v[i] + 1.0
            u[i] += v[i] * c
            u[i + 1] += v[i] * c
    return u


def taking_turns(v, c):
    u, a, b = np.zeros(v.shape[0]), 1.0, 0.5
    for _ in range(STEPS):
        for i in range(1, v.shape[0] - 1):
            a = b * c
            u[i - 1] += a
            u[i] += a + v[i]
            u[i + 1] += a * 2.0
            b = a * c
    return u


def all_in_the_loop(v, c):
    u = np.zeros(v.shape[0])
    for t in range(STEPS):
        for i in range(1, v.shape[0] - 1):
            s = v[i] * t
            u[i - 1] += s
            u[i] -= s * c
            u[i + 1] += s / c
    return u


@pytest.mark.parametrize("f", [given_by_the_last, growing, changed_between, taking_turns, all_in_the_loop])
def test_user_loop_that_gives_is_right(f):
    for n in (1, 2, 3, 6):
        args = (values(n), 0.3)
        module = generate(f, tuple(map(numba.typeof, args)), (0,), "primal")
        np.testing.assert_allclose(names_of(module.text)[module.primal](*args), f(*args), rtol=1e-12, atol=1e-12)
        gathered = "u_terms[" in module.text
        assert gathered == (f in (taking_turns, all_in_the_loop))


def gathers(text: str) -> bool:
    return "_bar_terms[" in text or "_bar_padded[" in text


def interior(u0, c):
    u, new = u0.copy(), u0.copy()
    for _ in range(STEPS):
        for i in range(1, u.shape[0] - 1):
            for j in range(1, u.shape[1] - 1):
                around = u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1]
                new[i, j] = u[i, j] + c * (around - 4.0 * u[i, j])
        u[:, :] = new
    return np.sum(u[1:-1, 1:-1] * u[1:-1, 1:-1])


def test_elements_that_nothing_reads_may_have_any_value():
    args = (values(4, 4), 0.3)
    expected = [differences(interior, args, k) for k in (0, 1)]
    args[0][[0, 0, -1, -1], [0, -1, 0, -1]] = np.nan
    _, gradient = derivative(interior, args, (0, 1), "value_and_grad")(*args)
    for ours, theirs in zip(gradient, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-8)
