"""y_0' = x_0 and y_i' = x_i y_(i-1) from y(0) = 0 to time 2, by classical Runge-Kutta: GradBench, evals/ode."""

import numpy as np

from adtrans import differentiate, grad
from evals import Task

END = 2.0


def slope(x, y, out):
    """y' in `out`."""
    out[0] = x[0]
    for i in range(1, len(x)):
        out[i] = x[i] * y[i - 1]


def solve(x, steps):
    """y at the end."""
    n = len(x)
    h = END / steps
    y = np.zeros(n)
    stage = np.empty(n)
    k1, k2, k3, k4 = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    for _ in range(steps):
        slope(x, y, k1)
        for i in range(n):
            stage[i] = y[i] + h / 2.0 * k1[i]
        slope(x, stage, k2)
        for i in range(n):
            stage[i] = y[i] + h / 2.0 * k2[i]
        slope(x, stage, k3)
        for i in range(n):
            stage[i] = y[i] + h * k3[i]
        slope(x, stage, k4)
        for i in range(n):
            y[i] += h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i])
    return y


def last(x, steps):
    """The last component of y at the end."""
    return solve(x, steps)[-1]


def prepare(given):
    return np.array(given["x"]), given["s"]


TASKS = {
    "primal": Task(prepare, differentiate(solve), np.ndarray.tolist),
    "gradient": Task(prepare, grad(last), np.ndarray.tolist),
}
