"""What `adtrans rules` lists."""

import re

import pytest

from adtrans import types
from adtrans.rules import table


def test_rules_lists_every_entry_and_every_array_operation(cli):
    code, out, _ = cli("rules")
    assert code == 0
    for function, _, derivatives in table():
        assert re.search(rf"^    {re.escape(function)} .*{re.escape(derivatives)}$", out, re.M), function
    for name in (*types.REDUCTIONS, *types.CREATION, *types.STRUCTURAL, *types.CASTS):
        assert f"    {name}(" in out


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("tanh", ["    np.tanh(x)  math.tanh  1 - y * y", "    np.tanh(x, y)  cmath.tanh"]),
        ("cmath.phase", ["    np.angle(x, y)  cmath.phase"]),
        ("conj", ["    np.conj(z)"]),
        ("math.tanh", ["    np.tanh(x)  math.tanh  1 - y * y"]),
        ("@", ["    np.dot(a, b)  a @ b"]),
        ("sum", ["    np.sum(a, axis, keepdims)"]),
        ("**", ["    a ** b  np.power, np.pow, np.float_power, math.pow, pow"]),
    ],
)
def test_rules_finds_a_function_by_any_of_its_names(cli, name, lines):
    code, out, _ = cli("rules", name)
    shown = [line for line in out.splitlines() if line.startswith(" ")]
    assert code == 0
    assert len(shown) == len(lines)
    assert all(line.startswith(start) for line, start in zip(shown, lines, strict=True))


def test_rules_suggests_a_name_for_an_unknown_one(cli):
    assert cli("rules", "tahn") == (2, "", "adtrans: there is no rule for 'tahn'; did you mean tan or tanh or atan?\n")
