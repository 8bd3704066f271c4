"""The functions that vectorise in single precision, against double precision."""

import math
import re

import numpy as np
import pytest
from numba import njit
from uncompiled import names_of

from adtrans import elementary_single, helpers

NAMES = ("exp_single", "log_single", "near_sin_single", "near_cos_single")
IMPORTS = "import math\nimport numpy as np\nfrom numba import njit\n"
TEXT = IMPORTS + "".join(map(helpers.text, elementary_single.SOURCE))
PLAIN = names_of(TEXT)
SPECIAL = (0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 1e-45, 1e-40, 3e38, -104.5, 88.72, 88.73, -87.5, 1e5)
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def exact(name: str):
    return getattr(np, name.removeprefix("near_").removesuffix("_single"))


def samples(name: str, count: int) -> np.ndarray:
    """Arguments of every magnitude, near 0 and near 1, and close to multiples of pi / 4."""
    rng = np.random.default_rng(len(name))
    sizes = rng.uniform(-1.0, 1.0, count) * 10.0 ** rng.integers(-30, 5, count)
    turns = rng.integers(-12000, 12000, count) * (math.pi / 4)
    found = np.concatenate((sizes, turns, rng.uniform(-100, 85, count), rng.uniform(0.5, 2.0, count)))
    found = np.abs(found) if name == "log_single" else found[found < 88] if name == "exp_single" else found
    return found[np.abs(found) <= elementary_single.REACH].astype(np.float32)


def ulps(name: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    expected = exact(name)(x.astype(float))
    return np.abs(y.astype(float) - expected) / np.spacing(np.abs(expected.astype(np.float32))).astype(float)


@pytest.mark.parametrize("name", NAMES)
def test_values_are_within_the_bound(name):
    x = samples(name, 500)
    bound = float(re.search(r"within ([\d.]+) ulp", PLAIN[f"_{name}"].__doc__)[1])
    assert np.max(ulps(name, x, np.array([PLAIN[f"_{name}"](v) for v in x], np.float32))) <= bound


@pytest.mark.parametrize("name", ["exp_single", "log_single", "sin_single", "cos_single"])
def test_special_arguments_have_the_values_of_numpy(name):
    for x in map(np.float32, SPECIAL):
        found, expected = PLAIN[f"_{name}"](x), exact(name)(x.astype(float)).astype(np.float32)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, rtol=3e-7, atol=0, err_msg=f"{name}({x})")
        assert np.signbit(found) == np.signbit(expected) or expected != 0, x


def test_compiled_they_have_all_lanes_and_are_within_the_bounds():
    scope: dict = {}
    exec(TEXT, scope)
    exp, log, sin, cos = (scope[f"_{name}"] for name in NAMES)

    @njit(error_model="numpy")
    def run(x, out):
        for k in range(x.shape[1]):
            out[0, k] = exp(x[0, k])
            out[1, k] = log(x[1, k])
            out[2, k] = sin(x[2, k])
            out[3, k] = cos(x[3, k])

    x = np.stack([samples(name, 2000)[:4000] for name in NAMES])
    out = np.empty(x.shape, np.float32)
    run(x, out)
    for name, arguments, row in zip(NAMES, x, out, strict=True):
        assert np.max(ulps(name, arguments, row)) <= 1.1, name
    (text,) = run.inspect_llvm().values()
    assert len(re.findall(r"fmul [a-z ]*<\d+ x float>", text)) > 30
    assert not re.search(r"fmul [a-z ]*(?:<\d+ x double>|double)", text)
