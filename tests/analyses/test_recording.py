"""What need not be recorded: with the right gradients."""

import numpy as np
import pytest
from transforms.test_distribute import check_each, text_of

X = np.array([0.7, -0.4, 1.1, 0.9])


def alternating(x):
    """Changes the sign of a constant, and of a number that carries derivatives."""
    total, sign, flipped = 0.0, 1.0, x[0]
    for i in range(x.shape[0]):
        total += sign * np.sin(x[i]) * flipped * flipped * flipped
        sign = -sign
        flipped = -flipped
    return total


def alternating_where(x):
    """Only in some iterations; an integer."""
    total, sign = 0.0, 1
    for i in range(x.shape[0]):
        total += sign * x[i] * total + x[i]
        if x[i] > 0.8:
            sign = -sign
    return total


def other_sign(x):
    """A number that becomes that of another one changed."""
    total, a, b = 0.0, x[0], 0.6
    for i in range(x.shape[0]):
        total += np.sin(a) * b
        a = -b
        b = b * x[i]
    return total


def handed_on(x):
    """`now` is still in `before` when it is overwritten."""
    total, before, now = 0.0, 1.0, x[0]
    for i in range(x.shape[0]):
        total += np.sin(before) * now * now
        before = now
        now = now * x[i]
    return total


def handed_on_and_changed(x):
    """The copy is changed, before and after the original."""
    total, before, now = 0.0, 1.0, x[0]
    for i in range(x.shape[0]):
        total += np.sin(before) * now * now
        before = now
        before = before * x[i]
        now = now * before
        before = now
        now = now + x[i]
        before = np.sin(before * now)
        now = 0.5 * np.sin(now * now)
    return total


def handed_on_in_a_branch(x):
    total, before, now = 0.0, 1.0, x[0]
    for i in range(x.shape[0]):
        total += np.sin(before) * now * now
        before = now
        if x[i] > 0.8:
            now = now * x[i]
        else:
            before = now * 0.5
            now = now * now
        now = now - 0.1
    return total


def handed_on_to_itself(x):
    total, now = 0.0, x[0]
    for i in range(x.shape[0]):
        total += now * now * now
        now = now
        now = now * x[i]
    return total


def handed_on_while(x):
    total, before, now, i = 0.0, 1.0, x[0], 0
    while i < x.shape[0]:
        total += np.sin(before) * now * now
        before = now
        now = now * x[i]
        if total > 3.0:
            break
        i += 1
    return total * now


EVERY = (
    alternating,
    alternating_where,
    other_sign,
    handed_on,
    handed_on_and_changed,
    handed_on_in_a_branch,
    handed_on_to_itself,
    handed_on_while,
)


@pytest.mark.parametrize("f", EVERY)
def test_what_is_not_recorded_is_there_for_the_gradient(f):
    check_each(f, (X,), (X[:1],), (X[::-1].copy(),))


def test_change_of_sign_is_not_recorded():
    text = text_of(alternating, X)
    assert "sign_tape" not in text
    assert "flipped_tape" not in text


def test_value_that_another_variable_still_has_is_not_recorded():
    text = text_of(handed_on, X)
    assert "before_tape" in text
    assert "now_tape" not in text
