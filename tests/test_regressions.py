"""Programs that once went wrong: values, gradients and errors, run by Python and some of them compiled."""

import inspect

import numba
import pytest
from regressions import MISMATCHES, PROGRAMS, REFUSED
from test_programs import STEP, named, seeded
from uncompiled import derivative, names_of

import adtrans
from adtrans.errors import UnsupportedError
from adtrans.pipeline import generate
from adtrans.testing import check_pullback, copies, is_float_scalar

COMPILED = (  # each takes seconds: wrong lengths or layouts, which Python would not notice or not mind
    "conditional_expression_guards_the_index",
    "view_of_growing_length_in_a_loop_without_trips",
    "views_of_different_layout_returned_early",
    "array_made_in_an_inner_loop_and_read_outside",
    "shape_transposed_by_each_iteration",
    "reshape_of_a_contiguous_slice_written",
    "reshape_of_a_moving_slice_written",
)
MARK = "# here"


def check(f, args, argnums, derivative_in) -> None:
    """The value and the gradient (of a scalar), or the pullback, which `derivative_in(mode)` is; args unchanged."""
    y = f(*copies(args))
    pullback = seeded(derivative_in("value_and_grad")) if is_float_scalar(y) else derivative_in("vjp")
    check_pullback(f, pullback, args, argnums, like=y, eps=STEP)


def test_regressions_have_names_of_their_own():
    names = [f.__name__ for f, _, _ in (*PROGRAMS, *MISMATCHES, *REFUSED)]
    assert len(set(names)) == len(names)


@named(PROGRAMS)
def test_program_has_the_value_and_the_gradient(f, args, argnums):
    check(f, args, argnums, lambda mode: derivative(f, args, argnums, mode))


@named([p for p in PROGRAMS if p[0].__name__ in COMPILED])
def test_compiled_program_has_the_value_and_the_gradient(f, args, argnums):
    check(f, args, argnums, lambda mode: getattr(adtrans, mode)(f, argnums))


@named(MISMATCHES)
@pytest.mark.parametrize("mode", ["grad", "value_and_grad", "vjp"])
def test_lengths_that_do_not_fit_raise_in_the_primal_and_in_the_gradient(f, args, argnums, mode):
    with pytest.raises(ValueError):
        f(*copies(args))
    module = generate(f, tuple(map(numba.typeof, args)), argnums, mode, single=False)
    names = names_of(module.text)
    with pytest.raises(ValueError):
        names[module.primal](*copies(args))
    with pytest.raises(ValueError):
        names[module.adjoint](*copies(args), *([1.0] if mode == "vjp" else []))


def test_lengths_that_do_not_fit_raise_in_compiled_code():
    f, args, argnums = next(m for m in MISMATCHES if m[0].__name__ == "rows_times_weights")
    with pytest.raises(ValueError):
        adtrans.grad(f, argnums)(*copies(args))


@pytest.mark.parametrize(("f", "args", "message"), REFUSED, ids=[f.__name__ for f, _, _ in REFUSED])
def test_program_is_refused_at_its_line(f, args, message):
    lines, first = inspect.getsourcelines(f)
    (place,) = (first + k for k, line in enumerate(lines) if line.rstrip().endswith(MARK))
    with pytest.raises(UnsupportedError) as caught:
        generate(f, tuple(map(numba.typeof, args)), (0,), "grad")
    assert message in str(caught.value)
    assert (caught.value.loc.file, caught.value.loc.line) == (inspect.getsourcefile(f), place)
