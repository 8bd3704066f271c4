"""Products of vectors, matrices and stacks of them, and norms."""

from __future__ import annotations

import math

import numpy as np

from adtrans import types
from adtrans.library.axes import as_type, axes_in, common_float, real_float
from adtrans.library.einstein import einstein
from adtrans.library.registry import Array, defines
from adtrans.library.text import NAMES, formula, function, size


def _floats(**arrays) -> list[str]:
    """The texts of arrays with one floating-point type."""
    if not any(types.is_float(types.part_type(t)) for t in arrays.values()):
        raise ValueError("products need floating-point numbers: convert one with .astype(np.float64)")
    dtype = common_float(*arrays.values())
    return [as_type(name, t, dtype) for name, t in arrays.items()]


@defines("np.vdot", "np.vdot(x, y)", "np.vdot(a, a * a)")
def vdot(a: Array, b: Array):
    """The sum of the products of the elements in C order."""
    first, second = (
        text if t.ndim == 1 else f"np.ravel({text})" for text, t in zip(_floats(a=a, b=b), (a, b), strict=True)
    )
    return formula("a, b", f"np.dot({f'np.conj({first})' if types.is_complex(a) else first}, {second})")


@defines("np.inner", "np.inner(x, y)", "np.inner(a, a * t)", "np.inner(a, x)", "np.inner(x, a)", "np.inner(t, x)")
def inner(a, b):
    """The sums of products along the last axes."""
    if not (types.ndim_of(a) and types.ndim_of(b)):
        return formula("a, b", "a * b")
    first, second = _floats(a=a, b=b)
    if max(a.ndim, b.ndim) > 2:
        return formula("a, b", f"np.tensordot({first}, {second}, ({a.ndim - 1}, {b.ndim - 1}))")
    if b.ndim == 2:
        return formula("a, b", f"{first} @ {second}.T")
    return formula("a, b", f"{first} @ {second}")


@defines("np.matmul", "np.matmul(x, y)", "np.matmul(a, b)", "np.matmul(c, b)", "c @ x", "y[:3] @ c",
         "np.matmul(c, np.swapaxes(c, 1, 2))", "np.matmul(s, c)")  # fmt: skip
def matmul(x1: Array, x2: Array):
    """The matrix product; of more than two axes, the products of the matrices along the last two."""
    first, second = _floats(x1=x1, x2=x2)
    if max(x1.ndim, x2.ndim) <= 2:
        return formula("x1, x2", f"{first} @ {second}")
    stacked = max(x1.ndim, x2.ndim) - 2
    if x1.ndim > 2 and x2.ndim > 2 and x1.ndim != x2.ndim:
        raise ValueError("stacks need as many axes")
    batch = NAMES[:stacked]
    both = x1.ndim > 2 and x2.ndim > 2
    owner = "x1" if x1.ndim > 2 else "x2"
    left = f"x1[{', '.join(batch)}]" if x1.ndim > 2 else "x1"
    right = f"x2[{', '.join(batch)}]" if x2.ndim > 2 else "x2"
    shape = [f"{owner}.shape[{k}]" for k in range(stacked)]
    shape += [f"x1.shape[{x1.ndim - 2}]"] if x1.ndim > 1 else []
    shape += [f"x2.shape[{x2.ndim - 1}]"] if x2.ndim > 1 else []
    lines = ["def matmul(x1, x2):"]
    if both:
        test = " or ".join(f"x1.shape[{k}] != x2.shape[{k}]" for k in range(stacked))
        lines += [f"    if {test}:", "        raise ValueError('the stacks of matrices need one shape')"]
    dtype = common_float(x1, x2)
    lines += [f"    out = np.empty(({', '.join(shape)},), dtype=np.{dtype})"]
    lines += [f"{'    ' * (k + 1)}for {var} in range({owner}.shape[{k}]):" for k, var in enumerate(batch)]
    product = f"{as_type(left, x1, dtype)} @ {as_type(right, x2, dtype)}"
    lines += [f"{'    ' * (stacked + 1)}out[{', '.join(batch)}] = {product}", "    return out"]
    return function("\n".join(lines) + "\n")


@defines("np.tensordot", "np.tensordot(a, b.T, axes=([1], [1]))", "np.tensordot(c, b, 1)", "np.tensordot(x, y, 0)",
         "np.tensordot(c, np.moveaxis(c, 0, -1), axes=((0, 2), (2, 1)))", "np.dot(c, b)", static=("axes",))  # fmt: skip
