import asyncio
import functools
import importlib.util
import linecache
import math
from typing import NamedTuple

import numpy as np
import pytest
import scipy.special
from ir_python import define, run, text, unparse

from adtrans import ir
from adtrans.errors import SourceError, UnsupportedError
from adtrans.parse import parse

SCALE = 2.5
COUNT = 3
SINGLE = np.float32(0.5)
WEIGHTS = np.array([1.0, 2.0])
SHAPE = (2, 3)


class Settings(NamedTuple):
    step: float = 0.1


SETTINGS = Settings()


def helper(a, b=2.0):
    return a * b


def value(expression: str, **outside):
    """The IR of an expression over the parameters x, y and n."""
    fn = define(f"def f(x, y, n):\n    return {expression}\n", **outside)
    return parse(fn).body[-1].value


def body(*lines: str, **outside) -> tuple:
    fn = define("def f(x, y, n):\n" + "".join(f"    {line}\n" for line in lines), **outside)
    return parse(fn).body


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("x.sum(axis=0)", "np.sum(x, axis=0)"),
        ("x.sum(0)", "np.sum(x, axis=0)"),
        ("np.sum(x, None)", "np.sum(x)"),
        ("x.sum(axis=None)", "np.sum(x)"),
        ("np.amax(x, 1)", "np.max(x, axis=1)"),
        ("np.absolute(x)", "np.abs(x)"),
        ("np.asin(x)", "np.arcsin(x)"),
        ("np.pow(x, 2)", "np.power(x, 2)"),
        ("x.T", "x.T"),
        ("x.transpose()", "np.transpose(x)"),
        ("x.transpose(1, 0)", "np.transpose(x, axes=(1, 0, ))"),
        ("np.transpose(x, axes=(1, 0))", "np.transpose(x, axes=(1, 0, ))"),
        ("x.reshape(2, n)", "np.reshape(x, (2, n, ))"),
        ("x.reshape((2, n))", "np.reshape(x, (2, n, ))"),
        ("x.reshape(-1)", "np.reshape(x, ((-1), ))"),
        ("x.reshape(x.size // 2)", "np.reshape(x, ((x.size // 2), ))"),
        ("np.reshape(x, n)", "np.reshape(x, n)"),
        ("np.reshape(x, newshape=[2, n])", "np.reshape(x, (2, n, ))"),
        ("x.ravel()", "np.ravel(x)"),
        ("x.flatten()", "np.copy(np.ravel(x))"),
        ("x.copy()", "np.copy(x)"),
        ("x.dot(y)", "np.dot(x, y)"),
        ("(x + y).mean()", "np.mean((x + y))"),
        ("x.astype(np.float32)", "x.astype(np.float32)"),
        ("x.astype(float)", "x.astype(np.float64)"),
        ("x.astype('float32')", "x.astype(np.float32)"),
        ("np.zeros((n, 2), np.float32)", "np.zeros((n, 2, ), dtype=np.float32)"),
        ("np.zeros(shape=n)", "np.zeros(n)"),
        ("np.full(n, 1.0, dtype=bool)", "np.full(n, 1.0, dtype=np.bool)"),
        ("np.array([[x, y], [0.0, 1.0]])", "np.array(((x, y, ), (0.0, 1.0, ), ))"),
        ("np.concatenate([x, y], 1)", "np.concatenate((x, y, ), axis=1)"),
        ("np.clip(x, 0.0, a_max=n)", "np.clip(x, a_min=0.0, a_max=n)"),
        ("np.clip(x, None, 1.0)", "np.clip(x, a_max=1.0)"),
        ("np.linalg.solve(x, y)", "np.linalg.solve(x, y)"),
        ("np.float32(x)", "np.float32(x)"),
        ("abs(x) + max(x, y, n)", "(abs(x) + max(x, y, n))"),
        ("np.hanning(n)", "np.hanning(n)"),
    ],
)
def test_library_calls_have_one_form(written, canonical):
    assert text(value(written)) == canonical


def test_function_that_scipy_has_from_numpy_is_numpys():
    assert scipy.special.sinc is np.sinc
    assert text(value("np.sinc(x)")) == "np.sinc(x)"


@pytest.mark.parametrize("spelling", ["sine(x)", "numpy.sin(x)", "alias(x)"])
def test_functions_are_known_by_identity_not_by_spelling(spelling):
    assert value(spelling, sine=np.sin, numpy=np, alias=np.sin) == ir.Call("np.sin", (ir.Name("x"),))


