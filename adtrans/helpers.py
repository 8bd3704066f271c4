"""Source of the small functions that a generated module defines where it needs them."""

from __future__ import annotations

import re

from adtrans import elementary, elementary_single, ir
from adtrans.tape_helpers import PLAIN, TAPES

# Functions of numbers.
VECTORISING = elementary.SOURCE | elementary_single.SOURCE
ELEMENTWISE = (*VECTORISING, "expit", "log_expit", "logit", "ndtr", "xlogy", "xlog1py", "entr", "rel_entr",
               "kl_div", "exp10", "psi", "trigamma")  # fmt: skip
SOURCE = {
    **VECTORISING,
    "expit": '''
def expit(x):
    """1 / (1 + e**-x)."""
    e = _exp(-abs(x))
    return 1.0 / (1.0 + e) if x >= 0.0 else e / (1.0 + e)
''',
    "log_expit": '''
def log_expit(x):
    """-log(1 + e**-x)."""
    return min(x, 0.0) - _log1p(_exp(-abs(x)))
''',
    "logit": '''
def logit(x):
    """log(x / (1 - x)), from the distance to 1 / 2 where that is small."""
    s = 2.0 * (x - 0.5)
    return math.log1p(s) - math.log1p(-s) if abs(s) < 0.4 else np.log(x / (1.0 - x))
''',
    "ndtr": '''
def ndtr(x):
    """The distribution function of the standard normal distribution."""
    return 0.5 * math.erfc(-0.7071067811865476 * x)
''',
    "xlogy": '''
def xlogy(a, b):
    """a log(b), and 0 for a = 0."""
    return 0.0 if a == 0.0 and b == b else a * np.log(b)
''',
    "xlog1py": '''
def xlog1py(a, b):
    """a log(1 + b), and 0 for a = 0."""
    return 0.0 if a == 0.0 and b == b else a * np.log1p(b)
''',
    "entr": '''
def entr(x):
    """-x log(x), and 0 for x = 0."""
    return -np.inf if x < 0.0 else 0.0 if x == 0.0 else -x * np.log(x)
''',
    "rel_entr": '''
def rel_entr(a, b):
    """a log(a / b), and 0 for a = 0."""
    if a > 0.0 and b > 0.0:
        return a * np.log(a / b)
    return 0.0 if a == 0.0 and b >= 0.0 else np.inf if a == a and b == b else np.nan
''',
    "kl_div": '''
def kl_div(a, b):
    """a log(a / b) - a + b, and b for a = 0."""
    if a > 0.0 and b > 0.0:
        return a * np.log(a / b) - a + b
    return b + 0.0 if a == 0.0 and b >= 0.0 else np.inf if a == a and b == b else np.nan
''',
    "exp10": '''
def exp10(x):
    """10**x."""
    return 10.0**x
''',
    "psi": '''
def psi(x):
    """The derivative of log(gamma(x)): by its recurrence to 10, from there by its asymptotic series, by reflection
    left of 0; NaN at the poles there."""
    z, value = np.float64(x), 0.0
    if z == 0.0:
        return math.copysign(np.inf, -z)
    if z < 0.0:
        fraction = z - np.floor(z + 0.5)
        if fraction == 0.0:
            return np.nan
        value -= math.pi / math.tan(math.pi * fraction)
        z = 1.0 - z
    while z < 10.0:
        value -= 1.0 / z
        z += 1.0
    s = 1.0 / (z * z)
    series = 1.0 / 240.0 - s * (1.0 / 132.0 - s * (691.0 / 32760.0 - s * (1.0 / 12.0)))
    return value + math.log(z) - 0.5 / z - s * (1.0 / 12.0 - s * (1.0 / 120.0 - s * (1.0 / 252.0 - s * series)))
''',
    "trigamma": '''
def trigamma(x):
    """The derivative of psi, in the same ways; infinite at the poles."""
    z, value, sign = np.float64(x), 0.0, 1.0
    if z <= 0.0:
        fraction = z - np.floor(z + 0.5)
        if fraction == 0.0:
            return np.inf
        value, sign, z = (math.pi / math.sin(math.pi * fraction)) ** 2, -1.0, 1.0 - z
    while z < 10.0:
        value += sign / (z * z)
        z += 1.0
    s = 1.0 / (z * z)
    series = 1.0 / 30.0 - s * (5.0 / 66.0 - s * (691.0 / 2730.0 - s * (7.0 / 6.0)))
    return value + sign * (1.0 / z + 0.5 * s + s / z * (1.0 / 6.0 - s * (1.0 / 30.0 - s * (1.0 / 42.0 - s * series))))
''',
    "broadcast": '''
def broadcast(n, m):
    """The length that axes of length n and m broadcast to."""
    if n == m or m == 1:
        return n
    if n == 1:
        return m
    raise ValueError("operands could not be broadcast together")
''',
    "fit": '''
def fit(n, m):
    """m, where an axis of length n broadcasts to it."""
    if n != m and n != 1:
        raise ValueError("could not broadcast the input array into the shape of the output")
    return m
''',
    "slice_bound": '''
def slice_bound(k, n):
    """The bound k of a slice of an axis of length n, as a position from 0 to n."""
    return min(max(k + n if k < 0 else k, 0), n)
''',
    "slice_bound_down": '''
def slice_bound_down(k, n):
    """The bound k of a slice that goes down an axis of length n, as a position from -1 to n - 1."""
    return min(max(k + n if k < 0 else k, -1), n - 1)
''',
    "item": '''
def item(k, n):
    """The index k of a list of n items, counted from the start."""
    if not -n <= k < n:
        raise IndexError("list index out of range")
    return k + n if k < 0 else k
''',
    "within": '''
def within(index, n):
    """Refuses an array of indices of which an axis of length n does not have one."""
    for k in index.flat:
        if not -n <= k < n:
            raise IndexError("index is out of bounds")
''',
    "mask_length": '''
def mask_length(n, m):
    """Refuses a mask with an axis of length n for an axis of length m."""
    if n != m:
        raise IndexError("boolean index does not have the shape of the array")
''',
    "cotangent_length": '''
def cotangent_length(n, m):
    """Refuses a cotangent with an axis of length n for a result with one of length m."""
    if n != m:
        raise ValueError("the cotangent does not have the shape of the result")
''',
    "positions": '''
def positions(mask, axis):
    """The indices along an axis of the elements that are true."""
    return np.nonzero(mask)[axis]
''',
    "equal": '''
def equal(n, m):
    """n, where the lengths are the same."""
    if n != m:
        raise ValueError("lengths do not match")
    return n
''',
    "nonempty": '''
def nonempty(n):
    """n, where the axis has elements."""
    if n == 0:
        raise ValueError("zero-size array to reduction operation which has no identity")
    return n
''',
    "lanes": '''
def lanes(elements):
    """How many iterations run side by side: their work arrays, of so many elements in each, take 2 MB at most."""
    return 64 if elements <= 2**12 else 2**18 // elements if elements <= 2**18 else 1
''',
    "chunks": '''
def chunks(trips, work, shared):
    """In how many chunks threads run a loop: each is worth a thread, beside the sums of its own that it has for the
    shared elements, of which all take 64 MB at most. Results do not depend on how many threads there are."""
    return max(1, min(64, trips, work // (2**15 + 1024 * shared), 2**23 // max(shared, 1)))
''',
    "share": '''
def share(chunk, chunks, trips):
    """The first iteration of a chunk, counted from 0, and the first after it."""
    number = np.int64(chunk)
    return trips * number // chunks, trips * (number + 1) // chunks
''',
    "add_chunks": '''
def add_chunks(total, parts):
    """Adds to an array what each chunk has to add to it, and changes that of the first. Threads add up ranges of the
    elements: no result depends on how many these are."""
    rows = parts.reshape(parts.shape[0], total.size)
    ranges = rows.size // 2**13
    if ranges > 1:
        _add_ranges(rows, ranges)
    else:
        _add_range(rows, 0, total.size)
    total += parts[0]
''',
    "add_ranges": '''
def add_ranges(rows, ranges):
    """Adds to the first row the others, so many ranges of columns by threads."""
    for k in prange(ranges):
        first, last = _share(k, ranges, rows.shape[1])
        _add_range(rows, first, last)
''',
    "add_range": '''
def add_range(rows, first, last):
    """Adds to the first row the others, one after another, in a range of columns."""
    total = rows[0, first:last]
    for k in range(1, rows.shape[0]):
        row = rows[k, first:last]
        for j in range(total.size):
            total[j] += row[j]
''',
    "segment": '''
def segment(trips, state, tape, most):
    """How many iterations of a loop are recorded at a time: all of them where that is no more than most numbers or
    saves little. Else the records, of tape elements each, and the copies of the state, one for each segment, are
    smallest together."""
    if trips * tape <= most or trips * tape <= 16 * state:
        return trips if trips > 0 else 1
    return math.ceil(math.sqrt(trips * (state if state > 0 else 1) / tape))
''',
    **TAPES,
    "complex128": '''
def complex128(re, im):
    """The complex array with these parts."""
    z = np.empty(re.shape, dtype=np.complex128)
    parts, other, numbers = re.flat, im.flat, z.flat
    for k in range(z.size):
        numbers[k] = complex(parts[k], other[k])
    return z
''',
    "apart": '''
def apart(a, b):
    """Refuses two arguments that share memory of which the function writes a part."""
    if a.size and b.size:
        a_low = a_high = a.ctypes.data
        for k in range(a.ndim):
            a_low += min(0, (a.shape[k] - 1) * a.strides[k])
            a_high += max(0, (a.shape[k] - 1) * a.strides[k])
        b_low = b_high = b.ctypes.data
        for k in range(b.ndim):
            b_low += min(0, (b.shape[k] - 1) * b.strides[k])
            b_high += max(0, (b.shape[k] - 1) * b.strides[k])
        if a_low <= b_high and b_low <= a_high:
            raise ValueError("an argument that is written to shares memory with another; pass copies")
''',
}

