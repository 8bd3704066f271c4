"""Programs with lists, comprehensions and generators: each with arguments, as in `programs`."""

# ruff: noqa: B905, C419, PERF401 - as users write

import math

import numpy as np
from collected import into

PROGRAMS = []
program = into(PROGRAMS)
X = np.array([0.5, 1.3, 0.7, 0.9])
Y = np.array([1.1, 0.4, 0.8])
A = np.linspace(0.3, 1.7, 12).reshape(3, 4)
NONE = np.zeros(0)


# -- lists of a known length -----------------------------------------------------------------------------------


@program(X)
def written_out(x):
    w = [x[0] * x[1], 2.0, x[2]]
    s = 0.0
    for i in range(len(w)):
        s = s * w[i] + w[-1] * w[-i - 1]
    w[1] = s * x[3]
    w[0] += w[1] * w[2]
    return w[0] * w[1] + len(w)


@program(X, 3)
def repeated(x, n):
    total = [0.0] * n
    steps = n * [1.0, x[0]]
    for i in range(n):
        for v in x:
            total[i] += v * v * steps[i]
    return total[0] * total[-1] + sum(steps)


@program(X)
def of_an_array(x):
    a = list(x)
    b = a.copy()
    b[0] = a[1] * a[2]
    a[1] = 0.0
    c = a + b + [x[3]] * 2
    return sum(c) * c[-1] + max(c) * min(b) + c[1] * c[5]


@program(X)
def parts_are_copies(x):
    a = [v * v for v in x]
    b = a[1:]
    b[0] = 3.0
    c = a[::-1]
    c[0] *= x[1]
    return a[1] * b[1] * c[0] + c[3] + len(b) + sum(a[:2])


@program(X)
def looped_over(x):
    a = [x[0], x[1] * x[2], 0.5]
    b = list(x)
    s = 0.0
    for k, (v, w) in enumerate(zip(a, b)):
        s += v * w * (k + 1)
    for v in reversed(b):
        s = s * 0.5 + v * v
    for v in a[1:]:
        s *= v
    return s


@program(X)
def unpacked(x):
    a, b = [x[0], x[1]]
    pair = [v * 2.0 for v in x[:2]]
    c, d = pair
    pair[0], pair[1] = pair[1] * c, pair[0]
    return a * d + b * c + pair[0] * pair[1]


@program(X)
def starred(x):
    a = [x[0], x[1]]
    b = [*a, x[2], *x, *(0.5, x[3])]
    return sum(b) * b[3] + b[-1] * len(b)


@program(X)
def in_order(x):
    a = sorted(x)
    b = sorted([v * v for v in x], reverse=True)
    c = list(x)
    c.sort()
    d = list(x)
    d.reverse()
    e = list(x)
    e.sort(reverse=True)
    return a[0] * b[0] + c[1] * d[1] + e[2] * x[0]


@program(X)
def whole_numbers(x):
    order = [2, 0, 1]
    again = list(range(1, 6, 2))
    s = 0.0
    for k in order:
        s = s * x[k] + x[again[k] - 1 - k] * k
    return s + sum(order) + max(again) + sum(range(4))


@program(X, Y, argnums=(0, 1))
def second_names(x, y):
    a = [x[0], x[1]]
    b = a
    b[0] = y[0] * x[1]
    c = b
    return a[0] * b[1] + c[0]


@program(X)
def chosen(x):
    a = [x[0], x[1]] if x[2] > 0.5 else [x[2], x[3], 1.0]
    return sum(a) * a[-1]


# -- lists that grow -------------------------------------------------------------------------------------------


@program(X)
def appended_in_a_loop(x):
    out = []
    for i in range(len(x)):
        out.append(x[i] ** 2)
    return sum(out) * out[0] + out[-1] * out[-2]


@program(X)
def path(x):
    path = [x[0]]
    for i in range(1, len(x)):
        path.append(path[-1] * x[i] + path[i - 1])
    return path[-1] * sum(path) + len(path)


@program(X, 3)
def appended_twice(x, n):
    out = [x[0], 2.0]
    for i in range(n):
        out.append(x[i] * out[-1])
        for j in range(2):
            out.append(out[len(out) - 2] * x[j])
    out.append(out[3])
    for i in range(n, 0, -1):
        out += [x[i] * out[i], out[-1]]
    s = 0.0
    for k in range(len(out)):
        s = s * 0.5 + out[k]
    return s


