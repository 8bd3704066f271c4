"""Small programs that once went wrong, or easily could: each named by what it does, with its arguments.

PROGRAMS have the value of plain Python and the right gradient, MISMATCHES raise ValueError, and REFUSED raise
UnsupportedError at the line that ends in `# here`.
"""

import numpy as np
from collected import into

X = np.array([0.5, 1.0, 1.5])
Y = X + 0.3
ONE = np.array([2.0])
M = np.linspace(0.3, 1.4, 12).reshape(3, 4)
TWO = np.array([1.0, 2.0])
OUTSIDE = np.ones(3)
PROGRAMS = []
program = into(PROGRAMS)
MISMATCHES = []
mismatch = into(MISMATCHES)
REFUSED = []


def refused(message, *args):
    def keep(f):
        REFUSED.append((f, args, message))
        return f

    return keep


# -- elements and views that do not exist in every iteration ---------------------------------------------------


@program(np.zeros(0), 0)
def sum_into_an_element_that_an_empty_array_lacks(x, n):
    y, z = np.zeros(n), np.zeros((2, n))
    for i in range(n):
        y[0] += x[i] * x[i]
    for i in range(n - 1, -1, -1):
        z[1, n - 1] += x[i] * y[0]
    s = 1.0
    for i in range(len(x)):
        s += y[0] * x[i] + z[1, n - 1]
    return s


@program(X, 3)
def conditional_expression_guards_the_index(x, n):
    s = 0.0
    for i in range(5):
        s += x[i] * x[i] if i < n else 0.5 * s
    return s


@program(X, argnums=(0,))
def product_of_the_iteration_before(x):
    s = 0.0
    for i in range(3):
        if i > 0:
            s += h[0] * h[1]  # noqa: F821
        h = np.outer(x, x) @ (x * (i + 1.0) + s)  # noqa: F841
    return s


@program(X, argnums=(0,))
def array_of_the_iteration_before(x):
    s = 0.0
    for i in range(3):
        if i > 0:
            s += h[0] * h[1]  # noqa: F821
        h = x * (i + 1.0) + s  # noqa: F841
    return s


@program(X, Y, 2, argnums=(0, 1))
def view_of_growing_length_in_a_loop_without_trips(x, y, n):
    s = 0.0
    for i in range(2, n):
        s += np.prod(y[i:])
    return s * x[0]


@program(np.ones((3, 2)), X, 1, argnums=(0, 1))
def view_made_and_written_in_a_loop(m, p, n):
    for i in range(n):
        p[n:] = p[n:] * m[i, 0]
    return p * 1.0


@program(np.array([[0.2, 0.6, 0.4]]), 0.3, 0, argnums=(0, 1))
def array_bound_in_a_branch_not_taken_and_rebound_there(m, s, n):
    if s > 0.76:
        row = m[n]
        s = row[n] * s
        for _ in range(n, 4):
            row = np.minimum(row, m.min(axis=1))
    return s


# -- results that are views, or end loops early ----------------------------------------------------------------


@program(X)
def alias_of_the_argument_returned(x):
    v = x
    return v


@program(X)
def view_of_the_argument_returned(x):
    return x[1:]


@program(M, 1)
def written_view_of_the_argument_returned_with_it(m, k):
    v = m[k]
    v *= v[0]
    return v, m, np.sum(v)


@program(X)
def results_that_do_not_depend_on_the_argument(x):
    return np.ones(3), x * x, 2


@program(M, 1)
def views_of_different_layout_returned_early(m, n):
    for i in range(3):
        if m[i, 0] > 0.5:
            return m[i, ::-1]
    return m[n]


@program(X, 3)
def tuple_returned_early(x, n):
    for i in range(n):
        if x[i] > 0.9:
            return x[i] * x[0], x * 2.0
    return x[0], x * x


# -- names that are bound again --------------------------------------------------------------------------------


@program(X, Y, 1, argnums=(0, 1))
def slice_of_an_array_that_is_rebound(x, y, n):
    for _ in range(2):
        x = y * x[n : n + 1] * x[n]
    return x


