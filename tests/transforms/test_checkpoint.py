"""Time loops recorded in parts: the gradients are those of the loop recorded whole, whatever the parts."""

import numba
import numpy as np
import pytest
from transforms.differences import argnums_of, differences
from uncompiled import names_of

from adtrans.pipeline import generate

LENGTHS = (1, 2, 3, 7, 1000)  # of a part


def generated(f, args):
    return generate(f, tuple(map(numba.typeof, args)), argnums_of(args), "value_and_grad", single=False)


def check(f, *args, in_parts: bool = True) -> None:
    """Raises: AssertionError where value or gradient depend on the length of a part, or are wrong."""
    module = generated(f, args)
    assert ("_segment(" in module.text) == in_parts
    before = [np.copy(a) for a in args]
    expected = None
    for length in LENGTHS if in_parts else LENGTHS[:1]:
        names = names_of(module.text)
        names["_segment"] = lambda trips, state, tape, most, length=length: length
        value, gradient = names[module.adjoint](*args)
        for a, b in zip(args, before, strict=True):
            np.testing.assert_array_equal(a, b)
        if expected is None:
            expected = f(*(np.copy(a) if isinstance(a, np.ndarray) else a for a in args))
            slopes = [differences(f, args, k) for k in argnums_of(args)]
        np.testing.assert_allclose(value, expected, rtol=1e-12)
        for g, slope in zip(gradient, slopes, strict=True):
            np.testing.assert_allclose(g, slope, rtol=1e-7, atol=1e-8)


def values(*shape) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape)


def two_buffers(u0, c, steps):
    u, new = u0.copy(), u0.copy()
    for _ in range(steps):
        for i in range(1, u.shape[0] - 1):
            new[i] = u[i] + c * u[i] * (u[i - 1] - 2.0 * u[i] + u[i + 1])
        u[:] = new
    return np.sum(u * u)


def in_place(u0, c, steps):
    u = u0.copy()
    for _ in range(steps):
        for i in range(1, u.shape[0] - 1):
            u[i] = u[i] + c * u[i] * (u[i - 1] - 2.0 * u[i] + u[i + 1])
    return np.sum(u * u)


def swapped(u0, c, steps):
    u, new = u0.copy(), u0.copy()
    for _ in range(steps):
        for i in range(1, u.shape[0] - 1):
            new[i] = u[i] + c * u[i] * (u[i - 1] - 2.0 * u[i] + u[i + 1])
        u, new = new, u
    return np.sum(u * u * new)


def rebound(y0, h, steps):
    y = y0.copy()
    for _ in range(steps):
        y = y + h * np.sin(y) * y
    return np.sum(y * y)


def leapfrog(x0, v0, h, steps):
    x, v = x0.copy(), v0.copy()
    for _ in range(steps):
        for i in range(x.shape[0]):
            v[i] -= h * np.sin(x[i]) * x[i - 1]
        for i in range(x.shape[0]):
            x[i] += h * v[i] * v[i]
    return np.sum(x * v)


def with_scalars(u0, c, steps):
    u = u0.copy()
    total, h, count = 0.0, c, 0
    for t in range(2, 2 + 3 * steps, 3):
        for i in range(u.shape[0]):
            u[i] = u[i] + h * np.sin(u[i] + t)
        if u[0] > 0.5:
            count += 1
            h = h * (1.0 - 0.1 * u[1])
        total += h * u[count % u.shape[0]]
    return total + u[0]


def final_array_and_argument(u, c, steps):
    for _t in range(steps):
        for i in range(u.shape[0]):
            u[i] = u[i] * u[i] * c + u[i - 1]
    return u[0] + c


def counted_down(u0, c, steps):
    u = u0.copy()
    for t in range(steps - 1, -1, -1):
        for i in range(u.shape[0]):
            u[i] = u[i] * u[i] * c + 0.01 * t
    return np.sum(u)


