"""Functions of arrays on a GPU: their gradients against their values, and against the CPU.

    python benchmarks/cuda.py            # on a machine with an NVIDIA GPU, its driver, and pip install "adtrans[cuda]"
    python benchmarks/cuda.py --quick    # small sizes, few rounds
    python benchmarks/cuda.py --tiny     # for Numba's simulator: NUMBA_ENABLE_CUDASIM=1, no times worth reading

It needs no network. Every result is compared with the CPU's before anything is timed. Times are medians of calls with
data on the GPU, each waited for. `ratio` is that of the gradient to the value; `memory` is how many GB of arguments,
each read once and its gradient written once, that is in a second. PyTorch's step of the network is timed where it is
installed.
"""

import argparse
import importlib.util
import math
import os
import statistics
import sys
import time

import numpy as np

from adtrans import differentiate


def network(W1, b1, W2, b2, X, labels):
    """The mean cross-entropy of a network with one hidden layer."""
    logits = np.maximum(X @ W1 + b1, 0) @ W2 + b2
    total = np.float32(0.0)
    for i in range(len(labels)):
        highest = np.max(logits[i])
        log_norm = highest + np.log(np.sum(np.exp(logits[i] - highest)))
        total += log_norm - logits[i, labels[i]]
    return total / np.float32(len(labels))


def black_scholes(spot, strike, years, rate, volatility):
    """The sum of the values of call options."""
    total = 0.0
    for i in range(len(spot)):
        deviation = volatility[i] * math.sqrt(years[i])
        d = (math.log(spot[i] / strike[i]) + (rate + 0.5 * volatility[i] ** 2) * years[i]) / deviation
        now = 0.5 * spot[i] * (1.0 + math.erf(d / math.sqrt(2.0)))
        later = 0.5 * strike[i] * math.exp(-rate * years[i]) * (1.0 + math.erf((d - deviation) / math.sqrt(2.0)))
        total += now - later
    return total


def heston(spot, rate, kappa, theta, xi, v0, first, second, years):
    """The mean discounted payoff of a call at the money over paths of price and variance."""
    dt = years / first.shape[1]
    total = 0.0
    for p in range(first.shape[0]):
        s, v = spot, v0
        for t in range(first.shape[1]):
            root = math.sqrt(max(v, 0.0) * dt)
            s *= math.exp((rate - 0.5 * max(v, 0.0)) * dt + root * first[p, t])
            v += kappa * (theta - max(v, 0.0)) * dt + xi * root * second[p, t]
        total += max(s - 100.0, 0.0)
    return math.exp(-rate * years) * total / first.shape[0]


def heat(u, c):
    """The energy of a field in space after a step of diffusion."""
    v = np.zeros_like(u)
    for i in range(1, u.shape[0] - 1):
        for j in range(1, u.shape[1] - 1):
            for k in range(1, u.shape[2] - 1):
                around = u[i - 1, j, k] + u[i + 1, j, k] + u[i, j - 1, k] + u[i, j + 1, k]
                around += u[i, j, k - 1] + u[i, j, k + 1]
                v[i, j, k] = u[i, j, k] + c * (around - 6.0 * u[i, j, k])
    return np.sum(v * v)


def bodies(x, mass):
    """The potential energy of bodies that attract each other."""
    energy = 0.0
    for i in range(x.shape[0]):
        own = 0.0
        for j in range(x.shape[0]):
            d = 1e-4
            for k in range(3):
                d += (x[i, k] - x[j, k]) ** 2
            own -= mass[j] / math.sqrt(d)
        energy += 0.5 * mass[i] * own
    return energy


def problems(size):
    """(label, function, argnums, arguments, bytes that it reads) of each problem."""
    rng = np.random.default_rng(0)
    lengths = {"full": (1 << 24, 100_000, 256, 8192), "quick": (1 << 18, 1000, 64, 512), "tiny": (9, 3, 5, 4)}[size]
    number_of_options, number_of_paths, side, number_of_bodies = lengths
    batches = {"full": (64, 512, 8192), "quick": (64,), "tiny": (3,)}[size]
    for batch in batches:
        for hidden in {"full": (128, 4096), "quick": (128,), "tiny": (5,)}[size]:
            widths = (6, hidden, 3) if size == "tiny" else (784, hidden, 10)
            yield f"network {hidden}, batch {batch}", network, (0, 1, 2, 3), network_arguments(widths, batch, rng)
    yield "Black-Scholes", black_scholes, (0, 2, 3, 4), options(number_of_options, rng)
    steps = 3 if size == "tiny" else 100
    noise = [rng.normal(size=(number_of_paths, steps)) for _ in range(2)]
    yield "Heston", heston, (0, 1, 2, 3, 4, 5), (100.0, 0.03, 1.5, 0.04, 0.3, 0.04, *noise, 1.0)
    yield "heat in space", heat, (0,), (rng.normal(size=(side,) * 3), 0.1)
    yield "bodies", bodies, (0,), (rng.normal(size=(number_of_bodies, 3)), rng.random(number_of_bodies))


