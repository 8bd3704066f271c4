import numpy as np
import pytest
from ir_python import define
from numba import typeof

from adtrans import ir
from adtrans.analyses.vectorisable import vectorisable
from adtrans.pipeline import lower

X = np.linspace(0.5, 1.5, 5)
LOOPS = {
    "a map": ("y[i] = x[i] * x[i]", True),
    "a map in place": ("y[i] = y[i] * x[i]", True),
    "a sum": ("s += x[i]", True),
    "a branch": ("if x[i] > 1.0:\n            s += x[i]", True),
    "an element of another array": ("y[i] = x[i - 1]", True),
    "a scalar from the iteration before": ("s = s * x[i] + 1.0", False),
    "an element from the iteration before": ("y[i] = y[i - 1] * x[i]", False),
    "a sum into the next element": ("y[i - 1] += y[i] * x[i]", False),
    "a loop inside": ("for j in range(3):\n            s += x[j]", False),
    "a search": ("if x[i] > 1.0:\n            break\n        s += x[i]", False),
}


@pytest.mark.parametrize(("body", "expected"), LOOPS.values(), ids=LOOPS)
def test_iterations_that_hand_on_nothing_but_sums_vectorise(body, expected):
    f = define(f"def f(x, y):\n    s = 0.0\n    for i in range(1, 5):\n        {body}\n    return s + y[3]\n")
    program = lower(f, (typeof(X), typeof(X)))
    (loop, *_) = (s for s in ir.statements(program.function.body) if isinstance(s, ir.For))
    assert vectorisable(loop, program.env) == expected
