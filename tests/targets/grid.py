"""A grid that runs a kernel's Python, thread after thread, and notes who reads and writes what.

Values need no GPU for this, nor a compiler; and a run in order, which is right in spite of a race, shows the race.
"""

import itertools
import math
import threading
from types import FunctionType, SimpleNamespace

import numpy as np


class Noted:
    """An array of which every access is noted, by element, with the thread that makes it and how many barriers the
    thread has passed."""

    def __init__(self, values, ids, notes, cuda):
        self.values, self.ids, self.notes, self.cuda = values, ids, notes, cuda
        self.shape, self.size, self.ndim, self.dtype = values.shape, values.size, values.ndim, values.dtype

    def _note(self, index, kind):
        who = (self.cuda.block, self.cuda.thread, self.cuda.passed[self.cuda.thread])
        self.notes.setdefault(int(self.ids[index]), set()).add((*who, kind))

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
        self.shared = SimpleNamespace(array=self._shared_array)
        self.shared_notes = []

    def run(self, fn):
        """Runs every block: its threads one at a time, each from one barrier to the next."""
        for block in itertools.product(*map(range, self.blocks)):
            self.block = block
            every = list(itertools.product(*map(range, self.threads)))
            self.arrays, self.made = [], dict.fromkeys(every, 0)
            self.passed = dict.fromkeys(every, 0)
            going = {thread: Turn(fn) for thread in every}
            while going:
                for thread in list(going):
                    self.thread, self.turn = thread, going[thread]
                    if self.turn.take():
                        del going[thread]
                    else:
                        self.passed[thread] += 1

    def syncthreads(self):
        self.turn.end()

    @property
    def blockIdx(self):
        return _dim3(self.block)

    @property
    def threadIdx(self):
        return _dim3(self.thread)

    def _shared_array(self, shape, dtype):
        number = self.made[self.thread]
        self.made[self.thread] += 1
        if number == len(self.arrays):
            values = _empty(shape, dtype)
            self.shared_notes.append({})
            ids = np.arange(values.size).reshape(values.shape)
            self.arrays.append(Noted(values, ids, self.shared_notes[-1], self))
        return self.arrays[number]

    def grid(self, count):
        found = tuple(b * n + t for b, n, t in zip(self.block, self.threads, self.thread, strict=True))
        return found[0] if count == 1 else found[:count]

    def gridsize(self, count):
        found = tuple(b * n for b, n in zip(self.blocks, self.threads, strict=True))
        return found[0] if count == 1 else found[:count]


class Turn:
    """A thread of a block, which runs only in its turns: they end where it waits for the others."""

    def __init__(self, fn):
        self.mine, self.others, self.error, self.done = threading.Semaphore(0), threading.Semaphore(0), None, False
        self.worker = threading.Thread(target=self._work, args=(fn,), daemon=True)
        self.worker.start()

    def _work(self, fn):
        self.mine.acquire()
        try:
            fn()
        except Exception as error:
            self.error = error
        self.done = True
        self.others.release()

    def take(self) -> bool:
        """Whether the thread has come to its end."""
        self.mine.release()
        self.others.acquire()
        if self.error:
            raise self.error
        return self.done

    def end(self):
        self.others.release()
        self.mine.acquire()


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
    cuda.run(lambda: fn(*given))
    return notes + cuda.shared_notes


def _with_globals(kernel, cuda):
    """The kernel's Python function, and the device functions that it calls, with `cuda` for `numba.cuda`."""
    fn = getattr(kernel, "py_func", kernel)
    found = dict(fn.__globals__)
    for name in fn.__code__.co_names:
        if hasattr(found.get(name), "py_func"):
            found[name] = _with_globals(found[name], cuda)
    return FunctionType(fn.__code__, found | {"cuda": cuda}, fn.__name__, fn.__defaults__)


def on_the_grid(function):
    """A device function, uncompiled, as the one thread of a grid calls it."""
    return _with_globals(function, Cuda((1, 1, 1), (1, 1, 1)))


def races(notes) -> list:
    """The elements, as (argument, element), that one thread writes and another one uses, but for atomic sums alone."""
    return [(k, element) for k, found in enumerate(notes) for element, uses in found.items() if _is_race(uses)]


def _is_race(uses) -> bool:
    return any(_meet(*pair) for pair in itertools.combinations(uses, 2))


def _meet(one, other) -> bool:
    """Whether the order of two accesses of an element matters, and nothing gives them one."""
    block, thread, passed, kind = one
    if (block, thread) == other[:2] or (block == other[0] and passed != other[2]):
        return False
    return kind != other[3] or kind == "write"


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
        device_array=lambda shape, dtype, stream: _empty(shape, dtype),
        to_device=lambda array, stream: array.view(Array),
    )
    found = {"np": np, "math": math, "cuda": cuda}
    exec(compile(text.replace("from numba import cuda", ""), "<generated>", "exec"), found)
    launch = next(f for name, f in found.items() if name.startswith("launch_"))
    launch(dims(blocks), dims(threads), 0, *args, **options)
    return made[0]
