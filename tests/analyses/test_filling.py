"""Which blocks store the elements of an array before they read them: never said of one that does not."""

from collections import Counter

import numba
import numpy as np
import pytest

from adtrans import ir
from adtrans.analyses.facts import facts
from adtrans.analyses.filling import filling, is_filled
from adtrans.pipeline import lower


def peeled(a, n, m):
    a[0] = 1.0
    for i in range(1, n):
        a[i] = i + 2.0
    return a[n - 1]


def peeled_at_the_end(a, n, m):
    for i in range(n - 1):
        a[i] = i + 2.0
    a[n - 1] = 1.0
    return a[m]


def downwards(a, n, m):
    for i in range(n - 1, 0, -1):
        a[i] = i + 2.0
    a[0] = 1.0
    return a[m]


def recurrence(a, n, m):
    a[0] = 1.0
    for i in range(1, n):
        a[i] = a[i - 1] * 2.0 + a[0]
    return a[n - 1]


def recurrence_of_two(a, n, m):
    a[0] = 1.0
    a[1] = 2.0
    for i in range(2, n):
        a[i] = a[i - 1] + a[i - 2]
    return a[n - 1]


def recurrence_downwards(a, n, m):
    a[n - 1] = 1.0
    for i in range(n - 2, -1, -1):
        a[i] = a[i + 1] * 2.0
    return a[0]


def three_loops(a, n, m):
    """The last may begin where the first does."""
    k = max(m, 0)
    for i in range(2):
        a[i] = 1.0
    for i in range(2, k):
        a[i] = 2.0
    for i in range(k, n):
        a[i] = 3.0
    return a[n - 1]


def choice(a, n, m):
    if m > 1:
        for i in range(n):
            a[i] = 1.0
    else:
        for i in range(n):
            a[i] = 2.0
    return a[m]


def own_elements_twice(a, n, m):
    s = 0.0
    for i in range(n):
        a[i] = 1.0
        s += a[i]
        a[i] = 2.0
    return s


FILLED = {
    peeled: (2, True),
    peeled_at_the_end: (2, True),
    downwards: (2, True),
    recurrence: (2, True),
    recurrence_of_two: (3, True),
    recurrence_downwards: (2, True),
    three_loops: (2, True),
    choice: (2, True),
    own_elements_twice: (1, True),
}


def gap(a, n, m):
    a[0] = 1.0
    for i in range(2, n):
        a[i] = 2.0
    return a[1]


def every_other(a, n, m):
    for i in range(0, n, 2):
        a[i] = 1.0
    return a[m]


def recurrence_from_nothing(a, n, m):
    for i in range(1, n):
        a[i] = a[i - 1] * 2.0
    return a[n - 1]


def recurrence_too_far_back(a, n, m):
    a[1] = 1.0
    for i in range(2, n):
        a[i] = a[i - 2]
    return 0.0


def recurrence_against_the_loop(a, n, m):
    a[0] = 1.0
    for i in range(n - 1, 0, -1):
        a[i] = a[i - 1]
    return a[m]


def one_branch(a, n, m):
    if m > 1:
        for i in range(n):
            a[i] = 1.0
    return a[m]


def no_iteration(a, n, m):
    for _ in range(m):
        for i in range(n):
            a[i] = 1.0
    return a[0]


def until(a, n, m):
    for i in range(n):
        if i == m:
            break
        a[i] = 1.0
    return a[0]


def while_less(a, n, m):
    i = 0
    while i < m:
        a[i] = 1.0
        i += 1
    return a[0]


def from_the_end(a, n, m):
    for i in range(n - 2):
        a[i] = 1.0
    return a[n - 2]


def adds(a, n, m):
    for i in range(n):
        a[i] += 1.0
    return a[0]


def triangle(a, n, m):
    for i in range(n):
        for j in range(i):
            a[j] = 1.0
    return a[m]


def another_bound(a, n, m):
    for i in range(m):
        a[i] = 1.0
    return a[n - 1]


def chosen(a, n, m):
    k = m
    for i in range(n):
        k = (k * k + 1) % n
        a[k] = i
    return a[0]


def overlapping(a, n, m):
    for i in range(n - 1):
        a[i] = 1.0
        a[i + 1] = 2.0
    return 0.0


def negative_bound(a, n, m):
    for i in range(m, n):
        a[i] = 1.0
    return 0.0


