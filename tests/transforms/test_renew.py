"""Arrays made anew instead of copied into: with the same values and gradients, and only where that is right."""

import numpy as np
import pytest
from transforms.test_checkpoint import check as check_in_parts
from transforms.test_distribute import check_each, text_of, values

STEPS = 3


def heat_line(u0, c):
    u, new = u0.copy(), u0.copy()
    for _ in range(STEPS):
        for i in range(1, u.shape[0] - 1):
            new[i] = u[i] + c * u[i] * (u[i - 1] - 2.0 * u[i] + u[i + 1])
        u[:] = new
    return np.sum(u * u)


def heat_plane(u0, c):
    u, new = u0.copy(), u0.copy()
    for _ in range(STEPS):
        for i in range(1, u.shape[0] - 1):
            for j in range(1, u.shape[1] - 1):
                new[i, j] = u[i, j] + c * (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1] - 4.0 * u[i, j])
        u[:, :] = new
    return np.sum(u * u)


def other_edge(u0, c):
    u, new = u0.copy(), 0.5 * u0
    for _ in range(STEPS):
        for i in range(u.shape[0] - 2):
            new[i + 2] = u[i] * u[i + 1] + c * u[i + 2]
        for i in range(u.shape[0]):
            u[i] = new[i]
    return np.sum(u * u * u)


def all_elements(u0, c):
    u, new = u0.copy(), np.empty_like(u0)
    for _ in range(STEPS):
        for i in range(u.shape[0]):
            new[i] = u[i] + c * u[i] * u[i - 1]
        u[:] = new
        u[0] = u[0] * 0.5
    return np.sum(u * u)


def columns_only(u0, c):
    u, new = u0.copy(), np.zeros(u0.shape)
    for _ in range(STEPS):
        total = 0.0
        for i in range(u.shape[0]):
            scale = c * u[i, 0]
            for j in range(2, u.shape[1] - 1):
                new[i, j] = u[i, j - 2] * scale + u[i, j + 1]
                total += u[i, j]
        u[:, :] = new
        c = c + 0.01 * total
    return np.sum(u * u) + c


def until_small(u0, c):
    u, new = u0.copy(), u0.copy()
    error, count = 1.0, 0
    while error > 0.1 and count < 3:
        for i in range(1, u.shape[0]):
            new[i] = c * u[i] + 0.1 * u[i - 1]
        u[:] = new
        error = error * 0.5
        count += 1
    return np.sum(u * u)


def inside_a_loop(u0, c):
    total = 0.0
    for k in range(2):
        u, new = u0.copy(), u0 * c
        for _ in range(2):
            for i in range(1, u.shape[0] - 1):
                new[i] = u[i - 1] * u[i + 1]
            u[:] = new
        total += np.sum(u) * k
    return total


RENEWED = [heat_line, other_edge, all_elements, until_small, inside_a_loop]


def source_read_elsewhere(u0, c):
    u, new, total = u0.copy(), u0.copy(), 0.0
    for _ in range(STEPS):
        total += new[0] * c
        for i in range(1, u.shape[0] - 1):
            new[i] = u[i - 1] * u[i + 1]
        u[:] = new
    return np.sum(u * u) + total


def source_read_after(u0, c):
    u, new = u0.copy(), u0.copy()
    for _ in range(STEPS):
        for i in range(1, u.shape[0] - 1):
            new[i] = u[i - 1] * u[i + 1] * c
        u[:] = new
        u[0] = u[0] * 0.5
    return np.sum(u * u) + np.sum(new * new * u)


def target_changed_between(u0, c):
    u, new = u0.copy(), u0.copy()
    for _ in range(STEPS):
        for i in range(1, u.shape[0] - 1):
            new[i] = u[i - 1] * u[i + 1] * c
        u[0] = 2.0
        u[:] = new
    return np.sum(u * u)


def target_with_a_view(u0, c):
    u, new = u0.copy(), u0.copy()
    tail = u[1:]
    for _ in range(STEPS):
        for i in range(1, u.shape[0] - 1):
            new[i] = u[i - 1] * u[i + 1] * c
        u[:] = new
    return np.sum(u * u) + np.sum(tail * tail)


