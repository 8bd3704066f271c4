"""Loop variables in generated source."""

import numba
import numpy as np

from adtrans.pipeline import generate

MATRIX = numba.float64[:, ::1]


def two_nests(a):
    b = a * a
    return np.sum(b * b)


def used_name(a, i):
    return np.sum(a[i] * a)


def inside_user_loops(a):
    s = 0.0
    for i in range(a.shape[0]):
        s += np.sum(a[i] * a) * i
    return s


def text(f, *types):
    return generate(f, types, (0,), "value_and_grad").text


def test_nests_one_after_another_share_names():
    assert "_1 in range" not in text(two_nests, MATRIX)


def test_parameter_keeps_its_name_to_itself():
    assert "for i in range" not in text(used_name, MATRIX, numba.int64)


def test_loop_around_keeps_its_name_to_itself():
    lines = text(inside_user_loops, MATRIX).splitlines()
    depth = [line.index("for i in") for line in lines if "for i in range" in line]
    assert set(depth) == {4}