SOURCE["complex64"] = SOURCE["complex128"].replace("complex128", "complex64")
SOURCE["returned"] = (
    SOURCE["apart"]
    .replace("def apart(", "def returned(")
    .replace(
        "two arguments that share memory of which the function writes a part",
        "a result that shares memory with an argument of the function that returns it",
    )
    .replace(
        "an argument that is written to shares memory with another; pass copies",
        "a function with a rule has returned memory of its argument; return a copy",
    )
)


def used(block: tuple) -> list[str]:
    """The helpers that a block calls, and those that these call, in the order of `SOURCE`."""
    calls = (e for s in ir.statements(block) for x in ir.expressions(s) for e in ir.walk(x) if isinstance(e, ir.Call))
    pending = {e.func.removeprefix("helper.") for e in calls if e.func.startswith("helper.")} & SOURCE.keys()
    found: set[str] = set()
    while pending:
        found |= pending
        pending = {name for user in pending for name in re.findall(r"\b_(\w+)\(", SOURCE[user])} & SOURCE.keys() - found
    return [name for name in SOURCE if name in found]


def imports(names: list[str], has_threads: bool = False) -> list[str]:
    """The lines that import what a module with these helpers needs."""
    asks = "afford" in names
    system = ["import os"] if asks else []
    jit = ", ".join(["njit", *(["objmode"] if asks else []), *(["prange"] if has_threads else [])])
    return ["import math", *system, "", "import numpy as np", f"from numba import {jit}"]


def text(name: str) -> str:
    """The source of a helper, its name as generated code calls it, with its decorator."""
    source = SOURCE[name].strip().replace(f"def {name}(", f"def _{name}(")
    flags = "(parallel=True)" if "prange(" in source else ""
    if name in ELEMENTWISE:
        inlined = ", forceinline=True" if name in VECTORISING and not _calls_libm(name) else ""
        flags = f'(fastmath={{"contract"}}, error_model="numpy"{inlined})'
    return f"\n\n{source}\n" if name in PLAIN else f"\n\n@njit{flags}\n{source}\n"


def _calls_libm(name: str) -> bool:
    return name.removesuffix("_single") in elementary.NEAR