def input_changed_later(u0, c, steps):
    u, k = u0.copy(), u0 * 0.5
    for _ in range(steps):
        for i in range(u.shape[0]):
            u[i] = u[i] * u[i] * c + k[i]
    for i in range(k.shape[0]):
        k[i] = k[i] * u[i]
    return np.sum(k)


def scalar_changed_later(u0, c, steps):
    u, h = u0.copy(), c + 0.1
    for _ in range(steps):
        for i in range(u.shape[0]):
            u[i] = u[i] * u[i] * 0.3 + h
    h = np.sum(u)
    return h * h


def two_loops(u0, c, steps):
    u = u0.copy()
    for _ in range(steps):
        for i in range(u.shape[0]):
            u[i] = np.sin(u[i]) * c
    for _ in range(steps + 1):
        for i in range(u.shape[0] - 1):
            u[i] = np.cos(u[i]) * u[i + 1]
    return np.sum(u)


def used_before(u0, c, steps):
    u, w = u0.copy(), c * c
    s = np.sin(w * u[0])
    for _t in range(steps):
        w = u[0] * c
        for i in range(u.shape[0]):
            u[i] = u[i] * w * 0.5 + np.cos(u[i])
    return np.sum(u) * s


def seen_through_a_view(u0, c, steps):
    u = u0.copy()
    tail = u[1:]
    for _ in range(steps):
        for i in range(tail.shape[0]):
            tail[i] = tail[i] * u[i] * c + 0.5
    return np.sum(u)


def nested(u0, c, steps):
    u = u0.copy()
    for _ in range(2):
        for _ in range(steps):
            for i in range(u.shape[0]):
                u[i] = u[i] * u[i] * c
        u[0] += u[1]
    return np.sum(u)


def trajectory(u0, c, steps):
    u = np.empty((steps + 1, u0.shape[0]))
    u[0] = u0
    for t in range(steps):
        for i in range(u0.shape[0]):
            u[t + 1, i] = u[t, i] * np.sin(u[t, i - 1]) * c
    return np.sum(u)


def scalar_recurrence(x, c, steps):
    s = c
    for t in range(steps):
        s = np.sin(s) * x[t % x.shape[0]]
    return s


def with_a_work_array_of_the_inner_loop(u0, c, steps):
    total, unused, w, y = 1.0, 0.0, np.empty(u0.shape[0] + 1), np.empty(2)
    for _ in range(steps):
        for m in range(u0.shape[0]):
            for k in range(u0.shape[0] + 1):
                w[k] = u0[m] * c
            for k in range(u0.shape[0] + 1):
                w[k] = w[m]
            s = 0.0
            for k in range(u0.shape[0] + 1):
                w[k] = np.sin(w[k])
                s += w[k]
            total += s
            unused += w[m] * w[m]
    for i in range(3):
        y[:] = c * i
        for k in range(2):
            total += y[k] * y[k]
    return total + 0.0 * unused


def scalar_read_last(u0, c, steps):
    total, q = 0.7, 0.0
    for i in range(u0.shape[0]):
        total += u0[i]
    for t in range(steps):
        p, q = 0.0, u0[t % 3] * c
        for _ in range(u0.shape[0]):
            old = p
            p = p * p + q
            q = old
    return total + q


def array_read_last(u0, c, steps):
    total, w = 0.7, np.zeros(2)
    for i in range(u0.shape[0]):
        total += u0[i]
    for t in range(steps):
        p = u0[t % 3] * c
        for k in range(u0.shape[0]):
            p = p * p + u0[k]
        w[0] = p
    return total + w[0]


def slope(u, c, out):
    out[0] = c * u[0]
    out[1:] = u[1:] * u[:-1]


