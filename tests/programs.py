"""Programs in the supported language: each with arguments, and the parameters to differentiate by."""

import math
from collections import namedtuple

import numpy as np
from collected import into
from numba import njit

rng = np.random.default_rng(7)
X3 = np.array([1.0, 2.0, 3.0])
V5 = rng.normal(size=5)
W5 = rng.normal(size=5)
M34 = rng.normal(size=(3, 4))
M45 = rng.normal(size=(4, 5))
N34 = rng.normal(size=(3, 4))
PROGRAMS = []
program = into(PROGRAMS)
SCALE = 1.5


# -- what peers get wrong --------------------------------------------------------------------------------------


@program(X3)
def product_in_a_runtime_loop(x):
    p = 1.0
    for i in range(x.shape[0]):
        p = p * x[i]
    return p


@program(X3)
def product_in_a_while(x):
    p = 1.0
    i = 0
    while i < x.shape[0]:
        p = p * x[i]
        i += 1
    return p


@program(X3)
def squares_in_a_while(x):
    p = 0.0
    i = 0
    while i < len(x):
        p += x[i] * x[i]
        i += 1
    return p


@program(X3)
def break_at_two(x):
    s = 0.0
    for i in range(x.shape[0]):
        if i >= 2:
            break
        s += x[i] * x[i]
    return s


@program(X3)
def element_times_elements(x):
    o = np.ones(1)
    o[0] *= x[0]
    o[0] *= x[1]
    o[0] *= x[2]
    return o[0]


@program(X3)
def accumulate_into_elements(x):
    y = np.zeros(3)
    for i in range(3):
        y[i] += x[i] * x[i]
    return y.sum()


@program(np.array([1.0, 1.0, 1.0]))
def alias_written(x):
    y = x.copy()
    z = y
    z[0] = z[0] * z[0]
    return y.sum()


@program(X3, np.array([[1.0], [2.0], [4.0]]), argnums=(0, 1))
def column_broadcast(x, a):
    return np.sum(x / a)


@program(np.array([0.5, 0.2, -0.5]))
def where_sqrt(x):
    return np.sum(np.where(x > 0, np.sqrt(x), 0.0))


@program(V5, 0)
def zero_trips(x, n):
    s = x[0]
    for i in range(n):
        s = s * x[i]
    return s


# -- control flow ----------------------------------------------------------------------------------------------


@program(0.7, V5, argnums=(0, 1))
def recurrence(s, x):
    for i in range(x.shape[0]):
        s = math.sin(s) + x[i] * s
    return s


@program(V5)
def branches(x):
    s = 0.0
    for i in range(x.shape[0]):
        if x[i] > 0.3:
            s += x[i] ** 3
        elif x[i] > -0.5:
            t = math.exp(x[i])
            s += t * t
        else:
            s *= x[i]
    return s


@program(V5)
def continue_and_break(x):
    s = 1.0
    for i in range(x.shape[0]):
        if x[i] < -1.0:
            continue
        s = s * (x[i] + 2.0)
        if s > 8.0:
            break
    return s


@program(V5)
def early_return(x):
    s = 1.0
    for i in range(x.shape[0]):
        s *= x[i] + 1.5
        if s > 2.0:
            return s * s
    return s


@program(V5)
def steps_and_negative_ranges(x):
    s = 0.0
    for i in range(4, -1, -2):
        s = s * 0.5 + x[i] * x[i]
    for i in range(1, 5, 3):
        s += math.sin(x[i]) * s
    return s


@program(M34)
def triangular(a):
    s = 0.0
    for i in range(3):
        t = 0.0
        for j in range(i + 1):
            t = t * a[i, j] + a[j, i]
        s += t * t
    return s


@program(V5)
def max_by_hand(x):
    m = x[0]
    for i in range(1, x.shape[0]):
        if x[i] > m:
            m = x[i]
    s = 0.0
    for i in range(x.shape[0]):
        s += np.exp(x[i] - m)
    return m + np.log(s)


@program(2.0, argnums=(0,))
def newton(a):
    x = a
    while abs(x * x - a) > 1e-12:
        x = 0.5 * (x + a / x)
    return x


@program(V5)
def nested_while(x):
    s = 0.0
    i = 0
    while i < x.shape[0]:
        j = 0
        t = x[i]
        while t * t < 4.0 and j < 6:
            t = t * 1.5 + 0.1 * x[j % 5]
            j += 1
        s += t * t
        i += 2
    return s


