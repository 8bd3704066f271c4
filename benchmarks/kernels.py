"""Differentiate a corpus of kernels: which are supported, whether the gradients are right, and how fast they are.

    python benchmarks/kernels.py [--only NAME ...] [--no-time] [--quick]

The kernels are in benchmarks/corpus. Each one that adtrans differentiates gets a row: how far its gradient is from
finite differences of the uncompiled function, along random directions at small sizes, and from JAX's gradient, where
there is a version for JAX and it is installed; the time of the function as plain Numba compiles it, and of value and
gradient as multiples of it; the most memory that value and gradient take at a time. `*` marks functions that plain
Numba does not compile; adtrans compiles them then. The others are listed with the error. At the end, counts and the
geometric means of the multiples.
"""

import argparse
import json
import math
import re
import sys
import warnings
from statistics import geometric_mean, median

import corpus
import numpy as np
from _memory import peak, size
from _timing import duration, in_turns, print_table, run_child, use_cores

RIGHT = 1e-6  # a relative error below
DIRECTIONS = 3


def report(kernel, rounds):
    """What there is to say about a kernel, by name; without timing where there are no `rounds`."""
    from adtrans.errors import UnsupportedError

    row = {"name": kernel.name, "style": kernel.style}
    try:
        row |= measure(kernel, rounds)
    except UnsupportedError as error:
        row["refused"] = str(error).splitlines()[0].rpartition("/")[2]
    except Exception as error:
        row["failed"] = f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')}"
    return row


def measure(kernel, rounds):
    """Errors and times. Raises: UnsupportedError where the kernel cannot be differentiated."""
    from adtrans import vjp
    from adtrans.testing import copies

    args = kernel.make(kernel.small)
    gradient = vjp(kernel.function, kernel.argnums) if rounds else uncompiled_gradient(kernel, args)
    y_bar = cotangent(kernel.python()(*copies(args)))
    found = gradient(*args, y_bar)[1]
    row = {"differences": error_by_differences(kernel, args, y_bar, found)}
    if rounds:
        args = kernel.make(kernel.large)
        primal, row["plain"] = compiled_primal(kernel)
        y_bar = cotangent(primal(*copies(args)))
        found = gradient(*args, y_bar)[1]
    by_jax = None
    try:
        by_jax = jax_gradient(kernel, args, y_bar)
        if by_jax:
            row["jax"] = max(map(distance, found, by_jax()))
    except ImportError:
        pass
    except Exception as error:
        row["jax_failed"] = type(error).__name__
    if rounds:
        changed = changed_arguments(kernel)
        calls = {"primal": lambda: primal(*[a.copy() if i in changed else a for i, a in enumerate(args)])}
        calls["gradient"] = lambda: gradient(*args, y_bar)
        if by_jax and "jax" in row:
            calls["jax"] = by_jax
        row["times"] = {name: median(t) for name, t in in_turns(calls, rounds, at_least=0.002).items()}
        row["memory"] = peak(calls["gradient"])
    return row


def uncompiled_gradient(kernel, args):
    """The gradient function for arguments of these types, run by Python."""
    from numba import typeof

    from adtrans.pipeline import generate

    module = generate(kernel.function, tuple(map(typeof, args)), kernel.argnums, "vjp", single=False)
    names = {}
    plain = "from numba import objmode; njit = lambda *f, **options: f[0] if f else lambda f: f"
    exec(re.sub("from numba import njit(, objmode)?", plain, module.text), names)
    return names[module.adjoint]


def cotangent(y):
    """One of the same form as a result: 1 for a number."""
    if isinstance(y, tuple):
        return tuple(map(cotangent, y))
    return np.random.default_rng(1).standard_normal(y.shape) if np.ndim(y) else 1.0


def error_by_differences(kernel, args, y_bar, found):
    """The greatest relative error of the derivative along some random directions."""
    from adtrans.testing import flat, numeric_product

    rng = np.random.default_rng(2)
    worst = 0.0
    for _ in range(DIRECTIONS):
        v = {i: np.asarray(rng.standard_normal(np.shape(args[i]))) for i in kernel.argnums}
        exact = sum(float(np.sum(bar * v[i])) for i, bar in zip(kernel.argnums, found, strict=True))
        numeric, _ = numeric_product(kernel.python(), args, v, flat(y_bar))
        worst = max(worst, abs(exact - numeric) / max(abs(exact), abs(numeric), 1e-300), key=unordered_last)
    return worst


def unordered_last(value):
    """A key by which NaN is the greatest."""
    return math.inf if math.isnan(value) else value


def distance(found, expected):
    """The greatest difference, relative to the greatest element."""
    return float(np.max(np.abs(found - np.asarray(expected))) / max(np.max(np.abs(expected)), 1e-300))


def compiled_primal(kernel):
    """(the compiled function, whether plain Numba compiles it)"""
    from numba import njit
    from numba.core.errors import NumbaError

    from adtrans import differentiate
    from adtrans.testing import copies

    primal = njit(kernel.function)
    try:
        primal(*copies(kernel.make(kernel.small)))
    except (NumbaError, AssertionError):  # the latter for masks of two axes
        return differentiate(kernel.function), False
    return primal, True


