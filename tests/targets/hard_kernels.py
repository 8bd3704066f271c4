"""Kernels that are hard to reverse: views, nested strides, stores on some paths, arrays that are input and output,
memory of a block that is used again. `HARD` by name."""

import math

import numpy as np
from numba import cuda, float64, int64
from targets.kernels import Program


def rows(x, w, y):
    i = cuda.grid(1)
    if i < y.shape[0]:
        row = x[i]
        common = w[0]
        out = y[i]
        for j in range(out.size):
            out[j] = row[j] * common[j] * row[0]


def columns(x, y):
    i = cuda.grid(1)
    if i < x.shape[1]:
        col = x[:, i]
        for j in range(1, col.size):
            col[j] = col[j] * col[j - 1]
        y[i] = col[col.size - 1]


def rescaled(a, x, y):
    i = cuda.grid(1)
    if i < x.size:
        a = a * 2.0
        y[i] += a * x[i]
        y[i] = y[i] * a
        a = a * x[i]
        y[i] *= a


@cuda.jit(device=True)
def put(y, i, v):
    y[i] = v * v
    return v * y[i]


def device_store(x, y, z):
    i = cuda.grid(1)
    if i < x.size:
        z[i] = put(y, i, x[i]) + math.cos(y[i])


def two_strides(x, y, z):
    for k in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        y[k] = math.sin(x[k]) * y[k]
    for k in range(cuda.grid(1), x.size - 1, cuda.gridsize(1)):
        z[k + 1] = x[k + 1] * x[k]


def stride2(x, y):
    i0, j0 = cuda.grid(2)
    si, sj = cuda.gridsize(2)
    for i in range(i0, x.shape[0], si):
        for j in range(j0, x.shape[1], sj):
            y[i, j] = math.exp(x[i, j]) * y[i, j] * x[j, i]


def stride_while(a, r):
    for i in range(cuda.grid(1), a.size, cuda.gridsize(1)):
        z = a[i]
        while abs(z * z - a[i]) > 1e-10:
            z = 0.5 * (z + a[i] / z)
        r[i] = z * r[i]


def counts(x, k, y):
    i = cuda.grid(1)
    if i < x.size:
        k[i] = k[i] + 1
        for _ in range(k[i]):
            y[i] = y[i] * x[i]
        k[i] = 0


def from_end(x, y):
    i = cuda.grid(1)
    if i < x.size:
        y[-1 - i] = x[-1 - i] * x[i]


def branches(x, y):
    i = cuda.grid(1)
    if i < x.size:
        if x[i] > 0.0:
            y[i] = x[i] * x[i]
            if x[i] > 1.0:
                return
        else:
            y[i] = y[i] * x[i]
        y[i] = y[i] * y[i]


def local2(x, y):
    i = cuda.grid(1)
    if i < y.size:
        m = cuda.local.array((2, 2), float64)
        for t in range(3):
            for a in range(2):
                for b in range(2):
                    m[a, b] = x[i, a] * x[i, b] + t
            s = 0.0
            for a in range(2):
                for b in range(2):
                    s += m[a, b] * m[b, a]
            y[i] += math.sin(s) * m[0, 1]


def shift(x, y):
    i = cuda.grid(1)
    if 1 <= i < x.size:
        y[i - 1] = x[i - 1] * x[i]


def shared_int(x, k, y):
    s = cuda.shared.array(4, int64)
    v = cuda.shared.array((4, 2), float64)
    t = cuda.threadIdx.x
    s[t] = k[t] % 4
    v[t, 0] = x[t]
    v[t, 1] = x[t] * x[t]
    cuda.syncthreads()
    y[t] = v[s[t], 0] * v[t, 1]
    cuda.syncthreads()
    v[t, 0] = y[t] * v[t, 1]
    s[t] = (s[t] + 1) % 4
    cuda.syncthreads()
    y[t] = v[s[t], 0] * v[s[t], 0]


def uniform_if(x, y, flag):
    s = cuda.shared.array(4, float64)
    t = cuda.threadIdx.x
    s[t] = x[t]
    cuda.syncthreads()
    if flag > 0:
        v = s[3 - t] * s[t]
        cuda.syncthreads()
        s[t] = v
        cuda.syncthreads()
    y[t] = s[3 - t] * s[3 - t]


