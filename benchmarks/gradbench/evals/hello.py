"""The square of a number, and its derivative: GradBench, evals/hello."""

from adtrans import differentiate
from evals import Task


@differentiate
def square(x):
    return x * x


def prepare(given):
    return (float(given),)


TASKS = {"square": Task(prepare, square, float), "double": Task(prepare, square.grad, float)}