def runge_kutta(u0, c, steps):
    """Work arrays: of one the first element is stored apart from the others, one is filled twice."""
    n = u0.shape[0]
    u, stage, k, kept = u0.copy(), np.empty(n), np.empty(n), np.zeros(n)
    for _ in range(steps):
        slope(u, c, k)
        for i in range(n):
            stage[i] = u[i] + 0.5 * c * k[i]
        slope(stage, c, k)
        for i in range(n):
            stage[i] = u[i] - c * k[i] * k[i]
        kept[0] += stage[1]
        for i in range(1, n):
            kept[i] = kept[i - 1] * stage[i]
        for i in range(n):
            u[i] += stage[i] * k[i] * 0.1
    return np.sum(u) + kept[n - 1]


def no_view_any_more(u0, c, steps):
    """The first loop records the arrays that `u` names one after the other, and leaves it a copy of the last."""
    u, w = u0.copy(), 1.0
    for _ in range(3):
        u = u * 0.5 + u0[0] * c
        w = w * u[1] + u[2]
    for i in range(steps):
        v = np.ones(u0.shape[0])
        v[0] = u[0] * 0.7 * w + v[i % 3]
        for j in range(u0.shape[0]):
            u[j] = u[j] * v[j]
    return u[0] + u[1]


IN_PARTS = [
    runge_kutta, no_view_any_more, two_buffers, in_place, swapped, rebound, with_scalars,
    counted_down, input_changed_later, scalar_changed_later, two_loops,
    used_before, nested, with_a_work_array_of_the_inner_loop, scalar_read_last, array_read_last,
]  # fmt: skip


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 10, 17])
@pytest.mark.parametrize("f", IN_PARTS)
def test_gradient_is_right_whatever_the_parts(f, steps):
    check(f, 0.5 * values(4), 0.2, steps)


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 10])
def test_two_arrays_of_state_are_both_kept(steps):
    check(leapfrog, values(3), values(3) + 0.5, 0.1, steps)


@pytest.mark.parametrize("f", [final_array_and_argument, seen_through_a_view])
def test_state_in_memory_with_other_names_is_put_back(f):
    check(f, 0.5 * values(3), 0.3, 5)


def test_scalars_are_recorded_whole():
    check(scalar_recurrence, values(4), 0.3, 5, in_parts=False)


def test_trajectory_is_right():
    module = generated(trajectory, (values(3), 0.3, 5))
    check(trajectory, values(3), 0.3, 5, in_parts="_segment(" in module.text)


def test_few_iterations_are_recorded_whole_and_many_in_about_the_square_root():
    module = generated(two_buffers, (values(3), 0.3, 5))
    segment = names_of(module.text)["_segment"]
    assert segment(0, 10, 10, 2**21) == 1
    assert segment(50, 200, 100, 2**21) == 50
    assert segment(10, 10**9, 10**8, 2**21) == 10
    assert segment(500, 80_000, 40_000, 2**21) == 32
    assert segment(500, 80_000, 40_000, 2**25) == 500
    assert segment(10**7, 1, 1, 2**21) < 10**4


def with_functions(u0, c, steps):
    """Records two numbers for each function."""
    u = u0.copy()
    for _ in range(steps):
        for i in range(u.shape[0]):
            u[i] = np.tanh(u[i] * c) * u[i]
    return np.sum(u)


def one_function(u0, c, steps):
    u = u0.copy()
    for _ in range(steps):
        h = np.tanh(u[0] * c)
        for i in range(u.shape[0]):
            u[i] = u[i] * u[i] * h
    return np.sum(u)


@pytest.mark.parametrize(("f", "most"), [(with_functions, "2 ** 24"), (one_function, "2 ** 21"), (in_place, "2 ** 21")])
def test_more_is_recorded_whole_where_it_costs_more_to_compute_again(f, most):
    (call,) = (line for line in generated(f, (values(3), 0.3, 5)).text.splitlines() if " = _segment(" in line)
    assert call.endswith(f", {most})")


def test_work_arrays_filled_part_by_part_are_no_state():
    text = generated(runge_kutta, (values(3), 0.3, 5)).text
    assert "u_kept = " in text
    assert "kept_kept = " in text
    assert "k_kept = " not in text
    assert "stage_kept = " not in text