@program(V5)
def conditional_expression(x):
    s = 0.0
    for i in range(x.shape[0]):
        s += x[i] * x[i] if x[i] > 0 else np.exp(x[i]) * x[i]
    return s


@program(V5)
def loop_variable_after(x):
    for i in range(3):
        t = x[i] * x[i]
    return t * x[i]


# -- index arrays and masks ------------------------------------------------------------------------------------


ORDER = np.array([0, 2, 2, -1])
ROWS, COLUMNS = np.array([0, 2, -1, 0]), np.array([3, 3, 0, 3], dtype=np.uint8)


@program(V5, ORDER)
def elements_chosen_twice(x, order):
    y = x[order]
    return np.sum(y * y[::-1] * x[0])


@program(M34, np.array([0, 2, 2]))
def rows_and_columns_chosen(a, order):
    return np.sum(a[order] ** 3) * np.sum(a[:, order] ** 2) + np.sum(a[order, -1] * a[order, 1])


@program(M34, ROWS, COLUMNS)
def pairs_and_products_of_indices(a, i, j):
    return np.sum(a[i, j] ** 3) + np.sum(a[i[:, None], j] ** 2)


@program(np.arange(24.0).reshape(2, 3, 4) / 9, np.array([2, 0]))
def axes_of_index_arrays_apart_come_first(c, order):
    weights = np.arange(6.0).reshape(2, 3)
    return np.sum(c[1, :, order] ** 2 * weights) + np.sum(c[:, order, ..., order] ** 2 * weights[:, :2])


@program(V5)
def literal_lists_of_indices(x):
    return np.sum(x[[0, -1, 0]] ** 2) * np.sum(x[[True, False, True, True, False]])


@program(V5)
def positive_elements(x):
    y = x[x > 0]
    return np.sum(np.sqrt(y)) * len(y)


@program(M34)
def elements_and_rows_of_a_mask(a):
    return np.sum(a[a > 0] ** 2) + np.prod(a[a[:, 0] < 0.5] * 0.5) + np.sum(a[1:, a[0] > 0] ** 3)


@program(V5, ORDER)
def last_of_repeated_stores(x, order):
    y = x * 1.0
    y[order] = x[1:] ** 2
    y[order[1:]] = y[order[:-1]] * y[1:4]
    return np.sum(y * y)


@program(V5, ORDER)
def augmented_once_for_repeated_indices(x, order):
    y = x * 1.0
    y[order] += x[1:] ** 2
    y[order] *= x[0]
    return np.sum(y * y)


@program(V5, ORDER)
def added_for_each_of_repeated_indices(x, order):
    y = x * 1.0
    np.add.at(y, order, x[1:] ** 2)
    np.add.at(y, [1, 1], y[order[:2]] * y[:2])
    np.subtract.at(y, order, x[0])
    return np.sum(y * y)


@program(M34, ROWS, COLUMNS)
def scatter_into_a_matrix(a, i, j):
    y = np.zeros((3, 4))
    np.add.at(y, (i, j), a[0] * a[1])
    y[i, 1] -= a[2]
    return np.sum(y * y * a)


@program(V5)
def negative_elements_replaced(x):
    y = x * 2.0
    y[y < 0] = 0.1 * x[0]
    y[y > 1.0] *= y[y > 1.0]
    return np.sum(y * x)


@program(M34)
def rows_of_a_mask_replaced(a):
    y = a * 1.0
    y[a[:, 0] > 0] = a[0] * a[1]
    return np.sum(y * a)


@program(V5, ORDER)
def index_array_overwritten_in_a_loop(x, order):
    s = 0.0
    for t in range(3):
        s += np.sum(x[order] ** (t + 1))
        order[t] = t
    return s


@program(V5)
def mask_of_a_state_that_changes(x):
    y, s, t = x * 1.0, 0.0, 0
    while t < 4:
        z = y[y > 0.21 * t - 0.4]
        if z.size > 1:
            s += np.sum(z * z) * z[-1]
        y[t] *= 0.5
        t += 1
    return np.sum(y) + s


@program(V5, -2)
def index_from_the_end_of_a_slice(x, k):
    return x[1:][k] * x[::-1][k] + (x[1:] * x[:-1])[k]


# -- arrays ----------------------------------------------------------------------------------------------------


@program(V5)
def prefix_products(x):
    y = np.zeros(5)
    y[0] = x[0]
    for i in range(1, 5):
        y[i] = y[i - 1] * x[i]
    return np.sum(y * y)


