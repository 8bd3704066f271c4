import numpy as np
import pytest
from ir_python import define, run, unparse
from numba import float64, int64

from adtrans import ir
from adtrans.callees import callee_of
from adtrans.errors import ArgumentError, UnsupportedError
from adtrans.parse import parse
from adtrans.transforms.inline import inline, inline_called
from adtrans.transforms.normalise import normalise
from adtrans.transforms.webs import webs

OFFSET = np.array([10.0, 20.0, 30.0, 40.0])
HELPERS = """\
def scaled(a, k=2.0):
    return a * k

def clipped(v, low, high):
    if v < low:
        return low
    if v > high:
        return high
    return v

def first_above(a, bound):
    for i in range(len(a)):
        if a[i] > bound:
            return a[i]
    return -1.0

def bump(a, by):
    for i in range(a.shape[0]):
        a[i] += by

def bumped(a):
    a[0] += 1.0
    return a[0]

def grown(a):
    a += 1.0
    return a

def both(u, v):
    return v, u + v

def swapped(u, v):
    return v, u

def countdown(n):
    total = 0.0
    while n > 0:
        total += n
        n -= 1
    return total

def twice(a):
    return scaled(a) + scaled(a, k=countdown(2))

def shifted(a):
    return a[0] + OFFSET[0]
"""


def program(*lines: str, helpers: str = HELPERS):
    source = helpers + "\ndef f(x, n):\n" + "".join(f"    {line}\n" for line in lines)
    return define(source, OFFSET=OFFSET)


def inlined(*lines: str) -> str:
    fn = program(*lines)
    function = inline(parse(fn))
    for stmt in ir.statements(function.body):
        assert not isinstance(stmt, (ir.Effect, ir.Break, ir.Continue))
        assert not any(isinstance(e, ir.UserCall) for x in ir.expressions(stmt) for e in ir.walk(x))
    for stage in (function, normalise(function), webs(normalise(function))):
        for n in range(4):
            x = np.array([0.5, 3.0, -2.0, 5.0]) + n
            expected = fn(x_expected := x.copy(), n)
            got, (x_got, _) = run(stage, x, n)
            np.testing.assert_array_equal(got, expected)
            np.testing.assert_array_equal(x_got, x_expected)
    return unparse(function)


@pytest.mark.parametrize(
    "lines",
    [
        ("return scaled(x[0]) + scaled(x[1], 3.0) + scaled(k=n, a=x[2])",),
        ("s = 0.0", "for i in range(4):", "    s += clipped(x[i], 0.0, 2.0)", "return s"),
        ("return first_above(x, n) * first_above(x, n + 4)",),
        ("bump(x, n)", "return x[0]"),
        ("bump(x[1:], 2 * n)", "return x.sum()"),
        ("y = x.copy()", "bump(y, 1.0)", "return y.sum() - x.sum()"),
        ("u, v = both(x[0], x[1])", "u, v = both(u, v)", "return u * v"),
        ("return both(x[0], x[1])[1]",),
        ("p = both(x[0], n)", "return p[0] + p[1]"),
        ("return twice(x[1]) + twice(n)",),
        ("return shifted(x) + OFFSET[1]",),
        ("return countdown(n) + n",),
        ("n = countdown(n)", "return countdown(n) + n"),
        ("y = grown(x)", "return y[0] + x[0]"),
        ("i = n", "i = grown(i)", "return i + n"),
        (
            "if clipped(x[0], 0.0, 1.0) > 0.7:",
            "    return scaled(n)",
            "elif scaled(n) > 1:",
            "    return 3.0",
            "return 4.0",
        ),
        ("s = 0.0", "for i in range(int(scaled(n)), int(scaled(4))):", "    s += i", "return s"),
    ],
)
def test_program_computes_the_same_inlined(lines):
    inlined(*lines)


@pytest.mark.parametrize(
    "lines",
    [
        ("return x[0] + bumped(x)",),
        ("return x[0] * 2 + bumped(x) * x[0] + bumped(x)",),
        ("return bumped(x) + x[0]",),
        ("x[0] += bumped(x)", "return x[0]"),
        ("x[0:2] += bumped(x)", "return x.sum()"),
        ("x[int(bumped(x)) % 4] = bumped(x)", "return x.sum()"),
        ("x[int(x[0]) % 4] += bumped(x)", "return x.sum()"),
        ("return np.sum(x) - bumped(x)",),
        ("s = x[0] if n > 1 else bumped(x)", "return s + x[0]"),
        ("return clipped(x[0], bumped(x), x[0])",),
        ("u, v = x[0], bumped(x)", "return u - v"),
    ],
)
def test_values_read_before_a_call_that_writes_are_kept(lines):
    inlined(*lines)


@pytest.mark.parametrize(
    "lines",
    [
        ("if n > 1 and bumped(x) > 2:", "    return 1.0", "return x[0]"),
        ("if n > 1 or bumped(x) > 2:", "    return 1.0", "return x[0]"),
        ("if bumped(x) > 1 and (n > 2 or bumped(x) > 2) and bumped(x) > 3:", "    return 1.0", "return x[0]"),
        ("s = bumped(x) if n > 1 else scaled(x[1])", "return s + x[0]"),
        ("return (n > 1 and bumped(x)) + x[0]",),
    ],
)
def test_calls_that_python_does_not_make_are_not_made(lines):
    inlined(*lines)


