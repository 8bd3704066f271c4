"""Whatever `adtrans rules` lists has the value of plain Python, and derivatives as differences have them."""

import re
import warnings

import numpy as np
import pytest
from ir_python import define
from uncompiled import derivative

from adtrans import types
from adtrans.cli.supported import CONTROL, HOW, supported
from adtrans.library import declarations, definitions
from adtrans.library.parts import FORMULAS
from adtrans.rules import registry
from adtrans.testing import check_pullback
from adtrans.types.draws import FUNCTIONS

X = np.array([0.4, 1.3, 0.9])
A = np.array([[0.2, 1.1, 0.7], [1.6, 0.5, 1.2]])

# Results, by the function of which they are.
BUILTIN = {
    "np.sum": "np.sum(a, axis=0) * x", "np.mean": "np.mean(a, axis=1, keepdims=True) * a",
    "np.prod": "np.prod(a, axis=1)", "np.max": "np.max(a, axis=0)", "np.min": "np.min(a) * x",
    "np.zeros": "np.zeros((2, 3)) + a", "np.ones": "np.ones(3) * x",
    "np.full": "np.full((2, 2), x[1])", "np.zeros_like": "np.zeros_like(a) + x", "np.ones_like": "np.ones_like(a) * x",
    "np.full_like": "np.full_like(a, x[0])", "np.transpose": "np.transpose(a) * x[1]",
    "np.reshape": "a.reshape(3, -1) * x[0]", "np.ravel": "np.ravel(a.T) * x[2]",
    "np.copy": "a.copy() * x", "np.astype": "a.astype(np.float64) * x", "np.dot": "np.dot(a, x)",
    "np.where": "np.where(a > x, a * x, x)", "np.arange": "np.arange(1.0, 4.0) * x",
    "np.array": "np.array([[x[0], 1.0], [2.0, a[1, 1]]])", "np.concatenate": "np.concatenate((a, x[None] * a), axis=0)",
    "np.stack": "np.stack((x, x * x), axis=1)",
}  # fmt: skip
CASTS = {name: f"np.floor({name}(2.0)) * x[1]" for name in types.CASTS} | {
    name: f"{name}(x[1]) * a" for name in types.CASTS if types.CASTS[name] == "float64"
}
CASTS |= {name: f"abs({name}(2.0) + 1j) * x" for name in types.CASTS if "complex" in name}
COMPLEX = {name: f"abs({name}(complex(x[0], x[2])) + 1j) * x" for name in FORMULAS if name.startswith("cmath.")}
COMPLEX |= {name: f"abs({name}(a + 1j * x) + 1j)" for name in ("np.conj", "np.real", "np.imag", "np.angle")}
COMPLEX["cmath.rect"] = "abs(cmath.rect(x[0], x[1]) + 1j) * x"
NUMBERS = {
    "p": "0.3", "n": "5", "pvals": "np.array([0.5, 0.5])", "x": "4", "a": "2.0", "low": "1", "high": "4", "left": "0.0",
    "mode": "1.0", "right": "2.0", "ngood": "3", "nbad": "4", "nsample": "2", "d0": "2", "d1": "3", "seed": "5",
}  # fmt: skip
# Statements that end with a result, by what they show.
STATEMENTS = {
    "np.empty": "y = np.empty(3)\ny[:] = x * x\nreturn y",
    "np.empty_like": "y = np.empty_like(x)\ny[:] = x * x\nreturn y",
    "np.random.choice": "np.random.seed(3)\nreturn x[0] * np.random.choice(np.arange(1, 4))",
    "np.random.gumbel": "np.random.seed(3)\nreturn x[0] * np.random.gumbel(0.0, 1.0)",  # Numba has no defaults
    "for": "s = 1.0\nfor v in x:\n    s = np.sin(s * v)\nreturn s",
    "while": "s = x[0]\nwhile s < 5.0:\n    s = s * s + x[1]\nreturn s",
    "if": "s = x[0]\nif x[1] > s:\n    s = s * x[1]\nreturn s",
    "x if test else y": "return x[0] * x[1] if x[2] > 0.5 else x[0]",
    "and, or": "return x[0] * x[1] if x[2] > 0.5 and (x[1] > 1.0 or x[0] > 9.0) else x[0]",
    "break": "s = 0.0\nfor v in x:\n    if v > 1.0:\n        break\n    s += v * v\nreturn s",
    "continue": "s = 0.0\nfor v in x:\n    if v > 1.0:\n        continue\n    s += v * v\nreturn s",
    "return": "for v in x:\n    if v > 1.0:\n        return v * x[0]\nreturn x[0]",
    "else of a loop": "s = x[0]\nfor v in x:\n    if v > 9.0:\n        break\n    s *= v\nelse:\n    s *= s\nreturn s",
    "range": "s = 0.0\nfor i in range(2, -1, -2):\n    s = s * x[i] + x[i]\nreturn s",
    "enumerate": "s = 0.0\nfor i, v in enumerate(x):\n    s += (i + 1) * v * v\nreturn s",
    "zip": "s = 0.0\nfor u, v in zip(x, a[1]):\n    s += u * v\nreturn s",
    "reversed": "s = 0.0\nfor v in reversed(x):\n    s = s * v + v\nreturn s",
    "prange": "s = 0.0\nfor i in prange(3):\n    s += x[i] * x[i]\nreturn s",
    "np.ndindex": "s = 0.0\nfor i, j in np.ndindex(2, 3):\n    s += a[i, j] * x[j]\nreturn s",
    "np.ndenumerate": "s = 0.0\nfor (i, j), v in np.ndenumerate(a):\n    s += v * x[j] * (i + 1)\nreturn s",
    ":=": "return (s := x[0] * x[1]) * s",
    "assert": "assert x[0] > 0.0\nreturn x[0] * x[1]",
    "raise": "if x[0] < 0.0:\n    raise ValueError('negative')\nreturn x[0] * x[1]",
    "x[i] = y": "y = x.copy()\nfor i in range(1, 3):\n    y[i] = y[i] * y[i - 1]\nreturn y",
    "x[i] += y": "y = x.copy()\nfor i in range(1, 3):\n    y[i] += y[i - 1] * x[i]\nreturn y",
    "x[rows], x[mask]": "y = x[np.array([2, 0])] * x[1]\nz = x * x\nz[x > 1.0] *= y[0]\nreturn z",
    "np.add.at": "y = x * 1.0\nnp.add.at(y, np.array([0, 0, 2]), x * x)\nreturn y",
    "def, lambda": "def square(v):\n    return v * v\nreturn square(x[0]) * (lambda v: v * x[1])(x[2])",
    "stop_gradient": "return x[0] * x[0] + stop_gradient(3.0) * x[1]",
}


