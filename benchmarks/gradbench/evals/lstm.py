"""The loss of a network of long short-term memory that predicts text: GradBench, evals/lstm.

All weight matrices are diagonal. Two rows for a layer: of `main`, first the weights, then the biases, each for the
forget, the input and the output gate and the change of the cell; of `state`, what is handed on, then the cell. The rows
of `extra` are the weights of the input, and the weights and biases of the output.
"""

import math

import numpy as np

from adtrans import differentiate
from evals import Task


def sigmoid(x):
    return 1.0 / (1.0 + math.exp(-x))


@differentiate(argnums=("main", "extra"))
def loss(main, extra, state, text):
    """The mean negative log-likelihood of each character of `text` after those before it."""
    layers = len(main) // 2
    size = main.shape[1] // 4
    state = state.copy()
    prediction = np.empty(size)
    total = 0.0
    for t in range(len(text) - 1):
        for b in range(size):
            signal = text[t, b] * extra[0, b]
            for layer in range(layers):
                weights, biases = main[2 * layer], main[2 * layer + 1]
                hidden = state[2 * layer, b]
                forget = sigmoid(signal * weights[b] + biases[b])
                ingate = sigmoid(hidden * weights[size + b] + biases[size + b])
                outgate = sigmoid(signal * weights[2 * size + b] + biases[2 * size + b])
                change = math.tanh(hidden * weights[3 * size + b] + biases[3 * size + b])
                cell = state[2 * layer + 1, b] * forget + ingate * change
                signal = outgate * math.tanh(cell)
                state[2 * layer + 1, b] = cell
                state[2 * layer, b] = signal
            prediction[b] = signal * extra[1, b] + extra[2, b]
        mass = 2.0
        for b in range(size):
            mass += math.exp(prediction[b])
        log_mass = math.log(mass)
        for b in range(size):
            total += text[t + 1, b] * (prediction[b] - log_mass)
    return -total / ((len(text) - 1) * size)


def prepare(given):
    return tuple(np.array(given[name]) for name in ("main_params", "extra_params", "state", "sequence"))


def answer(bars):
    return np.concatenate([bar.ravel() for bar in bars]).tolist()


TASKS = {"objective": Task(prepare, loss, float), "jacobian": Task(prepare, loss.grad, answer)}