@program(X, 0)
def appended_never(x, n):
    out = []
    for i in range(n):
        out.append(x[i])
    more = [x[0]]
    for i in range(-2):
        more.append(x[i])
    return sum(out) + more[-1] * len(more) + len(out)


@program(X)
def appended_on_condition(x):
    big, small = [], []
    for v in x:
        if v > 0.8:
            big.append(v * v)
        else:
            small.append(v)
    s = 0.0
    for k, v in enumerate(big):
        s += v * small[k] * (k + 1)
    return s * len(big) + big[-1] + sum(small) * max(big)


@program(X)
def appended_on_both_sides(x):
    out = []
    for v in x:
        if v > 0.8:
            out.append(v * v)
        else:
            out.append(-v)
    return sum(out) * out[1]


@program(X)
def pairs(x):
    found = []
    for i in range(len(x)):
        for j in range(i):
            if x[i] > x[j]:
                found.append((i, x[i] * x[j]))
    s = 0.0
    for i, v in found:
        s = s * 0.5 + i * v
    k, last = found[-1]
    found[0] = (2, last * x[0])
    return s + found[0][1] * k + len(found)


@program(X)
def stack(x):
    stack = [x[0]]
    s = 0.0
    while len(stack) > 0:
        v = stack.pop()
        s += v * v
        if v < 4.0:
            stack.append(v * x[1] + 1.0)
            if v > 1.5:
                stack.append(v * 2.0)
    return s


@program(X)
def until_it_is_large(x):
    values = [x[0]]
    while values[-1] < 50.0:
        values.append(values[-1] * (1.0 + x[1]) + values[0])
    s = 0.0
    for i in range(1, len(values)):
        s += values[i] * values[i - 1] * 0.01
    return s


@program(X)
def queue(x):
    queue = list(x)
    s, steps = 0.0, 0
    while queue and steps < 6:
        v = queue.pop(0)
        s = s * 0.5 + v
        if steps % 2 == 0:
            queue.append(v * s)
        if not queue:
            s *= 2.0
        steps += 1
    return s


@program(X)
def changed_in_the_middle(x):
    a = list(x)
    a.insert(1, x[0] * x[3])
    a.insert(-1, 2.0 * x[1])
    b = a.pop(2) * a.pop() + a.pop(-2)
    a.extend(x[:2])
    a.extend([b, b * x[0]])
    a += [v * b for v in x]
    c = a.copy()
    a.clear()
    a.append(c[0])
    return sum(c) * a[0] + c[-1] * c[3]


@program(X)
def popped_in_expressions(x):
    a = list(x)
    s = a.pop() * len(a) + a.pop() * a[-1]
    if a.pop() > 0.1 and a.pop() > 0.1:
        s *= x[0]
    return s + len(a)


@program(X)
def length_of_the_start(x):
    a = [1.0, x[0]]
    for i in range(len(a)):
        a.append(a[i] * x[i])
    return a[-1] * a[-2] * len(a)


@program(X)
def handed_on(x):
    row = [1.0]
    for v in x:
        new = [1.0]
        for j in range(1, len(row)):
            new.append(row[j] + v * row[j - 1])
        new.append(v * row[-1])
        row = new
    return row[2] * row[3] + len(row)


@program(X)
def swapped(x):
    a, b = [x[0]], [x[1], x[2]]
    for v in x:
        a.append(v * b[0])
        a, b = b, a
    return sum(a) * b[-1] + len(a)


@program(X)
def made_in_each_iteration(x):
    s = 0.0
    for i in range(len(x)):
        near = [j for j in range(max(0, i - 1), min(len(x), i + 2)) if j != i]
        for j in near:
            s += x[i] * x[j]
        if near:
            s += x[near[-1]] * len(near)
    return s


def squares(v, n):
    out = []
    for i in range(n):
        out.append(v[i] * v[i])
    return out


def double(items, factor=2.0):
    for k in range(len(items)):
        items[k] *= factor
    items.append(factor)


def largest(items):
    best = items[0]
    for v in items[1:]:
        best = max(best, v)
    return best


