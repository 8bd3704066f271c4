"""A determinant by expansion by minors: GradBench, evals/det."""

import numpy as np

from adtrans import differentiate
from evals import Task


def minor(a, row, after):
    """The determinant of the rows of `a` from `row` on, in the columns of a linked list.

    `after[j]` is the column after j in the minor, and `after[n]` its first.
    """
    n = len(a)
    column = after[n]
    if row == n - 1:
        return a[row, column]
    total = 0.0
    sign = 1.0
    before = n
    for _ in range(n - row):
        after[before] = after[column]  # takes the column out
        total += sign * a[row, column] * minor(a, row + 1, after)
        after[before] = column
        before = column
        column = after[column]
        sign = -sign
    return total


@differentiate
def determinant(a):
    after = np.arange(1, len(a) + 2)
    after[len(a)] = 0
    return minor(a, 0, after)


def prepare(given):
    return (np.array(given["A"]).reshape(given["ell"], given["ell"]),)


TASKS = {
    "primal": Task(prepare, determinant, float),
    "gradient": Task(prepare, determinant.grad, lambda a_bar: a_bar.ravel().tolist()),
}
