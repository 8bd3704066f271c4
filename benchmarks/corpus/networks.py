"""Layers of neural networks."""

import numpy as np
from numba import njit

from corpus import arrays, by_jax, loops, rng


def dense(n):
    """(w1, b1, w2, b2, x, y)"""
    r = rng()
    w1, b1, w2, b2 = r.standard_normal((6, 8)), r.standard_normal(8), r.standard_normal((8, 3)), r.standard_normal(3)
    return w1, b1, w2, b2, r.standard_normal((n, 6)), r.standard_normal((n, 3))


@arrays(dense, small=3, large=500, argnums=(0, 1, 2, 3), jax=True)
def perceptron(w1, b1, w2, b2, x, y):
    """The error of two layers; Rumelhart, Hinton and Williams, Nature 323 (1986)."""
    hidden = np.maximum(x @ w1 + b1, 0)
    return np.mean((hidden @ w2 + b2 - y) ** 2)


def convolution(n):
    """(images, filters, bias): batch, rows, columns, channels"""
    r = rng()
    return r.standard_normal((2, n, n, 2)), r.standard_normal((3, 3, 2, 3)), r.standard_normal(3)


@loops(convolution, small=4, large=28, argnums=(0, 1, 2))
def convolution_layer(x, w, b):
    """A convolution with a rectifier; LeCun, Bottou, Bengio and Haffner, Proc. IEEE 86 (1998), section II."""
    n, h, wd, c_in = x.shape
    k, c_out = w.shape[0], w.shape[3]
    out = np.empty((n, h - k + 1, wd - k + 1, c_out))
    for s in range(n):
        for i in range(h - k + 1):
            for j in range(wd - k + 1):
                for o in range(c_out):
                    total = b[o]
                    for di in range(k):
                        for dj in range(k):
                            for c in range(c_in):
                                total += x[s, i + di, j + dj, c] * w[di, dj, c, o]
                    out[s, i, j, o] = max(total, 0.0)
    return out


