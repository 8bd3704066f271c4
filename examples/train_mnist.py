"""Train a small network on handwritten digits, with the gradient that adtrans makes of its loss.

    python examples/train_mnist.py

Reads 10,000 MNIST digits from examples/data: 9,000 to train on, 1,000 to test. `--data FOLDER` reads the standard IDX
files instead (train-images-idx3-ubyte and so on, gzipped or not): 60,000 and 10,000. Each epoch is one call of compiled
code, gradients included; `--target cuda` trains on a GPU, where weights and digits stay for the whole run. The last
thing it makes is a picture, train_mnist.png: the loss over the epochs, and some digits with the gradient of the loss by
their pixels. That needs matplotlib, and the progress bar tqdm; without them the training is the same.
"""

import argparse
import gzip
import itertools
import math
import sys
from pathlib import Path

import numpy as np
from numba import njit

from adtrans import differentiate, grad

DATA = Path(__file__).parent / "data" / "mnist10k.npz"
TRAINING_DIGITS = 9_000  # of the 10,000; the others are for testing
CLASSES = 10


@differentiate(argnums=("W1", "b1", "W2", "b2"))
def loss(W1, b1, W2, b2, X, labels):
    """The mean cross-entropy of a network with one hidden layer, for the images `X`: (batch, pixels)."""
    hidden = np.maximum(X @ W1 + b1, 0)
    logits = hidden @ W2 + b2
    total = 0.0
    for i in range(len(labels)):
        # -log(softmax): the highest logit is taken out of the exponentials, so that none can overflow
        highest = np.max(logits[i])
        log_norm = highest + np.log(np.sum(np.exp(logits[i] - highest)))
        total += log_norm - logits[i, labels[i]]
    return total / len(labels)


@njit
def train_epoch(W1, b1, W2, b2, images, labels, order, batch, lr):
    """The mean loss on the way through the images in the given order; the weights are changed in place."""
    total = 0.0
    for start in range(0, len(order), batch):
        chosen = order[start : start + batch]
        value, gradient = loss.value_and_grad(W1, b1, W2, b2, images[chosen], labels[chosen])
        W1_bar, b1_bar, W2_bar, b2_bar = gradient
        descend(W1, W1_bar, lr)
        descend(b1, b1_bar, lr)
        descend(W2, W2_bar, lr)
        descend(b2, b2_bar, lr)
        total += value * len(chosen)
    return total / len(order)


@njit
def descend(weights, gradient, lr):
    """One step of gradient descent; the loop makes no temporary arrays."""
    w, g = weights.ravel(), gradient.ravel()
    for i in range(w.size):
        w[i] -= lr * g[i]


def initial_weights(sizes, dtype, rng):
    """W1, b1, W2, b2 ...: uniform within 1 / sqrt(inputs), as PyTorch's `nn.Linear` has them."""
    weights = []
    for inputs, outputs in itertools.pairwise(sizes):
        bound = inputs**-0.5
        weights.append(rng.uniform(-bound, bound, (inputs, outputs)).astype(dtype))
        weights.append(rng.uniform(-bound, bound, outputs).astype(dtype))
    return weights


def accuracy(weights, images, labels):
    """The share of the images whose highest logit is the right one."""
    W1, b1, W2, b2 = weights
    logits = np.maximum(images @ W1 + b1, 0) @ W2 + b2
    return float(np.mean(np.argmax(logits, axis=1) == labels))


def load_digits(folder, dtype):
    """((images, labels) to train on, (images, labels) to test): images (n, pixels) between 0 and 1."""
    if folder is None:
        with np.load(DATA) as file:
            images, labels = file["images"], file["labels"]
        split = slice(TRAINING_DIGITS), slice(TRAINING_DIGITS, None)
        pairs = [(images[part], labels[part]) for part in split]
    else:
        pairs = [
            (read_idx(folder, f"{part}-images-idx3-ubyte"), read_idx(folder, f"{part}-labels-idx1-ubyte"))
            for part in ("train", "t10k")
        ]
    return [((i.reshape(len(i), -1) / 255).astype(dtype), n.astype(np.int64)) for i, n in pairs]


def read_idx(folder, name):
    """The uint8 array of an IDX file: two zeros, 8 for uint8, the rank, the shape in big-endian int32, the data.

    Raises: FileNotFoundError where the folder has neither the file nor that with .gz; ValueError for other contents.
    """
    plain, zipped = Path(folder, name), Path(folder, name + ".gz")
    if not plain.exists() and not zipped.exists():
        raise FileNotFoundError(f"{folder} has neither {name} nor {name}.gz")
    content = plain.read_bytes() if plain.exists() else gzip.decompress(zipped.read_bytes())
    if content[:3] == b"\0\0\x08" and len(content) > 3:
        shape = [int.from_bytes(content[4 * k : 4 * k + 4], "big") for k in range(1, content[3] + 1)]
        start = 4 + 4 * len(shape)
        if len(content) == start + math.prod(shape):
            return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
    raise ValueError(f"{name} in {folder} is not an IDX file of uint8")


