"""What a user reads when a program or a call is refused: where, what, and what to do."""

import functools
import linecache
import re

import numba
import numpy as np
import pytest
from uncompiled import derivative

import adtrans
from adtrans.errors import AdtransError, ArgumentError, Loc, SourceError, UnsupportedError
from adtrans.pipeline import generate

X = np.array([1.0, 2.0, 3.0])
ARGS = (X, np.eye(3), 2, np.array([0, 2]))
FIRST = 6  # the line of a program below that is given


def helper(a, b=1.0):
    return a * b


def factorial(a):
    return a if a < 1.0 else a * factorial(a - 1.0)


def forever(a, n):
    return forever(a, n + 1)


def halved(a, n):
    return a if n == 0 else halved(a, n - 1)


def swept(a, b, n):
    a[0] += b[0]
    return a[0] if n == 0 else swept(a, b, n - 1)


def passed(f, n):
    return f(1.0) if n == 0 else passed(f, n - 1)


def wider(a, n):
    return a.sum() if n == 0 else wider(a[None], n - 1)


def halves(a):
    return a if a.shape[0] < 2 else halves(a[1:])


def define(*lines, name="f"):
    """The function `f(x, y, n, order)` with these lines, in a file of its own."""
    text = "import math\nimport numpy as np\n\ndef f(x, y, n, order):\n    s = 0.0\n"
    text += "".join(f"    {line}\n" for line in lines) + "    return s + x[0]\n"
    file = f"/models/{abs(hash(text))}.py"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    names = {f.__name__: f for f in (helper, factorial, forever, halved, swept, passed, wider, halves)}
    names["WEIGHTS"] = X
    names |= {"LIST": [1.0, 2.0], "LONG": (1,) * 101, "functools": functools, "numba": numba}
    names |= {
        "MASKED": np.ma.masked_array(X, X > 2),
        "MATRIX": np.ones((1, 3)).view(np.matrix),
        "SWAPPED": X.astype(">f8"),
    }
    exec(compile(text, file, "exec"), names)
    return names[name], file