@program(X, 2)
def array_made_in_a_loop_and_written_after_it(x, n):
    for i in range(n):
        a = x * (i + 1)
    a[0] = x[1] * x[2]
    return a


@program(X, 2)
def array_made_in_an_inner_loop_and_read_outside(x, n):
    s = 0.0
    for i in range(n):
        for j in range(2):
            a = x * (i + 1)
            a[j] = a[j] * x[0]
        s += a[0] * a[1]
    return s + a[2]


@program(X, 2)
def array_bound_in_a_loop_and_rebound_in_an_inner_one(x, n):
    s = 0.0
    for _ in range(n):
        k = x * x
        for _ in range(2):
            k = k * x
        s += k[1]
    return s


@program(M)
def shape_transposed_by_each_iteration(m):
    for _ in range(2):
        m = m.T * m[0, 0]
    return m[1:, :2]


@program(M)
def length_that_grows(m):
    v = m[0] * 1.0
    for _ in range(2):
        w = np.zeros(v.shape[0] + 1)
        w[1:] = v * v
        w[0] = v[-1]
        v = w
    return v


@program(X)
def view_that_outlives_a_rebinding(x):
    a = x * x
    v = a[1:]
    b = a
    a = a * 2.0
    v[0] = x[0] * x[1]
    return v * a[:2] * b[1:]


def returns_early(a):
    s = a
    for _ in range(3):
        if s > 2:
            return s
        s = s * a + 0.4
    return s * a


@program(X)
def result_of_a_helper_recorded_before_its_first_value(x):
    s = 1.0
    for _ in range(2):
        s = returns_early(x[0]) * returns_early(x[1])
    return s


@program(np.array([[0.03], [1.4], [0.41]]), np.array([-0.5]), argnums=(0, 1))
def maximum_over_an_axis_of_what_the_loop_writes(m, v):
    for i in range(4, 0, -1):
        v = v + np.max(m, axis=0)
        m[i % 3] = 1.0
    return v


# -- slices and reshaped arrays that are written ---------------------------------------------------------------


@program(M, 3)
def slice_written_of_an_array_with_two_definitions(m, n):
    if n > 1:
        m = np.sin(m)
    m[::-1, -1] = 1.0
    m[1, ::-1] *= 2.0
    return m


@program(X, 4)
def swap_in_a_branch(x, n):
    a = x.copy()
    b = x * x
    for _ in range(n):
        b[:] = a * b[::-1]
        if b[0] > 0.05:
            a, b = b, a
    return a * b


@program(M)
def reshape_of_a_reshape_written(m):
    a = m * m
    v = a.reshape(12)
    w = v.reshape(4, 3)
    w[1] = w[0] * w[2]
    return a * 1.0


@program(M, 1)
def reshape_of_a_contiguous_slice_written(m, k):
    a = m * m
    v = a[1:].reshape(8)
    v[k] = v[3] * v[5]
    return a * v[1]


@program(M)
def reshape_of_a_moving_slice_written(m):
    a = m * m
    for i in range(2):
        r = a[i : i + 2].reshape(8)
        r[i] = r[i + 1] * r[5]
        q = r[2:6].reshape(2, 2)
        q[0] = q[1] * m[0, :2]
    return a


@program(X)
def first_element_added_to_all(x):
    x += x[:1]
    return x * 1.0


@program(M)
def row_and_column_broadcast_over_their_own_array(m):
    a = m * m
    a -= a[1:2] * 0.3
    a *= a[:, :1]
    a[:2] = a[:1]
    return a


@program(M)
def overlapping_slices(m):
    v = m[0] * 1.0
    v[1:] = v[:-1]
    v[:-1] += v[1:]
    v[1:] *= v[:-1]
    v[::-1] = v * m[1]
    v[:2], v[2:] = v[2:], v[:2]
    return v


@program(M)
def overlapping_blocks(m):
    a = m * 1.0
    a[1:, 1:] = a[:-1, :-1] * a[1:, :-1]
    a[:3, :3] = a[:3, :3].T
    p = a[:-1]
    q = a[1:]
    q[:] = p * q
    p += q
    return a


