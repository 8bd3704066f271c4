"""Arrays kept between zeros: with the same gradients, and only where all that is not copied is zero."""

import numpy as np
import pytest
from transforms.test_distribute import check_each, text_of, values
from transforms.test_gather import STEPS, five_points, second_difference, seven_points, squared, times_itself

PADDED = [second_difference, squared]


def in_two_loops(u0, c):
    u, new = u0.copy(), u0.copy()
    for _ in range(STEPS):
        for _ in range(STEPS):
            for i in range(1, u.shape[0] - 1):
                new[i] = u[i] + c * (u[i - 1] - 2.0 * u[i] + u[i + 1])
            u[:] = new
        u[:] = u * u
    return np.sum(u * u)


def with_an_edge_that_moves(u0, c):
    u = u0.copy()
    for _ in range(STEPS):
        new = u * c
        for i in range(1, u.shape[0] - 1):
            new[i] = u[i] + c * (u[i - 1] - 2.0 * u[i] + u[i + 1])
        u = new
    return np.sum(u * u)


def with_one_edge(u0, c):
    u = u0.copy()
    for _ in range(STEPS):
        new = u.copy()
        new[0] = c
        for i in range(1, u.shape[0] - 1):
            new[i] = u[i] + c * (u[i - 1] - 2.0 * u[i] + u[i + 1])
        u = new
    return np.sum(u * u)


def read_on_the_way(u0, c):
    u, new, total = u0.copy(), u0.copy(), 0.0
    for _ in range(STEPS):
        for i in range(1, u.shape[0] - 1):
            new[i] = u[i] + c * (u[i - 1] - 2.0 * u[i] + u[i + 1])
        u[:] = new
        total += u[0] * u[-1] + np.sum(u[1:] * u[:-1])
    return total


KEPT = [times_itself, with_an_edge_that_moves, with_one_edge]
OTHERS = [in_two_loops, with_an_edge_that_moves, with_one_edge, read_on_the_way]


@pytest.mark.parametrize("f", OTHERS)
def test_gradient_is_right_for_few_points(f):
    check_each(f, *((values(n), 0.3) for n in (1, 2, 3, 4, 5, 9)))


@pytest.mark.parametrize("f", PADDED)
def test_array_that_is_copied_between_zeros_is_padded(f):
    assert is_padded(text_of(f, values(6), 0.3))


def test_array_of_more_axes_is_padded():
    assert is_padded(text_of(five_points, values(6, 6), 0.3))
    assert is_padded(text_of(seven_points, values(4, 4, 4), 0.3))


@pytest.mark.parametrize("f", KEPT)
def test_array_whose_edge_keeps_what_it_has_is_copied(f):
    assert not is_padded(text_of(f, values(6), 0.3))


def is_padded(text: str) -> bool:
    return "_bar_padded[" in text and "_bar_terms[" not in text
