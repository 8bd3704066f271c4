"""What `explain` says of active and recorded variables, and of the tapes' sizes."""

import math
import re

import numpy as np
import pytest
from numba import types

from adtrans.errors import ArgumentError
from adtrans.explain import explain, formula
from adtrans.ir import Attr, Call, Const, Index, Name

VECTOR = types.float64[::1]
MATRIX = types.float64[:, ::1]


def recurrence(s, x, k):
    scale = 2.0 * k
    for i in range(x.shape[0]):
        s = math.sin(s) * scale + x[i] * s
    return s


def unrolled(x):
    return x[0] * x[1]


def matrix_walk(x):
    s = 1.0
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            s = s * x[i, j]
    return s


def searching(x):
    s = x[0]
    while s < 100.0:
        s = s * s + 1.0
    return s


def halves(x):
    s = np.float32(1.0)
    for _ in range(len(x)):
        s = s * s * x[0]
    return s


def in_place(x):
    y = x.copy()
    for i in range(1, len(y)):
        y[i] = y[i] * y[i - 1]
    return y.sum()


def cheap(x, c):
    s = 0.0
    for i in range(len(x)):
        h = x[i] * c
        if h > 0.0:
            s += h * h
    return s


def product(x):
    s = 1.0
    for i in range(len(x)):
        s = s * x[i]
    return s


def log_of_sum(x):
    total = 0.0
    for i in range(len(x)):
        total += math.exp(x[i])
    return math.log(total)


def line_of(fn, text):
    """The number of the first line of `fn` that contains `text`."""
    code = fn.__code__
    with open(code.co_filename) as file:
        lines = file.readlines()
    return next(k for k in range(code.co_firstlineno, len(lines) + 1) if text in lines[k - 1])


def section(text, title):
    """The lines of one section, without indentation."""
    part = next(part for part in text.split("\n\n") if part.startswith(title))
    return [line.strip() for line in part.splitlines()[1:]]


def test_parameters_and_what_depends_on_them_are_active():
    active = section(explain(recurrence, (types.float64, VECTOR, types.int64), (0,)), "Active")
    names = [line.split()[0] for line in active]
    assert names[0] == "s"
    assert not {"x", "k", "scale"} & set(names[:-1])
    assert active[-1] == "not active: x, k, scale, i"


def test_heading_names_the_parameters_and_the_place():
    heading = explain(recurrence, (types.float64, VECTOR, types.int64), (0, 1)).splitlines()[0]
    assert heading == f"value_and_grad of recurrence by s, x (test_explain.py:{line_of(recurrence, 'def ')})"


def test_overwritten_value_names_the_line_that_overwrites_and_the_one_that_reads():
    line = line_of(recurrence, "s = math.sin")
    recorded = section(explain(recurrence, (types.float64, VECTOR, types.int64), (0, 1), single=False), "Recorded")
    assert any(r.startswith("s ") and f"before line {line} overwrites it" in r for r in recorded)
    assert all(f"read by the derivative of line {line}" in r for r in recorded)


def test_element_written_in_place_is_recorded_as_an_element():
    (row,) = section(explain(in_place, (VECTOR,), (0,)), "Recorded")
    assert row.startswith("y[i]")
    assert f"before line {line_of(in_place, 'y[i] = ')} overwrites it" in row


def test_straight_line_code_records_nothing():
    text = explain(unrolled, (VECTOR,), (0,))
    assert section(text, "Recorded") == section(text, "Tape") == ["nothing"]


def test_cheap_value_is_computed_again():
    text = explain(cheap, (VECTOR, types.float64), (0,))
    (row,) = section(text, "Computed again")
    assert re.fullmatch(rf"h = x\[i\] \* c +line {line_of(cheap, 'h = ')} +read by .*the derivative of line \d+", row)
    assert section(text, "Recorded") == ["nothing"]


def test_overwritten_value_kept_in_the_place_of_a_cotangent_says_so():
    (row,) = section(explain(product, (VECTOR,), (0,)), "Recorded")
    line = line_of(product, "s = s *")
    assert row.startswith(f"s  before line {line} overwrites it, kept in x_bar until that is computed")


def test_value_kept_in_the_place_of_a_cotangent_is_recorded_there_without_a_tape():
    text = explain(log_of_sum, (VECTOR,), (0,))
    (row,) = section(text, "Recorded")
    line = line_of(log_of_sum, "math.exp")
    assert row.startswith(
        f"exp_value  set to math.exp(x[i]) in line {line}, anew in each iteration, kept in x_bar until that is computed"
    )
    assert section(text, "Computed again") == section(text, "Tape") == ["nothing"]