@program(V5)
def in_place_on_argument(x):
    for i in range(1, x.shape[0]):
        x[i] = x[i] * x[i - 1] + np.sin(x[i])
    return x[4] + x[2] * x[3]


@program(V5, 0.1, argnums=(0, 1))
def heat(u0, c):
    u = u0.copy()
    un = np.empty(5)
    for _ in range(4):
        for i in range(1, 4):
            un[i] = u[i] + c * (u[i + 1] - 2 * u[i] + u[i - 1])
        for i in range(1, 4):
            u[i] = un[i]
    return np.sum(u * u)


@program(V5, 0.1, argnums=(0, 1))
def heat_by_swapping(u0, c):
    u = u0.copy()
    un = u0.copy()
    for _ in range(4):
        for i in range(1, 4):
            un[i] = u[i] + c * u[i] * (u[i + 1] - 2 * u[i] + u[i - 1])
        u, un = un, u
    return np.sum(u * u)


@program(V5, 0.1, argnums=(0, 1))
def heat_by_new_arrays(u0, c):
    u = u0
    for _ in range(4):
        un = np.empty(5)
        un[0] = u[0]
        un[4] = u[4]
        for i in range(1, 4):
            un[i] = u[i] + c * u[i] * (u[i + 1] - 2 * u[i] + u[i - 1])
        u = un
    return np.sum(u * u)


@program(V5, 0.1, argnums=(0, 1))
def heat_by_slices(u0, c):
    u = u0.copy()
    for _ in range(3):
        u[1:-1] = u[1:-1] + c * u[1:-1] * (u[2:] - 2 * u[1:-1] + u[:-2])
    return np.sum(u**2)


@program(V5, 0.1, argnums=(0, 1))
def euler(y0, h):
    y = y0.copy()
    for _ in range(5):
        k = np.sin(y) * y
        y = y + h * k
    return np.sum(y * y)


@program(M34, M45, np.ones(5), argnums=(0, 1, 2))
def two_layers(x, w, b):
    h = np.maximum(x @ w + b, 0.0)
    h = h / np.sqrt(np.sum(h * h, axis=1, keepdims=True) + 1.0)
    return np.mean(np.tanh(h))


@program(M34, N34, argnums=(0, 1))
def transposed_products(a, b):
    c = a.T @ b
    d = a @ b.T
    v = c @ b[0]
    return np.sum(c * c) + np.sum(np.sin(d)) + np.dot(v, v) + (a[1] @ b.T)[2]


@program(M45[:, :4].copy(), V5[:4].copy(), argnums=(0, 1))
def recurrent(w, h0):
    h = h0
    for _ in range(4):
        h = np.tanh(w @ h)
    return np.sum(h * h)


@program(M34)
def softmax_rows(x):
    m = np.max(x, axis=1, keepdims=True)
    e = np.exp(x - m)
    p = e / e.sum(axis=1, keepdims=True)
    return np.sum(p * p)


@program(M34)
def axis_zero_reductions(x):
    return np.sum(x.mean(axis=0) * x.max(axis=0) * x.min(axis=0)) + np.prod(x[0])


@program(M34)
def axis_products(x):
    return np.sum(np.prod(x, axis=0) ** 2) + np.sum(np.prod(x, axis=1, keepdims=True) * x)


@program(M34)
def views_written(a):
    b = a.copy()
    row = b[1]
    row[2] = row[0] * row[3]
    t = b.T
    t[0, 1] *= t[3, 2]
    col = b[:, 3]
    col[1:] = col[1:] * row[0]
    return np.sum(b * b)


@program(V5, 1, 4)
def run_time_slice(x, lo, hi):
    y = x.copy()
    v = y[lo:hi]
    v *= x[0]
    w = y[lo:]
    return np.sum(v * v) + np.sum(w * np.sin(w))


@program(np.arange(6.0) + 0.5)
def reshaped(p):
    w = p.reshape(2, 3)
    v = p[:3]
    return np.sum((w @ v) ** 2) + np.sum(w.ravel() * p)


@program(M34, np.array([0.5, 1.5, -1.0, 2.0]), 0.3, argnums=(0, 1, 2))
def broadcast_scalars_and_rows(a, v, s):
    b = a * v + s
    b -= v
    b *= a
    return np.sum(b) + np.sum(np.where(a > 0, a * s, v))