def epochs_of(target, weights, images, labels):
    """What runs an epoch, given the order of the images, the batch and the step: the mean loss on the way."""
    if target == "cpu":
        return lambda *step: train_epoch(*weights, images, labels, *step)
    from mnist_on_gpu import Trainer

    trainer = Trainer(differentiate(loss, target="cuda").value_and_grad, weights, images, labels)

    def epoch(*step):
        mean = trainer.epoch(*step)
        trainer.copy_back()
        return mean

    return epoch


def train(weights, digits, test_digits, epochs, batch, lr, rng, target="cpu"):
    """The loss of each epoch; the weights are changed in place."""
    images, labels = digits
    losses = []
    run_epoch = epochs_of(target, weights, images, labels)
    with progress(epochs) as bar:
        for epoch in range(1, epochs + 1):
            order = rng.permutation(len(labels))
            losses.append(run_epoch(order, batch, images.dtype.type(lr)))
            bar.write(f"epoch {epoch:3}   loss {losses[-1]:.4f}   accuracy {accuracy(weights, *test_digits):.1%}")
            bar.update()
    return losses


def progress(epochs):
    """A progress bar, or where tqdm is missing something that only prints."""
    try:
        from tqdm import tqdm
    except ImportError:
        return PlainProgress()
    return tqdm(total=epochs, unit="epoch")


class PlainProgress:
    """What `train` uses of tqdm."""

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        pass

    def write(self, line):
        print(line)

    def update(self):
        pass


def draw(path, losses, weights, images, labels):
    """Write a picture of the loss, and of the images beside the gradient of the loss by their pixels."""
    from matplotlib.figure import Figure

    pixel_gradients = grad(loss, argnums="X")(*weights, images, labels)
    figure = Figure(figsize=(12, 5), layout="constrained")
    curve, gallery = figure.subfigures(1, 2, width_ratios=(2, 3))
    axes = curve.subplots()
    axes.plot(range(1, len(losses) + 1), losses, marker="o")
    axes.set(title="Training", xlabel="epoch", ylabel="loss")
    cells = gallery.subplots(4, len(images) // 2, subplot_kw={"xticks": [], "yticks": []})
    gallery.suptitle("Test digits; below each, the gradient of the loss by its pixels\n(red: ink here raises the loss)")
    for k, (image, gradient) in enumerate(zip(images, pixel_gradients, strict=True)):
        row, column = 2 * (k // cells.shape[1]), k % cells.shape[1]
        side = int(image.size**0.5)
        cells[row, column].imshow(image.reshape(side, side), cmap="gray_r")
        cells[row, column].set_title(str(labels[k]))
        limit = np.abs(gradient).max()
        cells[row + 1, column].imshow(gradient.reshape(side, side), cmap="RdBu_r", vmin=-limit, vmax=limit)
    figure.savefig(path, dpi=120)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=10, help="times through the training digits (default: 10)")
    parser.add_argument("--batch", type=int, default=64, help="digits in a step (default: 64)")
    parser.add_argument("--lr", type=float, default=0.01, help="length of a step (default: 0.01)")
    parser.add_argument("--hidden", type=int, default=128, help="hidden units (default: 128)")
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float32", help="(default: float32)")
    parser.add_argument("--target", choices=("cpu", "cuda"), default="cpu", help="where to train (default: cpu)")
    parser.add_argument("--seed", type=int, default=0, help="of the weights and the order of the digits (default: 0)")
    parser.add_argument(
        "--data", metavar="FOLDER", help="where the IDX files of MNIST are (default: 10,000 digits here)"
    )
    parser.add_argument("--out", metavar="FOLDER", default=".", help="where the picture goes (default: here)")
    return parser.parse_args()


def main():
    """Train, say how it goes, draw."""
    args = parse_arguments()
    rng = np.random.default_rng(args.seed)
    try:
        digits, test_digits = load_digits(args.data, np.dtype(args.dtype))
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    print(f"{len(digits[1])} digits to train on, {len(test_digits[1])} to test")
    weights = initial_weights((digits[0].shape[1], args.hidden, CLASSES), args.dtype, rng)
    losses = train(weights, digits, test_digits, args.epochs, args.batch, args.lr, rng, args.target)

    path = Path(args.out, "train_mnist.png")
    path.parent.mkdir(parents=True, exist_ok=True)
    images, labels = test_digits
    try:
        draw(path, losses, weights, images[:10], labels[:10])
    except ImportError:
        print("No picture: matplotlib is not installed.")
    else:
        print(f"{path} shows the loss and some pixel gradients")


if __name__ == "__main__":
    main()
