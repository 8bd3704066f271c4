"""How far a polynomial is from the sign of its argument on n points of [-1, 1]: GradBench, evals/llsq."""

import numpy as np

from adtrans import differentiate
from evals import Task


@differentiate
def misfit(x, n):
    total = 0.0
    for i in range(n):
        t = -1.0 + i * 2.0 / (n - 1)
        residual = np.sign(t)
        power = 1.0
        for j in range(len(x)):
            residual -= x[j] * power
            power *= t
        total += residual * residual
    return total / 2.0


def prepare(given):
    return np.array(given["x"]), given["n"]


TASKS = {
    "primal": Task(prepare, misfit, float),
    "gradient": Task(prepare, misfit.grad, np.ndarray.tolist),
}