def test_math_and_numpy_functions_stay_apart():
    assert text(value("math.exp(x) + e(x)", e=math.exp)) == "(math.exp(x) + math.exp(x))"


@pytest.mark.parametrize(
    ("written", "constant"),
    [
        ("SCALE", ir.Const(2.5)),
        ("SINGLE", ir.Const(0.5, "float32")),
        ("np.pi", ir.Const(math.pi)),
        ("-math.inf", ir.Const(-math.inf)),
        ("-2", ir.Const(-2)),
        ("0x10", ir.Const(16)),
        ("1_000.5", ir.Const(1000.5)),
        ("True", ir.Const(True)),
        ("SETTINGS.step", ir.Const(0.1)),
        ("SHAPE", ir.Tuple((ir.Const(2), ir.Const(3)))),
        ("np.bool_(True)", ir.Call("np.bool", (ir.Const(True),))),
    ],
)
def test_outside_numbers_become_constants(written, constant):
    assert value(written, SCALE=SCALE, SINGLE=SINGLE, SHAPE=SHAPE, SETTINGS=SETTINGS) == constant


def test_closure_values_win_over_globals():
    def outer(SCALE):
        def inner(x):
            return x * SCALE + COUNT

        return inner

    assert text(parse(outer(7)).body[0].value) == "((x * 7) + 3)"


def test_outside_arrays_are_copied():
    def f(x):
        return x @ WEIGHTS

    function = parse(f)
    assert text(function.body[0].value) == "(x @ WEIGHTS)"
    assert function.constants["WEIGHTS"] is not WEIGHTS
    assert not function.constants["WEIGHTS"].flags.writeable


def test_array_of_a_module_gets_a_plain_name():
    module = type("module", (), {"w": WEIGHTS})
    function = parse(define("def f(x):\n    return module.w.sum() * module.w\n", module=module))
    assert text(function.body[0].value) == "(np.sum(module_w) * module_w)"
    assert list(function.constants) == ["module_w"]


def test_calls_of_python_functions_keep_the_function():
    call = value("helper(x, b=n)", helper=helper)
    assert call == ir.UserCall(helper, "helper", (ir.Name("x"),), (("b", ir.Name("n")),))


@pytest.mark.parametrize(
    ("written", "parsed"),
    [
        ("x < y < n", "((x < y) and (y < n))"),
        ("not x and y or n", "(((not x) and y) or n)"),
        ("x if y else n", "(x if y else n)"),
        ("x[0, 1:n, ::2, None, ...]", "x[0, 1:n, ::2, None, ...]"),
        ("x[np.newaxis, (1)]", "x[None, 1]"),
        ("x[(0, 1)]", "x[0, 1]"),
        ("x.shape[0] * len(y)", "(x.shape[0] * len(y))"),
        ("(x, y)", "(x, y, )"),
        ("x @ y ** -n // 2 % 3", "(((x @ (y ** (-n))) // 2) % 3)"),
        ("~x & y | n ^ x << 1 >> 2", "(((~x) & y) | (n ^ ((x << 1) >> 2)))"),
    ],
)
def test_expressions(written, parsed):
    assert text(value(written)) == parsed


def test_statements():
    source = """\
def f(x, n):
    s: float = 0.0
    t: int
    a = b = np.zeros(n)
    k, (l, m) = 1, (2, 3)
    for i in range(1, n):
        while True:
            if i > 2:
                continue
            elif i > 1:
                break
            else:
                pass
        a[i] = x[i]
        b[i, 0] -= s
    a.fill(1.0)
    helper(a)
    return
"""
    expected = """\
def f(x, n):
    s = 0.0
    a = np.zeros(n)
    b = a
    (k, (l, m, ), ) = (1, (2, 3, ), )
    for i in range(1, n, 1):
        while True:
            if (i > 2):
                continue
            else:
                if (i > 1):
                    break
                else:
                    pass
        a[i] = x[i]
        b[i, 0] -= s
    a[:] = 1.0
    helper(a)
    return
"""
    assert unparse(parse(define(source, helper=helper))) == expected


def test_chained_assignment_evaluates_once_and_assigns_from_the_left():
    source = "def f(x, i):\n    x[i] = i = i + 1\n    j = x[0] = 5 * i\n    return j\n"
    got, args = run(parse(define(source)), np.zeros(3), 1)
    assert (got, list(args[0])) == (10, [10.0, 2.0, 0.0])


def test_locals_do_not_hide_names_that_generated_code_uses():
    stmts = body("sum = 0.0", "sum += n", "return sum + range", range=4.0)
    assert [stmts[0].target, stmts[1].target.id, text(stmts[2].value)] == ["sum_1", "sum_1", "(sum_1 + 4.0)"]