@program(np.array([2.0]), V5, argnums=(0, 1))
def run_time_broadcast(a, b):
    c = a * b
    return np.sum(c * c * a)


@program(V5, V5[:1].copy(), argnums=(0, 1))
def run_time_broadcast_in_place(a, b):
    c = a.copy()
    c += b
    c[:] = c * b
    return np.sum(c * c)


@program(V5)
def created_arrays(x):
    a = np.full(3, x[0])
    b = np.ones_like(x)
    c = np.zeros((2, 2))
    c[0, 1] = x[1]
    d = np.arange(5)
    e = np.full_like(x, x[2] * 2.0)
    return np.sum(a * a) + np.sum(b * x * d) + np.sum(c * c) + np.sum(e * x) + np.sum(np.clip(x, -0.5, 0.5) * x)


@program(np.array([[1.0, 5.0], [5.0, 2.0]]))
def ties_elsewhere(x):
    return np.max(x[:, 0]) * 2.0 + x[0].min()


@program(V5)
def array_local_to_the_loop(x):
    s = 0.0
    for i in range(3):
        t = np.exp(x * x[i])
        s += np.sum(t * t)
    return s


@program(V5)
def work_array_outside(x):
    w = np.empty(5)
    s = 0.0
    for i in range(4):
        for j in range(5):
            w[j] = x[j] * x[i] + s
        for j in range(5):
            s += w[j] * w[j] * 0.1
    return s


# -- tuples ----------------------------------------------------------------------------------------------------

Pair = namedtuple("Pair", "first second")
State = namedtuple("State", ["pos", "vel", "T"], defaults=[0.5])


def derivatives(state):
    return State(state.vel, -state.pos * state.T)


def ordered(pair):
    if pair[0] > pair[1]:
        return pair[1], pair[0]
    return pair


@program(X3)
def tuples_in_tuples(x):
    p = ((x[0], x[1]), x[2])
    q = p[0]
    a, (b, c) = p[1], q
    return a * b + q[-1] * c * len(p)


@program(V5)
def tuple_carried_by_a_loop(x):
    p = (x[0], 0)
    for i in range(1, 5):
        p = (p[1] + x[i], p[0] * x[i])
    return p[0] * p[1]


@program(X3)
def tuples_swapped_and_chosen(x):
    p, q = (x[0], x[1]), (x[2], 1)
    for i in range(3):
        if x[i] > 1.5:
            p, q = q, (p[1], p[0] * x[i])
    best = p if p[0] < q[0] else q
    return best[0] * p[1] + best[1] * q[0]


@program(V5)
def tuple_of_arrays_rotated(x):
    p = (x * 1.0, x[::-1] * 2.0)
    for _ in range(3):
        p = (p[1], p[0] * p[1])
    q = (p[0] * 2.0, x[0])
    q[0][1] = q[1] ** 2
    return np.sum(p[0] * p[1] * q[0])


@program(V5, 0.1, argnums=(0, 1))
def named_tuple_stepped(x, h):
    s = State(x, x * 0.0 + 1.0)
    for _ in range(4):
        d = derivatives(s)
        s = State(s.pos + h * d.pos, vel=s.vel + h * d.vel)
    return np.sum(s.pos * s.vel) * s.T


@program(X3)
def tuple_through_a_helper_with_two_returns(x):
    p = ordered((x[0] * 3.0, x[1]))
    q = ordered(p[::-1])
    return p[0] * p[0] * p[1] + q[0]


@program(M34)
def shape_and_index_as_tuples(a):
    shape, place = a.shape, (1, 2)
    b = np.zeros(shape)
    b[:] = a * a
    b[place] *= 2.0
    n, m = shape
    return np.sum(b) * n + a[place] * m


@program(V5)
def tuple_as_loop_variable(x):
    s = 0.0
    for pair in enumerate(x):
        s += pair[0] * pair[1] ** 2
    return s


@program(X3)
def tuple_left_early(x):
    p = (0.0, Pair(1.0, x[0]))
    for i in range(3):
        if x[i] > 2.5:
            return p[0] * p[1].second
        p = (p[1].first + x[i] ** 2, Pair(p[0], x[i]))
    return p[0]


# -- functions -------------------------------------------------------------------------------------------------


def plain_helper(a, b=2.0):
    if a > 0:
        return a * a * b
    return np.exp(a)


@njit
def jitted_helper(v, k):
    v[k] = v[k] * v[0]
    return v[k] + SCALE


