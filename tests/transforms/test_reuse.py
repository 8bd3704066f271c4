"""Arrays made of the memory of others: with the same gradients, and only of memory that is free."""

import re

import numpy as np
import pytest
from transforms.test_distribute import check_each, text_of, values


def heat(u0, c):
    u, new = u0.copy(), u0.copy()
    for _ in range(3):
        for i in range(1, u.shape[0] - 1):
            new[i] = u[i] + c * (u[i - 1] - 2.0 * u[i] + u[i + 1])
        u[:] = new
    return np.sum(u * u * u)


def heun(y0, h):
    y = y0.copy()
    for _ in range(3):
        k1 = np.sin(y) * y
        k2 = np.sin(y + h * k1)
        y = y + 0.5 * h * (k1 + k2)
    return np.sum(y * y)


def two_states(y0, h):
    x, v = y0.copy(), y0 * h
    for _ in range(3):
        v = v - h * np.sin(x)
        x = x + h * v * v
    return np.sum(x * v)


def the_one_before_too(y0, c):
    y, z = y0.copy(), y0 * c
    for _ in range(3):
        w = y * z + c
        z = y
        y = w * w
    return np.sum(y * z)


def swapped(y0, c):
    y, z = y0.copy(), y0 * c
    for _ in range(3):
        w = y * z
        y, z = z, y
        y = y * c + w
    return np.sum(y * z)


def two_shapes(y0, c):
    y = y0.copy()
    for _ in range(3):
        wide = np.empty(y.shape[0] + 1)
        wide[0] = c
        for i in range(y.shape[0]):
            wide[i + 1] = y[i] * y[i]
        y = wide[1:] * wide[:-1]
    return np.sum(y)


def in_branches(y0, c):
    y = y0.copy()
    for t in range(4):
        w = y * y * c
        if t != 1:
            y = w + 0.5
        y = y * w
    return np.sum(y)


@pytest.mark.parametrize("f", [heat, heun, two_states, the_one_before_too, swapped, two_shapes, in_branches])
def test_gradient_is_right(f):
    check_each(f, *((0.5 * values(n), 0.3) for n in (1, 2, 6)))


def test_cotangent_is_made_of_the_memory_of_the_one_before():
    reverse = text_of(two_states, values(6), 0.3).split(", -1, -1)")[-1]
    assert re.search(r"x_2_bar = x_bar.*\n(.*\n)* +v_bar = x_2_bar", reverse)
