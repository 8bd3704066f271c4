"""Time loop programs and their gradients: Numba, adtrans, by hand, JAX, PyTorch.

    python benchmarks/loops.py [--only NAME] [--threads N] [--quick]

The programs are in benchmarks/problems. All contenders run in turns in one process, in float64, and the table has their
median times with ratios to some, and the fastest. Gradients that disagree are an error. "by hand" is the best gradient
we can write for Numba, "by hand, plain" keeps the order of loops, and the functions, of the user's program. A last
table has the time from `grad(f)` to the first result in a new process: with nothing on disk, and for adtrans also in
a second process.
"""

import argparse
import importlib
import sys
import tempfile
import time
from statistics import median

import numpy as np
from _memory import peak, size
from _timing import duration, in_turns, print_table, run_child, use_cores

PROBLEMS = ("recurrence", "log_sum_exp", "polynomial", "mixture", "heat")
TOLERANCE = 1e-9  # relative to the largest element of the gradient


def compare(problem, rounds):
    """Print the table of one problem.

    Raises: SystemExit where two gradients disagree.
    """
    args = problem.make_inputs()
    primals, gradients, missing = make_contenders(problem, args)
    check_agreement(problem, args, primals, gradients)
    times = in_turns(primals | gradients, rounds)
    print(problem.TITLE)
    references = [r for r in ("primal, @njit", "gradient, by hand", "gradient, by hand, plain") if r in times]
    medians = {name: median(t) for name, t in times.items()}
    taken = {n: size(peak(call)) for n, call in (primals | gradients).items() if not n.endswith(("JAX", "PyTorch"))}
    rows = [
        [n, duration(m), duration(min(times[n])), taken.get(n, ""), *(f"{m / medians[r]:.2f}" for r in references)]
        for n, m in medians.items()
    ]
    rows += [[name, "not installed", *[""] * (len(references) + 2)] for name in missing]
    columns = (f"/ {r.removeprefix('gradient, ')}" for r in references)
    print_table(["", "median", "fastest", "peak memory", *columns], rows)
    print()


def make_contenders(problem, args):
    """(primals, gradients) as dictionaries of functions without arguments, and the names of what is not installed."""
    from numba import njit

    from adtrans import differentiate, grad

    compiled = {
        "primal, @njit": njit(problem.primal),
        "primal, adtrans": differentiate(problem.primal, argnums=problem.ARGNUMS),
        "gradient, adtrans": grad(problem.primal, argnums=problem.ARGNUMS),
        "gradient, by hand": problem.adjoint,
    }
    if hasattr(problem, "plain_adjoint"):
        compiled["gradient, by hand, plain"] = problem.plain_adjoint
    calls = {name: bind(function, args) for name, function in compiled.items()}
    missing = []
    for name, make in (("gradient, JAX", jax_gradient), ("gradient, PyTorch", torch_gradient)):
        try:
            calls[name] = make(problem, args)
        except ImportError:
            missing.append(name)
    primals = {name: call for name, call in calls.items() if name.startswith("primal")}
    return primals, {name: call for name, call in calls.items() if name not in primals}, missing


def bind(function, args):
    """A function without arguments."""
    return lambda: function(*args)


def jax_gradient(problem, args):
    """The gradient by JAX: a function without arguments that waits for the result."""
    import jax

    jax.config.update("jax_enable_x64", True)
    args = [a if i in problem.STATIC else jax.numpy.asarray(a) for i, a in enumerate(args)]
    gradient = jax.jit(jax.grad(problem.jax_primal(), problem.ARGNUMS), static_argnums=problem.STATIC)
    return lambda: jax.block_until_ready(gradient(*args))


def torch_gradient(problem, args):
    """The gradient by PyTorch: a function without arguments."""
    import torch

    args = [torch.as_tensor(a, dtype=torch.float64) if isinstance(a, float | np.ndarray) else a for a in args]
    wrt = [args[i].requires_grad_() for i in problem.ARGNUMS]
    primal = problem.torch_primal()
    return lambda: torch.autograd.grad(primal(*args), wrt)


def check_agreement(problem, args, primals, gradients):
    """Compare every value with that of the primal by `@njit`, and every gradient with the one by hand.

    Raises: SystemExit where one differs.
    """
    value = primals["primal, @njit"]()
    bars = problem.adjoint(*args)
    results = {name: ((call(),), (value,)) for name, call in primals.items()}
    results |= {name: (call(), bars) for name, call in gradients.items()}
    for name, (found, expected) in results.items():
        for f, e in zip(found, expected, strict=True):
            error = np.max(np.abs(np.asarray(f) - e)) / np.max(np.abs(e))
            if not error < TOLERANCE:
                sys.exit(f"{problem.TITLE}: {name} is off by {error:.1e} of the largest element")


def first_result(problem, library):
    """Print the seconds from `grad(f)` to the first result in this process, nothing where the library is missing."""
    args = problem.make_inputs()
    if library == "jax":
        try:
            import jax
        except ImportError:
            return

        jax.numpy.zeros(1).block_until_ready()  # finds the devices
        start = time.perf_counter()
        jax_gradient(problem, args)()
    else:
        from adtrans import grad

        start = time.perf_counter()
        grad(problem.primal, argnums=problem.ARGNUMS)(*args)
    print(time.perf_counter() - start)


def compare_first_results(names, threads):
    """Print the table of times to the first result."""
    rows = []
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            variables = {"ADTRANS_CACHE_DIR": folder, "NUMBA_CACHE_DIR": folder}
            arguments = ["--only", name, "--first-result"]
            runs = [run_child([*arguments, library], threads, **variables) for library in ("adtrans", "adtrans", "jax")]
        rows.append([name, *(duration(float(run)) if run else "not installed" for run in runs)])
    print("From grad(f) to the first result, in a new process")
    print_table(["", "adtrans, nothing on disk", "adtrans, second process", "JAX"], rows)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=PROBLEMS, help="one of the programs (default: all)")
    parser.add_argument("--threads", type=int, default=1, help="for each library (default: 1)")
    parser.add_argument("--quick", action="store_true", help="5 rounds, not 21")
    parser.add_argument("--compare", action="store_true", help=argparse.SUPPRESS)  # in a child
    parser.add_argument("--first-result", choices=("adtrans", "jax"), help=argparse.SUPPRESS)  # in a child
    return parser.parse_args()


def main():
    """Each problem in a process of its own, then the first results."""
    args = parse_arguments()
    rounds = 5 if args.quick else 21
    if args.first_result:
        first_result(importlib.import_module(f"problems.{args.only}"), args.first_result)
    elif args.compare:
        use_cores(args.threads)
        compare(importlib.import_module(f"problems.{args.only}"), rounds)
    else:
        names = [args.only] if args.only else PROBLEMS
        quick = ["--quick"] if args.quick else []
        for name in names:
            arguments = ["--compare", "--only", name, "--threads", args.threads, *quick]
            print(run_child(arguments, args.threads), end="", flush=True)
        compare_first_results(names, args.threads)


if __name__ == "__main__":
    main()
