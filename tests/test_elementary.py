"""The functions that vectorise, against exact values: of decimal arithmetic with 60 digits."""

import decimal
import math
import re
from decimal import Decimal

import numpy as np
import pytest
from numba import njit
from uncompiled import names_of

from adtrans import elementary, helpers

decimal.getcontext().prec = 60
inf, nan = math.inf, math.nan
TINY = Decimal("1e-25")  # of which the square does not matter
EXACT = {
    "exp": Decimal.exp,
    "expm1": lambda x: x if abs(x) < TINY else x.exp() - 1,
    "log": Decimal.ln,
    "log1p": lambda x: x if abs(x) < TINY else (1 + x).ln(),
    "tanh": lambda x: x if abs(x) < TINY else ((2 * x).exp() - 1) / ((2 * x).exp() + 1),
}
BOUNDS = {"exp": 1.1, "expm1": 1.5, "log": 1.0, "log1p": 1.5, "tanh": 1.5}  # units in the last place
RANGES = {
    "exp": (-745.0, 709.0),
    "expm1": (-45.0, 9.0),
    "log": (0.0, 9.0),
    "log1p": (-1.0, 9.0),
    "tanh": (-22.0, 22.0),
}
SPECIAL = (0.0, -0.0, 1.0, -1.0, inf, -inf, nan, 5e-324, -5e-324, 2.2250738585072014e-308, 1e-310, 1e300, -1e300,
           -745.2, -746.5, 709.782712893384, 709.7827128933841, -708.5)  # fmt: skip
TEXT = "import math\nimport numpy as np\nfrom numba import njit\n" + "".join(map(helpers.text, elementary.SOURCE))
PLAIN = names_of(TEXT)


def samples(name: str, count: int = 800) -> np.ndarray:
    """Arguments all over the range, near 0 and near 1, and of every magnitude."""
    rng = np.random.default_rng(len(name))
    low, high = RANGES[name]
    tiny = rng.uniform(-1, 1, count // 3) * 10.0 ** rng.integers(-300, 1, count // 3)
    found = np.concatenate((rng.uniform(low, high, count), rng.uniform(-1.5, 2.5, count), tiny))
    return found[(low < found) & (found < high)]


def ulps(got: float, exact: Decimal) -> float:
    return float(abs(Decimal(float(got)) - exact) / Decimal(math.ulp(float(exact))))


@pytest.mark.parametrize("name", EXACT)
def test_values_are_within_the_bound(name):
    worst = max((ulps(PLAIN[f"_{name}"](x), EXACT[name](Decimal(float(x)))), x) for x in samples(name))
    assert worst[0] <= BOUNDS[name], worst
    assert f"within {BOUNDS[name]:.2g} ulp" in PLAIN[f"_{name}"].__doc__


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning", "ignore:invalid:RuntimeWarning")
def test_special_arguments_have_the_values_of_numpy(name):
    for x in map(np.float64, SPECIAL):
        with np.errstate(all="ignore"):
            expected, found = getattr(np, name)(x), PLAIN[f"_{name}"](x)
        np.testing.assert_allclose(found, expected, rtol=3e-16, atol=0, err_msg=f"{name}({x})")
        if expected == 0:
            assert np.signbit(found) == np.signbit(expected), x


def test_tanh_is_odd_and_at_most_one():
    tanh = PLAIN["_tanh"]
    for x in samples("tanh"):
        assert tanh(-x) == -tanh(x)
        assert abs(tanh(x)) <= 1.0


def test_compiled_they_vectorise_and_are_within_the_bounds():
    scope: dict = {}
    exec(TEXT, scope)
    exp, log, tanh = (scope[f"_{name}"] for name in ("exp", "log", "tanh"))

    @njit(error_model="numpy")
    def run(x, out):
        for k in range(x.shape[1]):
            out[0, k] = exp(x[0, k])
            out[1, k] = log(x[1, k])
            out[2, k] = tanh(x[2, k])

    x = np.stack([samples(name, 200)[:200] for name in ("exp", "log", "tanh")])
    out = np.empty(x.shape)
    run(x, out)
    for name, arguments, row in zip(("exp", "log", "tanh"), x, out, strict=True):
        errors = (ulps(y, EXACT[name](Decimal(a))) for a, y in zip(arguments, row, strict=True))
        assert max(errors) <= BOUNDS[name], name
    (text,) = run.inspect_llvm().values()
    assert len(re.findall(r"fmul [a-z ]*<\d+ x double>", text)) > 30