@program(M)
def rows_swapped(m):
    a = m * m
    a[0], a[1] = a[1], a[0]
    return a * m


@program(M)
def matrix_product_into_its_factor(m):
    a = m[:, :3] * 1.0
    a[:] = a @ a
    a[0] = a[1] @ a
    return a


@program(X)
def negative_slices(x):
    y = x * 1.0
    y[-2:] *= y[:2]
    y[10:] = 3.0
    y[2:0:-1] *= y[0:2]
    y[::2] = y[::-2]
    return y


# -- aliases ---------------------------------------------------------------------------------------------------


@program(X, Y, argnums=(0, 1))
def arguments_exchanged(x, y):
    x, y = y, x
    x[0] = y[1] * x[0]
    return x * y * y


@program(X, 3)
def last_array_kept_under_another_name(x, n):
    u = x.copy()
    s = 0.0
    for _ in range(n):
        old = u
        u = u * x
        s += np.sum(old * u)
    return s


@program(X, Y, argnums=(0, 1))
def three_names_rotated(x, y):
    a = x * 1.0
    b = y * 1.0
    c = a * b
    for _ in range(4):
        a, b, c = b, c, a
        a[0] = b[1] * c[2]
    return a * b + c


def doubles_in_place(v):
    v *= 2.0
    v[0] = v[0] * v[1]
    return v


@program(X)
def helper_writes_and_returns_its_argument(x):
    y = x * 1.0
    z = doubles_in_place(y)
    doubles_in_place(z[1:])
    return np.sum(y * z)


# -- control flow ----------------------------------------------------------------------------------------------


@program(X, 3)
def bounds_and_loop_variables_overwritten(x, n):
    s = 1.0
    for i in range(n):
        n = n + 1
        i = (i + 1) % 3
        s = s * x[i] + n * 0.1
        for j in range(i, 3):
            s += s * x[j] * 0.1
            i += 1
    return s * n


@program(X, 3)
def breaks_and_continues_in_three_loops(x, n):
    s = 1.0
    for i in range(n):
        for j in range(n):
            if j > i:
                break
            if x[j] * s > 1.2:
                continue
            s = s * (x[i] + x[j])
            for k in range(j):
                s += x[k] * s
                if s > 3.0:
                    break
        if s > 2.0:
            s = s * 0.5
            continue
        s = s * x[i] + 1.0
    return s


@program(X, np.array([2, 0, 1]))
def written_integers_index(x, order):
    s = 0.0
    for i in range(3):
        order[i] = (order[i] + 1) % 3
        s += s * x[order[i]] + x[order[0]]
    return s


@program(X, 3)
def array_result_of_a_branch(x, n):
    if n != 1:
        return np.log(x * x + 1.5)
    y = x * n
    return y * y


# -- operations at their edges ---------------------------------------------------------------------------------


@program(X - 0.7)
def builtin_abs_of_an_array(x):
    return abs(x) * x


@program(np.array([0.0, 1.5, 2.0]), 0)
def powers_of_zero(x, n):
    return x**2 + x**n + x**1 + x[0] ** n + x[0] ** 2.0


@program(X)
def product_with_a_zero(x):
    y = x * 1.0
    y[1] = 0.0 * x[0]
    return np.prod(y) + np.prod(x)


@program(np.zeros((0, 3)), X, argnums=(0, 1))
def matrix_without_rows(m, v):
    return np.sum(m @ v) + np.sum(v * m.sum(axis=0)) + np.sum(m * v) + v[0]


@program(X.astype(np.float32), X, argnums=(0, 1))
def single_precision_overwritten_by_double(x, y):
    s = np.sum(x * y * y)
    x[:] = y
    return s * x[0]


@program(X)
def names_of_generated_code(x):
    x_bar = x[0] * 2
    y_bar = x * x_bar
    x_tape = np.zeros(3)
    for i in range(3):
        x_tape[i] = y_bar[i] * x_bar
        x_bar = x_bar * x_tape[i]
    result = x_bar * 2
    return result * y_bar