def test_size_of_a_tape_in_nested_loops_is_a_product():
    tape = section(explain(matrix_walk, (MATRIX,), (0,)), "Tape")
    assert "total: 8 * segment * x.shape[1] bytes" in tape
    assert any(line.startswith("segment: all steps of the loop where the tape then fits") for line in tape)


def test_size_of_float32_values_counts_four_bytes():
    tape = section(explain(halves, (types.float32[::1],), (0,)), "Tape")
    assert "total: 4 * x.shape[0] bytes" in tape


def test_tape_of_a_while_loop_is_counted_in_runs_of_the_line():
    line = line_of(searching, "s = s * s")
    tape = section(explain(searching, (VECTOR,), (0,)), "Tape")
    assert f"total: 8 * runs({line}) bytes" in tape
    assert "a tape of unknown length grows by doubling, up to twice that" in tape


def test_every_program_of_the_language_is_explained():
    from programs import PROGRAMS

    from adtrans.request import types_of

    for fn, args, argnums in PROGRAMS:
        text = explain(fn, types_of(args), argnums, "vjp", single=False)
        assert len(text.split("\n\n")) == 6, fn.__name__


def test_parameter_that_is_no_float_is_refused():
    with pytest.raises(ArgumentError, match="'k'"):
        explain(recurrence, (types.float64, VECTOR, types.int64), (2,))


X0 = Index(Attr(Name("x"), "shape"), (Const(0),))


@pytest.mark.parametrize(
    ("products", "expected"),
    [
        ([], "0"),
        ([(Const(8),), (Const(16),)], "24"),
        ([(Const(8), Name("n"), Name("K"))], "8 * n * K"),
        ([(Const(8), Name("n")), (Const(4), X0), (Const(16), Name("n"))], "24 * n + 4 * x.shape[0]"),
        ([(Const(8), Const(3), Call("max", (Name("n"), Const(0))))], "24 * n"),
        ([(Const(8), Call("max", (Const(-2), Const(0))), Name("n"))], "0"),
    ],
)
def test_formula_adds_like_terms(products, expected):
    assert formula(products) == expected


def test_functions_that_stay_calls_have_sections_of_their_own():
    def repeated(x, n):
        if n == 0:
            return x
        y = repeated(x, n - 1)
        return np.sin(y) * y

    text = explain(repeated, (types.float64, types.int64), (0,))
    head, _, rest = text.partition("calls of repeated (")
    assert "sin_slope" not in head
    assert "sin_slope" in rest
    assert "not active: n" in rest


def test_threads_are_explained_where_they_are_asked_for():
    def norms_and_a_walk(a, x):
        total, s = 0.0, 0.0
        for i in range(a.shape[0]):
            for j in range(a.shape[1]):
                total += a[i, j] * x[j] * x[j]
        for i in range(a.shape[0]):
            for j in range(a.shape[1]):
                s = s * a[i, j] + 1.0
        return total + s

    text = explain(norms_and_a_walk, (MATRIX, VECTOR), (0, 1), single=False, parallel=True)
    rows = [" ".join(line.split()[2:]) for line in text.split("Threads\n")[1].partition("\n\n")[0].splitlines()]
    assert rows[0] == "in chunks, each with sums of its own for total"
    assert rows[1] == "one thread: an iteration hands s to the next, or to what follows"
    assert rows[-1] == "in chunks, each with sums of its own for x_bar"
    assert "Threads" not in explain(norms_and_a_walk, (MATRIX, VECTOR), (0, 1), single=False)


def test_of_many_arrays_that_a_chunk_has_for_itself_a_few_are_named():
    def powers(x):
        a, b, c, d, e, f, g, high = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, x[0]
        for i in range(len(x)):
            a, b, c, d = a + x[i], b + x[i] ** 2, c + x[i] ** 3, d + x[i] ** 4
            e, f, g = e + x[i] ** 5, f + x[i] ** 6, g + x[i] ** 7
            high = max(high, x[i])
        return a * b * c * d * e * f * g * high

    text = explain(powers, (VECTOR,), (0,), parallel=True)
    assert "each with sums of its own for a, b, c, d, e and 2 others; extrema for best" in text
