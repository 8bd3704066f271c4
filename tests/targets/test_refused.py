"""What kernels may not do is refused at the user's line."""

import math

import numpy as np
import pytest
from ir_python import define
from numba import cuda, float64

import adtrans
from adtrans.errors import UnsupportedError

X = np.ones(4)
TABLE = np.ones(3)

REFUSED = {
    "a barrier after a return": (5, "not all threads come to this barrier", """
        i = cuda.grid(1)
        if i >= x.size:
            return
        cuda.syncthreads()
        y[i] = x[i]"""),
    "a barrier in a loop of one thread": (4, "not all threads come to this barrier", """
        i = cuda.grid(1)
        for k in range(i):
            cuda.syncthreads()
        y[i] = x[i]"""),
    "shared memory in a branch": (3, "shared memory is not supported here", """
        if x[0] > 0:
            s = cuda.shared.array(4, float64)
            s[cuda.threadIdx.x] = x[0]"""),
    "shared memory of the launch": (2, "lengths of a shared array have to be constant", """
        s = cuda.shared.array(0, float64)
        s[cuda.threadIdx.x] = x[0]"""),
    "a sum in shared memory": (3, "a sum of several threads in shared memory", """
        s = cuda.shared.array(4, float64)
        cuda.atomic.add(s, 0, x[0])
        y[cuda.grid(1)] = s[0]"""),
    "a store by all threads of a block": (3, "every thread stores to this element", """
        s = cuda.shared.array(4, float64)
        s[0] = x[0]
        y[cuda.grid(1)] = s[0]"""),
    "a value of atomic.add": (2, "depends on the order of threads", """
        old = cuda.atomic.add(y, 0, x[0])
        y[1] = old"""),
    "another atomic": (2, "cuda.atomic.max is not supported", """
        cuda.atomic.max(y, 0, x[0])"""),
    "a value returned": (3, "a kernel returns nothing", """
        i = cuda.grid(1)
        return x[i]"""),
    "a store by all threads": (3, "every thread stores to this element", """
        i = cuda.grid(1)
        y[0] = x[i]"""),
    "a plain sum by all threads": (3, "every thread stores to this element", """
        i = cuda.grid(1)
        y[0] += x[i]"""),
    "a sum read": (4, "threads add to 'y'", """
        i = cuda.grid(1)
        cuda.atomic.add(y, i, x[i])
        z[i] = y[i] * x[i]"""),
    "a sum stored": (3, "threads add to 'y'", """
        i = cuda.grid(1)
        y[i] = x[i]
        cuda.atomic.add(y, i, x[i])"""),
    "warps": (2, "cuda.shfl_sync is not supported", """
        y[cuda.grid(1)] = cuda.shfl_sync(-1, x[0], 0)"""),
    "a lane": (2, "cuda.laneid is not supported", """
        y[cuda.laneid] = x[0]"""),
    "four dimensions": (2, "takes one number, 1, 2 or 3", """
        i = cuda.grid(4)
        y[i] = x[i]"""),
    "an exception": (4, "ValueError is not supported in kernels", """
        i = cuda.grid(1)
        if x[i] < 0:
            raise ValueError("negative")
        y[i] = math.sqrt(x[i])"""),
    "a function that kernels lack": (3, "sinc is not supported in kernels", """
        i = cuda.grid(1)
        y[i] = np.sinc(x[i])"""),
    "an array of no type": (2, "takes a shape and a type", """
        a = cuda.local.array(3)
        y[cuda.grid(1)] = a[0]"""),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_construct_is_refused_at_its_line(name):
    line, message, body = REFUSED[name]
    text = "def f(x, y, z):" + body.replace("\n    ", "\n") + "\n"
    kernel = define(text, cuda=cuda, float64=float64, math=math, np=np)
    with pytest.raises(UnsupportedError, match=message) as found:
        adtrans.vjp(kernel, target="cuda").source(X, X, X)
    assert found.value.loc.line == line


def reads_outside(x, y):
    y[cuda.grid(1)] = TABLE[0] * x[0]


def passes_on(x, scratch, y):
    i = cuda.grid(1)
    scratch[i] = x[i] * x[i]
    y[i] = scratch[i]


def of_integers(k, y):
    y[cuda.grid(1)] = k[0]


@pytest.mark.parametrize(
    ("kernel", "argnums", "args", "message"),
    [
        (reads_outside, None, (X, X), "'TABLE' from outside"),
        (passes_on, ("x", "y"), (X, X, X), "passes a derivative through 'scratch'"),
        (of_integers, (0, 1), (np.ones(2, int), X), "cannot differentiate by 'k'"),
        (of_integers, None, (X,), "takes 2 arguments"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(kernel, argnums, args, message):
    with pytest.raises(UnsupportedError, match=message):
        adtrans.vjp(kernel, argnums, target="cuda").source(*args)


def test_kernel_is_refused_on_the_cpu_at_its_line():
    def kernel(x):
        i = cuda.grid(1)
        return x[i]

    with pytest.raises(UnsupportedError, match=r"cuda.grid.x is not supported here") as found:
        adtrans.grad(kernel)(X)
    assert found.value.loc.source_line().strip() == "i = cuda.grid(1)"
