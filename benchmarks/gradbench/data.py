"""The inputs on which `compare` times the evals, made as GradBench's evals make theirs."""

import json

import numpy as np

SEED = 31337
MIXTURES = [
    (2, 5, 1000),
    (2, 25, 1000),
    (10, 25, 1000),
    (32, 25, 1000),
    (64, 5, 1000),
    (64, 25, 1000),
    (10, 25, 10_000),
]  # (d, K, n)


def gmm():
    for d, k, n in MIXTURES:
        yield f"d={d} K={k} n={n}", mixture(d, k, n, 0, 1.0)
    yield "d=10 K=25 n=1000 m=2 gamma=1.5", mixture(10, 25, 1000, 2, 1.5)


def mixture(d, k, n, m, gamma):
    rng = np.random.default_rng(seed=SEED)
    drawn = {
        "x": rng.normal(size=(n, d)),
        "alpha": rng.normal(size=k),
        "mu": rng.uniform(size=(k, d)),
        "q": rng.normal(size=(k, d)),
        "l": rng.normal(size=(k, d * (d - 1) // 2)),
    }
    return {"d": d, "k": k, "n": n, "m": m, "gamma": gamma} | {name: array.tolist() for name, array in drawn.items()}


def lse():
    rng = np.random.RandomState(SEED)
    for n in (2500, 20_000, 320_000):
        yield f"n={n}", {"x": rng.rand(n).tolist()}


def llsq():
    rng = np.random.RandomState(SEED)
    for n in (16, 256, 4096, 16_392):
        yield f"n={n} m=128", {"x": rng.rand(128).tolist(), "n": n}


def ode():
    """First one that is so small that the gradient is not all zeros to the last bits."""
    rng = np.random.RandomState(SEED)
    for n, s in ((8, 100), (1000, 1), (1000, 100), (10_000, 10), (10_000, 100)):
        yield f"n={n} s={s}", {"x": rng.rand(n).tolist(), "s": s}


def det():
    rng = np.random.RandomState(SEED)
    for size in (5, 7, 8, 9):
        yield f"{size}", {"A": rng.rand(size * size).tolist(), "ell": size}


def lstm():
    """Random text: 14 bits for a character."""
    rng = np.random.RandomState(SEED)
    bits = 14
    for layers, length in ((2, 1024), (4, 1024), (4, 4096)):
        shapes = {"state": (2 * layers, bits), "main_params": (2 * layers, 4 * bits), "extra_params": (3, bits)}
        given = {name: rng.random_sample(shape).tolist() for name, shape in shapes.items()}
        text = rng.randint(0, 2, (length, bits)).astype(float).tolist()
        yield f"l={layers} c={length}", {**given, "sequence": text}


def ba():
    camera = [-0.758453, -1.109613, -0.845551, 34.55, 39.67, 53.88, 419.19, 5.86, -8.51, 0.0878, 0.00274]
    observed = {"cam": camera, "x": [7.203245, 0.001144, 3.023326], "w": 0.417, "feat": [271.8, 834.2]}
    yield "n=49 m=7776 p=31843", {"n": 49, "m": 7776, "p": 31_843} | observed


def ht():
    """Random hands; the bones move little, as do those that GradBench has from measurements."""
    for title, in_triangles in (("simple c=100", False), ("complicated c=100", True)):
        yield title, hand(np.random.default_rng(SEED), 100, in_triangles)


def hand(rng, count, in_triangles):
    """A hand of 22 bones and 544 vertices, and `count` measured points."""
    bones, vertices, triangles = 22, 544, 1084
    model = {
        "bone_count": bones,
        "bone_names": [f"bone {i}" for i in range(bones)],
        "parents": [-1, *(0 if i % 4 == 0 else i for i in range(bones - 2)), 0],  # each finger a chain
        "base_relatives": affine(rng, bones),
        "inverse_base_absolutes": affine(rng, bones),
        "base_positions": np.c_[rng.normal(size=(vertices, 3)), np.ones(vertices)],
        "weights": rng.dirichlet(np.full(bones, 0.1), size=vertices),
        "triangles": rng.integers(0, vertices, (triangles, 3)),
        "is_mirrored": False,
    }
    given = {
        "theta": rng.normal(scale=0.3, size=26),
        "us": rng.random((count, 2)) / 2.0 if in_triangles else [],
        "data": {
            "model": model,
            "correspondences": rng.integers(0, triangles if in_triangles else vertices, count),
            "points": rng.normal(size=(count, 3)),
        },
    }
    return json.loads(json.dumps(given, default=lambda value: value.tolist()))


def affine(rng, count):
    """Matrices near the identity, with a last row of 0, 0, 0, 1."""
    matrices = np.tile(np.eye(4), (count, 1, 1))
    matrices[:, :3] += rng.normal(scale=0.1, size=(count, 3, 4))
    return matrices
