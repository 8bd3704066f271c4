"""Each construct of Python's grammar, and each function of NumPy's: differentiated, or refused where it stands."""

import numba
import numpy as np
import pytest
from test_errors import ARGS, FIRST, define

from adtrans.errors import AdtransError, SourceError, UnsupportedError
from adtrans.library import definitions
from adtrans.parse.canonical import function_name
from adtrans.pipeline import generate
from adtrans.rules.registry import entries
from adtrans.types import PARAMETERS

TYPES = tuple(map(numba.typeof, ARGS))
# a line of a function of x, y, n and order; what is said of it
REFUSED = [
    # statements
    ("async def g(v): return v", "async is not supported"),
    ("@property\n    def g(v): return v", "a decorator inside of the function is not supported"),
    ("def g(**k): return 1.0", "** parameters are not supported"),
    ("class A: pass", "a class inside of the function is not supported"),
    ("return", "not every path through f returns a value"),
    ("return *x,", "a starred item is not supported"),
    ("del x[0]", "a 1-d float64 array has no pop"),
    ("x.a = 1.0", "assignment to x.a is not supported"),
    ("s, *t = x", "a starred item is not supported"),
    ("x.a += 1.0", "assignment to x.a is not supported"),
    ("y @= y", "@= is not supported"),
    ("x.a: float = 1.0", "assignment to x.a is not supported"),
    ("for x[0] in range(3): pass", "a loop over an element is not supported"),
    ("for v in iter(x): s += v", "the function iter is not supported"),
    ("for v in map(abs, x): s += v", "the function map is not supported"),
    ("for v in {1, 2}: s += v", "a set is not supported"),
    ("for v in {1: 2}: s += v", "a dict is not supported"),
    ("with open('f') as g: pass", "with is not supported"),
    ("with np.errstate(all='ignore'): s = 1.0", "with is not supported"),
    ("match n:\n        case 1: s = 1.0", "match is not supported"),
    ("raise", "this form of raise is not supported"),
    ("raise ValueError('a') from None", "this form of raise is not supported"),
    ("raise ValueError('a', 2)", "an exception has one argument here"),
    ("raise KeyboardInterrupt", "only Python's own exceptions can be raised"),
    ("try: s = 1.0\n    except ValueError: s = 2.0", "try is not supported"),
    ("try: s = 1.0\n    except* ValueError: s = 2.0", "try is not supported"),
    ("try: s = 1.0\n    finally: s = 2.0", "try is not supported"),
    ("assert n, n", "a message must be constant text"),
    ("import math", "an import inside of the function is not supported"),
    ("from math import sin", "an import inside of the function is not supported"),
    ("global z", "global is not supported"),
    ("def g():\n        nonlocal n", "nonlocal is not supported"),
    ("s + 1.0", "the value of this expression is not used"),
    ("np.put(x, [0], 1.0)", "np.put as a statement is not supported"),
    ("abs(x, x)", "abs as a statement is not supported"),
    ("np.exp(x)", "np.exp as a statement is not supported"),
    ("np.exp(x, x, x)", "np.exp as a statement is not supported"),
    ("np.exp(x, s)", "a float64 has no elements"),
    ("x.resize(3)", "method resize is not supported"),
    # expressions
    ("s = lambda **k: 1.0", "** parameters are not supported"),
    ("s = n < 2 in (True,)", "in among other comparisons is not supported"),
    ("s = x is y", "is of anything but None is not supported"),
    ("s = x is not y", "is not of anything but None is not supported"),
    ("s = x | x", "this operation is not defined for"),
    ("s = ~x[0]", "this operation is not defined for a float64"),
    ("s = n and (1, 2)", "the two operands have different types"),
    ("s = ...", "... outside of an index is not supported"),
    ("s = None", "None is not supported as a value"),
    ("s = 'a'", "text is not supported"),
    ("s = 'a' 'b'", "text is not supported"),
    ("s = b'a'", "bytes is not supported"),
    ("s = f'{n}'", "an f-string is not supported"),
    ("s = 123456789012345678901", "this integer has more than 64 bits"),
    ("s = (1.0, *x)", "a starred item is not supported"),
    ("s = {1.0}", "a set is not supported"),
    ("s = {1: 1.0}", "a dict is not supported"),
    ("s = {v for v in x}", "a set comprehension is not supported"),
    ("s = {v: v for v in x}", "a dict comprehension is not supported"),
    ("s = (1, 2) < (2, 3)", "arithmetic on tuples is not supported"),
    ("s = x['a']", "text is not supported"),
    ("s = x[1:'a']", "text is not supported"),
    ("s = x[*order]", "a starred index is not supported"),
    ("s = x.strides", "attribute strides is not supported"),
    ("s = np", "the module np is used as a value"),
    ("s = math.sin", "the function math.sin is used as a value"),
    ("s = np.float16(1.0)", "the type np.float16 is not supported"),
    ("s = np.floating(1.0)", "the type np.floating is not supported"),
    ("s = x.astype(np.longdouble)", "the type np.longdouble is not supported"),
    ("s = x.astype('float16')", "the type 'float16' is not supported"),
    ("s = sorted(x)", "+ of a list and a float64 is not supported"),
    ("s = isinstance(n, int)", "the function isinstance is not supported"),
    ("s = type(n)(2)", "the function type is not supported"),
    # arguments of NumPy's functions
    ("s = np.sum(x, axis='a')", "axis is out of bounds"),
    ("s = np.any(x, axis='a')", "np.any: axis must be an integer"),
    ("s = np.hstack(x)", "np.hstack does not take these: tup: a 1-d float64 array"),
    ("s = np.asarray(x, 0.5)", "this dtype is not known before the program runs"),
    ("s = np.full(n, x)", "np.full needs a number as fill_value"),
    ("s = np.full_like(x, x)", "np.full_like needs a number as fill_value"),
    ("s = np.zeros(x)", "a length must be an integer"),
    ("s = np.zeros((n, 0.5))", "a length must be an integer"),
    ("s = np.arange(x)", "np.arange needs a number as start"),
    ("s = np.ravel(n)", "np.ravel needs an array"),
    ("s = np.transpose(x, 'a')", "axes must name each of 1 axes once"),
    ("s = np.ma.zeros(3)", "the function np.ma.zeros is not supported"),
]