@by_jax(convolution_layer)
def _(jax, x, w, b):
    out = jax.lax.conv_general_dilated(x, w, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC"))
    return jax.numpy.maximum(out + b, 0.0)


@arrays(convolution, small=4, large=28, argnums=(0, 1, 2), jax=True)
def convolution_by_windows(x, w, b):
    """A convolution with a rectifier, one window at a time for all images; LeCun et al., Proc. IEEE 86 (1998)."""
    k = w.shape[0]
    h, wd = x.shape[1] - k + 1, x.shape[2] - k + 1
    out = np.zeros((x.shape[0], h, wd, w.shape[3]))
    for di in range(k):
        for dj in range(k):
            out = out + x[:, di : di + h, dj : dj + wd, :] @ w[di, dj]
    return np.maximum(out + b, 0)


@loops(lambda n: (rng().standard_normal((2 * n, 2 * n, 2)),), small=2, large=40)
def max_pooling(x):
    """The greatest of two by two; Goodfellow, Bengio and Courville, Deep Learning, 9.3."""
    h, w, channels = x.shape
    out = np.empty((h // 2, w // 2, channels))
    for i in range(h // 2):
        for j in range(w // 2):
            for c in range(channels):
                out[i, j, c] = np.max(x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2, c])
    return out


@by_jax(max_pooling)
def _(jax, x):
    h, w, channels = x.shape
    return jax.numpy.max(x.reshape(h // 2, 2, w // 2, 2, channels), (1, 3))


def attended(n):
    r = rng()
    return r.standard_normal((n, 4)), r.standard_normal((n, 4)), r.standard_normal((n, 4))


@arrays(attended, small=4, large=128, argnums=(0, 1, 2), jax=True)
def attention(q, k, v):
    """Scaled dot-product attention; Vaswani et al., Attention is all you need (2017), equation 1."""
    scores = q @ k.T / np.sqrt(q.shape[1])
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    return weights @ v


@arrays(
    lambda n: (rng().standard_normal((n, 8)), np.ones(8), np.zeros(8)), small=3, large=500, argnums=(0, 1, 2), jax=True
)
def layer_norm(x, gain, bias):
    """Rows with mean 0 and variance 1; Ba, Kiros and Hinton, Layer Normalization (2016), equation 4."""
    mean = np.mean(x, axis=-1, keepdims=True)
    variance = np.var(x, axis=-1, keepdims=True)
    return gain * (x - mean) / np.sqrt(variance + 1e-5) + bias


@njit
def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def recurrent(n):
    """(input weights, recurrent weights, bias, inputs) for four gates of five cells"""
    r = rng()
    return 0.5 * r.standard_normal((20, 3)), 0.5 * r.standard_normal((20, 5)), np.zeros(20), r.standard_normal((n, 3))


@loops(recurrent, small=3, large=100, argnums=(0, 1, 2))
def lstm(wx, wh, b, xs):
    """Long short-term memory; Gers, Schmidhuber and Cummins, Neural Computation 12 (2000)."""
    cells = wh.shape[1]
    h = np.zeros(cells)
    c = np.zeros(cells)
    for x in xs:
        gates = wx @ x + wh @ h + b
        i, f, g, o = gates[:cells], gates[cells : 2 * cells], gates[2 * cells : 3 * cells], gates[3 * cells :]
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
    return np.sum(h)


@by_jax(lstm)
def _(jax, wx, wh, b, xs):
    def step(state, x):
        h, c = state
        i, f, g, o = jax.numpy.split(wx @ x + wh @ h + b, 4)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jax.numpy.tanh(g)
        return (jax.nn.sigmoid(o) * jax.numpy.tanh(c), c), None

    start = jax.numpy.zeros(wh.shape[1])
    return jax.numpy.sum(jax.lax.scan(step, (start, start), xs)[0][0])


@loops(recurrent, small=3, large=100, argnums=(0, 1))
def elman_loops(wx, wh, b, xs):
    """A simple recurrent network, neuron by neuron; Elman, Cognitive Science 14 (1990)."""
    n = wh.shape[1]
    h = np.zeros(n)
    for t in range(xs.shape[0]):
        new = np.empty(n)
        for i in range(n):
            z = b[i]
            for j in range(xs.shape[1]):
                z += wx[i, j] * xs[t, j]
            for j in range(n):
                z += wh[i, j] * h[j]
            new[i] = np.tanh(z)
        h = new
    return h


@by_jax(elman_loops)
def _(jax, wx, wh, b, xs):
    n = wh.shape[1]

    def step(h, x):
        return jax.numpy.tanh(wx[:n] @ x + wh[:n] @ h + b[:n]), None

    return jax.lax.scan(step, jax.numpy.zeros(n), xs)[0]


def words(n):
    """(centres, contexts, pairs: centre, context, three others)"""
    r = rng()
    return r.standard_normal((n, 4)), r.standard_normal((n, 4)), r.integers(0, n, (n, 5))


@loops(words, small=5, large=1000, argnums=(0, 1))
def negative_sampling(centres, contexts, pairs):
    """The loss of word vectors; Mikolov et al., Distributed representations (2013), equation 4."""
    loss = 0.0
    for p in range(pairs.shape[0]):
        v = centres[pairs[p, 0]]
        loss -= np.log(1.0 / (1.0 + np.exp(-np.dot(v, contexts[pairs[p, 1]]))))
        for k in range(2, pairs.shape[1]):
            loss -= np.log(1.0 / (1.0 + np.exp(np.dot(v, contexts[pairs[p, k]]))))
    return loss / pairs.shape[0]


@by_jax(negative_sampling)
def _(jax, centres, contexts, pairs):
    v = centres[pairs[:, 0]]
    near = jax.nn.log_sigmoid(jax.numpy.sum(v * contexts[pairs[:, 1]], 1))
    far = jax.nn.log_sigmoid(-jax.numpy.einsum("pd,pkd->pk", v, contexts[pairs[:, 2:]]))
    return -jax.numpy.mean(near + jax.numpy.sum(far, 1))


@arrays(
    lambda n: (rng().standard_normal((n, 4)), rng().standard_normal((3, 4, 4))),
    small=3,
    large=64,
    argnums=(0, 1),
    jax=True,
)
def bilinear_scores(x, w):
    """Several bilinear forms of all pairs; Socher et al., Reasoning with neural tensor networks (2013), equation 1."""
    scores = np.einsum("ia,kab,jb->kij", x, w, x)
    return np.sum(np.tanh(scores))


@arrays(lambda n: (*dense(n)[:3], dense(n)[4]), small=4, large=500, argnums=(0, 1, 2), jax=True)
def gelu_and_softmax(w1, b1, w2, x):
    """The entropy of a classifier; Hendrycks and Gimpel, Gaussian error linear units (2016)."""
    z = x @ w1 + b1
    hidden = 0.5 * z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)))
    scores = hidden @ w2
    p = np.exp(scores - np.amax(scores, axis=1)[:, None])
    p /= p.sum(axis=1)[:, None]
    return -np.sum(p * np.log(p + 1e-12), axis=1).mean()