def bound_that_grows(a, n, m):
    s = 0.0
    for i in range(m):
        a[i] = 1.0
    if n > 2:
        m += 1
    for i in range(m, n):
        a[i] = 2.0
    for i in range(n):
        s += a[i]
    return s


def bound_that_is_an_element(a, n, m):
    ends, s = np.full(1, max(m, 0)), 0.0
    for i in range(ends[0]):
        a[i] = 1.0
    ends[0] += n % 2
    for i in range(ends[0], n):
        a[i] = 2.0
    for i in range(n):
        s += a[i]
    return s


NOT_KNOWN = [
    gap, every_other, recurrence_from_nothing, recurrence_too_far_back, recurrence_against_the_loop, one_branch,
    no_iteration, until, while_less, from_the_end, adds, triangle, another_bound, chosen, overlapping, negative_bound,
    bound_that_grows, bound_that_is_an_element,
]  # fmt: skip


def rows(a, n, m):
    """The borders of a matrix, then its inside."""
    for j in range(m):
        a[0, j] = 1.0
        a[n - 1, j] = 2.0
    for i in range(1, n - 1):
        a[i, 0] = 3.0
        a[i, m - 1] = 4.0
        for j in range(1, m - 1):
            a[i, j] = a[i, j - 1] + a[i, 0]
    return a[n - 1, m - 1]


def transposed(a, n, m):
    for j in range(m):
        for i in range(n):
            a[i, j] = i + j
            a[i, j] = a[i, j] * 2.0
    return a[0, 0]


def first_column(a, n, m):
    for i in range(n):
        a[i, 0] = 1.0
    for i in range(n):
        for j in range(1, m):
            a[i, j] = a[i, j - 1]
    return a[n - 1, m - 1]


def diagonal(a, n, m):
    for i in range(n):
        a[i, i] = 1.0
    return a[0, m - 1]


# The first row is the last where there is one.
MATRICES = {rows: (3, True), transposed: (1, True), first_column: (2, True), diagonal: (1, False)}


def found_in(f, rank: int):
    """What is found of the whole body of `f`, whose array is as long as it says."""
    array = numba.types.Array(numba.float64, rank, "C")
    program = lower(f, (array, numba.int64, numba.int64))
    dims = tuple(map(ir.Name, ("n", "m")[:rank]))
    known = facts(program.function.body, program.env, program.values)
    found = filling(program.function.body, "a", dims, known)
    return found, is_filled(found, dims, known)


class Watched:
    """An array that counts the stores that find a value in their element, and the reads that find none."""

    def __init__(self, shape):
        self.values = np.zeros(shape)
        self.has = np.zeros(shape, bool)
        self.early, self.again = 0, 0

    def __getitem__(self, index):
        self.early += not self.has[index]
        return self.values[index]

    def __setitem__(self, index, value):
        self.again += int(np.sum(self.has[index]))
        self.values[index], self.has[index] = value, True


def runs(f, rank: int):
    """What happens in calls of `f` with lengths up to 5, those left out in which an index is out of range."""
    for n in range(6):
        for m in range(-2 if rank == 1 else 0, 6):
            array = Watched((n, m)[:rank])
            try:
                f(array, n, m)
            except (IndexError, ZeroDivisionError):
                continue
            yield array


@pytest.mark.parametrize("f", [*FILLED, *NOT_KNOWN, *MATRICES], ids=lambda f: f.__name__)
def test_what_is_found_is_so_in_every_run(f):
    rank = 2 if f in MATRICES else 1
    found, whole = found_in(f, rank)
    seen = list(runs(f, rank))
    assert seen
    if not found.needs:
        assert not any(array.early for array in seen)
        if not found.again:
            assert not any(array.again for array in seen)
    if whole:
        assert all(array.has.all() for array in seen)


@pytest.mark.parametrize("f", [*FILLED, *MATRICES], ids=lambda f: f.__name__)
def test_parts_that_together_are_the_array_fill_it(f):
    found, whole = found_in(f, 2 if f in MATRICES else 1)
    assert (len(found.first), whole) == (FILLED | MATRICES)[f]
    assert bool(found.needs) != whole


@pytest.mark.parametrize("f", NOT_KNOWN, ids=lambda f: f.__name__)
def test_what_may_read_or_store_an_element_again_is_told(f):
    found, _ = found_in(f, 1)
    assert found.needs or found.again


def test_a_store_in_every_iteration_of_a_loop_around_it_is_not_the_first():
    found, _ = found_in(no_iteration, 1)
    assert Counter(store in found.first for store, _ in found.stores) == {False: 1}
