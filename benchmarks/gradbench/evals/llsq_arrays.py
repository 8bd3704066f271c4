"""As `llsq`, in operations on whole arrays."""

import numpy as np

from adtrans import differentiate
from evals import Task, llsq


@differentiate
def misfit(x, n):
    t = np.linspace(-1.0, 1.0, n)
    residual = np.sign(t)
    power = np.ones(n)
    for j in range(len(x)):
        residual -= x[j] * power
        power *= t
    return np.sum(residual**2) / 2.0


TASKS = {
    "primal": Task(llsq.prepare, misfit, float),
    "gradient": Task(llsq.prepare, misfit.grad, np.ndarray.tolist),
}
