"""Generated modules with `prange` loops run by Python itself, in any number of chunks, and looked at for races.

While a `prange` loop runs, which of its iterations read and which wrote each address in memory is recorded: no address
that one iteration writes may be read or written by another.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager

import numba
import numpy as np
import pytest
from uncompiled import names_of

from adtrans import helpers
from adtrans.pipeline import generate
from adtrans.transforms import threads


class Race(AssertionError):
    """Two iterations of a `prange` loop use the same memory, and one of them writes to it."""


class Recorder:
    """`iteration`: the one that runs; `reads`, `writes`: by address the iterations that did; `kept`: arrays made in the
    loop, of which no other may get the memory."""

    def __init__(self):
        self.iteration: int | None = None
        self.loops = 0
        self.begin()

    def begin(self) -> None:
        self.reads, self.writes, self.kept = defaultdict(set), defaultdict(set), []

    def prange(self, count: int):
        assert self.iteration is None, "a prange loop inside another"
        self.loops += 1
        self.begin()
        for self.iteration in range(count):
            yield self.iteration
        self.iteration = None
        for address, writers in self.writes.items():
            if len(writers | self.reads[address]) > 1:
                raise Race(f"iterations {sorted(writers | self.reads[address])}")

    def note(self, found: dict, array: np.ndarray, index) -> None:
        if self.iteration is None:
            return
        part = np.ndarray.__getitem__(array, (*index, ...) if isinstance(index, tuple) else (index, ...))
        start = part.__array_interface__["data"][0]
        for place in np.ndindex(part.shape):
            found[start + sum(k * stride for k, stride in zip(place, part.strides, strict=True))].add(self.iteration)

    def made(self, array: np.ndarray) -> np.ndarray:
        array = array.view(Recorded)
        array.recorder = self
        if self.iteration is not None:
            self.kept.append(array)
        return array


class Recorded(np.ndarray):
    """An array that notes which of its elements are read and written."""

    recorder: Recorder | None = None

    def __array_finalize__(self, other):
        self.recorder = getattr(other, "recorder", None)

    def __getitem__(self, index):
        item = super().__getitem__(index)
        if self.recorder and not isinstance(item, np.ndarray):
            self.recorder.note(self.recorder.reads, self, index)
        return item

    def __setitem__(self, index, value):
        if self.recorder:
            self.recorder.note(self.recorder.writes, self, index)
        super().__setitem__(index, value)

    def copy(self, order="C"):
        if self.recorder:
            self.recorder.note(self.recorder.reads, self, ())
        new = super().copy(order)
        return self.recorder.made(new) if self.recorder else new


class RecordedNumPy:
    """NumPy whose new arrays are recorded; of empty ones reading shows."""

    def __init__(self, recorder: Recorder):
        self.recorder = recorder

    def __getattr__(self, name: str):
        return getattr(np, name)

    def empty(self, shape, dtype=np.float64):
        a = np.empty(shape, dtype)
        a.fill(np.nan if a.dtype.kind == "f" else 2**40 if a.dtype.kind == "i" and a.dtype.itemsize == 8 else 0)
        return self.recorder.made(a)

    def zeros(self, shape, dtype=np.float64):
        return self.recorder.made(np.zeros(shape, dtype))


@contextmanager
def eager():
    """Every loop runs in threads that can, however short it is, and what their chunks add is added up by threads."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threads, "LEAST", 0)
        patch.setattr(threads, "MINOR", 1000)
        patch.setattr(threads, "is_part", lambda *_: False)
        patch.setitem(helpers.SOURCE, "add_chunks", helpers.SOURCE["add_chunks"].replace("2**13", "2"))
        yield


def parallel_module(fn, args, argnums: tuple, mode: str, fastmath=None):
    """The module in which every loop runs in threads that can."""
    options = {} if fastmath is None else {"fastmath": fastmath}
    with eager():
        return generate(fn, tuple(map(numba.typeof, args)), argnums, mode, single=False, parallel=True, **options)


def recorded(text: str, name: str, chunks: int):
    """The function `name` of a module, uncompiled, its loops in so many chunks; and the recorder of what it does."""
    names, recorder = names_of(text), Recorder()
    names |= {"np": RecordedNumPy(recorder), "prange": recorder.prange}
    names["_chunks"] = lambda trips, work, shared: max(1, min(chunks, trips))
    function = names[name]

    def run(*args):
        return function(*(recorder.made(a.copy(order="K")) if isinstance(a, np.ndarray) else a for a in args))

    return run, recorder