def test_comments_ride_on_their_statements():
    stmts = body(
        '"""Text."""',
        "# above",
        "# more",
        "s = 0.0  # beside",
        "for i in range(n):  # loop",
        "    # first",
        "    s += x[i]",
        "    # footer",
        "# before if",
        "if s > 0:  # positive",
        "    s = 1.0",
        "# otherwise",
        "else:",
        "    s = 2.0",
        "return s",
    )
    assert [s.comments for s in stmts] == [("above", "more", "beside"), ("loop",), ("before if", "positive"), ()]
    assert stmts[1].body[0].comments == ("first", "footer")
    assert stmts[2].orelse[0].comments == ("otherwise",)


def test_locations_are_those_of_the_file():
    def nested(x):
        return (
            x
            + np.sin(x)
        )  # fmt: skip

    function = parse(nested)
    first = nested.__code__.co_firstlineno
    loc = function.body[0].value.args[1].loc
    assert (loc.file, loc.line, loc.column, loc.end_column) == (__file__, first + 3, 15, 24)
    assert (function.file, function.line) == (__file__, first)


def test_decorators_are_left_out():
    def wrapped_by(fn):
        return type("Differentiated", (), {"py_func": staticmethod(fn)})()

    @wrapped_by
    @(lambda f: f)
    def f(x: np.ndarray, n: int = COUNT):
        return x

    function = parse(f)
    assert function.source == "def f(x: np.ndarray, n: int = COUNT):\n    return x\n"
    assert function.line == f.py_func.__code__.co_firstlineno + 2
    assert function.defaults == {"n": ir.Const(3)}
    assert function.annotations == {"x": "np.ndarray", "n": "int"}


@pytest.mark.parametrize(
    ("line", "message", "column"),
    [
        ("return {v for v in x}", "a set comprehension is not supported", 12),
        ("return tuple(v for v in x)", "a generator expression outside of sum", 18),
        ("y = {1: 2}", "a dict is not supported", 9),
        ("y = {1, 2}", "a set is not supported", 9),
        ("y = f'{n}'", "an f-string is not supported", 9),
        ("a, *b = x", "a starred item is not supported", 8),
        ("return np.sum(*x)", "a star argument is not supported", 19),
        ("return helper(**x)", "a star argument is not supported", 19),
        ("for x[0] in y: pass", "a loop over an element is not supported", 9),
        ("del x[0:2]", "del of these elements is not supported", 9),
        ("raise", "this form of raise is not supported", 5),
        ("raise helper(1)", "only Python's own exceptions can be raised", 5),
        ("raise ValueError(n)", "a message must be constant text", 22),
        ("raise ValueError(f'{n}')", "a message must be constant text", 22),
        ("raise ValueError('n', n)", "an exception has one argument here", 5),
        ("assert n, f'{n}'", "a message must be constant text", 15),
        ("def g(**v): pass", "** parameters are not supported", 13),
        ("global z", "global is not supported", 5),
        ("import math", "an import inside of the function is not supported", 5),
        ("with x: pass", "with is not supported", 5),
        ("class A: pass", "a class inside of the function is not supported", 5),
        ("return n is y", "is of anything but None is not supported", 12),
        ("return 0 < n in x", "in among other comparisons is not supported", 12),
        ("return missing + 1", "name missing is not defined", 12),
        ("return np.missing(x)", "np has no attribute missing", 12),
        ("return x.tolist()", "method tolist is not supported", 12),
        ("print(x)", "the function print is not supported", 5),
        ("return sorted(x, key=abs)", "sorted takes none of these options here", 12),
        ("return max(x, default=n)", "max takes none of these options here", 12),
        ("x[0].append(n)", "append of what has no name is not supported", 5),
        ("x.append(n, n)", "append does not take these arguments", 5),
        ("return np.array([[i for j in range(i)] for i in x])", "a nested comprehension needs rows of one length", 34),
        ("return LIST", "LIST is a list, which is not supported", 12),
        ("return range(n)", "range is only supported in a for loop", 12),
        ("x + y", "the value of this expression is not used", 5),
        ("x.a = y", "assignment to x.a is not supported", 5),
        ("return SETTINGS.missing", "SETTINGS has no attribute missing", 12),
        ("return Exception(x)", "Exception is a class; making objects is not supported", 12),
        ("return anonymous(x)", "anonymous cannot be followed: ", 12),
        ("return x.astype('float31')", "'float31' is not a dtype", 21),
        ("return np.clongdouble(x)", "the type np.clongdouble is not supported", 12),
        ("return np.sum(np.fft.rfft(x))", "the function np.fft.rfft is not supported", 19),
        ("x.real[0] = y", "the real and the imaginary part cannot be assigned to", 5),
    ],
)
def test_unsupported_code_is_refused_where_it_stands(line, message, column):
    outside = {"helper": helper, "LIST": [1], "SETTINGS": SETTINGS, "anonymous": lambda v: v}
    with pytest.raises(UnsupportedError) as caught:
        body("if n:", "    pass", line, **outside)
    assert caught.value.message.startswith(message)
    assert (caught.value.loc.line, caught.value.loc.column) == (4, column)


