"""How long lists are, by the arrays that are generated for them."""

import numba
import numpy as np
import pytest
from ir_python import define

from adtrans.pipeline import generate

X = np.array([0.5, 1.5, 2.5])


def rooms(*lines: str) -> list[str]:
    """The arrays that the function `f(x, n)` with these lines makes."""
    fn = define("def f(x, n):\n" + "".join(f"    {line}\n" for line in lines))
    text = generate(fn, (numba.typeof(X), numba.int64), (0,), "primal").text
    return [part.split("#")[0].strip() for part in text.splitlines() if "= np.empty(" in part]


@pytest.mark.parametrize(
    ("lines", "room"),
    [
        (("a = []", "for v in x: a.append(v)"), "x.shape[0]"),
        (("a = [1.0]", "for i in range(n): a.append(x[0])"), "max(n, 0) + 1"),
        (("a = [1.0]", "m = 2 * n", "for i in range(m): a += [x[0], 2.0]"), "2 * max(m, 0) + 1"),
        (("a = []", "for i in range(3):", "    for v in x: a.append(v)"), "x.shape[0] * 3"),
        (("a = []", "for i in range(7, 0, -2): a.append(x[0])"), "4"),
        (("a = []", "for v in x:", "    if v > 1.0: a.append(v)", "    else: a.append(1.0)"), "x.shape[0]"),
    ],
)
def test_list_that_grows_by_what_is_known_is_of_its_length(lines, room):
    assert rooms(*lines, "return sum(a)") == [f"a = np.empty({room})"]


@pytest.mark.parametrize(
    ("lines", "room"),
    [
        (("a = []", "for v in x:", "    if v > 1.0: a.append(v)"), "x.shape[0]"),
        (("a = [1.0]", "for v in x:", "    a.append(v)", "    if v > 2.0: break"), "x.shape[0] + 1"),
        (("a = list((1.0, n))", "a.append(x[0])", "a.pop()"), "3"),
    ],
)
def test_list_that_grows_by_a_known_number_at_most_has_room_for_that(lines, room):
    found = rooms(*lines, "return sum(a)")
    assert found[0] == f"a = np.empty({room})"
    assert not [line for line in found if "larger" in line]


@pytest.mark.parametrize(
    "lines",
    [
        ("a = []", "k = 0", "while k < n:", "    a.append(x[0])", "    k += 1"),
        ("a = []", "for i in range(n):", "    for j in range(i): a.append(x[j])"),
        ("a = []", "for v in x:", "    a.append(v)", "    n -= 1", "for i in range(n): a.append(x[0])"),
    ],
)
def test_list_of_a_length_that_only_the_run_knows_grows(lines):
    assert [line for line in rooms(*lines, "return sum(a)") if "larger" in line]
