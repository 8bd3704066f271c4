"""Functions that call themselves as deep as only the run tells: each with arguments, and the parameters to
differentiate by."""

import math

import numpy as np
from collected import into

rng = np.random.default_rng(23)
V7 = rng.normal(size=7)
A4 = rng.normal(size=(4, 4))
W = np.array([0.3, -0.7, 1.1])
PROGRAMS = []
program = into(PROGRAMS)


# -- numbers ---------------------------------------------------------------------------------------------------


@program(1.1, 13)
@program(1.1, 0)
def power(x, n):
    """By squaring; the differentiated function itself."""
    if n == 0:
        return 1.0
    half = power(x, n // 2)
    return half * half * x if n % 2 else half * half


@program(0.7, 6)
def fibonacci(x, n=3):
    return x if n < 2 else fibonacci(x, n - 1) * x + np.sin(fibonacci(n=n - 2, x=x * 0.9))


def even(a, n):
    return a if n == 0 else odd(a * 1.1, n - 1)


def odd(a, n):
    return 1.0 if n == 0 else even(a * a, n - 1)


@program(1.02, 4)
@program(1.02, 3)
def mutual(x, n):
    return even(x, n) * odd(x, n + 1) + odd(x * x, n)


def down(x, n):
    return x if n <= 0 else np.cos(down(x * 0.5, n - 2)) + up(x, n - 1)


def up(x, n):
    return x * x if n <= 0 else up(np.sin(x), n - 1) * down(x, n - 1)


@program(0.8, 4)
def each_calls_both(x, n):
    return down(x, n) + x


def nested(x, m, n):
    """As Ackermann's function, with two results."""
    if m == 0:
        return x * (n + 1.0), n + 1
    if n == 0:
        return nested(x * 0.99, m - 1, 1)
    y, k = nested(x, m, n - 1)
    z, j = nested(y * 0.01, m - 1, k)
    return z + 0.1 * y, j


@program(0.9)
def ackermann(x):
    y, k = nested(x, 2, 2)
    return y * k


def simpson(f, a, b, fa, fm, fb, whole, eps, p):
    m = 0.5 * (a + b)
    flm, frm = f(0.5 * (a + m), p), f(0.5 * (m + b), p)
    left, right = (m - a) / 6 * (fa + 4 * flm + fm), (b - m) / 6 * (fm + 4 * frm + fb)
    if abs(left + right - whole) <= 15 * eps:
        return left + right + (left + right - whole) / 15
    there = simpson(f, a, m, fa, flm, fm, left, eps / 2, p)
    return there + simpson(f, m, b, fm, frm, fb, right, eps / 2, p)


def bump(x, p):
    return np.exp(-p[0] * x * x) * np.sin(p[1] * x)


@program(np.array([0.7, 3.0]), 0.1, 1.3, argnums=(0, 1, 2))
def quadrature(p, a, b):
    """Adaptive, of a function that is passed."""
    fa, fm, fb = bump(a, p), bump(0.5 * (a + b), p), bump(b, p)
    return simpson(bump, a, b, fa, fm, fb, (b - a) / 6 * (fa + 4 * fm + fb), 1e-6, p)


def climbed(x, n, scale):
    """Assigns its parameters, and names that only some paths give a value."""
    s = 0.0
    while n > 0:
        n -= 1
        if n % 3 == 1:
            y = climbed(x * scale, n - 1, scale)
            s += y * x
        elif n % 3 == 2 and s > 0.0:
            s += y * y
        x = np.sin(x) + 0.1 * s
    return s + x


@program(0.6, 6, 0.9, argnums=(0, 2))
def parameters_assigned(x, n, scale):
    return climbed(x, n, scale) * climbed(scale, 2, x)


def hashed(x, key, n):
    """With whole numbers that no float64 holds."""
    if n == 0:
        return x
    following = key * 3 + 2
    weight = (following % 1001) * 0.001
    return hashed(x * weight, following, n - 1) + hashed(np.sin(x + weight), following ^ 5, n - 1)


@program(0.8, 9007199254740993, 3)
def large_integers(x, key, n):
    total = 0.0
    while n > 0:
        total += hashed(x, key, n) * total + hashed(x, key + n, 1)
        key += key + 1
        n -= 1
    return total


def chosen(x, n, flip, missing=None):
    if n == 0:
        return x * x if flip else x
    scale = 1.0 if missing is None else missing
    return scale * chosen(x * 1.1, n - 1, not flip, missing) + (chosen(x, 0, True) if flip else 0.0)


@program(0.7)
def truth_values_and_none(x):
    return chosen(x, 3, True) + chosen(x, 2, False, x * 0.5)


@program(np.float32(0.8), 3)
def single_precision(x, n):
    return x if n == 0 else np.sin(single_precision(x * np.float32(0.9), n - 1)) * x


# -- arrays that are read ---------------------------------------------------------------------------------------


def determinant(a, n):
    """By minors of the first row."""
    if n == 1:
        return a[0, 0]
    total, sign = 0.0, 1.0
    for j in range(n):
        minor = np.empty((n - 1, n - 1))
        for r in range(1, n):
            for c in range(n - 1):
                minor[r - 1, c] = a[r, c if c < j else c + 1]
        total += sign * a[0, j] * determinant(minor, n - 1)
        sign = -sign
    return total


@program(A4)
def by_minors(a):
    return determinant(a, a.shape[0])


def index_determinant(a, rows, n):
    """By minors that are lists of rows."""
    if n == 0:
        return 1.0
    total = 0.0
    for k in range(n):
        rest = np.empty(n - 1, dtype=np.int64)
        for i in range(n - 1):
            rest[i] = rows[i if i < k else i + 1]
        total += (-1.0) ** k * a[rows[k], a.shape[0] - n] * index_determinant(a, rest, n - 1)
    return total


@program(A4)
def by_lists_of_rows(a):
    return index_determinant(a, np.arange(a.shape[0]), a.shape[0])


def linked_determinant(a, row, after):
    """By minors whose columns are a linked list, which each call puts back as it was."""
    n = a.shape[0]
    column, before = after[n], n
    if row == n - 1:
        return a[row, column]
    total, sign = 0.0, 1.0
    for _ in range(n - row):
        after[before] = after[column]
        total += sign * a[row, column] * linked_determinant(a, row + 1, after)
        after[before] = column
        before, column, sign = column, after[column], -sign
    return total


@program(A4)
def by_linked_lists(a):
    after = np.arange(1, a.shape[0] + 2)
    after[a.shape[0]] = 0
    return linked_determinant(a, 0, after)


def tree(values, left, right, node, depth):
    if node < 0:
        return 0.0
    a, b = tree(values, left, right, left[node], depth + 1), tree(values, left, right, right[node], depth + 1)
    return np.tanh(values[node] + a * b + a - b) * (1.0 + 0.1 * depth)


@program(V7, np.array([1, 3, 5, -1, -1, -1, -1]), np.array([2, 4, -1, 6, -1, -1, -1]))
def tree_walk(values, left, right):
    return tree(values, left, right, 0, 0)


def halves(x):
    n = x.shape[0]
    if n == 0:
        return 0.0
    if n == 1:
        return x[0] ** 2
    return np.sin(halves(x[: n // 2])) * 2.0 + halves(x[n // 2 :]) * x[0]


@program(V7)
@program(np.empty(0))
def sum_by_halves(x):
    return halves(x) + halves(x[::-2])


def blocks(a, depth):
    m, n = a.shape
    if depth == 0 or m < 2:
        return np.sum(a * a)
    quarter = blocks(a[: m // 2, : n // 2], depth - 1) * blocks(a[m // 2 :, n // 2 :].T, depth - 1)
    return quarter + blocks(a[: m // 2, n // 2 :], depth - 1) * a[m // 2, 0]


@program(A4, 2)
@program(A4, 0)
def quadtree(a, depth):
    return blocks(a, depth)


def weighted(x, k):
    """Reads an array from outside, and one that is not differentiated."""
    return x if k < 0 else weighted(x * W[k % 3] + math.cos(x), k - 1)


@program(0.4, V7)
def constants(x, shifts):
    total = 0.0
    for k in range(shifts.shape[0]):
        total += weighted(x * shifts[k], k) * halves(shifts)
    return total


# -- results that are scaled and added up -------------------------------------------------------------------------


def spread(x, p, n):
    """By what the calls are given, and by what scales what they return."""
    total = 0.1 * np.sin(x * p[0])
    if n > 0:
        for i in range(2):
            y = x * p[i + 1]
            part = spread(y * 0.5, p, n - 1)
            total += (x + y) * part
        total -= spread(x * x, p[1:], n - 2) / 3.0
    return total * p[0] + x


@program(0.8, V7, 3, argnums=(0, 1))
def sums_of_calls(x, p, n):
    return 2.0 * spread(x, p, n) + spread(p[0], p[1:], 1)


def marked(x, places, n):
    places[0] += n
    return x if n == 0 else 0.5 * marked(x * x, places, n - 1)


@program(0.7, 3)
@program(0.7, 2)
def branch_that_is_reversed_last(x, n):
    """What a branch makes is used beyond it by what is not linear."""
    places, total = np.zeros(1, dtype=np.int64), x * 0.3
    y = marked(x, places, n)
    if n % 2:
        c = np.sin(x * places[0])
        total += c * x
    return y + np.tanh(total)


def weakened(x, c, n):
    """With factors that change while or after a call runs."""
    total = x
    for _ in range(n):
        y = weakened(x * c, c * 0.9, n - 1)
        c = c * y
        total += c * y
        x = x * 0.5
        z = weakened(x, c, n - 2)
        total += x * z
        x = x + 0.1 * total
    return total


@program(0.7, 0.6, 3, argnums=(0, 1))
def factors_that_change(x, c, n):
    return weakened(x, c, n)


def stopped(x, n):
    """Reads what has been added up, and ends where that is large."""
    total = 0.0
    for _ in range(n):
        total += x * stopped(x * 0.9, n - 1) + x
        if total > 1.5:
            break
    return total


@program(0.8, 4)
def sums_that_end(x, n):
    return stopped(x, n)


def shifted(x, place, n):
    """With factors that are elements which a call gives new places."""
    if n == 0:
        return x[place[0] % 3]
    total = 0.0
    for _ in range(2):
        y = shifted(x, place, n - 1)
        total += x[place[0] % 3] * y
        place[0] += 1
        total += x[place[1] % 3] * shifted(x, place, n - 1)
        place[1] += place[0]
    return total


@program(V7[:3], 2)
def places_that_change(x, n):
    return shifted(x, np.zeros(2, dtype=np.int64), n)


# -- arrays that are returned -----------------------------------------------------------------------------------


def fourier(re, im):
    n = re.shape[0]
    if n == 1:
        return re, im
    even_re, even_im = fourier(re[::2], im[::2])
    odd_re, odd_im = fourier(re[1::2], im[1::2])
    out_re, out_im = np.empty(n), np.empty(n)
    for k in range(n // 2):
        c, s = np.cos(2 * np.pi * k / n), -np.sin(2 * np.pi * k / n)
        t_re, t_im = c * odd_re[k] - s * odd_im[k], s * odd_re[k] + c * odd_im[k]
        out_re[k], out_im[k] = even_re[k] + t_re, even_im[k] + t_im
        out_re[k + n // 2], out_im[k + n // 2] = even_re[k] - t_re, even_im[k] - t_im
    return out_re, out_im


@program(rng.normal(size=8))
def fourier_transform(x):
    re, im = fourier(x, np.zeros(x.shape[0]))
    return np.sum(np.sqrt(re**2 + im**2) * np.arange(x.shape[0]))


def merged(x):
    """Sorted, by merging sorted halves; what is short is returned as it is."""
    n = x.shape[0]
    if n < 2:
        return x
    a, b = merged(x[: n // 2]), merged(x[n // 2 :])
    out, i, j = np.empty(n), 0, 0
    for k in range(n):
        if j == b.shape[0] or (i < a.shape[0] and a[i] < b[j]):
            out[k] = a[i]
            i += 1
        else:
            out[k] = b[j]
            j += 1
    return out


@program(V7)
def merge_sort(x):
    return np.sum(merged(x * x) * np.arange(x.shape[0]) ** 2)


def grown(x, n):
    """An array of one length more from each call, an index, and a number that nothing reads."""
    if n == 0:
        return np.ones(1) * x, 0, x
    y, k, _ = grown(x * 0.9, n - 1)
    z = np.empty(n + 1)
    z[:n] = y * y
    z[n] = np.sin(y[k]) * x
    return z, n // 2, x * n


@program(0.7, 4)
def several_results(x, n):
    z, k, _ = grown(x, n)
    return np.sum(z) + z[k]


# -- arrays that are written to ---------------------------------------------------------------------------------


def quicksort(a, low, high):
    if low < high:
        i = low
        for j in range(low, high):
            if a[j] < a[high]:
                a[i], a[j] = a[j], a[i]
                i += 1
        a[i], a[high] = a[high], a[i]
        quicksort(a, low, i - 1)
        quicksort(a, i + 1, high)


@program(V7)
def quick_sort(x):
    y = x * x
    quicksort(y, 0, y.shape[0] - 1)
    return np.sum(np.sin(y) * np.arange(y.shape[0]))


def order(keys, index, low, high):
    """Sorts whole numbers in place, by what is not differentiated."""
    if low < high:
        i = low
        for j in range(low, high):
            if keys[index[j]] < keys[index[high]]:
                index[i], index[j] = index[j], index[i]
                i += 1
        index[i], index[high] = index[high], index[i]
        order(keys, index, low, i - 1)
        order(keys, index, i + 1, high)


@program(V7, rng.normal(size=7))
def indices_sorted_in_between(x, keys):
    index = np.arange(x.shape[0])
    s = 0.0
    for k in range(x.shape[0]):
        s = s * 0.5 + x[index[k]] ** 2
    order(keys, index, 0, x.shape[0] - 1)
    for k in range(x.shape[0]):
        s = np.sin(s) * x[index[k]] + s
    return s


def stirred(a, k):
    """Writes to views that overlap, with an index that counts from the end."""
    if k > 0:
        for i in range(a.shape[0]):
            a[i] = np.sin(a[i] * W[k % 3]) + a[i - 1] * a[i]
        stirred(a[1:], k - 1)
        stirred(a[:-1], k - 1)


@program(0.5 * V7)
def written_through_views(x):
    y, s = x.copy(), 0.0
    for k in range(4):
        stirred(y, k)
        s += np.sum(y * y)
    return s


@program(0.5 * V7, 3)
def own_argument_written(x, k):
    """The differentiated function writes to its argument, and calls itself."""
    if k == 0:
        return np.sum(x * x)
    for i in range(x.shape[0]):
        x[i] *= np.cos(x[i - 1])
    s = own_argument_written(x, k - 1)
    x += 0.1 * s
    return s * x[0] + x[k]


def swept(a, b, n):
    """Writes to one half by the other, and returns what it has read before and after."""
    if n == 0:
        return a[0] * b[0]
    before = a[0]
    for i in range(a.shape[0]):
        a[i] += 0.5 * b[i] * a[i]
    s = swept(b, a, n - 1)
    return s * before + a[-1]


@program(rng.normal(size=6))
def halves_that_share_no_element(x):
    y = x * 1.0
    s = swept(y[:3], y[3:], 3)
    return s + np.sum(y * y)


def work(x, n):
    """An array of its own that is written to after a call has read it."""
    y = np.empty(x.shape[0])
    for i in range(x.shape[0]):
        y[i] = x[i] * x[i - 1]
    if n == 0:
        return np.sum(y)
    s = work(y, n - 1)
    for i in range(x.shape[0]):
        y[i] = np.exp(-y[i] * s)
    return s + work(y, n // 2 - 1 if n > 1 else 0)


@program(0.5 * V7, 3)
def work_arrays(x, n):
    return work(x, n)


# -- calls beside what depends on them --------------------------------------------------------------------------


@program(A4)
def row_by_row(a):
    """Work arrays of loops of the function that is differentiated are passed to calls."""
    n = a.shape[0]
    minor, total = np.empty((n - 1, n - 1)), 0.0
    for i in range(n):
        for j in range(n):
            for r in range(n - 1):
                for c in range(n - 1):
                    minor[r, c] = np.sin(a[r if r < i else r + 1, c if c < j else c + 1])
            total += determinant(minor, n - 1) * a[i, j] ** 2
    return total


def halved_in_place(a, index, n):
    """Scales what it has read, and turns indices negative."""
    if n > 0:
        a[0] = a[0] * 0.5 + a[-1]
        index[0] = -index[0] - 1
        halved_in_place(a[1:], index[1:], n - 1)


@program(V7)
def elements_read_around_a_call(x):
    y, index, s = x * x, np.arange(x.shape[0]), 0.0
    for k in range(3):
        first, place = y[0] * x[k], index[k]
        halved_in_place(y, index, 4)
        s += first * y[index[k]] * y[place] + np.sin(y[0]) * first
        for i in range(x.shape[0]):
            s += y[index[i]] * x[index[0]] * 0.1
    return s


def longest(x, n):
    """A maximum, a loop that ends early, and a search around calls."""
    best = 0.0
    for i in range(x.shape[0]):
        if n > 0 and x[i] > 0.3:
            best = max(best, longest(x[i:], n - 1) * x[i])
        if best > 2.0:
            break
        best += 0.1 * x[i] ** 2
    return best + np.max(x)


@program(np.abs(V7), 2)
def extremes(x, n):
    return longest(x, n)


def replaced(u, n):
    """Gives the name of its parameter to another array, once and in turn."""
    for _ in range(n):
        v = np.empty(u.shape[0])
        for i in range(u.shape[0]):
            v[i] = u[i] * u[i - 1] + 0.2
        u = v
    return np.sum(u) if n == 0 else replaced(u, n - 1) + replaced(u[1:], n - 2 if n > 1 else 0)


@program(V7, 3)
def arrays_renamed(u, n):
    return replaced(u, n)


def product(a, n):
    """Matrix products, which are left to BLAS."""
    if n == 0:
        return np.eye(a.shape[0])
    half = product(a, n // 2)
    square = half @ half
    if n % 2:
        square = square @ a
    return square


@program(0.5 * A4, 5)
def matrix_power(a, n):
    return np.sum(product(a, n) * np.arange(16.0).reshape(4, 4))