def drawn(name: str) -> str:
    """Statements that draw from a distribution."""
    names = [p.partition("=")[0] for p in FUNCTIONS[name] if "=" not in p and p not in ("size", "replace=True")]
    draw = f"np.random.{name}({', '.join(NUMBERS.get(p, '1.5') for p in names)})"
    return f"np.random.seed(3)\n{draw}\nreturn x" if name == "seed" else f"np.random.seed(3)\nreturn x[0] * {draw}"


PROGRAMS = {f"np.random.{name}": drawn(name) for name in FUNCTIONS}
PROGRAMS |= {name: f"return {result}" for name, result in (BUILTIN | CASTS | COMPLEX).items()} | STATEMENTS


@pytest.mark.parametrize("name", PROGRAMS)
def test_listed_name_has_the_value_and_the_derivatives_of_its_program(name):
    body = "".join(f"    {line}\n" for line in PROGRAMS[name].splitlines())
    imports = "import cmath\nimport numpy as np\nfrom numba import prange\nfrom adtrans import stop_gradient\n"
    f = define(f"{imports}def f(x, a):\n{body}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check_pullback(f, derivative(f, (X, A), (0, 1), "vjp"), (X, A), (0, 1))


def test_every_name_that_is_listed_is_tested():
    by_calls = {found.func: " ".join(found.at) for found in (*definitions(), *declarations())}
    tested = {name for name, calls in by_calls.items() if re.search(rf"\b{name.rpartition('.')[2]}\b", calls)}
    tested |= PROGRAMS.keys() | {name for name, entry in registry.entries.items() if entry.at} | {"@"}
    assert {name for rows in supported().values() for row in rows for name in row.names} == tested


def test_every_function_of_its_own_code_says_how_it_is_differentiated():
    assert HOW.keys() == {*types.REDUCTIONS, *types.CREATION, *types.STRUCTURAL}
    assert all(CONTROL.values())