@pytest.mark.parametrize(
    "lines",
    [
        ("while bumped(x) < 7:", "    n += 1", "return n + x[0]"),
        (
            "while n < 9 and bumped(x) < 7:",
            "    n += 1",
            "    if n == 3:",
            "        continue",
            "    x[1] += 1",
            "return n",
        ),
        ("while bumped(x) < 7:", "    n += 1", "    if n > 2:", "        break", "return n + x[0]"),
        ("while bumped(x) < 7:", "    if x[0] > 4:", "        return x[0]", "    x[1] += 2", "return n + x[1]"),
    ],
)
def test_call_in_a_while_test_runs_before_each_iteration(lines):
    inlined(*lines)


def test_names_that_cost_nothing_stand_for_parameters():
    assert inlined("return scaled(x[0], 3.0)") == ("def f(x, n):\n    scaled_a = x[0]\n    return (scaled_a * 3.0)\n")
    assert inlined("return scaled(n)") == "def f(x, n):\n    return (n * 2.0)\n"


def test_tuple_of_a_helper_is_taken_apart():
    assert "return (n + n)" in inlined("return both(n, n)[1]")
    assert "(u, v, ) = (v, u, )" in inlined("u = x[0]", "v = x[1]", "u, v = swapped(u, v)", "return u - v")


def test_locals_of_each_call_have_names_of_their_own():
    text = inlined("clipped_result = clipped(x[0], 0.0, 1.0)", "return clipped_result + clipped(n, 0.0, 1.0)")
    assert "clipped_result_1 = " in text
    assert "clipped_result_2 = " in text


def test_same_outside_array_is_kept_once():
    function = inline(parse(program("return shifted(x) + shifted(x) + OFFSET[0]")))
    assert list(function.constants) == ["OFFSET"]


def test_outside_array_does_not_take_a_local_name():
    function = inline(parse(program("OFFSET = shifted(x)", "return OFFSET")))
    assert list(function.constants) == ["shifted_OFFSET"]
    inlined("OFFSET = shifted(x)", "return OFFSET")


def test_different_outside_arrays_of_one_name_stay_apart():
    helper = define("def helper(x):\n    return x * W[0]\n", "helper", W=np.array([2.0]))
    fn = define("def f(x):\n    return helper(x) + W[0]\n", W=np.array([5.0]), helper=helper)
    assert run(inline(parse(fn)), 3.0)[0] == 11.0


def test_statements_keep_the_place_in_the_helpers_file_and_comments():
    helper = define("def helper(a):\n    # doubled\n    b = a * 2\n    return b\n", "helper")
    fn = define("def f(x):\n    # call\n    y = helper(x)  # here\n    return y\n", helper=helper)
    first, second, _ = inline(parse(fn)).body
    assert (first.loc.file, first.loc.line) == (helper.__code__.co_filename, 2 + 1)
    assert first.comments == ("call", "here", "doubled")
    assert (second.loc.file, second.loc.line) == (fn.__code__.co_filename, 3)


def test_function_objects_are_followed():
    inner = define("def inner(a):\n    return a + 1\n", "inner")
    fn = define("def f(x):\n    return inner(x)\n", inner=type("Dispatcher", (), {"py_func": staticmethod(inner)})())
    assert run(inline(parse(fn)), 1)[0] == 2


@pytest.mark.parametrize(
    ("line", "message", "column"),
    [
        ("return 1 + scaled()", "the call of scaled has no argument for a", 16),
        ("return scaled(x, 1, 2)", "scaled takes 2 arguments, 3 are given", 12),
        ("return scaled(x, j=1)", "scaled has no parameter j", 12),
        ("return scaled(x, a=1)", "scaled is given its parameter a twice", 12),
    ],
)
def test_arguments_that_do_not_fit_are_refused_at_the_call(line, message, column):
    line_of_call = HELPERS.count("\n") + 3
    with pytest.raises(ArgumentError) as caught:
        inline(parse(program(line)))
    assert caught.value.message == message
    assert (caught.value.loc.line, caught.value.loc.column) == (line_of_call, column)


@pytest.mark.parametrize(
    ("helpers", "line", "message"),
    [
        ("def g(a):\n    a[0] = 1\n", "return g(x)", "g returns nothing"),
        ("def g(a):\n    if a[0] > 0:\n        a[0] -= 1\n        g(a)\n", "return g(x)", "g returns nothing"),
        (
            "def g(a):\n    def h(b):\n        return b if b < 1 else h(b - 1)\n    return h(a)\n",
            "return g(n)",
            "h calls itself, a function inside of another",
        ),
    ],
)
def test_helper_that_cannot_be_inlined_is_refused(helpers, line, message):
    with pytest.raises(UnsupportedError) as caught:
        inline(parse(program(line, helpers=helpers)))
    assert caught.value.message.startswith(message)