def tensordot(a: Array, b: Array, axes=2):
    """The sums of products over pairs of axes: the last of one and the first of the other, or those given."""
    first, second = _contracted(a.ndim, b.ndim, axes)
    letters = [chr(ord("i") + k) for k in range(a.ndim + b.ndim)]
    left, right = letters[: a.ndim], letters[a.ndim :]
    for i, j in zip(first, second, strict=True):
        right[j] = left[i]
    rest = [x for k, x in enumerate(left) if k not in first] + [x for k, x in enumerate(right) if k not in second]
    return formula("a, b", f"np.einsum('{''.join(left)},{''.join(right)}->{''.join(rest)}', a, b)")


def _contracted(ndim: int, other: int, axes) -> tuple[tuple[int, ...], tuple[int, ...]]:
    if isinstance(axes, int):
        if not 0 <= axes <= min(ndim, other):
            raise ValueError("axes is out of range")
        return tuple(range(ndim - axes, ndim)), tuple(range(axes))
    if len(axes) != 2:
        raise ValueError("axes must be a number, or the axes of each array")
    first, second = axes_in(axes[0], ndim), axes_in(axes[1], other)
    if len(first) != len(second):
        raise ValueError("axes must name as many of each array")
    return first, second


@defines(
    "np.einsum", "np.einsum('i,i->', x, y)", "np.einsum('ij,jk', a, b)", "np.einsum('ii->i', s)", "np.einsum('ii', s)",
    "np.einsum('ij->ji', a)", "np.einsum('ijk,kl,i->jl', c, b, x[:2])", "np.einsum('i,j', x, y)",
    "np.einsum('ij,ij->i', a, a)", "np.einsum('ijk->k', c)", "np.einsum('ijk,ilk->ijl', c, c)",
    "np.einsum('ijk,jlk->ilj', c, a[:, :2, np.newaxis] * x)",
    "np.einsum('kij, lk -> lij', c, b.T[:, :2])", static=("subscripts",), rest="operands",
)  # fmt: skip
def einsum(subscripts, operands):
    """The sums of products over indices that einsum's notation leaves out of the result."""
    if not isinstance(subscripts, str) or not all(types.is_array(t) for t in operands):
        raise ValueError("the subscripts, as text, and then arrays are needed")
    return einstein(subscripts.replace(" ", ""), tuple(operands))


# -- chains and norms ------------------------------------------------------------------------------------------


@defines("np.linalg.multi_dot", "np.linalg.multi_dot((x, b, b.T))", "np.linalg.multi_dot([a, b, b.T, y])")
def multi_dot(arrays):
    """The product of several matrices, from the side where a vector is, else from the left."""
    names = [f"arrays_{k}" for k in range(len(arrays))]
    if len(names) < 2:
        raise ValueError("at least two arrays are needed")
    if types.ndim_of(arrays[-1]) == 1:
        text = names[-1]
        for name in reversed(names[:-1]):
            text = f"{name} @ ({text})"
    else:
        text = " @ ".join(names)
    return formula(", ".join(names), text)


@defines("np.linalg.matrix_power", "np.linalg.matrix_power(s, 3)", "np.linalg.matrix_power(s, 0) * t",
         "np.linalg.matrix_power(s, 6)", static=("n",))  # fmt: skip
def matrix_power(a: Array, n):
    """A square matrix times itself."""
    if a.ndim != 2 or not isinstance(n, int):
        raise ValueError("a matrix and an integer are needed")
    lines = ["def matrix_power(a):", "    if a.shape[0] != a.shape[1]:"]
    lines += ["        raise ValueError('the matrix must be square')"]
    if n == 0:
        return function("\n".join([*lines, f"    return np.eye(a.shape[0], dtype=np.{types.dtype_name(a)})"]) + "\n")
    base, found = ("a" if n > 0 else "inverse"), ""
    lines += ["    inverse = np.linalg.inv(a)"] if n < 0 else []
    for place in range(int(math.log2(abs(n))) + 1):
        if abs(n) >> place & 1:
            lines += [f"    power_{place} = {found} @ {base}"] if found else []
            found = f"power_{place}" if found else base
        if abs(n) >> (place + 1):
            lines += [f"    square_{place} = {base} @ {base}"]
            base = f"square_{place}"
    return function("\n".join([*lines, f"    return {found if n != 1 else 'a.copy()'}"]) + "\n")


