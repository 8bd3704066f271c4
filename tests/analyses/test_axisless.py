import numpy as np
import pytest
from ir_python import define

from adtrans import check_grads, differentiate, value_and_grad
from adtrans.errors import UnsupportedError

REFUSED = {
    "the argument": "x += 1.0\n    return x * x",
    "its other name": "b = x\n    b += 1.0\n    return x * b",
    "an item of a tuple": "a, b = t\n    a += b\n    return t[0] * b",
    "the name of an item": "for v in t:\n        v += 1.0\n    return t[0] * t[1]",
    "a copy with two names": "v = x.copy()\n    w = v\n    w += 1.0\n    return v * w",
    "one made of a number": "v = np.asarray(x[()])\n    w = v\n    w += 1.0\n    return v * w",
    "a chosen one": "v = x if x > 0.0 else t[1]\n    v += 1.0\n    return x * v",
    "a view with an axis": "v = np.atleast_1d(x)\n    v += 1.0\n    return v[0] * x",
    "an element of such a view": "v = np.atleast_1d(x)\n    v[0] = 1.0\n    return v[0] * x",
    "what a helper is given": "y = helper(x)\n    return x * y",
    "what a function that stays a call is given": "return again(x, 2)",
}
HELPERS = """
def helper(p):
    p += 1.0
    return p


def again(p, n):
    if n == 0:
        return p * p
    p += 1.0
    return again(p, n - 1)
"""
ALLOWED = {
    "a product": "y = x * 1.0\n    y += 1.0\n    return x * y",
    "an array beside it": "y = np.zeros(2)\n    y += x\n    y[0] = x * t[1]\n    return y[0] * y[1]",
    "a new name": "x = x + 1.0\n    return x * x",
    "its shape": "y = np.zeros(x.shape + (2 + x.ndim,))\n    y[..., 1] = np.sin(x)\n    return y[1] * x * x.size",
    "as an array": "y = np.asarray(x)\n    return np.sin(y) * x",
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_no_array_without_axes_is_written_to(body):
    f = define(f"import numpy as np\n{HELPERS}\n\ndef f(x, t):\n    {body}\n")
    with pytest.raises(UnsupportedError, match="an array without axes cannot be written to"):
        value_and_grad(f)(np.array(0.3), (np.array(0.4), np.array(0.5)))


@pytest.mark.parametrize("body", ALLOWED.values(), ids=ALLOWED)
def test_arrays_without_axes_are_read_as_numbers(body):
    f = define(f"import numpy as np\n\n\ndef f(x, t):\n    {body}\n")
    check_grads(f, (np.array(0.3), (np.array(0.4), np.array(0.5))))


def test_a_number_is_added_to_in_place():
    def f(x):
        y = x
        y += 1.0
        return x * y

    assert differentiate(f)(0.5) == 0.75