REFUSED = [
    # functions
    ("s = np.linalg.eigvals(y).sum()", 9, "np.linalg.eigvals has no derivative rule"),
    ("s = np.polyfit(x, x, 1)[0]", 9, "np.polyfit has no derivative rule"),
    ("s = np.random.dirichlet(y)[0]", 9, "np.random.dirichlet has no derivative rule"),
    ("s = np.missing(x)", 9, "np has no attribute missing"),
    ("s = math.sin(x)", 9, "math.sin does not take arrays"),
    ("s = np.arctan2(x)", 9, "np.arctan2 takes 2 arguments here, got 1"),
    ("s = np.sum(x, where=x > 0)", 9, "np.sum has no option 'where' here"),
    ("s = helper(q=x[0])", 9, "helper has no parameter q"),
    ("print(x[0])", 5, "the function print is not supported"),
    ("s = max(n)", 9, "np.max needs an array, got an int64"),
    ("s = sum(n)", 9, "np.sum needs an array, got an int64"),
    ("s = helper(*x)", 16, "only a tuple of known length can be starred"),
    ("s = helper(**x)", 16, "a star argument is not supported"),
    ("s = forever(x[0], 2)", 9, "forever returns nothing but what it gets by calling itself"),
    ("s = halved((x[0], x[1]), n)[0]", 17, "halved, which calls itself, is given a tuple"),
    ("s = swept(x, x, n)", 9, "an array that is written to is passed twice"),
    ("s = swept(WEIGHTS, x, n)", 15, "an array from outside of the function cannot be written to"),
    ("s = passed(lambda v: v * x[1], n)", 9, "a function that reads variables of this one is passed"),
    ("s = wider(x, n)", 9, "wider calls itself with arguments of ever other types"),
    ("def s(a): return a if a < 1.0 else s(a - 1.0)\n    s = s(x[0])", None, "s calls itself, a function inside of"),
    ("rest = halves(x); rest[0] = 1.0", 12, "this would be a second name for an array of which elements are written"),
    ("s = n(x[0])", 9, "n is not known to be one function here"),
    ("s = (helper if n else factorial)(x[0])", 9, "the result is not known to be one function here"),
    ("s = helper", 12, "the function helper is used as a value"),
    ("def s(v): return v", 12, "the function s is used as a value"),
    ("if n: s = helper", 12, "what s is here, only the run of the program can tell"),
    ("while n > 0: n = None", 11, "what n is here, only the run of the program can tell"),
    ("s = (t := helper)", 10, ":= of this value is not supported"),
    ("s = functools.partial(n)", 9, "partial is only supported of a function"),
    # loops over things
    ("for v in n: s += v", 14, "an int64 has no elements"),
    ("for v in 'text': s += 1.0", 14, "text is not supported"),
    ("for a, b, c in zip(x, x): s += a", 5, "2 values cannot be unpacked into 3 targets"),
    ("for a, b in enumerate(x, 1, 2): s += b", 17, "enumerate is not supported like this"),
    ("for a, b in zip(x, (1.0, 2.0)): s += a", 17, "zip of a tuple and of something else is not supported"),
    ("for i, v in reversed(enumerate(x)): s += v", 17, "enumerate(...) cannot be reversed"),
    ("for i, v in zip(range(0, 9, n), x): s += v", 17, "the step of this range must be a constant"),
    ("for i in np.ndindex(n): s += x[i]", 5, "np.ndindex needs a variable for each axis here"),
    ("for v in np.ndenumerate(y): s += v", 9, "np.ndenumerate gives an index and a value"),
    ("for k in LONG: s += x[k]", 5, "a loop over 101 items that are written out is not supported"),
    ("s = enumerate(x)", 9, "enumerate is only supported in a for loop"),
    # arrays
    ("s = x[x].sum()", 11, "an index must be an integer, not a 1-d float64 array"),
    ("s = x[order, order].sum()", 9, "too many indices for a 1-d float64 array"),
    ("s = x[y > 0].sum()", 9, "too many indices for a 1-d float64 array"),
    ("s = x[order:].sum()", 11, "a slice's bounds must be an integer, not a 1-d int64 array"),
    ("s = x[[0, 0.5]].sum()", 11, "an index must be an integer, not a 1-d float64 array"),
    ("s = y[[[0, 1], [2]]].sum()", 11, "the rows of a list must be of one length"),
    ("s = y[order, ::n].sum()", 9, "a slice beside an index array needs a constant step"),
    ("np.multiply.at(x, order, 2.0)", 5, "np.multiply.at is not supported"),
    ("np.add.at(x, order)", 5, "np.add.at takes an array, an index and a value"),
    ("s = x[0.5]", 11, "an index must be an integer, not a float64"),
    ("s = x[0, 0]", 9, "too many indices for a 1-d float64 array"),
    ("s = np.sum(y, axis=n)", 24, "axis must be a constant"),
    ("s = np.sum(x, axis=3)", 9, "axis is out of bounds for a 1-d array"),
    ("s = np.sum(y, axis=(0, 0))", 9, "an axis is given twice"),
    (
        "s = x[0] @ y",
        9,
        "a matrix product of a float64 and a 2-d float64 array is not supported",
    ),
    ("s = y @ order", 9, "a matrix product needs one float type"),
    ("s = np.zeros(n, dtype=n)", 27, "this dtype is not known before the program runs"),
    ("s = x.tolist()", 9, "method tolist is not supported"),
    ("s = x.strides", 9, "attribute strides is not supported"),
    ("s = n[0]", 9, "an int64 has no elements"),
    ("s = len(n)", 9, "an int64 has no len()"),
    ("s = x and n", 9, "the truth value of an array is not defined"),
    ("s = 1.0 if x > 0 else 2.0", 16, "the truth value of an array is not defined"),
    ("if x > 0: s = 1.0", 8, "the truth value of an array is not defined"),
    ("while x: s = 1.0", 11, "the truth value of an array is not defined"),
    ("x.shape = (3, 1)", 5, "assignment to x.shape is not supported"),
    # tuples
    ("p = (x[0], n); p[0] = 1.0", 20, "an item of a tuple cannot be assigned to"),
    ("p = (x[0], n); s = p[n]", 24, "an index of this tuple must be a constant"),
    ("p = (x[0], n); s = p[x[0]]", 24, "a tuple's index must be a constant"),
    ("s = 1.0 if (x, 1) == (x, 1) else 2.0", 16, "the truth value of an array is not defined"),
    ("s = 1.0 if ((1, n), 1) == (1, n) else 2.0", 16, "a tuple is compared with a number"),
    ("s = 1.0 if (1, n) == n else 2.0", 16, "arithmetic on tuples is not supported"),
    ("p = (x[0], n); s = p[2]", 24, "a tuple of 2 has no item 2"),
    ("p = (x[0], n); a, b, c = p", 20, "2 values cannot be unpacked into 3 targets"),
    ("p = (x[0], n); s = p * 2", 24, "arithmetic on tuples is not supported"),
    ("p = (x[0], n); p = p if n else (1.0, n, n)", 24, "the two branches have different types"),
    ("s = x.first", 9, "attribute first is not supported"),
    ("s = x.strides", 9, "attribute strides is not supported"),
    # names and values
    ("s = missing", 9, "name missing is not defined"),
    ("s = later; later = 1.0", 9, "later is read before it is assigned"),
    ("s = LIST[0]", 9, "LIST is a list, which is not supported"),
    ("s = (MASKED * 2.0).sum()", 10, "MASKED is an object of type MaskedArray"),
    ("s = (MATRIX * MATRIX.T)[0, 0]", 10, "MATRIX is an object of type matrix"),
    ("s = SWAPPED[0]", 9, "SWAPPED is an array of >f8"),
    ("if n: s = x", 11, "'s' is a float64 on one path and a 1-d float64 array on another"),
    ("s = f'{n}'", 9, "an f-string is not supported"),
    ("s = [n, n]; return s", 24, "a list as a result is not supported"),
    ("s = [x, x]", 9, "a 1-d float64 array as an item of a list is not supported"),
    ("s = [[0.0] * n for i in range(n)]", 10, "a list as an item of a list is not supported"),
    ("q = [1, 2]; q[0] = 0.5", 17, "a float64 is stored in a list of int64 items"),
    ("s = [1.0]; s = s * 2.0", 20, "* of a list and a float64 is not supported"),
    ("s = [1.0]; s = s == s", 20, "== of a list and a list is not supported"),
    ("q = [1.0]; q *= 2", 16, "*= of a list is not supported"),
    ("q = [1.0]; q[:1] = q", 16, "a store to a slice of a list is not supported"),
    ("s = [1.0]; s = s.size", 20, "a list has no size"),
    ("s = [1.0]; s = s.shape[0]", 20, "a list has no shape"),
    ("s = [1.0]; s = s.sum()", 20, "a list has no sum"),
    ("s = [1.0]; s = s.flatten()[0]", 20, "a list has no ravel"),
    ("s = [1.0]; s = abs(s)[0]", 20, "abs of a list is not supported"),
    ("s = [1.0]; s += x; s = s[0]", 16, "+= of a list and an array is not supported"),
    ("s = [1.0]; s = s[0, 0]", 20, "a list has one integer or a slice as its index"),
    ("s = [1.0]; s = s.index(1.0)", 20, "method index is not supported"),
    ("x.append(1.0)", 5, "a 1-d float64 array has no append"),
    ("p = [1.0]; q = p if n else [2.0]; q.append(p[0])", 16, "q would be a second name for the list p"),
    # complex numbers
    ("s = float(1j * x[0])", 9, "a complex128 is no real number"),
    ("s = (x * 1j).astype(np.float64)[0]", 9, "a 1-d complex128 array is no real number"),
    ("s = x[0] * 1j < 2", 9, "complex numbers have no order"),
    ("s = np.max(x * 1j)", 9, "complex numbers have no order"),
    ("s = np.maximum(x, 1j)[0]", 9, "complex numbers have no order"),
    ("s = abs(1j * x[0] % 2)", 13, "this operation is not defined for a complex128 and an int64"),
    ("x[0] = 1j", 12, "a complex128 is no real number"),
    ("x[:] = x * 1j", 12, "a complex128 is no real number"),
    ("x += 1j", 10, "a complex128 is no real number"),
    ("s = np.sign(x * 1j)[0].real", 9, "np.sign of complex numbers is not supported"),
    ("s = np.sort(x * 1j)[0].real", 9, "np.argsort is not supported for complex numbers"),
    ("s = np.linalg.det(np.eye(2) * 1j).real", 9, "np.linalg.det: needs a 2-d array of floats"),
    ("s = {1: n}", 9, "a dict is not supported"),
    ("s = {v for v in x}", 9, "a set comprehension is not supported"),
    ("s = tuple(v for v in x)", 15, "a generator expression outside of sum"),
    ("s = 0 < n in order", 9, "in among other comparisons is not supported"),
    ("a, *b = x", 8, "a starred item is not supported"),
    ("s = 'text'", 12, "text is not supported"),
    ("s = float('one')", 9, "'one' is not a number"),
    ("s = np.finfo(x.dtype).eps", 9, "this dtype is not known before the program runs"),
    ("s = numba.get_num_threads()", 9, "get_num_threads is not supported: in it, name"),
    ("s = numba.typed.List([1.0])[0]", 9, "numba.typed.List is not supported"),
    ("s = None", 12, "None is not supported as a value"),
    ("s = x is y", 9, "is of anything but None is not supported"),
    # statements
    ("for i in range(x[0]): s += 1.0", 20, "a range's bounds must be integers"),
    ("with open('file'): s = 1.0", 5, "with is not supported"),
    ("raise ValueError(n)", 22, "a message must be constant text"),
    ("assert n > 0, f'{n}'", 19, "a message must be constant text"),
    ("raise helper", 5, "only Python's own exceptions can be raised"),
    ("if n: del s", 12, "s is read before it is assigned"),
    ("del s", 12, "s is read before it is assigned"),
    ("def inner(v): yield v", 19, "yield is not supported"),
    ("global z", 5, "global is not supported"),
    ("import math", 5, "an import inside of the function is not supported"),
    ("class A: pass", 5, "a class inside of the function is not supported"),
    # results
    ("return x", 5, "grad needs one floating-point number as the result, not a 1-d float64 array"),
    ("return n", 5, "grad needs one floating-point number as the result, not an int64"),
    ("if n: return", 11, "not every path through f returns a value"),
]


