"""The kernels of benchmarks/corpus: right gradients by the generated source."""

import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from uncompiled import derivative

from adtrans import testing

sys.path.append(str(Path(__file__).parent.parent / "benchmarks"))

import corpus

KERNELS = corpus.kernels()


@pytest.fixture(autouse=True)
def quick_and_quiet(monkeypatch):
    """Only derivatives along random directions."""
    monkeypatch.setattr(testing, "COORDINATES", 0)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize("name", KERNELS)
def test_kernel_has_the_gradient_of_its_differences(name):
    kernel = KERNELS[name]
    args = kernel.make(kernel.small)
    pullback = derivative(kernel.function, args, kernel.argnums, "vjp")
    testing.check_pullback(kernel.python(), pullback, args, kernel.argnums)


@pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)
def test_kernel_says_where_its_formula_is_from(kernel):
    assert kernel.function.__doc__.count(";") or "(" in kernel.function.__doc__
