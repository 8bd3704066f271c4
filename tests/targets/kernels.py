"""Kernels as users write them, each with a grid and arguments: `PROGRAMS` by name."""

import math
from typing import NamedTuple

import numpy as np
from numba import cuda, float64


class Program(NamedTuple):
    """A kernel, the grid and the arguments to run it on; `argnums` as in `adtrans.vjp`."""

    kernel: object
    blocks: object
    threads: object
    args: tuple
    argnums: object = None


def saxpy(a, x, y, out):
    i = cuda.grid(1)
    if i >= x.shape[0]:
        return
    out[i] = a * x[i] + math.sin(y[i]) * x[i]


def stencil(u, v):
    block = cuda.blockIdx.x
    i = block * cuda.blockDim.x + cuda.threadIdx.x
    if i >= 1 and i < u.size - 1:
        v[i] = u[i - 1] * u[i] + u[i + 1] ** 2


def heat(u, v, alpha):
    i, j = cuda.grid(2)
    n, m = u.shape
    if 0 < i < n - 1 and 0 < j < m - 1:
        v[i, j] = u[i, j] + alpha * (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1] - 4 * u[i, j]) * u[i, j]


def heat_in_space(u, v):
    i, j, k = cuda.grid(3)
    if i < u.shape[0] and j < u.shape[1] and k < u.shape[2]:
        v[i, j, k] = math.tanh(u[i, j, k]) * u[i, j, k - 1]


@cuda.jit
def dot(x, y, s):
    start = cuda.grid(1)
    stride = cuda.gridsize(1)
    t = 0.0
    for k in range(start, x.size, stride):
        t += x[k] * math.exp(y[k])
    cuda.atomic.add(s, 0, t)


def in_place(x, y):
    for k in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        y[k] = math.exp(x[k]) * y[k]


def in_place_each_step(x, y):
    step = cuda.gridDim.x * cuda.blockDim.x
    for k in range(cuda.grid(1), x.size, step):
        for t in range(3):
            y[k] = y[k] * x[k] + t


def carried(x, y):
    last = 1.0
    for k in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        last = last * math.cos(x[k])
        y[k] = last


def newton(a, r):
    i = cuda.grid(1)
    if i < a.size:
        z = a[i]
        while abs(z * z - a[i]) > 1e-10:
            z = 0.5 * (z + a[i] / z)
        r[i] = z


def naive_matmul(a, b, c):
    i, j = cuda.grid(2)
    if i < c.shape[0] and j < c.shape[1]:
        t = 0.0
        for k in range(a.shape[1]):
            t += a[i, k] * b[k, j]
        c[i, j] = t


def paths(z, s0, out, steps, dt):
    i = cuda.grid(1)
    if i >= out.size:
        return
    s = s0[i]
    for t in range(steps):
        if s > 1.0:
            s = s * (1.0 + 0.1 * z[i, t] * math.sqrt(dt)) + 0.01 * s * s
        else:
            s = s * math.exp(0.2 * z[i, t] * math.sqrt(dt))
    out[i] = max(s - 1.0, 0.0)


def barrier_option(z, s0, out, low):
    i = cuda.grid(1)
    if i >= out.size:
        return
    s = s0[i]
    t = 0
    while t < z.shape[1]:
        s *= math.exp(0.3 * z[i, t])
        t += 1
        if s < low:
            break
    if t < z.shape[1]:
        out[i] = 0.1 * s
    else:
        out[i] = s * s


def triangle(x, y):
    i = cuda.grid(1)
    if i < x.size:
        s = 1.0
        for j in range(i + 1):
            s = s * x[j] + math.sin(s)
        y[i] = s


@cuda.jit(device=True)
def gravity(dx, dy, eps):
    r2 = dx * dx + dy * dy + eps
    return 1.0 / (r2 * math.sqrt(r2))