def target_stored_in_the_nest(u0, c):
    u, new = u0.copy(), u0.copy()
    for _ in range(STEPS):
        for i in range(1, u.shape[0] - 1):
            new[i] = u[i - 1] * u[i + 1] * c
            u[i] = new[i] * 0.5
        u[:] = new
    return np.sum(u * u)


def source_read_in_the_nest(u0, c):
    u, new = u0.copy(), u0.copy()
    for _ in range(STEPS):
        for i in range(1, u.shape[0] - 1):
            new[i] = u[i - 1] * u[i + 1] * c + new[i - 1]
        u[:] = new
    return np.sum(u * u)


def from_the_last(u0, c):
    u, new = u0.copy(), u0.copy()
    for _ in range(STEPS):
        for i in range(-1, u.shape[0] - 2):
            new[i] = u[i] * u[i + 1] * c
        u[:] = new
    return np.sum(u * u)


def sometimes(u0, c):
    u, new = u0.copy(), u0.copy()
    for _ in range(STEPS):
        for i in range(1, u.shape[0] - 1):
            if u[i] > 0.0:
                new[i] = u[i - 1] * u[i + 1] * c
        u[:] = new
    return np.sum(u * u)


def shrinking(u0, c):
    u, new = u0.copy(), u0.copy()
    for t in range(STEPS):
        for i in range(t, u.shape[0] - t):
            new[i] = u[i - t] * c
        u[:] = new
    return np.sum(u * u)


def every_second(u0, c):
    u, new = u0.copy(), u0.copy()
    for _ in range(STEPS):
        for i in range(0, u.shape[0] - 1, 2):
            new[i] = u[i + 1] * c
        u[:] = new
    return np.sum(u * u)


def part_of_the_array(u0, c):
    u, new = u0.copy(), u0.copy()
    for _ in range(STEPS):
        for i in range(1, u.shape[0] - 1):
            new[i] = u[i - 1] * u[i + 1] * c
        for i in range(1, u.shape[0]):
            u[i] = new[i]
    return np.sum(u * u)


def mirrored(u0, c):
    u, new = u0.copy(), u0.copy()
    for _ in range(STEPS):
        for i in range(u.shape[0]):
            new[i] = u[i] * c
        for i in range(u.shape[0]):
            u[i] = new[u.shape[0] - 1 - i] * u0[i]
    return np.sum(u * u)


KEPT = [
    *(source_read_elsewhere, source_read_after, source_read_in_the_nest, from_the_last, sometimes, shrinking),
    *(target_changed_between, target_with_a_view, target_stored_in_the_nest, every_second, part_of_the_array, mirrored),
]


@pytest.mark.parametrize("f", RENEWED + KEPT)
def test_gradient_is_right_for_few_points(f):
    check_each(f, *((values(n), 0.3) for n in (1, 2, 3, 4, 5, 7) if f is not target_with_a_view or n > 1))


@pytest.mark.parametrize("f", [heat_plane, columns_only])
def test_gradient_is_right_for_few_points_in_the_plane(f):
    shapes = [(1, 1), (1, 3), (2, 2), (3, 2), (3, 3), (2, 5), (4, 4), (5, 6)]
    check_each(f, *((values(*shape), 0.3) for shape in shapes))


@pytest.mark.parametrize("f", RENEWED)
def test_array_is_made_anew(f):
    assert "u_next" in text_of(f, values(5), 0.3)


@pytest.mark.parametrize("f", [heat_plane, columns_only])
def test_array_is_made_anew_in_the_plane(f):
    assert "u_next" in text_of(f, values(5, 5), 0.3)


@pytest.mark.parametrize("f", KEPT)
def test_array_is_copied_into_where_the_copy_means_more(f):
    assert "u_next" not in text_of(f, values(5), 0.3)


def steps_of_heat(u0, c, steps):
    u, new = u0.copy(), 0.5 * u0
    for _ in range(steps):
        for i in range(1, u.shape[0] - 1):
            new[i] = u[i] + c * u[i] * (u[i - 1] - 2.0 * u[i] + u[i + 1])
        u[:] = new
    return np.sum(u * u)


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 10])
def test_gradient_is_right_whatever_the_parts(steps):
    check_in_parts(steps_of_heat, 0.5 * values(4), 0.2, steps)