@pytest.mark.parametrize(("line", "column", "message"), REFUSED, ids=[line for line, _, _ in REFUSED])
def test_refusal_names_the_place_shows_the_line_and_says_what_to_do(line, column, message):
    f, file = define(line)
    with pytest.raises(UnsupportedError) as caught:
        generate(f, tuple(map(numba.typeof, ARGS)), (0,), "grad")
    head, shown, carets, *hint = str(caught.value).splitlines()
    loc = caught.value.loc
    assert head.startswith(f"{loc.file}:{loc.line}:{loc.column}: ")
    assert message in head
    if column is not None:  # else it is another function's line
        assert (loc.file, loc.column) == (file, column)
        assert shown.strip() in (line, "return s + x[0]")
    assert carets.strip(" ^") == ""
    assert carets.index("^") == loc.column - 1 + 4
    assert "".join(hint)


def sum_of_squares(x, n):
    s = 0.0
    for i in range(n):
        s += x[i] * x[i]
    return s


def array_result(x):
    return x * x


def scalar_result(x):
    return x * x


HERE = re.escape(__file__) + r":\d+:1: "
CALLS = [
    (lambda: adtrans.grad(sum_of_squares, 1)(X, 3), r"cannot differentiate by 'n': it is int64, not floating point"),
    (
        lambda: adtrans.grad(sum_of_squares)(np.arange(3), 3),
        r"cannot differentiate by 'x': it is array\(int64, 1d, C\)",
    ),
    (lambda: adtrans.grad(sum_of_squares)([1.0, 2.0], 2), r"argument 'x' is of type list; allowed are float32"),
    (lambda: adtrans.grad(sum_of_squares)(X, "3"), r"argument 'n' is of type str; allowed are float32"),
    (lambda: adtrans.grad(sum_of_squares, "y"), r"argnums: there is no parameter 'y'"),
    (lambda: adtrans.grad(sum_of_squares, 2), r"argnums has 2, but the function has 2 parameters"),
    (lambda: adtrans.grad(sum_of_squares)(X.astype(np.longdouble), 2), r"argument 'x' is of type array\(float128\)"),
    (lambda: adtrans.grad(sum_of_squares)(X.astype(">f8"), 2), r"argument 'x' is of type array\(>f8\); allowed"),
    (lambda: adtrans.grad(sum_of_squares)(X.astype(np.float16), 2), r"argument 'x' is of type array\(float16, 1d, C\)"),
    (lambda: adtrans.vjp(array_result)(X, 1.0), r"the cotangent 'y_bar' is float64, but the result is array\(float64"),
    (
        lambda: adtrans.vjp(scalar_result)(1.0, X),
        r"the cotangent 'y_bar' is array\(float64, .*\), but the result is fl",
    ),
    (lambda: adtrans.vjp(array_result)(X, "up"), r"the cotangent 'y_bar' is of type (str|unicode_type); allowed"),
]


