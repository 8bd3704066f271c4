import numpy as np
import pytest
from ir_python import define, run, unparse

from adtrans.errors import UnsupportedError
from adtrans.parse import parse
from adtrans.transforms.unpacking import unpacking


def split(*lines: str) -> list[str]:
    fn = define("def f(x, u, v, n):\n" + "".join(f"    {line}\n" for line in (*lines, "return u, v, n, x")))
    function = unpacking(parse(fn))
    x = np.arange(6.0).reshape(2, 3)
    got, expected = run(function, x, 3, 4, 1)[0], fn(x.copy(), 3, 4, 1)
    assert got[:3] == expected[:3]
    np.testing.assert_array_equal(got[3], expected[3])
    return [line.strip() for line in unparse(function).splitlines()[1:-1]]


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("u, v = 1, 2", ["u = 1", "v = 2"]),
        ("u, v = v, u + v", ["next_v = (u + v)", "u = v", "v = next_v"]),
        ("u, v = v + u, v", ["u = (v + u)"]),
        ("u, v = x.shape", ["u = x.shape[0]", "v = x.shape[1]"]),
        ("u, v = v, u", ["(u, v, ) = (v, u, )"]),
        ("u, v, n = n, u, v", ["(u, v, n, ) = (n, u, v, )"]),
        (
            "u, (v, n) = 1, (u, 2)",
            ["next_items = (u, 2, )", "u = 1", "helper.items(next_items, 2)", "v = next_items[0]", "n = next_items[1]"],
        ),
        ("(u, v), n = (n, u), 5", ["next_v = u", "u = n", "v = next_v", "n = 5"]),
        ("u, v = x[:, 0]", ["items = x[:, 0]", "helper.items(items, 2)", "u = items[0]", "v = items[1]"]),
        ("x[0, 0], x[0, 1] = x[0, 1], x[0, 0]", ["next_x = x[0, 0]", "x[0, 0] = x[0, 1]", "x[0, 1] = next_x"]),
        ("n, x[0, n] = 2, 7.0", ["n = 2", "x[0, n] = 7.0"]),
    ],
)
def test_unpacking_becomes_assignments(written, parts):
    assert split(written) == parts


def test_choice_of_tuples_becomes_a_branch():
    assert split("u, v = (v, 1) if n > 0 else (1, u)")[0] == "if (n > 0):"


def test_first_part_keeps_the_comment():
    function = unpacking(parse(define("def f(x):\n    a, b = x, 2  # both\n    return a + b\n")))
    assert [stmt.comments for stmt in function.body] == [("both",), (), ()]


@pytest.mark.parametrize("line", ["u, v = 1, 2, 3", "u, v, n = x, v"])
def test_wrong_length_is_refused(line):
    with pytest.raises(UnsupportedError, match="cannot be unpacked into") as caught:
        unpacking(parse(define(f"def f(x, v):\n    {line}\n    return u\n")))
    assert (caught.value.loc.line, caught.value.loc.column) == (2, 5)