@program(X)
def through_helpers(x):
    a = squares(x, 3)
    double(a, x[0])
    b = squares(x, len(a))
    double(b)
    return sum(a) * largest(b) + a[-1] * len(b)


# -- comprehensions and generators -----------------------------------------------------------------------------


@program(X, 2.0)
def comprehension(x, scale):
    values = np.array([max(scale * v - 1.0, v * v) for v in x])
    return np.sum(values * x) * values[0]


@program(X, 3)
def comprehension_over_a_range(x, steps):
    up = x[0]
    values = np.array([max(x[1] * up ** (2 * i - steps) - 0.1, 0.0) for i in range(steps + 1)])
    for i in range(steps):
        values[i] = values[i + 1] * 0.5 + values[i]
    return np.sum(values)


@program(X, A, argnums=(0, 1))
def nested_loops_in_one(x, a):
    products = [v * w for v in x if v > 0.6 for w in a[0] if w < 0.5 or v > 1.0]
    table = [a[i, j] * x[j] for i in range(a.shape[0]) for j in range(a.shape[1])]
    return sum(products) * table[5] + len(products) + sum(table)


@program(X, 3)
def matrix(x, n):
    m = np.array([[x[i] * x[j] + i for j in range(n)] for i in range(1, len(x))])
    k = np.array([[v - w for w in x] for v in x])
    return np.sum(m @ m) + np.sum(k * k) + m.shape[0] * m[-1, 0]


@program(X, Y, argnums=(0, 1))
def generators(x, y):
    s = sum(v * w for v, w in zip(x, y)) + sum([v * v for v in x], 1.5) * sum(i * v for i, v in enumerate(y))
    t = max(v * v for v in x) * min([v + 1.0 for v in y if v < 1.0])
    if any(v > 1.2 for v in x) and all(v > 0.1 for v in y):
        s *= 2.0
    if all([v > 0.6 for v in x]) or any(x > 2.0):
        s *= 3.0
    return s * t + max(x) - min(y)


@program(X)
def variables_of_its_own(x):
    v = 2.0
    items = [v * x[0]]
    total = [v * items[0] for v in x]
    s = sum(v * total[0] for v in total)
    return s * v + sum([item + v for item in items])


@program(X)
def inside_of_each_other(x):
    s = 0.0
    for v in [sum(v * w for w in x) for v in x]:
        s += v * v
    return s * sum([sum([v * w for v in x]) for w in x[:2]])


@program(X)
def lambda_and_comprehension(x):
    f = lambda a: [a * v for v in x]  # noqa: E731
    return sum(f(2.0)) * f(x[0])[1]


@program(X)
def tuples_in_lists(x):
    points = [(v, v * v) for v in x]
    s = 0.0
    for a, (b, c) in zip(x, points):
        s += a * b * c
    last = points.pop()
    moved = [(b, a) for a, b in points]
    table = np.array(moved)
    return s * last[0] + moved[1][0] * len(points) + np.sum(table[:, 0] * table[:, 1])


@program(X)
def items_exchanged(x):
    points = [(v, v * v) for v in x]
    points[0] = (points[0][1], points[0][0] * x[1])
    points.insert(1, (points[1][1], points[3][0]))
    values = [x[0], x[1]]
    values.insert(0, values[1] * 2.0)
    values.extend(values)
    values += [values[-1] * values[0], values[-2]]
    return points[0][0] ** 2 * points[0][1] * points[1][0] + points[1][1] * values[0] * values[-2] + sum(values)


@program(X)
def members(x):
    marks = [0, 2]
    s = 0.0
    for i in range(len(x)):
        if i in marks:
            s += x[i] ** 2
        if i not in [1, 2, marks[0]]:
            s *= x[i]
    return s + (x[0] if 2.0 in x else x[1])


@program(X)
def evaluated_in_order(x):
    k = 0
    c = [v * (k := k + 1) for v in x]
    return sum(c) * k


@program(X.astype(np.float32))
def single_precision(x):
    a = [v * v for v in x if v > 0.6]
    a.append(x[0])
    return a[0] * a[-1] + sum(a)


@program(X)
def library_functions(x):
    a = [v * v for v in x if v > 0.6]
    b = [math.sin(v) for v in x]
    return np.sum(a) + np.dot(np.array(b), x) + np.mean(b) * np.max(a) + np.array(a)[0]