@pytest.mark.parametrize(("call", "message"), CALLS, ids=[message[:40] for _, message in CALLS])
def test_argument_that_does_not_fit_is_refused_at_the_function(call, message):
    with pytest.raises(ArgumentError, match=f"^{HERE}{message}"):
        call()


def test_array_result_under_grad_points_at_the_return_and_to_vjp():
    with pytest.raises(UnsupportedError, match=r":\d+:5: grad needs one floating-point number .*\n.*\n.*\n.*use vjp"):
        adtrans.grad(array_result)(X)


@pytest.mark.parametrize("args", [(), (X,), (X, 3, 4)])
def test_wrong_number_of_arguments_is_a_type_error_as_in_python(args):
    with pytest.raises(TypeError, match="argument"):
        adtrans.grad(sum_of_squares)(*args)


def overlapping(x, y):
    for i in range(x.shape[0]):
        x[i] = x[i] * y[i]
    return np.sum(x)


def test_written_argument_that_shares_memory_with_another_is_refused():
    with pytest.raises(ValueError, match="shares memory with another; pass copies"):
        adtrans.grad(overlapping)(X, X[:])
    np.testing.assert_allclose(adtrans.grad(overlapping)(X, X.copy()), X)


def test_shapes_that_do_not_fit_raise_as_numpy_does():
    def difference(x, y):
        return np.sum(x - y)

    with pytest.raises(ValueError, match="could not be broadcast"):
        adtrans.grad(difference)(X, np.ones(2))


