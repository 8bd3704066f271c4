"""The training step of benchmarks/train_mnist.py in each library: a network of 784-128-10, ReLU, cross-entropy, SGD.

Each function here takes the initial weights (W1, b1, W2, b2), the batches X (batches, batch, pixels) and their labels,
and a learning rate. It returns two functions: one that trains on the batches from `start` to `stop`, and one that
gives the weights as they are then. Raises ImportError where the library is missing.
"""

import importlib.util
import os
from pathlib import Path

import numpy as np
from numba import njit


def load_example():
    """The module examples/train_mnist.py: its loss is what the benchmark is about."""
    path = Path(__file__).parents[1] / "examples" / "train_mnist.py"
    spec = importlib.util.spec_from_file_location("example_train_mnist", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def adtrans(weights, X, labels, lr):
    """The example's loss and update; the loop over the batches is compiled too."""
    example = load_example()
    loss, descend = example.loss, example.descend

    @njit
    def train(W1, b1, W2, b2, X, labels, lr):
        for k in range(len(X)):
            _, (W1_bar, b1_bar, W2_bar, b2_bar) = loss.value_and_grad(W1, b1, W2, b2, X[k], labels[k])
            descend(W1, W1_bar, lr)
            descend(b1, b1_bar, lr)
            descend(W2, W2_bar, lr)
            descend(b2, b2_bar, lr)

    return compiled_contender(train, weights, X, labels, lr)


def numba_by_hand(weights, X, labels, lr):
    """The same in Numba with a gradient by hand, as fast as we know how."""

    @njit
    def train(W1, b1, W2, b2, X, labels, lr):
        for k in range(len(X)):
            step_by_hand(W1, b1, W2, b2, X[k], labels[k], lr)

    return compiled_contender(train, weights, X, labels, lr)


def products_alone(weights, X, labels, lr):
    """Nothing but the step's five matrix products, into arrays that are there already."""
    W1, _, W2, _ = weights
    hidden, logits = np.zeros((X.shape[1], W1.shape[1]), X.dtype), np.zeros((X.shape[1], W2.shape[1]), X.dtype)

    @njit
    def train(W1, W2, X, hidden, logits, W1_bar, W2_bar):
        for k in range(len(X)):
            np.dot(X[k], W1, hidden)
            np.dot(hidden, W2, logits)
            np.dot(hidden.T, logits, W2_bar)
            np.dot(logits, W2.T, hidden)
            np.dot(X[k].T, hidden, W1_bar)

    W1_bar, W2_bar = np.zeros_like(W1), np.zeros_like(W2)
    return lambda start, stop: train(W1, W2, X[start:stop], hidden, logits, W1_bar, W2_bar), lambda: weights


def compiled_contender(train, weights, X, labels, lr):
    """The two functions of a contender whose loop over the batches is compiled and changes the weights in place."""
    weights, lr = [w.copy() for w in weights], X.dtype.type(lr)
    return lambda start, stop: train(*weights, X[start:stop], labels[start:stop], lr), lambda: weights


@njit(fastmath={"reassoc", "contract", "arcp", "nsz"})
def step_by_hand(W1, b1, W2, b2, X, labels, lr):
    """One step of gradient descent; each product's result is also where what follows is computed."""
    zero, share = X.dtype.type(0), X.dtype.type(1 / len(X))
    hidden = np.dot(X, W1)
    for i in range(hidden.shape[0]):
        for j in range(hidden.shape[1]):
            hidden[i, j] = max(hidden[i, j] + b1[j], zero)
    logits_bar = np.dot(hidden, W2)
    for i in range(len(logits_bar)):
        softmax_minus_label(logits_bar[i], b2, labels[i], share)
    hidden_bar = np.dot(logits_bar, W2.T)
    b1_bar = np.zeros_like(b1)
    for i in range(hidden.shape[0]):
        for j in range(hidden.shape[1]):
            hidden_bar[i, j] = hidden_bar[i, j] if hidden[i, j] > zero else zero
            b1_bar[j] += hidden_bar[i, j]
    descend_by_hand(W1, np.dot(X.T, hidden_bar), lr)
    descend_by_hand(W2, np.dot(hidden.T, logits_bar), lr)
    for j in range(len(b1)):
        b1[j] -= lr * b1_bar[j]
    for i in range(len(logits_bar)):
        for j in range(len(b2)):
            b2[j] -= lr * logits_bar[i, j]


@njit(fastmath={"reassoc", "contract", "arcp", "nsz"})
def softmax_minus_label(row, bias, label, share):
    """From an image's logits, bias not yet added, to the cotangent of the logits, in place."""
    highest = row[0] + bias[0]
    for j in range(len(row)):
        row[j] += bias[j]
        highest = max(highest, row[j])
    total = row.dtype.type(0)
    for j in range(len(row)):
        row[j] = np.exp(row[j] - highest)
        total += row[j]
    scale = share / total
    for j in range(len(row)):
        row[j] *= scale
    row[label] -= share


@njit(fastmath={"reassoc", "contract", "arcp", "nsz"})
def descend_by_hand(W, W_bar, lr):
    """W -= lr * W_bar, in place."""
    for i in range(W.shape[0]):
        for j in range(W.shape[1]):
            W[i, j] -= lr * W_bar[i, j]


def pytorch(weights, X, labels, lr):
    """nn.Module, loss.backward(), optim.SGD."""
    import torch
    from torch import nn

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden = nn.Linear(*weights[0].shape)
            self.output = nn.Linear(*weights[2].shape)

        def forward(self, x):
            return self.output(torch.relu(self.hidden(x)))

    model = Network()
    for parameter, w in zip(model.parameters(), weights, strict=True):
        parameter.data = torch.from_numpy(w.T.copy())  # its matrices are (outputs, inputs)
    optimizer = torch.optim.SGD(model.parameters(), lr)
    criterion = nn.CrossEntropyLoss()
    X, labels = torch.from_numpy(X), torch.from_numpy(labels)

    def train(start, stop):
        for k in range(start, stop):
            optimizer.zero_grad()
            loss = criterion(model(X[k]), labels[k])
            loss.backward()
            optimizer.step()

    return train, lambda: [p.detach().numpy().T for p in model.parameters()]


def jax(weights, X, labels, lr):
    """value_and_grad and the update compiled together; the old weights' memory is given to the new."""
    import jax
    from jax import numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def loss(weights, X, labels):
        W1, b1, W2, b2 = weights
        logits = jnp.maximum(X @ W1 + b1, 0) @ W2 + b2
        right = jnp.take_along_axis(logits, labels[:, None], axis=1)[:, 0]
        return jnp.mean(jax.nn.logsumexp(logits, axis=1) - right)

    def step(weights, X, labels):
        value, gradient = jax.value_and_grad(loss)(weights, X, labels)
        return [w - lr * g for w, g in zip(weights, gradient, strict=True)], value

    step = jax.jit(step, donate_argnums=0)
    state = {"weights": [jnp.array(w) for w in weights]}
    X, labels = [jnp.array(x) for x in X], [jnp.array(n) for n in labels]

    def train(start, stop):
        for k in range(start, stop):
            state["weights"], _ = step(state["weights"], X[k], labels[k])
        jax.block_until_ready(state["weights"])

    return train, lambda: [np.asarray(w) for w in state["weights"]]


def tensorflow_eager(weights, X, labels, lr):
    """A Keras model and GradientTape, run as it is written."""
    return tensorflow(weights, X, labels, lr, compiled=False)


def tensorflow_function(weights, X, labels, lr):
    """A Keras model and GradientTape under tf.function."""
    return tensorflow(weights, X, labels, lr, compiled=True)


def tensorflow(weights, X, labels, lr, compiled):
    """A Keras model and GradientTape."""
    import tensorflow as tf

    threads = int(os.environ.get("OMP_NUM_THREADS", "0"))
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    tf.keras.backend.set_floatx(X.dtype.name)
    model = tf.keras.Sequential(
        [
            tf.keras.Input((weights[0].shape[0],)),
            tf.keras.layers.Dense(weights[0].shape[1], activation="relu"),
            tf.keras.layers.Dense(weights[2].shape[1]),
        ]
    )
    model.set_weights(weights)
    optimizer = tf.keras.optimizers.SGD(lr)
    criterion = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    X, labels = [tf.constant(x) for x in X], [tf.constant(n) for n in labels]

    def step(X, labels):
        with tf.GradientTape() as tape:
            loss = criterion(labels, model(X, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    step = tf.function(step) if compiled else step

    def train(start, stop):
        for k in range(start, stop):
            step(X[k], labels[k])

    return train, model.get_weights
