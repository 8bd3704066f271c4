"""A folder with a program, and a function that runs the command line in it."""

import pytest

from adtrans.cli import main

MODEL = '''\
"""A model."""
import math

import numba
import numpy as np
from numba import njit

from adtrans import differentiate, grad

print("noise on import")


def loss(w: "float64[:, :]", b: "float64[:]", x: "float64[:]", n: int, s: float):
    total = 0.0
    for i in range(n):
        s = math.sin(s) * x[i]
        total += s
    return total + np.sum(np.tanh(w @ x + b))


@njit
def fast(x, k):
    return np.sum(np.exp(x)) * k


@differentiate(argnums=("b", "a"), fastmath=False)
def both(a: np.float32, b: numba.float32[:]):
    return a * np.sum(b * b)


def logarithms(x: "float64[:]"):
    return np.sum(np.log(x))


def eigenvalues(x: "float64[:, :]"):
    return np.linalg.eigvals(x).sum()


def any_array(x: np.ndarray):
    return x.sum()


both_grad = grad(both)

if __name__ == "__main__":
    raise SystemExit("run as a program")
'''


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An own current folder with model.py."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.py").write_text(MODEL)
    return tmp_path


@pytest.fixture
def edit(folder):
    """A function that changes the text of model.py."""

    def replace(old, new):
        text = (folder / "model.py").read_text()
        assert old in text
        (folder / "model.py").write_text(text.replace(old, new))

    return replace


@pytest.fixture
def cli(capsys):
    """A function that runs a command line: exit code, standard output, standard error without the model's noise."""

    def run(*argv):
        code = main(argv)
        out, err = capsys.readouterr()
        return code, out, err.replace("noise on import\n", "")

    return run