def test_lengths_of_factors_that_differ_raise_in_the_gradient_too():
    def errors(w, x):
        s = 0.0
        for i in range(x.shape[0]):
            s += (x[i] @ w - 1.0) ** 2
        return s

    with pytest.raises(ValueError, match="do not match"):
        adtrans.grad(errors)(np.ones(2), np.ones((3, 4)))


def _exp(x):
    return np.sum(np.exp(x))


def test_name_of_a_helper_is_none_for_a_function():
    with pytest.raises(UnsupportedError, match=r"test_errors.py:\d+:1: generated code has a _exp of its own"):
        generate(_exp, (numba.typeof(X),), (0,), "grad")


def several_results(x):
    return x[1:] * x[:-1], x[0] * (1.0 + 2.0j) * x


def test_cotangents_have_the_shapes_of_several_results():
    pullback = derivative(several_results, (X,), (0,), "vjp")
    good = X[1:] + 0.0, X + 0.0j
    assert pullback(X, good)[1][0].shape == X.shape
    for bad in ((good[1].real, good[1]), (good[0], good[1][1:])):
        with pytest.raises(ValueError, match="the cotangent does not have the shape of the result"):
            pullback(X, bad)


def test_cotangent_has_the_shape_of_the_result():
    pullback = derivative(array_result, (X,), (0,), "vjp")
    np.testing.assert_allclose(pullback(X, X)[1][0], 2 * X * X)
    with pytest.raises(ValueError, match="the cotangent does not have the shape of the result"):
        pullback(X, X[:2])


def test_error_without_a_place_is_message_and_hint():
    assert str(UnsupportedError("no", None, "Do this.")) == "no\nDo this."
    assert str(UnsupportedError("no")) == "no"


def test_error_of_a_line_that_cannot_be_read_names_it_all_the_same():
    assert str(UnsupportedError("no", Loc("gone.py", 3, 5, 3, 6))) == "gone.py:3:5: no"


def test_span_over_several_lines_is_marked_to_the_end_of_its_first():
    _, file = define("s = (x[0] +", "     x[1])")
    lines = str(UnsupportedError("no", Loc(file, FIRST, 9, FIRST + 1, 9))).splitlines()
    assert lines[1:] == ["        s = (x[0] +", "            ^^^^^^^"]


def test_kinds_of_errors_have_the_bases_that_callers_expect():
    assert issubclass(ArgumentError, TypeError)
    assert issubclass(ArgumentError, UnsupportedError)
    assert issubclass(SourceError, AdtransError)
