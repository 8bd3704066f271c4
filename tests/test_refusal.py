"""Generated code that Numba does not compile: reported at the user's line."""

import linecache
import re

import numba
import numpy as np
import pytest

import adtrans
from adtrans.errors import UnsupportedError

X = np.array([1.0, 2.0])


def too_large(x):
    s = 0.0
    for i in range(x.shape[0]):
        s += x[i] * 2**64  # here
    return s


@numba.njit
def caller(x):
    return gradient(x)


gradient = adtrans.grad(too_large)


@pytest.mark.parametrize("call", [gradient, caller])
def test_refusal_of_numba_names_the_line_and_says_whether_the_function_compiles(call):
    with pytest.raises(UnsupportedError) as caught:
        call(X)
    line = 1 + next(k for k, text in enumerate(linecache.getlines(__file__)) if text.endswith("# here\n"))
    head, shown, carets, hint = str(caught.value).splitlines()
    assert head.startswith(f"{__file__}:{line}:9: Numba does not compile this: Int value is too large")
    assert re.fullmatch(r" +s \+= .*# here", shown) and carets.endswith("^")
    assert hint == "Nor does it compile too_large as it is."
