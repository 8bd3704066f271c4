"""A grid that runs a kernel's Python, thread after thread, and notes who reads and writes what.

Values need no GPU for this, nor a compiler; and a run in order, which is right in spite of a race, shows the race.
"""

import itertools
import math
from types import FunctionType, SimpleNamespace

import numpy as np


class Noted:
    """An array of which every access is noted, by element, with the thread that makes it."""

    def __init__(self, values, ids, notes, cuda):
        self.values, self.ids, self.notes, self.cuda = values, ids, notes, cuda
        self.shape, self.size, self.ndim, self.dtype = values.shape, values.size, values.ndim, values.dtype

    def _note(self, index, kind):
        self.notes.setdefault(int(self.ids[index]), set()).add((self.cuda.thread, kind))

    def __getitem__(self, index):
        if np.ndim(self.values[index]):
            return Noted(self.values[index], self.ids[index], self.notes, self.cuda)
        self._note(index, "read")
        return self.values[index]

    def __setitem__(self, index, value):
        self._note(index, "write")
        self.values[index] = value

    def add(self, index, value):
        self._note(index, "add")
        self.values[index] += value


class Cuda:
    """What a kernel finds under the name `cuda`, for the thread whose turn it is."""

    def __init__(self, blocks, threads):
        self.blocks, self.threads = blocks, threads
        self.blockDim, self.gridDim = _dim3(threads), _dim3(blocks)
        self.atomic = SimpleNamespace(add=lambda array, index, value: array.add(index, value))
        self.local = SimpleNamespace(array=_empty)
        self.thread = None

    def jit(self, *args, **options):
        return args[0] if args else lambda f: f

    def places(self):
        for block in itertools.product(*map(range, self.blocks)):
            for thread in itertools.product(*map(range, self.threads)):
                self.thread, self.blockIdx, self.threadIdx = (block, thread), _dim3(block), _dim3(thread)
                yield

    def grid(self, count):
        block, thread = self.thread
        found = tuple(b * n + t for b, n, t in zip(block, self.threads, thread, strict=True))
        return found[0] if count == 1 else found[:count]

    def gridsize(self, count):
        found = tuple(b * n for b, n in zip(self.blocks, self.threads, strict=True))
        return found[0] if count == 1 else found[:count]


def _dim3(numbers):
    return SimpleNamespace(**dict(zip("xyz", numbers, strict=True)))


def _empty(shape, dtype):
    """Memory that holds what nobody should read."""
    made = np.empty(shape, np.dtype(str(dtype)) if not isinstance(dtype, type) else dtype)
    made[...] = np.nan if made.dtype.kind == "f" else 99
    return made


def dims(lengths) -> tuple:
    given = lengths if isinstance(lengths, tuple) else (lengths,)
    return (*given, *(1,) * (3 - len(given)))


def run(kernel, blocks, threads, args) -> list:
    """Runs `kernel` on arrays, in place. For each argument, by element: who has read, written or added to it."""
    cuda = Cuda(dims(blocks), dims(threads))
    fn = _with_globals(kernel, cuda)
    notes = [{} for _ in args]
    given = [
        Noted(a, np.arange(a.size).reshape(a.shape), note, cuda) if isinstance(a, np.ndarray) else a
        for a, note in zip(args, notes, strict=True)
    ]
    for _ in cuda.places():
        fn(*given)
    return notes


def _with_globals(kernel, cuda):
    """The kernel's Python function, and the device functions that it calls, with `cuda` for `numba.cuda`."""
    fn = getattr(kernel, "py_func", kernel)
    found = dict(fn.__globals__)
    for name in fn.__code__.co_names:
        if hasattr(found.get(name), "py_func"):
            found[name] = _with_globals(found[name], cuda)
    return FunctionType(fn.__code__, found | {"cuda": cuda}, fn.__name__, fn.__defaults__)


def races(notes) -> list:
    """The elements, as (argument, element), that one thread writes and another one uses, but for atomic sums alone."""
    return [(k, element) for k, found in enumerate(notes) for element, uses in found.items() if _is_race(uses)]


def _is_race(uses) -> bool:
    return any(a[0] != b[0] and _meet(a[1], b[1]) for a, b in itertools.combinations(uses, 2))


def _meet(one, other) -> bool:
    return one != other or one == "write"


def launched(text: str, blocks, threads, args, **options) -> list:
    """Runs the launch function of a generated module on this grid; the notes as of `run`."""
    return _launched(
        text, lambda kernel, grid: lambda *given: run(kernel, *grid[:2], given), blocks, threads, args, options
    )


def given(text: str, blocks, threads, args) -> tuple:
    """The kernel of a generated module, uncompiled, and what its launch function gives it."""
    return _launched(text, lambda kernel, _: lambda *given: (kernel, given), blocks, threads, args, {})


def _launched(text: str, configured, blocks, threads, args, options: dict):
    """What `configured(kernel, grid)` returns when the launch function calls it."""
    made = []

    class Kernel:
        def __init__(self, fn):
            self.fn = fn

        def __getitem__(self, grid):
            return lambda *args: made.append(configured(self.fn, grid)(*args))

    class Array(np.ndarray):
        def copy_to_host(self, stream):
            return self

    cuda = SimpleNamespace(
        jit=Kernel,
        device_array=lambda shape, dtype, stream: np.full(shape, np.nan).astype(dtype),
        to_device=lambda array, stream: array.view(Array),
    )
    found = {"np": np, "math": math, "cuda": cuda}
    exec(compile(text.replace("from numba import cuda", ""), "<generated>", "exec"), found)
    launch = next(f for name, f in found.items() if name.startswith("launch_"))
    launch(dims(blocks), dims(threads), 0, *args, **options)
    return made[0]