@pytest.mark.parametrize(("line", "message"), REFUSED, ids=[line for line, _ in REFUSED])
def test_construct_is_refused_where_it_stands(line, message):
    f, file = define(line)
    with pytest.raises(UnsupportedError) as caught:
        generate(f, TYPES, (0,), "grad")
    check_report(caught.value, file)
    assert message in str(caught.value).splitlines()[0]


def check_report(error: AdtransError, file: str) -> None:
    """The report names the place in the user's file, marks it, and says what to do."""
    head, shown, carets, *hint = str(error).splitlines()
    assert head.startswith(f"{file}:{error.loc.line}:{error.loc.column}: ")
    assert error.loc.line >= FIRST
    assert carets.strip(" ") == "^" * (len(carets) - 3 - error.loc.column)
    assert carets.index("^") == error.loc.column + 3 < len(shown)
    assert hint


@pytest.mark.parametrize("line", ["yield s", "s = yield x", "s = (yield)"])
def test_generator_is_refused_at_its_first_line(line):
    f, file = define(line)
    with pytest.raises(SourceError, match=f"^{file}:4:1: f is a generator\n.*def f"):
        generate(f, TYPES, (0,), "grad")


MODULES = {"np": np, "np.linalg": np.linalg}


def functions(module: str) -> list[str]:
    """The functions of a module of NumPy's that are left to no rule, definition or code of ours."""
    ours = {None, *entries, *(d.func for d in definitions()), *PARAMETERS}
    found = [name for name, value in vars(MODULES[module]).items() if function_name(value) not in ours]
    return [f"{module}.{name}" for name in found if not name.startswith("_") and name != "test"]


@pytest.mark.parametrize("module", MODULES)
def test_function_of_numpy_without_a_derivative_is_refused_where_it_stands(module):
    refused = 0
    for name in functions(module):
        f, file = define(f"s = np.sum({name}(y))")
        try:
            generate(f, TYPES, (0,), "primal")
        except UnsupportedError as error:
            check_report(error, file)
            refused += 1
    assert refused > len(functions(module)) / 2