@program(X, np.float32(2.5))
def exponential_of_a_number_that_is_single_in_python_only(x, y):
    larger = max(0.25 * x[0], y)
    return np.exp(-larger * larger) * x[1]


@program(X, 2, True, argnums=(0,))
def and_and_or_are_one_of_their_operands(x, n, flag):
    s = x[0] and x[1]
    s += (n - 2) or x[2] * x[1]
    s *= flag and x[2]
    s += (x.sum() and x[1] * x.sum()) or x[0]
    p = n > 1 and x[1]
    return s * p + (n and 3) * x[0] + (n - 2 or x[0])


@program(X, 2, argnums=(0,))
def numbers_joined_in_a_test(x, n):
    s = 1.0
    while (n and s < 4.0) or not (n or x[0]):
        n -= 1
        s += x[0] if n and x[1] else x[2]
    return s


@program(X, argnums=(0,))
def locals_named_as_helpers_of_generated_code(x):
    _exp = np.exp(x[0])
    _broadcast = x * x[:1]
    return np.sum(np.exp(x * _exp) + _broadcast)


# -- lengths that do not fit: checked in the gradient too, where their values are not used ---------------------


@mismatch(X, TWO)
def stored_and_not_read(a, b):
    a[:] = b
    return a[0] * 2.0


@mismatch(X, TWO)
def added_in_place(a, b):
    a += b
    return a[0] * 2.0


@mismatch(ONE, X)
def longer_array_into_one_element(a, b):
    a += b
    return a[0] * 2.0


@mismatch(X, TWO)
def product_not_used(a, b):
    c = a * b  # noqa: F841
    return a[0] * 2.0


@mismatch(X, TWO)
def dot_product(a, b):
    return np.dot(a, b)


@mismatch(M, X)
def row_not_read(m, v):
    m[0] = v
    return m[1, 1] * 2.0


@mismatch(X, TWO)
def column_not_read(a, b):
    c = np.ones((2, 3))
    c[:, 1] = a
    return np.sum(c * b[0])


@mismatch(TWO, M)
def rows_times_weights(w, m):
    s = 0.0
    for i in range(m.shape[0]):
        s += (m[i] @ w - 1.0) ** 2
    return s


@mismatch(X)
def unpacked_into_two(x):
    a, b = x
    return a * b


@program(X, -2, 0.5)
def argument_kept_on_one_path_counts_from_the_end(x, k, a):
    if a > 1.0:
        k = 0
    return x[k] * x[k]


@program(X)
def negative_index_stored_through_a_view(x):
    order = np.zeros(3, dtype=np.int64)
    view = order[1:]
    view[0] = -1
    return x[order[1]] * x[order[0]]


# -- refused ---------------------------------------------------------------------------------------------------


@refused("on one path", X, 0.5)
def results_of_different_kinds(x, a):
    if a > 0.2:
        return x[2]
    return x  # here


@refused("an array from outside of the function cannot be written to", X)
def array_from_outside_written(x):
    OUTSIDE[0] = x[0]  # here
    return OUTSIDE[0] * x[1]


@refused("'result' is a tuple on one path and a float64 on another", X)
def tuple_or_number_returned(x):
    for i in range(3):
        if x[i] > 1.2:
            return x[0], x[1]
    return x[2]  # here


@refused("nothing_returned returns nothing", X)
def nothing_returned(x):  # here
    x[0] = 2.0


@refused("grad needs one floating-point number as the result, not a tuple", X)
def tuple_returned_early_to_grad(x):
    s = 0.0
    for i in range(3):
        if x[i] > 1.2:
            return x[0], x[1]
        s += x[i]
    return s, x[0]  # here


@refused("this would be a second name for an array of which elements are written", M)
def reshape_of_a_transpose_written(m):
    a = m * m
    v = a.T.reshape(12)  # here
    v[1] = v[3] * v[5]
    return np.sum(a)


@refused("this would be a second name for an array of which elements are written", X)
def written_view_that_moves(x):
    a = x * 1.0
    v = a[:2]  # here
    for _ in range(2):
        v[0] = v[1] * 2
        v = a[1:]
    return np.sum(a)


