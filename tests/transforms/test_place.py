"""Arrays made in the cells of their tapes: with the same gradients, and only where nothing else sees their memory."""

import numba
import numpy as np
import pytest
from transforms.test_checkpoint import generated, values
from transforms.test_distribute import check_each
from uncompiled import names_of

from adtrans.pipeline import generate


def handed_on(y0, c):
    y = y0.copy()
    for _ in range(3):
        y_next = np.empty(y.shape[0])
        for i in range(y.shape[0]):
            y_next[i] = y[i] * y[i - 1] * c
        y = y_next
    return np.sum(y * y)


def changed_before_and_after(y0, c):
    y = y0.copy()
    for _ in range(3):
        y[0] = y[0] * y[-1]
        y = y + c * np.sin(y) * y
        y[-1] = y[0] * y[-1] * c
    return np.sum(y * y)


def returned_later(y0, c):
    y = y0.copy()
    for _ in range(3):
        y = y * y + c
    w = y * 1.0
    for _ in range(2):
        w = w * w * c
    return np.sum(w * y)


def never_entered(y0, c):
    y = y0.copy()
    for _ in range(y.shape[0] - 5):
        y = y * y + c
    return np.sum(y * y * c)


def in_a_loop(y0, c):
    total = 0.0
    for k in range(3):
        y = y0 * c
        for _ in range(2):
            y = y * y + k
        total += np.sum(y)
    return total


def counted_from_two(y0, c):
    y = y0.copy()
    for t in range(2, 5):
        y = y * y * c + t
    return np.sum(y)


def two_in_an_iteration(y0, c):
    y = y0.copy()
    for _ in range(3):
        y = y * y + c
        y = y * np.sin(y)
    return np.sum(y * y)


def the_one_before_too(y0, c):
    y, z = y0.copy(), y0 * c
    for _ in range(3):
        w = y * z + c
        z = y
        y = w
    return np.sum(y * z)


def downwards(y0, c):
    y = y0.copy()
    for t in range(3, 0, -1):
        y = y * y * c + t
    return np.sum(y)


def every_second(y0, c):
    y = y0.copy()
    for t in range(0, 5, 2):
        y = y * y * c + t
    return np.sum(y)


def until_small(y0, c):
    y, bound = y0.copy(), 1.0
    while bound > 0.2:
        y = y * y * c
        bound = bound * 0.5
    return np.sum(y)


def sometimes(y0, c):
    y = y0.copy()
    for t in range(4):
        if t != 1:
            y = y * y * c
    return np.sum(y)


def two_moves(y0, c):
    y = y0.copy()
    for _ in range(3):
        y = y * y + c
        y = y * y * y0
    return np.sum(y * y)


def seen_through_a_view(y0, c):
    y = y0.copy()
    total = 0.0
    for _ in range(3):
        last = y[-1:]
        total += np.sum(last * last)
        y = y * y * c
    return np.sum(y) + total


PLACED = [handed_on, changed_before_and_after, returned_later, counted_from_two, downwards, every_second]
ELSEWHERE = [until_small, sometimes]
OTHERS = [never_entered, in_a_loop, two_in_an_iteration, the_one_before_too, two_moves, seen_through_a_view]


@pytest.mark.parametrize("f", PLACED + ELSEWHERE + OTHERS)
def test_gradient_is_right(f):
    check_each(f, *((0.5 * values(n), 0.3) for n in (1, 2, 6)))


@pytest.mark.parametrize("f", PLACED)
def test_loop_fills_the_tape(f):
    text = generated(f, (values(4), 0.3)).text
    assert "[step + 1]" in text and "_tape[step] = y\n" not in text


def test_two_arrays_are_each_made_on_a_tape():
    text = generated(the_one_before_too, (values(4), 0.3)).text
    assert "y_tape[step + 1]" in text and "z_tape[step + 1]" in text


@pytest.mark.parametrize("f", ELSEWHERE)
def test_loop_copies_to_the_tape_where_not_each_iteration_makes_one(f):
    assert " + 1]" not in generated(f, (values(4), 0.3)).text


def final_array(y0, c, steps):
    y = y0.copy()
    for _ in range(steps):
        y = y * y * c
    return y, np.sum(y)


@pytest.mark.parametrize("steps", [0, 1, 3])
@pytest.mark.parametrize("length", [1, 2, 7])
def test_result_stays_when_the_tape_is_filled_again(steps, length):
    args = (values(3), 0.3, steps)
    module = generate(final_array, tuple(map(numba.typeof, args)), (0, 1), "vjp", single=False)
    names = names_of(module.text)
    names["_segment"] = lambda trips, state, tape, most: length
    (y, total), _ = names[module.adjoint](*args, (np.ones(3), 1.0))
    np.testing.assert_allclose(y, final_array(*args)[0])
    assert total == pytest.approx(np.sum(y))
