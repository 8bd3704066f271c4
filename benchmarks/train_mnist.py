"""Time a training step of examples/train_mnist.py in adtrans, Numba by hand, PyTorch, JAX and TensorFlow.

    python benchmarks/train_mnist.py [--epochs N] [--quick]

The same network (784-128-10), first weights and batches for all, in float32 and float64, with one thread and with two.
In float64 each contender is first trained for the whole time, and its weights are compared with PyTorch's. Then they
take turns on the same batches; the table has the median time of a step. "others" are PyTorch, JAX and TensorFlow.
"peak memory" is what a step takes at most beyond weights and batches, counted where Numba allocates.
"""

import argparse

import mnist_contenders
import numpy as np
from _memory import peak, size
from _timing import in_turns, print_table, run_child, use_cores

BATCH = 64
LEARNING_RATE = 0.01
STEPS_IN_A_TURN = 50
HIDDEN = 128
OURS = {"adtrans": mnist_contenders.adtrans, "Numba by hand": mnist_contenders.numba_by_hand}
OTHERS = {
    "PyTorch": mnist_contenders.pytorch,
    "JAX": mnist_contenders.jax,
    "TensorFlow, tf.function": mnist_contenders.tensorflow_function,
    "TensorFlow, eager": mnist_contenders.tensorflow_eager,
}
PRODUCTS = "matrix products alone"


def make_problem(dtype):
    """(weights, X, labels): first weights, and the example's training digits in whole batches."""
    example = mnist_contenders.load_example()
    (images, labels), _ = example.load_digits(None, np.dtype(dtype))
    count = len(labels) // BATCH
    X, labels = images[: count * BATCH], labels[: count * BATCH]
    weights = example.initial_weights((X.shape[1], HIDDEN, example.CLASSES), dtype, np.random.default_rng(0))
    return weights, X.reshape(count, BATCH, -1), labels.reshape(count, BATCH)


def start_contenders(weights, X, labels):
    """(train functions, weight functions, names of what is not installed), the functions in dictionaries by name."""
    train, current, missing = {}, {}, []
    for name, make in (OURS | OTHERS).items():
        try:
            train[name], current[name] = make(weights, X, labels, LEARNING_RATE)
        except ImportError:
            missing.append(name)
    return train, current, missing


def compare_weights(train, current, batches, epochs):
    """Train for all the epochs, and print how far each contender's weights are from PyTorch's."""
    for call in train.values():
        for _ in range(epochs):
            call(0, batches)
    if "PyTorch" not in current:
        return
    expected = current["PyTorch"]()
    print(f"After {epochs} epochs in float64 the weights differ from PyTorch's by at most")
    rows = []
    for name, weights in current.items():
        difference = max(np.max(np.abs(w - e)) for w, e in zip(weights(), expected, strict=True))
        rows.append([name, f"{difference:.1e}"])
    print_table(["", ""], rows)
    print()


def compare_times(threads, dtype, rounds, epochs):
    """Print the table of step times, and before it in float64 the table of differences."""
    weights, X, labels = make_problem(dtype)
    train, current, missing = start_contenders(weights, X, labels)
    if dtype == "float64":
        compare_weights(train, current, len(X), epochs)
    train[PRODUCTS], _ = mnist_contenders.products_alone(weights, X, labels, LEARNING_RATE)
    turns = {name: lambda call=call: call(0, STEPS_IN_A_TURN) for name, call in train.items()}
    times = {name: np.array(t) / STEPS_IN_A_TURN * 1e6 for name, t in in_turns(turns, rounds).items()}
    product_time = np.median(times.pop(PRODUCTS))
    medians = {name: np.median(t) for name, t in times.items()}
    fastest_other = min((m for name, m in medians.items() if name in OTHERS), default=None)
    memory = {name: size(peak(lambda call=train[name]: call(0, 1))) for name in medians if name in OURS}

    print(f"{dtype}, {threads} thread{'s' if threads > 1 else ''}: us / step")
    rows = [
        [name, f"{m:.0f}", f"{np.min(times[name]):.0f}", memory.get(name, ""), ratio(m, fastest_other)]
        for name, m in medians.items()
    ]
    rows += [[name, "not installed", "", "", ""] for name in missing]
    print_table(["", "median", "fastest", "peak memory", "/ fastest other"], rows)
    share = product_time / medians["adtrans"]
    print(f"    Matrix products alone take {product_time:.0f} us: {share:.0%} of adtrans's step")
    print()


def ratio(median, fastest_other):
    """How many times as long as the fastest of the others, as text; empty where there is none."""
    return f"{median / fastest_other:.2f}" if fastest_other else ""


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=10, help="before weights are compared (default: 10)")
    parser.add_argument("--quick", action="store_true", help="5 rounds, not 21")
    parser.add_argument("--child", nargs=2, metavar=("THREADS", "DTYPE"), help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    """A process for each number of threads and each dtype."""
    args = parse_arguments()
    if args.child:
        threads, dtype = int(args.child[0]), args.child[1]
        use_cores(threads)
        compare_times(threads, dtype, 5 if args.quick else 21, args.epochs)
        return
    options = ["--epochs", args.epochs, *(["--quick"] if args.quick else [])]
    for threads in (1, 2):
        for dtype in ("float32", "float64"):
            print(run_child(["--child", threads, dtype, *options], threads), end="", flush=True)


if __name__ == "__main__":
    main()