@defines(
    "np.linalg.norm", "np.linalg.norm(x)", "np.linalg.norm(a)", "np.linalg.norm(a, axis=0)", "np.linalg.norm(y, 1)",
    "np.linalg.norm(y, np.inf)", "np.linalg.norm(y, -np.inf)", "np.linalg.norm(x, 3)", "np.linalg.norm(b, 1)",
    "np.linalg.norm(b, np.inf)", "np.linalg.norm(b, 'fro', keepdims=True)", "np.linalg.norm(c, axis=(0, 2))",
    "np.linalg.norm(b, 1, axis=-1, keepdims=True)", "np.linalg.norm(a, 2)",
    "np.linalg.norm(a, 'nuc')", "np.linalg.norm(x - x) + t", static=("ord", "axis", "keepdims"),
)  # fmt: skip
def norm(x: Array, ord=None, axis=None, keepdims=False):
    """The length of vectors, or the size of a matrix."""
    axes = axes_in(axis, x.ndim)
    options = f"axis={axes}, keepdims={keepdims}"
    if ord is None or (ord == "fro" and len(axes) == 2) or (ord == 2 and len(axes) == 1):
        value = size("total", len(axes) == x.ndim and not keepdims)
        squares = "np.abs(x) ** 2" if types.is_complex(x) else f"np.square({as_type('x', x, common_float(x))})"
        return function(f"def norm(x):\n    total = np.sum({squares}, {options})\n    return {value}\n")
    if len(axes) == x.ndim == 2 and not keepdims and ord in (2, -2, "nuc"):
        kind = {2: "max", -2: "min", "nuc": "sum"}[ord]
        return formula("x", f"np.{kind}(np.linalg.svd({as_type('x', x, common_float(x))})[1])")
    if len(axes) > 2 or isinstance(ord, (str, bool)) or ord == 0:
        raise ValueError(f"ord={ord!r} is not supported here")
    sizes = f"np.abs({as_type('x', x, common_float(x))})"
    if len(axes) == 1:
        return formula("x", _vector_norm(sizes, ord, options, real_float(x)))
    if abs(ord) not in (1, math.inf):
        raise ValueError(f"ord={ord!r} of a matrix is not supported")
    summed, rest = axes if abs(ord) == 1 else axes[::-1]
    rest -= not keepdims and rest > summed
    sums = f"np.sum({sizes}, axis={summed}, keepdims={keepdims})"
    return formula("x", f"np.{'max' if ord > 0 else 'min'}({sums}, axis={rest}, keepdims={keepdims})")


def _vector_norm(sizes: str, ord, options: str, dtype: str) -> str:
    """The norm of order `ord` of vectors whose elements have these sizes."""
    if ord in (math.inf, -math.inf):
        return f"np.{'max' if ord > 0 else 'min'}({sizes}, {options})"
    if ord == 1:
        return f"np.sum({sizes}, {options})"
    return f"np.sum({sizes} ** np.{dtype}({float(ord)!r}), {options}) ** np.{dtype}({1.0 / ord!r})"


@defines("np.linalg.cond", "np.linalg.cond(s)", "np.linalg.cond(s, 1)", "np.linalg.cond(s, 'fro')", static=("p",))
def cond(x: Array, p=None):
    """The condition number of a matrix: its size times that of its inverse."""
    if x.ndim != 2:
        raise ValueError("two axes are needed")
    if p in (None, 2):
        return function("def cond(x):\n    s = np.linalg.svd(x)[1]\n    return s[0] / s[s.shape[0] - 1]\n")
    norms = f"np.linalg.norm(x, {_order(p)}) * np.linalg.norm(np.linalg.inv(x), {_order(p)})"
    return function(f"def cond(x):\n    return {norms}\n")


def _order(p) -> str:
    return f"{'-' if p < 0 else ''}np.inf" if p in (math.inf, -math.inf) else repr(p)


@defines("np.linalg.matrix_rank", "np.linalg.matrix_rank(a) * t", "np.linalg.matrix_rank(np.outer(x, y)) * t")
def matrix_rank(A: Array):
    """How many singular values of a matrix are not zero but for rounding."""
    if A.ndim != 2:
        raise ValueError("two axes are needed")
    eps = repr(float(np.finfo(common_float(A)).eps))
    return function(
        "def matrix_rank(A):\n"
        "    s = np.linalg.svd(A)[1]\n"
        f"    return np.sum(s > np.max(s) * max(A.shape[0], A.shape[1]) * {eps})\n"
    )


@defines("np.cross", "np.cross(x[:3], y[1:])", "np.cross(s, y[:3])", "np.cross(s, a[:, 1:])")
def cross(a: Array, b: Array):
    """The cross products of vectors of three elements, along the last axis."""
    terms = ", ".join(f"a[..., {i}] * b[..., {j}] - a[..., {j}] * b[..., {i}]" for i, j in ((1, 2), (2, 0), (0, 1)))
    return function(
        "def cross(a, b):\n"
        f"    if a.shape[{a.ndim - 1}] != 3 or b.shape[{b.ndim - 1}] != 3:\n"
        "        raise ValueError('the last axes need three elements')\n"
        f"    return np.{'array' if a.ndim == b.ndim == 1 else 'stack'}(({terms})"
        + (")\n" if a.ndim == b.ndim == 1 else ", axis=-1)\n")
    )