@cuda.jit
def n_body(pos, mass, acc, eps):
    i = cuda.grid(1)
    if i < pos.shape[0]:
        ax = 0.0
        ay = 0.0
        for j in range(pos.shape[0]):
            dx = pos[j, 0] - pos[i, 0]
            dy = pos[j, 1] - pos[i, 1]
            f = mass[j] * gravity(dx, dy, eps)
            ax += f * dx
            ay += f * dy
        acc[i, 0] = ax
        acc[i, 1] = ay


def interleaved(x, y):
    i = cuda.grid(1)
    if i < y.size:
        y[i] = x[3 * i] * x[3 * i + 1] + math.sin(x[3 * i + 2])


def row_by_block(x, y):
    row = cuda.blockIdx.x
    for j in range(cuda.threadIdx.x, x.shape[1], cuda.blockDim.x):
        y[row, j] = x[row, j] * x[row, j]


def softmax_loss(logits, labels, loss):
    i = cuda.grid(1)
    if i < logits.shape[0]:
        top = logits[i, 0]
        for j in range(1, logits.shape[1]):
            top = max(top, logits[i, j])
        total = 0.0
        for j in range(logits.shape[1]):
            total += math.exp(logits[i, j] - top)
        cuda.atomic.add(loss, 0, math.log(total) + top - logits[i, labels[i]])


def local_array(x, y):
    i = cuda.grid(1)
    if i < y.size:
        a = cuda.local.array(4, float64)
        for k in range(4):
            a[k] = x[i] * (k + 1)
        for k in range(3):
            a[k + 1] = a[k + 1] * a[k]
        y[i] = a[3]


def pendulum(start, out, steps, h):
    i = cuda.grid(1)
    if i < out.size:
        state = cuda.local.array(2, dtype=np.float64)
        change = cuda.local.array(2, dtype=np.float64)
        state[0] = start[i]
        state[1] = 0.0
        for _ in range(steps):
            change[0] = state[1]
            change[1] = -math.sin(state[0])
            for k in range(2):
                state[k] += h * change[k]
        out[i] = state[0]


def histogram(x, bins, count):
    i = cuda.grid(1)
    if i < x.size:
        cuda.atomic.add(count, bins[i], x[i] * x[i])


def one_thread_ends(x, y):
    i = cuda.grid(1)
    if i == 0:
        y[0] = x[0] * x[1]


def tree_sum(x, total):
    s = cuda.shared.array(4, float64)
    i = cuda.grid(1)
    t = cuda.threadIdx.x
    s[t] = 0.0
    if i < x.size:
        s[t] = x[i] * x[i]
    cuda.syncthreads()
    step = cuda.blockDim.x // 2
    while step > 0:
        if t < step:
            s[t] += s[t + step]
        cuda.syncthreads()
        step //= 2
    if t == 0:
        cuda.atomic.add(total, 0, s[0])


def tree_product(x, total):
    s = cuda.shared.array(shape=4, dtype=float64)
    t = cuda.threadIdx.x
    s[t] = math.exp(x[cuda.grid(1)])
    cuda.syncthreads()
    for level in range(2):
        step = 2 >> level
        if t < step:
            s[t] = s[t] * s[t + step]
        cuda.syncthreads()
    if t == 0:
        total[cuda.blockIdx.x] = math.sin(s[0])