def test_parameter_that_hides_a_name_of_generated_code_is_refused():
    with pytest.raises(UnsupportedError, match="the parameter max hides a name"):
        inline(parse(define("def f(x, max):\n    return x * max\n")))
    fn = define("def g(x, max):\n    return x * max\ndef f(x):\n    return g(x, 2.0 * x)\n")
    assert run(inline(parse(fn)), 3.0)[0] == 18.0


def calls(function) -> list:
    """The functions that stay calls, one for each call."""
    found = (e for s in ir.statements(function.body) for x in ir.expressions(s) for e in ir.walk(x))
    return [callee_of(e.func) for e in found if isinstance(e, ir.Call) and callee_of(e.func)]


RECURSIVE = """
def g(a, n):
    return a if n == 0 else h(a * 2.0, n - 1)
def h(a, n):
    return g(a + 1.0, n) * a
"""


def test_function_that_calls_itself_through_another_stays_a_call():
    function = inline(parse(program("return g(x, n)", helpers=RECURSIVE)))
    assert [callee.function.name for callee in calls(function)] == ["g"]


def test_call_that_a_constant_ends_is_inlined():
    assert calls(inline(parse(program("return g(x, 2)", helpers=RECURSIVE)))) == []


def test_other_function_of_the_circle_is_inlined_into_the_first():
    (g,) = calls(inline(parse(program("return g(x, n)", helpers=RECURSIVE))))
    body = inline_called(g, (float64, int64))
    assert calls(body) == [g]


@pytest.mark.parametrize(
    ("body", "count"),
    [("for i in range(n): s += f(x * i, n - 1)", 3), ("s += f(x, n - 1)", 1), ("while n > 0: n -= 1; s += f(x, n)", 3)],
)
def test_function_that_a_loop_calls_again_is_its_body_once(body, count):
    """The second one has a call of its own, before which comes a test whether that ends at once."""
    source = f"def f(x, n):\n    if n == 0: return x\n    s = 0.0\n    {body}\n    return s\n"
    (f,) = calls(inline(parse(define(source))))
    made = inline_called(f, (float64, int64))
    assert calls(made) == [f]
    assert sum(isinstance(s, ir.If) and s.test.op == "==" for s in ir.statements(made.body)) == count


def test_function_that_calls_itself_twice_is_not_unfolded():
    source = "def f(x, n):\n    s = x\n    for i in range(n): s += f(x, i) * f(s, i)\n    return s\n"
    (f,) = calls(inline(parse(define(source))))
    assert calls(inline_called(f, (float64, int64))) == [f, f]


def test_function_that_calls_itself_becomes_one_call_of_itself():
    function = inline(parse(define("def f(x, n):\n    return x if n == 0 else f(x * x, n - 1)\n")))
    match function.body:
        case (ir.Return(ir.Call(args=args)),):
            assert args == (ir.Name("x"), ir.Name("n"))
            assert [callee.function.name for callee in calls(function)] == ["f"]
        case _:
            raise AssertionError(function.body)


def test_what_no_variable_can_hold_is_known_where_a_call_stays():
    helpers = "def g(k, a, n, b=None):\n    return k(a) if n == 0 else g(k, a, n - 1, b)\n"
    (g,) = calls(inline(parse(program("return g(np.sin, x, n)", helpers=helpers))))
    assert [param for param, _ in g.known] == ["k", "b"]
    assert g.params == ("a", "n")


@pytest.mark.parametrize(
    ("lines", "is_decided"),
    [
        (("k, m = 0, n", "if k > 0: x[m] = 1.0"), True),
        (("k = 3", "k -= 3", "if k: x[n] = 1.0"), True),
        (("k = 1", "k = k + 2", "if k % 3 and n: x[n] = 1.0"), True),
        (("j, k = 0, 1", "j, k = k, j", "if k: x[n] = 1.0"), True),
        (("k, (m, j) = 0, (n, 1)", "if k < 0: x[m + j] = 1.0"), True),
        (("k, m = n, 0", "if k < 0: x[m] = 1.0"), False),
        (("k = 0", "for i in range(n): k += 1", "if k < 0: x[n] = 1.0"), False),
        (("k = 0", "if n: k += 1", "if k < 0: x[n] = 1.0"), False),
        (("k = n", "k -= 3", "if k < -9: x[n] = 1.0"), False),
    ],
)
def test_branch_on_a_number_that_is_known_is_decided(lines, is_decided):
    """Numba drops it as well, but in one of the sweeps only if the number is another one in the other."""
    inlined(*lines, "return x[0]")
    body = inline(parse(program(*lines, "return x[0]"))).body
    assert any(isinstance(s, ir.Store) for s in ir.statements(body)) is not is_decided


def test_branches_that_are_the_same_are_one():
    branch = "        y = 2.0 * x[0]\n"
    source = f"def f(x, k):\n    if x[k] > 0.0:\n{branch}    else:\n{branch}    return y\n"
    function = inline(parse(define(source)))
    assert not any(isinstance(stmt, ir.If) for stmt in function.body)
    assert run(function, np.array([3.0, -1.0]), 1)[0] == 6.0
    with pytest.raises(IndexError):  # of the test, which is evaluated
        run(function, np.array([3.0]), 1)