def changed_arguments(kernel):
    """The positions of the arrays that the function writes to."""
    from adtrans.testing import copies

    before = kernel.make(kernel.small)
    after = copies(before)
    kernel.python()(*after)
    return {i for i, a in enumerate(before) if isinstance(a, np.ndarray) and not np.array_equal(a, after[i])}


def jax_gradient(kernel, args, y_bar):
    """JAX's gradient as a function without arguments, None where there is no version. Raises: ImportError."""
    version = kernel.jax_version()
    if version is None:
        return None
    import jax

    jax.config.update("jax_enable_x64", True)
    traced = {i: jax.numpy.asarray(a) for i, a in enumerate(args) if isinstance(a, np.ndarray) or i in kernel.argnums}

    @jax.jit
    def gradient(traced, y_bar):
        def value(*wrt):
            given = traced | dict(zip(kernel.argnums, wrt, strict=True))
            return version(*[given.get(i, a) for i, a in enumerate(args)])

        y, pullback = jax.vjp(value, *[traced[i] for i in kernel.argnums])
        return y, pullback(jax.tree.map(lambda bar, part: jax.numpy.asarray(bar, part.dtype), y_bar, y))

    return lambda: jax.block_until_ready(gradient(traced, y_bar))[1]


def print_rows(rows):
    """The table of what is differentiated, then the others with their errors."""
    cells = [cells_of(row) for row in rows if "differences" in row]
    if cells:
        print_table(["", "style", "differences", "JAX", "primal", "gradient", "JAX's", "memory"], cells)
    for row in rows:
        for verdict in ("refused", "failed"):
            if verdict in row:
                print(f"    {row['name']} {verdict}: {row[verdict]}")


def cells_of(row):
    times = row.get("times", {})
    primal = duration(times["primal"]) + ("" if row["plain"] else " *") if times else ""
    ratios = [f"{times[name] / times['primal']:.1f}" if name in times else "" for name in ("gradient", "jax")]
    memory = size(row["memory"]) if times else ""
    agreement = f"{row['jax']:.0e}" if "jax" in row else row.get("jax_failed", "")
    wrong = "" if is_right(row) else " WRONG"
    return [row["name"], row["style"], f"{row['differences']:.0e}{wrong}", agreement, primal, *ratios, memory]


def is_right(row):
    return row["differences"] < RIGHT and row.get("jax", 0.0) < RIGHT


def print_summary(rows):
    """Counts, and the geometric means of gradient over primal."""
    done = [row for row in rows if "differences" in row]
    wrong = [row["name"] for row in done if not is_right(row)]
    failed = [row["name"] for row in rows if "failed" in row]
    for style in ("loops", "arrays"):
        of_style = [row for row in rows if row["style"] == style]
        print(f"{style}: {len([r for r in of_style if r in done])} of {len(of_style)} differentiated")
    print(f"together: {len(done)} of {len(rows)}; wrong: {', '.join(wrong) or 'none'}; ", end="")
    print(f"failed: {', '.join(failed) or 'none'}")
    times = [row["times"] for row in done if "times" in row]
    if times:
        print(f"gradient / primal, geometric mean: {mean_ratio(times, 'gradient', 'primal'):.2f}")
    by_jax = [t for t in times if "jax" in t]
    if by_jax:
        print(f"JAX's gradient / gradient, of {len(by_jax)}: {mean_ratio(by_jax, 'jax', 'gradient'):.2f}")


def mean_ratio(times, name, reference):
    return geometric_mean([t[name] / t[reference] for t in times])


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = "names of kernels, or of topics (default: all)"
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=[*corpus.kernels(), *corpus.TOPICS], help=names)
    parser.add_argument("--no-time", action="store_true", help="nothing is timed, nor compiled")
    parser.add_argument("--quick", action="store_true", help="5 rounds, not 15")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    """Each topic in a process of its own."""
    args = parse_arguments()
    chosen = {k.name: k for k in corpus.kernels().values() if not args.only or {k.name, k.topic} & set(args.only)}
    rounds = 0 if args.no_time else 5 if args.quick else 15
    if args.child:
        use_cores(1)
        warnings.simplefilter("ignore")
        np.seterr(all="ignore")
        print(json.dumps([report(kernel, rounds) for kernel in chosen.values()]))
        return
    rows = []
    flags = [flag for flag in ("--no-time", "--quick") if flag in sys.argv]
    for topic in corpus.TOPICS:
        names = [kernel.name for kernel in chosen.values() if kernel.topic == topic]
        if names:
            print(topic.replace("_", " "), flush=True)
            of_topic = json.loads(run_child(["--child", *flags, "--only", *names], 1).splitlines()[-1])
            print_rows(of_topic)
            rows += of_topic
    print_summary(rows)


if __name__ == "__main__":
    main()
