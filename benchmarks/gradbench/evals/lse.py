"""log(sum(exp(x))), without overflow: GradBench, evals/lse."""

import math

import numpy as np

from adtrans import differentiate
from evals import Task


@differentiate
def log_sum_exp(x):
    highest = x[0]
    for i in range(1, len(x)):
        highest = max(highest, x[i])
    total = 0.0
    for i in range(len(x)):
        total += math.exp(x[i] - highest)
    return highest + math.log(total)


def prepare(given):
    return (np.array(given["x"]),)


TASKS = {
    "primal": Task(prepare, log_sum_exp, float),
    "gradient": Task(prepare, log_sum_exp.grad, np.ndarray.tolist),
}
