"""Lists: whole programs, and how the arrays look that they become."""

import numba
import numpy as np
import pytest
from list_programs import PROGRAMS, X
from test_programs import STEP, named, seeded
from uncompiled import derivative, names_of

import adtrans
from adtrans.errors import UnsupportedError
from adtrans.pipeline import generate
from adtrans.testing import check_pullback, copies

pytestmark = pytest.mark.usefixtures("quiet")

COMPILED = ("generators", "changed_in_the_middle", "tuples_in_lists", "whole_numbers")  # each takes seconds


def text(f, *args) -> str:
    return generate(f, tuple(map(numba.typeof, args)), (0,), "primal").text


@named(PROGRAMS)
def test_program_has_the_value_and_the_gradient(f, args, argnums):
    check_pullback(
        f, seeded(derivative(f, args, argnums, "value_and_grad")), args, argnums, like=f(*copies(args)), eps=STEP
    )


@named([p for p in PROGRAMS if p[0].__name__ in COMPILED])
def test_compiled_program_has_the_value_and_the_gradient(f, args, argnums):
    gradient = adtrans.value_and_grad(f, argnums)
    check_pullback(f, seeded(gradient), args, argnums, like=f(*copies(args)), eps=STEP)


# ruff: noqa: PERF401 - as users write

# -- how the arrays look ---------------------------------------------------------------------------------------


def appended(x):
    out = [x[0]]
    for i in range(len(x)):
        out.append(x[i] ** 2)
    return out[-1] * out[0]


def comprehended(x):
    values = np.array([v * v for v in x])
    return values[0]


def filtered(x):
    s = 0.0
    for v in [v for v in x if v > 0.6]:
        s += v
    return s


def doubled(x, n):
    out = []
    for i in range(n):
        for j in range(i):
            out.append(x[j])
    return sum(out)


def of_four(x):
    w = [x[0], 2.0, x[1], 1.0]
    s = 0.0
    for i in range(4):
        s += w[i] * w[3 - i] * w[-1]
    return s


def any_of_four(x, n):
    w = [x[0], 2.0, x[1], 1.0]
    return w[n]


def test_list_that_each_iteration_appends_to_is_an_array_of_its_length():
    found = text(appended, X)
    assert "out = np.empty(x.shape[0] + 1)" in found
    assert "out[i + 1] = x[i] ** 2" in found
    assert "length" not in found


def test_array_of_a_comprehension_is_filled_in_its_place():
    found = text(comprehended, X)
    assert "values = np.empty(x.shape[0])" in found
    assert "values[i] = v * v" in found
    assert found.count("np.empty") == 1


def test_filtered_list_has_room_for_every_item_and_does_not_grow():
    found = text(filtered, X)
    assert "items = np.empty(x.shape[0])" in found
    assert found.count("np.empty") == 1


def commented(x):
    # what is found
    out = []
    n = len(x)
    for i in range(n):
        out.append(x[i] ** 2)  # squared
    return sum(out)


def test_comments_stay_with_what_becomes_of_their_lines():
    found = text(commented, X)
    assert found.index("# what is found") < found.index("out = np.empty(n)") < found.index("# squared")


def test_list_that_two_loops_fill_grows_as_it_needs_room():
    assert "out_larger = np.empty" in text(doubled, X, 3)


def test_index_that_is_in_range_is_not_checked():
    assert "_item" not in text(of_four, X)
    assert "_item(n, 4)" in text(any_of_four, X, 3)


# -- what is out of range --------------------------------------------------------------------------------------


def popped_empty(x):
    out = [x[0]]
    out.pop()
    out.pop()
    return x[0]


def read_after_the_end(x):
    out = [v for v in x]  # noqa: C416 - a list of numbers
    return out[len(x)]


def written_before_the_start(x):
    out = [x[0], x[1]]
    out[-len(x)] = 1.0
    return out[0]


def removed_after_the_end(x):
    out = list(x)
    return out.pop(4) * x[0]


@pytest.mark.parametrize("f", [popped_empty, read_after_the_end, written_before_the_start, removed_after_the_end])
@pytest.mark.parametrize("mode", ["grad", "value_and_grad"])
def test_item_that_is_not_there_raises_in_the_primal_and_in_the_gradient(f, mode):
    with pytest.raises(IndexError):
        f(X)
    module = generate(f, (numba.typeof(X),), (0,), mode, single=False)
    names = names_of(module.text)
    with pytest.raises(IndexError):
        names[module.primal](X)
    with pytest.raises(IndexError):
        names[module.adjoint](X)


def grows_in_its_loop(x):
    out = [x[0]]
    for v in out:
        if v > 2.0:
            out.append(v)
    return out[0]


def test_list_that_grows_while_it_is_looped_over_is_refused_where_it_does():
    with pytest.raises(UnsupportedError) as caught:
        text(grows_in_its_loop, X)
    assert caught.value.message == "the list out changes its length while it is looped over"
    assert caught.value.loc.source_line().strip() == "out.append(v)"


# -- second names ----------------------------------------------------------------------------------------------


def copied_by_the_library(x):
    a = list(x)
    y, z, w = np.asarray(a), np.reshape(a, (2, 2)), np.array(a)
    a[0] = 5.0
    w[1] = 3.0
    return y[0] * z[0, 0] * w[0] * a[0] + y[1] * w[1]


def second_name_in_a_loop(x):
    a, b = [x[0]], [x[1]]
    s = 0.0
    for v in x:
        s += a[0] * b[-1]
        a = [v, s]
        b = a
    return s


@pytest.mark.parametrize("f", [copied_by_the_library, second_name_in_a_loop])
def test_list_has_memory_of_its_own(f):
    check_pullback(f, seeded(derivative(f, (X,), (0,), "value_and_grad")), (X,), (0,), like=f(X), eps=STEP)


def out_of_range_and_not_used(x, k):
    items = [x[0], x[1]]
    unused = items[k]  # noqa: F841
    return items[0] * items[1]


@pytest.mark.parametrize("mode", ["grad", "value_and_grad"])
def test_position_that_no_list_has_is_refused_though_nothing_reads_the_item(mode):
    gradient = derivative(out_of_range_and_not_used, (X, 1), (0,), mode)
    gradient(X, -2)
    with pytest.raises(IndexError, match="list index out of range"):
        gradient(X, 2)
