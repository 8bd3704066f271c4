"""How much memory gradients take: what has to be recorded, by formula, and no more."""

import numba
import numpy as np
import pytest
from uncompiled import names_of

from adtrans.pipeline import generate


class Counting:
    """NumPy, which counts the elements of the arrays that it makes: of all, and of the largest."""

    def __init__(self):
        self.count = self.largest = 0

    def __getattr__(self, name: str):
        return getattr(np, name)

    def empty(self, shape, dtype=np.float64):
        return self._counted(np.empty(shape, dtype))

    def zeros(self, shape, dtype=np.float64):
        return self._counted(np.zeros(shape, dtype))

    def _counted(self, a):
        self.count += a.size
        self.largest = max(self.largest, a.size)
        return a


def counted(f, *args) -> Counting:
    """What the gradient by the first argument allocates, run by Python."""
    module = generate(f, tuple(map(numba.typeof, args)), (0,), "grad")
    names = names_of(module.text)
    names["np"] = counting = Counting()
    names[module.adjoint](*args)
    return counting


def elements(f, *args) -> int:
    """How many elements the arrays have together that the gradient makes."""
    return counted(f, *args).count


def largest(f, *args) -> int:
    """How many elements the largest of them has."""
    return counted(f, *args).largest


def product_of_squares(x, n):
    s = x
    for _ in range(n):
        s = s * s * x
    return s


def test_chain_records_one_number_an_iteration():
    assert elements(product_of_squares, 0.9, 10) == 10
    assert elements(product_of_squares, 0.9, 25) == 25


def walk(x):
    s = 1.0
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            s = s * x[i, j]
    return s


def test_nested_loops_record_one_number_an_iteration():
    gradient, checkpoint = 15, 1
    assert elements(walk, np.full((3, 5), 0.9)) == 15 + gradient + checkpoint
    assert elements(walk, np.full((6, 5), 0.9)) == 2 * (15 + gradient) + checkpoint


def triangle(x):
    s = 1.0
    for i in range(x.shape[0]):
        for j in range(i):
            s = s * x[i] * x[j]
    return s


def test_triangle_is_recorded_on_a_stack_of_twice_its_iterations_at_most():
    n = 40
    assert largest(triangle, np.ones(n)) <= 2 * (n * (n - 1) // 2)


def independent_triangles(x):
    total = 0.0
    for i in range(x.shape[0]):
        s = 1.0
        for j in range(i):
            s = s * x[i] * x[j]
        total += s
    return total


def independent_searches(x):
    total = 0.0
    for i in range(x.shape[0]):
        s = x[i]
        while s < 30.0:
            s = s * s + x[i]
        total += s
    return total


@pytest.mark.parametrize("f", [independent_triangles, independent_searches])
def test_stack_of_independent_iterations_holds_one_of_them(f):
    assert largest(f, np.linspace(0.9, 1.1, 60)) <= 64  # what a stack begins with


def until(x, limit):
    s, k = x, 0
    while k < limit:
        s = s * s * x
        k += 1
    return s


def test_while_records_on_a_stack_of_twice_its_iterations_at_most():
    assert 1000 <= largest(until, 0.99, 1000) <= 2000


def heat_in_place(u0, steps):
    u = u0.copy()
    for _ in range(steps):
        for i in range(1, u.shape[0] - 1):
            u[i] = u[i] + 0.1 * u[i] * (u[i - 1] - 2.0 * u[i] + u[i + 1])
    return np.sum(u)


def test_stencil_records_each_element_that_it_overwrites():
    points, steps = 12, 7
    arrays = 3 * points  # the field, its cotangent, and the gradient
    checkpoint = points
    assert elements(heat_in_place, np.ones(points), steps) == (points - 2) * steps + arrays + checkpoint


def heat_linear(u0, steps):
    u = u0.copy()
    for _ in range(steps):
        for i in range(1, u.shape[0] - 1):
            u[i] = u[i] + 0.1 * (u[i - 1] - 2.0 * u[i] + u[i + 1])
    return np.sum(u)


def test_linear_stencil_records_nothing():
    assert elements(heat_linear, np.ones(12), 7) == elements(heat_linear, np.ones(12), 70) == 2 * 12


def test_long_stencil_takes_the_square_root_of_its_records():
    """As `_segment` parts the loop: copies of the field for each part, records of one part."""
    points, steps = 50, 2**16
    module = generate(heat_in_place, (numba.float64[::1], numba.int64), (0,), "grad")
    part = names_of(module.text)["_segment"](steps, points, points - 2, 2**21)
    assert part * (points - 2) + -(-steps // part) * points < 3 * np.sqrt(steps) * points


def running_product(x):
    y = x.copy()
    for i in range(1, y.shape[0]):
        y[i] *= y[i - 1]
    return np.sum(y)


def test_running_product_records_each_element_once():
    n = 10
    assert elements(running_product, np.ones(n)) == n - 1 + 3 * n


def log_sum_exp(x):
    highest, total = np.max(x), 0.0
    for i in range(x.shape[0]):
        total += np.exp(x[i] - highest)
    return highest + np.log(total)


def test_log_sum_exp_needs_nothing_but_its_gradient():
    assert elements(log_sum_exp, np.linspace(0, 1, 300)) == 300


def branches(x, n):
    s = x
    for _ in range(n):
        s = s * 0.5 if s > 1.0 else s * s + 0.7
    return s


def test_choice_is_made_again_from_the_value_that_is_recorded():
    assert elements(branches, 0.3, 20) == 20


def mixture(means, x):
    """The logarithm of a mixture of normal distributions, but for constants."""
    total = 0.0
    terms = np.empty(means.shape[0])
    for i in range(x.shape[0]):
        for k in range(means.shape[0]):
            square = 0.0
            for d in range(x.shape[1]):
                square += (x[i, d] - means[k, d]) ** 2
            terms[k] = -0.5 * square
        highest = np.max(terms)
        total += highest + np.log(np.sum(np.exp(terms - highest)))
    return total


def test_mixture_takes_no_more_memory_for_more_points():
    few, many = (elements(mixture, np.ones((3, 2)), np.ones((n, 2))) for n in (70, 300))
    assert many == few