def test_compound_statement_is_marked_on_its_first_line():
    with pytest.raises(UnsupportedError) as caught:
        body("try:", "    n = 1", "except ValueError:", "    n = 2")
    assert str(caught.value).splitlines()[1:3] == ["        try:", "        ^^^^"]


def test_parameters_of_all_kinds_are_known():
    function = parse(define("def f(x, *rest, n, k=2):\n    return x\n"))
    assert (function.params, function.star, function.keyword_only) == (("x",), "rest", ("n", "k"))
    assert function.defaults == {"k": ir.Const(2)}


def test_names_of_a_function_inside_are_its_own_but_for_those_it_shares():
    (define_g, _) = body("def g(a, b=n):", "    c = a + x", "    return c * (lambda v: v * c)(a)", "return g(y)")
    g = define_g.value.target
    assert (g.params, g.body[0].target, text(g.body[0].value)) == (("g.a", "g.b"), "g.c", "(g.a + x)")
    assert define_g.value.defaults == (("g.b", ir.Name("n")),)
    call = g.body[1].value.args[1]
    assert text(call.fn.target.body[0].value) == "(g.lambda.v * g.c)"


def test_parameter_for_all_keywords_is_refused():
    with pytest.raises(UnsupportedError, match=r"\*\* parameters are not supported"):
        parse(define("def f(x, **rest):\n    return x\n"))


class Model:
    def method(self, x):
        return x


def generator(x):
    yield x


async def coroutine(x):
    return x


@pytest.mark.parametrize(
    ("fn", "message"),
    [
        (lambda x: x, "is a lambda"),
        (math.sin, "is a function written in C"),
        (np.sin, "is an object of type ufunc"),
        (Model, "is a class"),
        (Model().method, "is a method"),
        (generator, "is a generator"),
        (coroutine, "is an async function"),
        (functools.partial(helper, 1), "is an object of type partial"),
        (3, "is an object of type int"),
    ],
)
def test_what_is_no_plain_function_is_refused(fn, message):
    assert asyncio.iscoroutinefunction(coroutine)
    with pytest.raises(SourceError, match=message):
        parse(fn)


def test_function_without_source_is_refused():
    space = {}
    exec("def f(x):\n    return x\n", space)
    with pytest.raises(SourceError, match="the source of f cannot be read"):
        parse(space["f"])


@pytest.mark.parametrize("edited", ["    return x[0] * x[2]\n", "    return x[0] + x[1]\n", "    return x[0] * x[1\n"])
def test_body_that_was_edited_since_is_refused(tmp_path, edited):
    path = tmp_path / "model.py"
    path.write_text("import numpy as np\n\n\ndef f(x):\n    return x[0] * x[1]\n")
    spec = importlib.util.spec_from_file_location("model", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert parse(module.f).name == "f"
    path.write_text(f"import numpy as np\n\n\ndef f(x):\n{edited}")
    linecache.checkcache()
    with pytest.raises(SourceError, match=r"model.py:4:1: the source of f is not what was defined"):
        parse(module.f)


def test_source_that_changed_since_is_refused(tmp_path):
    path = tmp_path / "model.py"
    path.write_text("def f(x):\n    return x\n")
    space = {}
    exec(compile(path.read_text(), str(path), "exec"), space)
    path.write_text("def other(x):\n    return x\n")
    with pytest.raises(SourceError, match="is not what was defined"):
        parse(space["f"])


def test_limits_of_types_and_numbers_written_as_text_are_constants():
    assert value("float('inf')") == ir.Const(math.inf)
    assert value("np.finfo(np.float32).eps", np=np) == ir.Const(float(np.finfo(np.float32).eps), "float32")
    assert value("np.iinfo(np.int32).max", np=np) == ir.Const(2**31 - 1)