def scan(x, y):
    s = cuda.shared.array(8, float64)
    t = cuda.threadIdx.x
    s[t] = x[t]
    cuda.syncthreads()
    step = 1
    while step < 8:
        v = 1.0
        if t >= step:
            v = s[t - step]
        cuda.syncthreads()
        s[t] = s[t] * v
        cuda.syncthreads()
        step = step * 2
    y[t] = s[t]


def block_rows(x, y):
    s = cuda.shared.array(4, float64)
    row = cuda.blockIdx.x
    t = cuda.threadIdx.x
    acc = 0.0
    for j in range(t, x.shape[1], cuda.blockDim.x):
        acc += math.exp(x[row, j])
    s[t] = acc
    cuda.syncthreads()
    if t == 0:
        total = 0.0
        for k in range(cuda.blockDim.x):
            total += s[k]
        s[0] = total
    cuda.syncthreads()
    for j in range(t, x.shape[1], cuda.blockDim.x):
        y[row, j] = math.exp(x[row, j]) / s[0]


def overwritten_input(x, y):
    i = cuda.grid(1)
    if i < x.size:
        y[i] = x[i] * x[i]
        x[i] = math.sin(x[i]) * y[i]
        y[i] = y[i] * x[i]


def gathered(x, idx, y):
    i = cuda.grid(1)
    if i < y.size:
        s = 1.0
        for j in range(idx.shape[1]):
            if idx[i, j] < 0:
                continue
            s *= x[idx[i, j]]
        y[i] = s


def nested_data_loop(x, n, y):
    i = cuda.grid(1)
    if i < y.size:
        s = x[i]
        for a in range(n[i]):
            for b in range(a):
                s = s * 0.9 + math.sin(s) * b
        y[i] = s


def sums_of_all(x, w, out):
    i = cuda.grid(1)
    if i < x.size:
        for j in range(out.size):
            if j < w.size and w[j] > -9.0:
                cuda.atomic.add(out, j, x[i] * math.sin(w[j]))


def clamped(x, y):
    i = cuda.grid(1)
    if i < y.size:
        y[i] = x[i] * x[max(i - 1, 0)] + math.sin(x[max(i - 2, 0)])


def named_like_a_launch(threads, stream, records, count):
    blocks = cuda.grid(1)
    if blocks < threads.size:
        s = threads[blocks]
        while s < records:
            s = s * stream[blocks]
        count[blocks] = s


def _programs() -> dict:
    rng = np.random.default_rng(1)

    def r(*shape):
        return rng.normal(size=shape)

    found = [
        Program(sums_of_all, 2, 2, (r(3), r(2), r(2))),
        Program(clamped, 2, 4, (r(7), r(7))),
        Program(named_like_a_launch, 2, 2, (abs(r(3)) + 0.5, abs(r(3)) + 1.5, 9.0, r(3))),
        Program(rows, 2, 2, (r(3, 4), r(1, 4), r(3, 4))),
        Program(columns, 2, 2, (r(4, 3), r(3))),
        Program(rescaled, 2, 2, (0.7, r(3), r(3)), (0, 1, 2)),
        Program(device_store, 2, 2, (r(3), r(3), r(3))),
        Program(two_strides, 2, 2, (r(7), r(7), r(7))),
        Program(stride2, (2, 1), (2, 2), (r(5, 5), r(5, 5))),
        Program(stride_while, 2, 2, (abs(r(7)) + 0.5, r(7))),
        Program(counts, 2, 2, (r(3), np.array([1, 2, 0]), r(3))),
        Program(from_end, 2, 2, (r(4), r(4))),
        Program(branches, 2, 4, (r(7), r(7))),
        Program(local2, 2, 2, (r(3, 2), r(3))),
        Program(shift, 2, 4, (r(7), r(7))),
        Program(shared_int, 1, 4, (r(4), np.array([3, 0, 1, 2]), r(4))),
        Program(uniform_if, 1, 4, (r(4), r(4), 1)),
        Program(scan, 1, 8, (r(8), r(8))),
        Program(block_rows, 3, 4, (r(3, 6), r(3, 6))),
        Program(overwritten_input, 2, 2, (r(4), r(4))),
        Program(gathered, 2, 2, (r(5), np.array([[0, 1, -1], [2, -1, 3], [4, 4, 0]]), r(3))),
        Program(nested_data_loop, 2, 2, (r(3), np.array([0, 3, 4]), r(3))),
    ]
    return {p.kernel.__name__: p for p in found}


HARD = _programs()