@refused("this may be a copy, and what is stored in it lost", X, np.array([0, 2]))
def store_to_chosen_elements(x, order):
    a = x * x
    a[order][0] = 5.0  # here
    return np.sum(a)


@refused("this may be a copy, and what is stored in it lost", X)
def update_of_elements_that_a_mask_chooses(x):
    a = x * x
    a[a > 1.0][0] += x[1]  # here
    return np.sum(a)


@refused("this may be a copy, and what is stored in it lost", M)
def store_through_flat_of_a_transpose(m):
    a = m * m
    a.T.flat[1] = 5.0  # here
    return np.sum(a[1])


@refused("this may be a copy, and what is stored in it lost", X)
def store_to_a_new_array(x):
    (x + 1.0)[0] = 2.0  # here
    return np.sum(x)


@refused("this may be a copy, and what is stored in it lost", X)
def store_to_a_conditional_expression(x):
    a = x * x
    (a if x[0] > 1.0 else x)[0] = 2.0  # here
    return np.sum(a)


# -- an array that a loop makes and that has no value before it ------------------------------------------------------


@program(np.array([0.3, 0.4, 0.5]), 2)
def array_of_a_loop_whose_length_is_read_after_it(p, n):
    s = 1.0
    for k in range(n):
        for _ in range(2):
            v = p[:, None]
            s += v[-1, -1] * s
        s += p[(n + 3) % len(v)] * k
    return s


# -- integers that count ------------------------------------------------------------------------------------


@program(M.ravel(), 3)
def two_counters_in_a_loop(x, n):
    i, j, s = 0, 11, 1.0
    for _ in range(n):
        s = s * x[i] + x[j]
        i += 2
        s *= x[i]
        j -= 1
    return s * x[i] * x[j]


# -- stores that seem to be to other elements than those before ---------------------------------------------------


@program(X, 3)
def last_element_stored_again_by_its_number_from_the_end(x, n):
    a, k = np.empty(n), -1
    for i in range(n):
        a[i] = x[i] * x[i]
    s = a[n - 1] * a[0]
    a[k] = x[0] * a[0]
    return s + np.sum(a * a)


@program(X, 3)
def element_below_a_bound_that_has_come_down_stored_again(x, m):
    s = 0.0
    while m > 1:
        a = np.empty(3)
        for i in range(m):
            a[i] = x[i] * x[i]
        for i in range(m):
            s += a[i] * a[i]
        m -= 1
        a[m] = x[0] * x[m]
        for i in range(m + 1):
            s += a[i] * a[i]
    return s