@program(V5)
def helpers(x):
    y = x.copy()
    s = 0.0
    for i in range(5):
        s += plain_helper(x[i]) + plain_helper(x[i], b=x[0]) * jitted_helper(y, i)
    return s + np.sum(y)


@program(V5, W5, argnums=(1,))
def second_argument(x, y):
    return np.sum(x * y * y)


@program(np.arange(5, dtype=np.float32) / 3, np.float32(1.25), argnums=(0, 1))
def single_precision(x, a):
    s = np.float32(0.0)
    for i in range(x.shape[0]):
        s += a * x[i] * x[i]
    return s + np.sum(np.exp(x) * a)


@program(3, 1.5, argnums=(1,))
def integer_argument(n, x):
    p = 1.0
    for _ in range(n):
        p *= x
    return p * n


@program(V5, 0.7, argnums=(0, 1))
def index_from_minus_one(u, c):
    new = np.zeros(5)
    for i in range(-1, 5):
        new[i] = c * u[i] * (i + 2)
    return np.sum(new * new)


@program(np.arange(4.0) + 0.5, 0)
def element_stored_before_a_loop_without_trips_rebinds(x, n):
    a = np.full((3, 3), 2.0)
    a[n, n + 2] = x[1]
    for _ in range(2, 2):
        a = np.full((3, 4), np.prod(0.5 * a)) @ np.full((len(x), a.shape[1]), 1.5)
    return np.sum(a * a)


# -- work arrays -----------------------------------------------------------------------------------------------------


@program(M34, V5[:4], argnums=(0, 1))
def work_array_in_dependent_iterations(a, c):
    w = np.empty(a.shape[1])
    s = 1.0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            w[j] = math.sin(a[i, j] * s)
            w[j] *= c[j]
        for j in range(1, a.shape[1]):
            w[j] = w[j] * w[j - 1] + a[i, j]
        s += w[2] * w[a.shape[1] - 1]
    return s


@program(M34, N34, argnums=(0, 1))
def work_arrays_of_two_loops(a, b):
    w = np.zeros(a.shape[1])
    v = np.empty((2, a.shape[1]))
    total = 0.0
    for i in range(a.shape[0]):
        for k in range(2):
            for j in range(a.shape[1]):
                v[k, j] = a[i, j] ** 2 + k * b[i, j]
            for j in range(a.shape[1]):
                w[j] = v[k, j] * b[i, j]
            for j in range(1, a.shape[1]):
                total += w[j] * w[j - 1] * v[k, 0]
        total *= v[0, 1] * v[1, 2]
    return total


@program(M34)
def work_array_read_before_it_is_filled(a):
    w = np.ones(a.shape[1])
    s = 1.0
    for i in range(a.shape[0]):
        s *= w[1] + a[i, 0]
        for j in range(a.shape[1]):
            w[j] = math.sin(a[i, j] * s)
        s += w[0] * w[0]
    return s


@program(M34)
def work_array_filled_in_one_branch(a):
    w = np.ones(a.shape[1])
    s = 1.0
    for i in range(a.shape[0]):
        if a[i, 0] > 0:
            for j in range(a.shape[1]):
                w[j] = math.sin(a[i, j] * s)
        for j in range(a.shape[1]):
            s += w[j] * w[j]
    return s


@program(M34)
def work_array_used_in_one_branch(a):
    w = np.ones(a.shape[1])
    s = 1.0
    for i in range(a.shape[0]):
        if a[i, 0] > 0:
            for j in range(a.shape[1]):
                w[j] = math.sin(a[i, j] * s)
            for j in range(a.shape[1]):
                s += w[j] * w[j]
        s *= a[i, 1]
    return s


@program(M34)
def work_array_filled_but_for_its_end(a):
    w = np.ones(a.shape[1])
    s = 1.0
    for i in range(a.shape[0]):
        for j in range(a.shape[1] - 1):
            w[j] = math.sin(a[i, j] * s)
        w[a.shape[1] - 1] *= s
        for j in range(a.shape[1]):
            s += w[j] * w[j]
    return s


@program(M34)
def work_array_read_after_the_loop(a):
    w = np.ones(a.shape[1])
    s = 1.0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            w[j] = math.sin(a[i, j] * s)
        for j in range(a.shape[1]):
            s += w[j] * w[j]
    return s * w[0] * w[2]


