"""Functions made from text, for the rank and the axis that a call has."""

from __future__ import annotations

import functools
import linecache
import math
import re
from collections.abc import Callable

import numpy as np

from adtrans.library.registry import Formula
from adtrans.stop import stop_gradient

NAMES = ("i", "j", "l", "m", "p", "q")  # of the loops over the axes that stay


@functools.cache
def function(text: str) -> Callable:
    """The function that `text` defines, of what NumPy (`np`), `math` and `stop_gradient` are."""
    file = f"<adtrans library {hash(text)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    namespace: dict = {"np": np, "math": math, "stop_gradient": stop_gradient}
    exec(compile(text, file, "exec"), namespace)
    (name,) = re.findall(r"^def (\w+)", text)
    return namespace[name]


def formula(params: str, text: str) -> Formula:
    """The formula `text` of `params`, each of which it names once, so that no argument is computed twice."""
    names = re.findall(r"\w+", params)
    assert all(len(re.findall(rf"(?<![\w.]){name}\b(?!=)", text)) == 1 for name in names), text
    return Formula(function(f"def formula({params}):\n    return {text}\n"))


def size(total: str, is_scalar: bool) -> str:
    """The square root of the sum of squares that is called `total`; its derivative is 0 at 0, the middle of the
    subgradients."""
    if is_scalar:
        return f"{total} if {total} <= 0 else np.sqrt({total})"
    return f"np.where({total} <= 0, {total}, np.sqrt({total}))"


def along(
    head: str,
    before: tuple[str, ...],
    body: tuple[str, ...],
    after: tuple[str, ...],
    ndim: int,
    axis: int,
    array: str = "a",
):
    """The function `head` with `body` run for each line of elements of `array` along `axis`, in loops over the other
    axes.

    In the lines `a[@k]` is the element at `k` of the line, `a[@]` that of an array without the axis; `{n}` its length,
    `{shape:n}` the shape with another length there, `{rest}` the shape without it.
    """
    others = [NAMES[k] for k in range(ndim - 1)]
    lines = [f"def {head}:"]

    def place(match) -> str:
        if ndim == 1 and match[1] == ":":
            return ""
        return "[" + ", ".join([*others[:axis], *filter(None, [match[1]]), *others[axis:]]) + "]"

    def filled(line: str) -> str:
        line = re.sub(r"\[@([^\]]*)\]", place, line)
        line = line.replace("{rest}", _shape(array, "", ndim, axis)).replace("{n}", f"{array}.shape[{axis}]")
        return re.sub(r"\{shape:([^}]*)\}", lambda m: _shape(array, m[1], ndim, axis), line)

    lines += [f"    {filled(line)}" for line in before]
    for depth, (var, k) in enumerate(zip(others, [k for k in range(ndim) if k != axis], strict=True)):
        lines.append(f"{'    ' * (depth + 1)}for {var} in range({array}.shape[{k}]):")
    lines += [f"{'    ' * ndim}{filled(line)}" for line in body]
    lines += [f"    {filled(line)}" for line in after]
    return function("\n".join(lines) + "\n")


def _shape(array: str, length: str, ndim: int, axis: int) -> str:
    items = [f"{array}.shape[{k}]" for k in range(ndim)]
    items[axis : axis + 1] = [length] if length else []
    return f"({', '.join(items)},)"