@program(np.linspace(0.4, 1.4, 6), 5)
def index_that_is_not_greatest_in_the_last_iteration(x, n):
    a, s = np.empty((6, 9)), 0.0
    for i in range(n):
        a[i, i - 4 * (i // 4)] = x[i] * x[i]
    for i in range(n):
        s += a[i, i - 4 * (i // 4)] * x[i]
    for i in range(n):
        a[i, n - 1 - 4 * ((n - 1) // 4) + 3] = x[0] * x[1]
    return s + a[3, 3] * a[3, 3]


@program(X)
def numbers_of_iterations_plus_elements_that_are_one_index(x):
    a, s, down = np.empty(3), 0.0, np.zeros(3, dtype=np.int64)
    for i in range(3):
        down[i] = max(2 - i, 0)
    for i in range(3):
        k = down[i]
        a[i + k] = x[i] * x[i]
        s += a[i + k] * a[i + k]
    return s


@program(np.linspace(0.4, 1.4, 4))
def two_loop_variables_in_each_index(x):
    a, s = np.empty((9, 9)), 0.0
    for q in range(4):
        for w in range(4):
            a[q + (w % 4) // 2, w + (q % 4) // 2] = x[q] * x[w] * x[w]
            s += a[q + (w % 4) // 2, w + (q % 4) // 2] ** 2
    return s


@program(X, 3)
def sum_at_an_index_that_another_name_changes(x, n):
    y, places = np.zeros(3), np.zeros((2, 3), dtype=np.int64)
    for k in range(2):
        row = places[k]
        for i in range(n):
            row[0] = i
            y[places[k, 0]] += x[i] * x[i]
    return np.sum(y * y * x)


# -- calls whose options or results were read as others ---------------------------------------------------------------


@program(M)
def elements_at_places_that_a_call_returns(m):
    m[np.where(m > 1.05)] *= 2.0
    places = np.nonzero(m < 0.65)
    return np.sum(m[np.nonzero(m > 0.95)] ** 2) + np.sum(np.sin(m[places]))


@program(M)
def arrays_joined_without_an_axis(m):
    return np.concatenate((m, m[0] * 2.0), axis=None)


@program(M, X)
def results_that_go_into_an_array_that_there_is(m, x):
    a = np.zeros((3, 4))
    np.multiply(m, x[:, None], out=a)
    np.fill_diagonal(a, x[0])
    np.add(a, m, m)
    np.copyto(a[0], x[1] * m[1])
    return np.sum(a * m)


@program(X.astype(np.float32), np.arange(3))
def sums_of_another_type(x, k):
    return np.sum(x * x, dtype=np.float64) * np.mean(k, dtype=np.float64) + np.var(x, dtype=np.float64)


@refused("np.isin takes at most 2 arguments without a name here", X)
def option_where_numpy_has_another(x):
    return np.sum(np.isin(x, x, True)) * x[0]  # here


@refused("np.max takes at most 2 arguments without a name here", M)
def option_where_numpy_has_an_array_for_the_result(m):
    return np.sum(np.max(m, 0, True))  # here


@refused("the truth value of an array is not defined", X)
def array_as_the_condition_of_nothing(x):
    if x > 0.0:  # here
        pass
    return x[0]


@refused("np.exp takes no options here", X)
def result_in_an_array_as_a_value(x):
    return np.sum(np.exp(x, out=x))  # here


@program(X, np.array([1, 2]))
def whole_numbers_summed_in_a_loop_that_has_no_reverse(x, k):
    s = 0.5
    w = 0
    while w < 3:
        w += 1
        for _ in range(k[w % 2] % 4):  # as often as before the next loop adds
            s = np.sin(s) * x[0]
        for _ in range(k[(w + 1) % 2] % 4):
            k[(w + 1) % 2] += 1
            s += 0.1
    return s


@program(X, np.array([0.3, 0.4]))
def constants_summed_in_a_loop_that_has_no_reverse(x, c):
    s = 0.5
    for w in range(3):
        s = np.sin(s * c[w % 2]) * x[0]
        for _ in range(w):
            c[(w + 1) % 2] += 0.1
    return s


@program(X, (0.5, Y), argnums=(0,))
def tuple_named_as_the_cotangent_of_the_result(x, y_bar):
    return x * y_bar[0] + y_bar[1]


@program(X, 2.0)
def array_made_in_two_branches_of_a_length_that_each_finds(x, t):
    u, w = x * t, np.ones(3)
    if t > 9.0:
        r = u * w
    else:
        r = u * u * w
        r[1] = t
    r[0] *= r[1]
    return r * r


@program(X, 2)
def arrays_joined_in_two_branches(x, n):
    if n > 2:
        r = np.concatenate((x, x[:n]))
    else:
        t = x[0] * x[1]
        r = np.concatenate((x, x[:n])) * t
    return r * r


@program(np.linspace(0.3, 0.9, 4))
def array_of_the_iteration_before_and_of_another_length(x):
    s = 0.0
    for i in range(1, 4):
        k = 4 - i
        if i > 1:
            s += u[0] * u[-1]  # noqa: F821
        u = np.ones(k) * x[i]
        u = u * x[0]
        s += np.sum(u * u)
    return s


@program(X)
def product_of_an_array_that_is_then_another(x):
    u = x * 0.8
    m = np.outer(x, u)
    t = 0.0
    for _ in range(3):
        t += np.sum(m[0])
        u = np.ones(2) * t
    return t + np.sum(u * u)


@program(X, 4)
def array_of_fewer_elements_each_time_overwritten(x, n):
    s = 0.0
    for i in range(n, 0, -1):
        w = np.empty(i)
        for j in range(i):
            w[j] = np.sin(x[j % 3]) * s + x[0]
        for j in range(i):
            s += w[j] * w[j]
        w *= 0.9  # the reverse needs the memory, not what is in it
        s += w[0]
    return s


@program(X, 6)
def array_as_long_as_a_view_overwritten(x, n):
    s = 0.0
    for i in range(n):
        row = x[i % 3 :]
        if s < 100.0:
            w = np.cos(row) * s
            s += np.sum(w * w) + x[1]
            w *= 0.9
            s += w[0]
    return s


def halves_changed(v, s, n):
    if n <= 0:
        return np.sum(v) + s
    m = (len(v) + 1) // 2
    w = np.empty(m)
    for i in range(m):
        w[i] = v[i] * 0.5 + s
    for i in range(m):
        s += w[i] * w[i]
    for i in range(m):
        w[i] *= 0.9
    for _ in range(n):
        s -= halves_changed(w, s * 0.1, n - 1)
    return s


@program(X, 3)
def array_of_a_call_overwritten_before_calls(x, n):
    return halves_changed(x * 1.0, x[0], n)


@program(X, 1)
def array_that_two_names_take_turns_with(x, n):
    u = x * 0.8
    v = np.sin(x[: 3 - n])
    for _ in range(n):
        u, v = v, u  # what is in `v` is returned as `u`
    return u


@program(X, 3)
def arrays_swapped_beside_others_without_derivatives(x, n):
    u, v = x * 0.8, np.sin(x)
    a, b = x * 2.0, x * 3.0  # do not reach the result
    g, h = np.arange(3), np.zeros(3, dtype=np.int64)
    for _ in range(n):
        u, a, g, v, b, h = v, b, h, u, a, g
    return np.sum(u * x[g])


@program(X, 3, argnums=(0,))
def complex_arrays_swapped_of_which_the_real_parts_are_used(x, n):
    u, v = x * (0.8 + 0.3j), np.sin(x) - 0.5j * x
    for _ in range(n):
        u, v = v, u
    return np.sum(u.real * x)


@program(X, 3)
def array_filled_up_to_a_number_that_grows(x, n):
    """But for one element, which is as the iteration before has left it."""
    w, s, m = np.zeros(3), 0.5, 0
    for t in range(n):
        for i in range(m):
            w[i] = x[i] * s
        if t > 0:
            m += 1
        for i in range(m, 3):
            w[i] = x[i] * s + t
        for i in range(3):
            s += w[i] * np.sin(s) * 0.1
            w[i] *= s * 0.3
    return s


@program(ONE, 3)
def array_of_a_length_that_is_no_less_than_two(x, n):
    """As long as `x`, unless that has one element."""
    inside = x[1:-1]
    m = len(inside) + 2
    w, s = np.zeros(m), 0.5
    for t in range(n):
        for i in range(m):
            w[i] += x[0] * s
        for i in range(m):
            s += w[i] * 0.3 * np.sin(s) + 0.1 * t
        for i in range(len(x)):
            w[i] = 0.0
    return s


@program(X, -3)
def index_that_counts_from_the_end_where_a_bound_is_cut(x, m):
    s = 0.0
    for k in range(-2, max(m, 0)):
        s += x[m - 1 - k] * x[0]
    return s


@program(X, Y, 3, argnums=(0, 1))
def sum_into_an_element_at_an_index_changed_under_another_name(x, y, n):
    places = np.zeros(2, dtype=np.int64)
    seen = places[:1]
    s = 0.0
    for i in range(n):
        s += np.sin(x[seen[0]]) * y[i]
        places[0] = (places[0] + 1) % n
    return s


@program(X, 3, 0, 5)
def rows_that_no_array_has_of_which_nothing_is_stored(x, n, m, rows):
    u, new = np.zeros((n, 2)), np.zeros((n, 2))
    for i in range(n):
        u[i, 0] = u[i, 1] = x[i]
    for _ in range(2):
        for i in range(rows):
            for j in range(m):
                new[i, j] = u[i, j] * u[i, j]
        u[:] = new
    return u[1, 0] + x[0] * x[1]


@program(X, 4)
def element_stored_at_an_index_that_it_holds_itself(x, n):
    places, a, s = np.arange(3), x * 1.2, 0.0
    for i in range(n):
        places[places[0]] = (places[1] + i) % 3
        places[places[1]] += 1
        places[places[1]] %= 3
        a[int(a[0])] = a[0] * a[1] + 0.6
        a[int(a[0])] *= 0.8 * a[1]
        s += x[places[0]] * x[places[1]] * s + a[0] * a[1]
    return s


@program(X)
def row_stored_at_an_index_that_is_in_it(x):
    places, a = np.array([[0, 1, 2], [2, 1, 0], [1, 1, 1]]), np.zeros((3, 3))
    first = places[0]
    places[places[0, 0], :] += 1
    places[1:, first[1] - 2] = 2
    places[places[:2][0, 0], np.arange(3)] = 0
    a[int(a[0, 0]), :] = x + 1.0
    a[int(a[0, 0]), :] += x * x
    s = 0.0
    for i in range(3):
        for j in range(3):
            s += x[places[i, j] % 3] * a[i, j] * (i + 1) * (j + 2)
    return s


@program(X, Y)
def loop_that_stores_an_element_before_it_reads_it(x, y):
    a, s = x * 1.0, 0.0
    for i, (a[0], v) in enumerate(zip(y, a)):  # noqa: B020, B905
        s += v * v * (i + 1)
    return s + a[0]


@program(X, 3)
def array_filled_by_a_loop_that_tests_an_element_and_changed_after_it(x, n):
    places, w, s, k = np.zeros(n, dtype=np.int64), np.ones(n), 0.5, 0
    for i in range(n):
        places[i] = i % 2 + 1
        if places[0] == 1:
            s += x[i] * w[0] * x[k]
        for j in range(places[0]):
            s += x[j] * s * 0.1
        w[places[0]] += i
        k = (k + places[0]) % n
    places[0] = 2
    return s * x[places[0]]


@program(0.7, 1.8, argnums=(0,))
def number_given_anew_in_each_iteration_left_early(a, b):
    """Recorded at the end of an iteration as a number, though it is a parameter."""
    for k in range(3):
        a = b
        if k == 2:
            b /= a
            if b < 1.5:
                break
    return a + b


@program(X, 1)
def stores_at_one_index_that_has_changed_its_value(x, k):
    y, z, places = np.zeros(4), np.zeros(4), np.array([1, 2])
    y[k] = x[0] * x[0]
    z[places[0]] = x[0] * x[1]
    k += 1
    places[0] += 1
    y[k - 1] = x[1] * x[2]
    z[places[0] - 1] = x[2] * x[2]
    return np.sum(y + z * x[0])


@program(M[0], 3)
def arrays_chosen_by_conditional_expressions(x, n):
    y = x * 1.0
    for t in range(n):
        y = y * x if y[t] > 0.4 else y[::-1] + x
        y[t] += np.sum((x if t > 1 else y * 2 if t else -x) * y[t])
    a, b = x * 2, x * 3
    c = a if n > 2 else b
    return np.sum(y * c + (np.sin(x) if x[0] > 0.0 else x[:1]))


@refused("a conditional expression with arrays is not supported", X)
def array_chosen_in_the_test_of_a_while(x):
    s = x[0]
    while np.sum(x if s < 2.0 else -x) > 0.0:  # here
        s *= 1.5
    return s


@program(X, X + 0.3, 0.5, 3, argnums=(2,))
def parameter_swapped_with_an_array_that_is_written(x, y, c, n):
    """Under the other name elements of the argument are stored; the caller's stays as it is."""
    u, s = np.sin(x), c
    for t in range(n):
        if u[0] < 0.6:
            y, u = u, y
        u[t] = u[t] * 0.5
        s += y[t] * x[t]
    return s * c