def tiled_matmul(a, b, c):
    tile_a = cuda.shared.array((2, 2), float64)
    tile_b = cuda.shared.array((2, 2), float64)
    i, j = cuda.grid(2)
    x = cuda.threadIdx.x
    y = cuda.threadIdx.y
    t = 0.0
    for k in range((a.shape[1] + 1) // 2):
        tile_a[x, y] = 0.0
        tile_b[x, y] = 0.0
        if i < a.shape[0] and 2 * k + y < a.shape[1]:
            tile_a[x, y] = a[i, 2 * k + y]
        if j < b.shape[1] and 2 * k + x < b.shape[0]:
            tile_b[x, y] = b[2 * k + x, j]
        cuda.syncthreads()
        for n in range(2):
            t += tile_a[x, n] * tile_b[n, y]
        cuda.syncthreads()
    if i < c.shape[0] and j < c.shape[1]:
        c[i, j] = t


def shared_steps(u, v, steps):
    s = cuda.shared.array(6, float64)
    i = cuda.threadIdx.x
    s[i] = u[i]
    cuda.syncthreads()
    for _ in range(steps):
        new = s[i]
        if 0 < i < 5:
            new = s[i] + 0.1 * (s[i - 1] - 2.0 * s[i] + s[i + 1]) * s[i]
        cuda.syncthreads()
        s[i] = new
        cuda.syncthreads()
    v[i] = s[i]


def through_global(x, y, z):
    t = cuda.threadIdx.x
    y[t] = x[t] * x[t]
    cuda.syncthreads()
    z[t] = y[cuda.blockDim.x - 1 - t] * y[t]
    cuda.syncthreads()
    y[t] = math.sin(z[t])


def price(s, k, v):
    """A function of numbers, for device functions."""
    x = s
    for _ in range(3):
        x = x * math.exp(-v * x) + abs(k) * math.sqrt(x)
    return x if x > k else k * x


def _numbers():
    rng = np.random.default_rng(3)
    return lambda *shape: rng.normal(size=shape)


def _programs() -> dict:
    r = _numbers()
    found = [
        Program(saxpy, 2, 4, (1.3, r(7), r(7), r(7)), (0, 1, 2, 3)),
        Program(stencil, 2, 4, (r(7), r(7))),
        Program(heat, (2, 2), (2, 3), (r(4, 5), r(4, 5), 0.1), ("u", "v", "alpha")),
        Program(heat_in_space, (1, 2, 1), (2, 1, 3), (r(2, 2, 3), r(2, 2, 3))),
        Program(dot, 2, 2, (r(7), r(7), np.ones(1))),
        Program(in_place, 1, 3, (r(7), r(7))),
        Program(in_place_each_step, 2, 2, (r(7), r(7))),
        Program(carried, 1, 2, (r(5), r(5))),
        Program(newton, 2, 4, (abs(r(7)) + 0.5, r(7))),
        Program(naive_matmul, (2, 1), (2, 2), (r(3, 4), r(4, 2), r(3, 2))),
        Program(paths, 2, 4, (r(7, 5), abs(r(7)) + 0.6, r(7), 5, 0.1), (0, 1, 2, 4)),
        Program(barrier_option, 2, 4, (r(6, 4), abs(r(6)) + 0.6, r(6), 0.7)),
        Program(triangle, 2, 3, (r(5), r(5))),
        Program(n_body, 2, 2, (r(3, 2), abs(r(3)), r(3, 2), 0.1), (0, 1, 2, 3)),
        Program(interleaved, 2, 2, (r(9), r(3))),
        Program(row_by_block, 3, 2, (r(3, 5), r(3, 5))),
        Program(softmax_loss, 2, 2, (r(3, 4), np.array([1, 0, 3]), np.zeros(1))),
        Program(local_array, 2, 2, (r(3), r(3))),
        Program(pendulum, 2, 2, (r(3), r(3), 4, 0.1), (0, 1, 3)),
        Program(histogram, 2, 4, (r(7), np.array([0, 1, 1, 2, 0, 2, 1]), np.zeros(3))),
        Program(tree_sum, 2, 4, (r(7), np.zeros(1))),
        Program(tree_product, 2, 4, (r(8), r(2))),
        Program(tiled_matmul, (2, 2), (2, 2), (r(3, 5), r(5, 4), r(3, 4))),
        Program(shared_steps, 1, 6, (r(6), r(6), 3)),
        Program(through_global, 1, 4, (r(4), r(4), r(4))),
        Program(one_thread_ends, 1, 2, (r(3), r(1))),
    ]
    return {p.kernel.__name__: p for p in found}


PROGRAMS = _programs()
