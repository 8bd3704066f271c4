"""Tapes that do not fit in memory are refused before they are made: with the line, the size and what there is."""

import inspect
import subprocess
import sys

import numba
import numpy as np
import pytest
from uncompiled import names_of

import adtrans
from adtrans.pipeline import generate


def chain(x, steps):
    s = x
    for _ in range(steps):
        s = np.sin(s) * s + x
    return s


def heat(u0, steps):
    u = u0.copy()
    for _ in range(steps):
        for i in range(1, u.shape[0] - 1):
            u[i] = u[i] + 0.1 * u[i] * (u[i - 1] - 2.0 * u[i] + u[i + 1])
    return np.sum(u)


def until(x, limit):
    s, k = x, 0
    while k < limit:
        s = np.sin(s) * s + x
        k += 1
    return s


def triangle(x, n):
    s = x
    for i in range(n):
        for _ in range(i):
            s = np.sin(s) * s + x
    return s


def nested(x, n):
    if n <= 0:
        return x
    return np.sin(nested(x * 1.01, n - 1)) * x


def independent(x):
    s = 0.0
    for i in range(x.shape[0]):
        s += np.exp(x[i]) * x[i]
    return s


def small(x):
    s = x
    for _ in range(10):
        s = np.sin(s) * s + x
    return s


def scaled_nothing(x, n):
    y = x[:0] * n
    s = 0.0
    for i in range(n):
        z = y.copy()
        for j in range(z.shape[0]):
            z[j] = np.sin(z[j]) * x[i % 3]
        s += np.sum(z * z)
    return s


GIB = 2**30
RECORDING = {
    chain: (0.3, 10**10),
    heat: (np.ones(10), 10**12),
    until: (0.3, 5000),
    triangle: (0.3, 80),
    nested: (0.3, 200),
}


def line_of(f, text: str) -> int:
    lines, first = inspect.getsourcelines(f)
    return next(k for k, line in enumerate(lines[1:], first + 1) if text in line)


def names(f, args, free: float) -> tuple:
    """The generated gradient run by Python, with so many bytes of memory free; what is small is asked for as well."""
    module = generate(f, tuple(map(numba.typeof, args)), (0,), "grad")
    found = names_of(module.text.replace("2.0**26", "0"))
    found["_free_memory"] = lambda: free
    return found[module.adjoint], module.text


@pytest.mark.parametrize("f", RECORDING, ids=lambda f: f.__name__)
def test_tape_that_does_not_fit_is_refused_with_its_line_and_size(f):
    gradient, _ = names(f, RECORDING[f], 2000)
    line = line_of(f, "nested(x *" if f is nested else "0.1 * u" if f is heat else "np.sin(s)")
    what = rf"^test_afford\.py:{line}: {f.__name__} records .* in \d+\.\d GiB, .* \(0\.0 GiB of memory are free\)"
    with pytest.raises(MemoryError, match=what):
        gradient(*RECORDING[f])


def test_size_is_that_of_all_tapes_of_a_loop():
    gradient, _ = names(chain, (0.3, 1), 5 * GIB)
    with pytest.raises(MemoryError, match=r"records sin_slope, sin_value and s in 22\.4 GiB, .*\(5\.0 GiB"):
        gradient(0.3, 10**9)


def test_what_fits_is_computed():
    gradient, _ = names(chain, (0.3, 1), 24 * 100)
    assert np.isfinite(gradient(0.3, 100))
    with pytest.raises(MemoryError):
        gradient(0.3, 101)


@pytest.mark.parametrize("f, args", [(independent, (np.ones(3),)), (small, (0.3,))], ids=["independent", "small"])
def test_nothing_is_asked_where_nothing_large_is_recorded(f, args):
    assert "objmode" not in names(f, args, 0)[1]


def test_tape_without_elements_needs_no_memory():
    gradient, _ = names(scaled_nothing, (np.ones(3), 4), 0)
    np.testing.assert_array_equal(gradient(np.ones(3), 4), np.zeros(3))


def test_size_beyond_the_integers_is_refused():
    gradient, _ = names(chain, (0.3, 1), 5 * GIB)
    with pytest.raises(MemoryError, match="records"):
        gradient(0.3, 2**62)


@pytest.mark.parametrize("free", [np.inf, -1.0], ids=["unknown", "overdrawn"])
def test_where_free_memory_is_not_known_the_allocation_is_tried(free):
    gradient, _ = names(chain, (0.3, 1), free)
    with pytest.raises(MemoryError, match="GiB"):
        gradient(0.3, 2**57)


def test_memory_of_the_system_is_found():
    found = names_of(generate(chain, (numba.float64, numba.int64), (0,), "grad").text)
    assert 2**20 < found["_free_memory"]() < 2**60


def test_control_group_counts_with_its_files(tmp_path):
    found = names_of(generate(chain, (numba.float64, numba.int64), (0,), "grad").text)
    for name, text in (("max", "1000\n"), ("current", "700\n"), ("memory.stat", "inactive_file 50\nanon 600\n")):
        (tmp_path / name).write_text(text)
    assert found["_free_in_group"](str(tmp_path), "/max", "/current") == 350
    (tmp_path / "max").write_text("max\n")
    assert found["_free_in_group"](str(tmp_path), "/max", "/current") == np.inf
    assert found["_free_in_group"](str(tmp_path / "none"), "/max", "/current") == np.inf


def test_compiled_gradient_refuses_too_in_njit_and_in_second_derivatives():
    gradient = adtrans.grad(chain)
    second = adtrans.grad(gradient)
    x = np.float64(0.3)
    assert second(x, 4) == pytest.approx((gradient(x + 1e-6, 4) - gradient(x - 1e-6, 4)) / 2e-6, rel=1e-6)

    @numba.njit
    def inside(n):
        return gradient(0.3, n)

    assert inside(4) == gradient(x, 4)
    for refused in (lambda n: gradient(x, n), inside, lambda n: second(x, n)):
        with pytest.raises(MemoryError, match=r"^test_afford\.py:\d+: chain records .* in 2235174\d\d\.\d GiB"):
            refused(10**16)


def test_tape_that_grows_can_be_differentiated_again():
    gradient = adtrans.grad(until)
    first = names_of(gradient.source("float64, int64"))["until_grad"]
    second = names_of(adtrans.grad(gradient).source("float64, int64"))["until_grad_grad"]
    assert second(0.3, 7) == pytest.approx((first(0.3 + 1e-6, 7) - first(0.3 - 1e-6, 7)) / 2e-6, rel=1e-6)


LIMITED = """
import resource
import adtrans
from transforms.test_afford import chain
gradient = adtrans.grad(chain)
gradient(0.3, 10)
used = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmSize"))
resource.setrlimit(resource.RLIMIT_AS, (1024 * used + 2**30, 1024 * used + 2**30))
try:
    gradient(0.3, 10**8)
except MemoryError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps to this limit")
def test_limit_of_the_process_is_reported_with_line_and_size():
    code = f"import sys; sys.path[:0] = {sys.path!r}\n{LIMITED}"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert "chain records" in out.stdout and "in 2.2 GiB, more than this process can have" in out.stdout, out.stderr