@program(M34)
def work_array_filled_from_itself(a):
    w = np.ones(a.shape[1])
    s = 1.0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            w[j] = math.sin(a[i, j] * s) * w[a.shape[1] - 1 - j]
        for j in range(a.shape[1]):
            s += w[j] * w[j]
    return s


@program(M34)
def work_array_in_a_loop_that_ends_early(a):
    w = np.ones(a.shape[1])
    s = 1.0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            w[j] = math.sin(a[i, j] * s)
        for j in range(a.shape[1]):
            s += w[j] * w[j]
        if s > 2.5:
            break
    return s


@program(M34)
def work_array_in_loops_backwards_and_in_steps(a):
    w = np.empty(a.shape[1])
    s = 1.0
    for i in range(a.shape[0] - 1, -1, -1):
        for k in range(1, 7, 3):
            for j in range(a.shape[1]):
                w[j] = math.sin(a[i, j] * s * k)
            for j in range(a.shape[1]):
                s += w[j] * w[j] / k
    return s


@program(M34)
def work_array_in_a_triangle(a):
    w = np.empty(a.shape[1])
    s = 1.0
    for i in range(a.shape[0]):
        for k in range(i, a.shape[1]):
            for j in range(a.shape[1]):
                w[j] = math.sin(a[i, j] * s * k)
            for j in range(a.shape[1]):
                s += w[j] * w[j]
    return s


@program(M34)
def work_array_made_anew_in_each_iteration(a):
    s = 1.0
    for i in range(a.shape[0]):
        w = np.empty(a.shape[1])
        for k in range(2):
            for j in range(a.shape[1]):
                w[j] = math.sin(a[i, j] * s * (k + 1))
            for j in range(a.shape[1]):
                s += w[j] * w[j]
    return s


@program(M34)
def work_array_with_a_view(a):
    w = np.empty(a.shape[1])
    part = w[1:]
    s = 1.0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            w[j] = math.sin(a[i, j] * s)
        part *= s
        for j in range(a.shape[1]):
            s += w[j] * w[j]
    return s


@program(M34)
def work_array_of_a_loop_that_may_not_run(a):
    w = np.empty(a.shape[1])
    s = 1.0
    for i in range(a.shape[0]):
        for _ in range(i):
            for j in range(a.shape[1]):
                w[j] = math.sin(a[i, j] * s)
            for j in range(a.shape[1]):
                s += w[j] * w[j]
    return s


@program(M34, V5.astype(np.float32), argnums=(0, 1))
def extremes_of_rows_of_two_types(a, x):
    s = 1.0
    for i in range(a.shape[0]):
        high, low = a[i, 0], x[0]
        for j in range(a.shape[1]):
            high = max(high, a[i, j])
            low = min(low, x[j])
        total = 0.0
        for j in range(a.shape[1]):
            total += math.exp(a[i, j] * s - high)
        s = s * 0.5 + math.log(total) * low
    return s


@program(V5)
def extreme_in_a_while(x):
    s, n = 0.5, x.shape[0]
    while n > 1:
        m = s
        for i in range(n - 1, -1, -1):
            if x[i] < m:
                m = x[i]
        s = s * m - 0.3
        n -= 2
    return s


@program(M34)
def extreme_of_all_elements_in_a_branch(a):
    m = 0.1
    if a[0, 0] < 7.0:
        for i in range(a.shape[0]):
            for j in range(i, a.shape[1]):
                m = a[i, j] if a[i, j] > m else m
    a[1, 1] = m * m
    return a[1, 1] * m


@program(V5, W5, 0.7, argnums=(0, 1, 2))
def values_kept_in_two_cotangents(x, y, c):
    total = 3.0
    for i in range(x.shape[0]):
        total += math.sin(x[i] * c) * math.tanh(y[i]) * y[i]
    mean = total / x.shape[0]
    spread = 0.1
    for i in range(1, x.shape[0]):
        spread += math.exp(c * y[i] - mean) * mean
    return math.log(total) * math.sqrt(spread)


@program(M34, argnums=(0,))
def softmax_of_columns_by_hand(a):
    s = 0.0
    for j in range(a.shape[1]):
        high = a[0, j]
        for i in range(1, a.shape[0]):
            high = max(a[i, j], high)
        total = 0.0
        for i in range(a.shape[0]):
            total += math.exp(a[i, j] - high)
        for i in range(a.shape[0]):
            s += (i + 1) * math.exp(a[i, j] - high) / total
    return s * s