def network_arguments(widths, batch, rng):
    pixels, hidden, classes = widths
    shapes = (pixels, hidden), (hidden,), (hidden, classes), (classes,), (batch, pixels)
    arrays = [(rng.normal(size=s) / math.sqrt(s[0])).astype(np.float32) for s in shapes]
    return (*arrays, rng.integers(0, classes, batch))


def options(n, rng):
    spot, strike, years, volatility = (rng.uniform(*r, n) for r in ((80, 120), (80, 120), (0.2, 2), (0.1, 0.5)))
    return spot, strike, years, 0.03, volatility


def check(label, function, argnums, args):
    """Value and gradient on the GPU; the program ends where they are not those of the CPU."""
    got = differentiate(function, argnums=argnums, target="cuda").value_and_grad(*args)
    wanted = differentiate(function, argnums=argnums).value_and_grad(*args)
    single = args[0].__class__ is np.ndarray and args[0].dtype == np.float32
    for a, b in zip((got[0], *got[1]), (wanted[0], *wanted[1]), strict=True):
        error = np.max(np.abs(np.asarray(a) - b)) / max(np.max(np.abs(b)), 1e-30)
        if not error < (1e-3 if single else 1e-9):
            sys.exit(f"{label}: the GPU's result is not the CPU's, by {error:.1e} of the largest element")


def seconds(call, wait, rounds):
    """The median time of a call, after two that are not counted where there are several rounds."""
    times, before = [], 2 if rounds > 1 else 0
    for _ in range(before + rounds):
        start = time.perf_counter()
        call()
        wait()
        times.append(time.perf_counter() - start)
    return statistics.median(times[before:])


def row(cuda, label, function, argnums, args, rounds):
    """A line of the table."""
    made = differentiate(function, argnums=argnums, target="cuda")
    there = [cuda.to_device(a) if isinstance(a, np.ndarray) else a for a in args]
    value = seconds(lambda: made(*there), cuda.synchronize, rounds)
    gradient = seconds(lambda: made.value_and_grad(*there), cuda.synchronize, rounds)
    on_cpu = differentiate(function, argnums=argnums)
    cpu = seconds(lambda: on_cpu.value_and_grad(*args), lambda: None, min(rounds, 3))
    size = sum(a.nbytes for a in args if isinstance(a, np.ndarray))
    memory = f"{2 * size / gradient / 1e9:8.1f}"
    print(f"{label:26} {1e3 * value:10.3f} {1e3 * gradient:10.3f} {gradient / value:7.2f} {memory} {1e3 * cpu:10.3f}")


def pytorch(args, rounds):
    """The median time of PyTorch's value and gradient of the network."""
    import torch

    *arrays, labels = [torch.tensor(a, device="cuda") for a in args]
    for w in arrays[:4]:
        w.requires_grad_()

    def step():
        W1, b1, W2, b2, X = arrays
        logits = torch.relu(X @ W1 + b1) @ W2 + b2
        loss = torch.nn.functional.cross_entropy(logits, labels)
        return torch.autograd.grad(loss, arrays[:4])

    return seconds(step, torch.cuda.synchronize, rounds)


def device(cuda) -> str:
    """The name of the GPU."""
    if os.environ.get("NUMBA_ENABLE_CUDASIM") == "1":
        return "no GPU, but Numba's simulator"
    name = cuda.get_current_device().name
    return name.decode() if isinstance(name, bytes) else str(name)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument("--quick", action="store_true", help="small sizes, few rounds")
    sizes.add_argument("--tiny", action="store_true", help="sizes for Numba's simulator")
    parser.add_argument("--only", nargs="*", metavar="NAME", help="the problems whose label has one of these in it")
    args = parser.parse_args()
    size = "tiny" if args.tiny else "quick" if args.quick else "full"
    try:
        from numba import cuda

        there = cuda.is_available()
    except Exception as error:  # libraries that are missing raise what they like
        sys.exit(f"There is no GPU here: {error}")
    if not there:
        sys.exit("There is no GPU here: numba.cuda finds none.")
    rounds = {"full": 21, "quick": 7, "tiny": 1}[size]
    print(f"on {device(cuda)}; times in ms, memory in GB/s\n")
    print(f"{'':26} {'value':>10} {'gradient':>10} {'ratio':>7} {'memory':>8} {'CPU':>10}")
    for label, function, argnums, given in problems(size):
        if args.only and not any(word in label for word in args.only):
            continue
        check(label, function, argnums, given)
        row(cuda, label, function, argnums, given, rounds)
        if function is network and size != "tiny" and importlib.util.find_spec("torch"):
            print(f"{'  PyTorch':26} {'':10} {1e3 * pytorch(given, rounds):10.3f}")


if __name__ == "__main__":
    main()
