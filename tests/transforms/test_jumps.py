import itertools

import numpy as np
import pytest
from ir_python import define, run, unparse

from adtrans import ir
from adtrans.errors import UnsupportedError
from adtrans.parse import parse
from adtrans.transforms.jumps import jumps

PROGRAMS = {
    "break": "for i in range(n):\n    if x[i] > 1:\n        break\n    s += x[i]\nreturn s",
    "continue": "for i in range(n):\n    if x[i] > 1:\n        continue\n    s += x[i]\nreturn s",
    "return in a loop": "for i in range(n):\n    if x[i] > 1:\n        return x[i]\n    s += x[i]\nreturn s",
    "break of one branch": """
for i in range(n):
    if x[i] > 0:
        if x[i] > 1:
            break
        s += 1
    else:
        s -= 1
    s *= 2
return s""",
    "continue of one branch": """
for i in range(n):
    if x[i] > 0:
        s += 1
        if x[i] > 1:
            continue
        s += 3
    s *= 2
return s""",
    "every jump": """
for i in range(n):
    if x[i] > 0:
        if x[i] > 3:
            break
        if x[i] > 2:
            return -s
        if x[i] > 1:
            continue
        s += 3
    elif x[i] < -1:
        return s, i
    s *= 2
return s + 1""",
    "two loops": """
for i in range(n):
    for j in range(i, n):
        if x[j] > 2:
            return s
        if x[j] > 1:
            break
        s += x[j]
    s *= 2
    if s > 40:
        break
s += 1
for k in range(n):
    if x[k] == s:
        return -s
    s += 1
return 2 * s""",
    "while True": """
i = 0
while True:
    if i == n:
        break
    if x[i] > 2:
        return s
    i += 1
    s += i
return -s""",
    "endless but for return": "i = 0\nwhile True:\n    i += 1\n    if i > n:\n        return i",
    "endless in a loop": """
for k in range(3):
    while True:
        s += 1
        if s > n:
            return s
    s = 100
return -1.0""",
    "while with continue": """
i = 0
while i < n:
    i += 1
    if x[i - 1] < 0:
        continue
    s += x[i - 1]
return s""",
    "early returns": """
if n == 0:
    return 0.0
elif n == 1:
    s = x[0]
else:
    if x[1] > 1:
        return x[1]
    s = 3
s += 1
if s > 2:
    return s
s *= 3
return s + n""",
    "return in a maybe branch": """
if n > 1:
    if x[0] > 0:
        return 1.0
    s = 3.0
else:
    s = 4.0
s += 1
return s""",
    "loop that returns in a branch": """
if n > 1:
    for i in range(n):
        if x[i] > 1:
            return x[i]
    s = 3.0
s += 1
return s""",
    "tuples": "if n > 2:\n    return s, x[0]\nreturn s, n",
    "nothing after": "for i in range(n):\n    if x[i] > 1:\n        return s\n    s += 1\nreturn s",
    "dead code": "for i in range(n):\n    break\n    s += 1\nreturn s\ns = 3",
    "branch that only jumps": "for i in range(n):\n    if x[i] > 1:\n        continue\nreturn s",
    "no value": "for i in range(n):\n    if x[i] > 1:\n        return\n    x[i] = 5",
    "inner break, then outer code": """
for i in range(n):
    for j in range(n):
        if x[j] > x[i]:
            break
        s += 1
    else_ = s
    if else_ > 4:
        continue
    s += 10
return s""",
}
INPUTS = [np.array(v) for n in (0, 1, 3) for v in itertools.product([-2.0, 0.5, 1.5, 2.5, 4.0], repeat=n)]


def program(lines: str):
    indented = "".join(f"    {line}\n" for line in ("s = 1.0", *lines.strip().splitlines()))
    return define(f"def f(x, n):\n{indented}")


@pytest.mark.parametrize("lines", PROGRAMS.values(), ids=PROGRAMS)
def test_program_computes_the_same_without_jumps(lines):
    fn = program(lines)
    function = jumps(parse(fn))
    kinds = [type(stmt) for stmt in ir.statements(function.body)]
    assert not {ir.Break, ir.Continue} & set(kinds)
    assert kinds.count(ir.Return) == 1
    assert isinstance(function.body[-1], ir.Return)
    for x in INPUTS:
        expected_x = x.copy()
        expected = fn(expected_x, len(x))
        got, (got_x, _) = run(function, x, len(x))
        assert (got, got_x.tolist()) == (expected, expected_x.tolist())


@pytest.mark.parametrize("lines", PROGRAMS.values(), ids=PROGRAMS)
def test_second_run_changes_nothing(lines):
    function = jumps(parse(program(lines)))
    assert jumps(function) == function


def lowered(lines: str) -> str:
    return "\n".join(line[4:] for line in unparse(jumps(parse(program(lines)))).splitlines()[2:])


def test_continue_becomes_a_branch_without_a_flag():
    assert (
        lowered(PROGRAMS["continue"])
        == """\
for i in range(0, n, 1):
    if (not (x[i] > 1)):
        s += x[i]
    else:
        pass
return s"""
    )


def test_returns_of_one_name_need_no_result_variable():
    assert (
        lowered("if n > 2:\n    return s\ns = 2.0\nreturn s")
        == """\
if (not (n > 2)):
    s = 2.0
else:
    pass
return s"""
    )


def test_early_return_becomes_a_branch_without_a_flag():
    assert (
        lowered("if n > 2:\n    return x[0]\nreturn s")
        == """\
if (n > 2):
    result = x[0]
else:
    result = s
return result"""
    )


def test_comments_and_places_of_jumps_are_kept():
    loop_lines = "    for i in range(3):\n        # enough\n        if x[i] > 1:\n            break  # stop\n"
    loop = jumps(parse(define(f"def f(x):\n{loop_lines}    return x\n"))).body[1]
    (branch,) = loop.body
    assert (branch.comments, branch.body[0].comments) == (("enough",), ("stop",))
    assert (branch.body[0].loc.line, loop.exit) == (5, "stop")


def test_flags_do_not_take_the_users_names():
    lines = "stop = 2.0\nfor i in range(n):\n    if x[i] > stop:\n        break\n    s += 1\nreturn s"
    assert "stop_1 = True" in lowered(lines)


@pytest.mark.parametrize(
    ("lines", "line"),
    [("if n > 1:\n    return s", 3), ("if n > 1:\n    return\nreturn s", 4), ("while s > n:\n    return s", 3)],
)
def test_value_on_some_paths_only_is_refused(lines, line):
    with pytest.raises(UnsupportedError, match="not every path through f returns a value") as caught:
        jumps(parse(program(lines)))
    assert caught.value.loc.line == line
