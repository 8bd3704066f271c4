"""Generated functions for a GPU run by Python, block after block of one thread, the last block first.

Values need no GPU for this, nor a compiler, nor threads; where one block reads what another has written, or both write
one element, the order shows.
"""

from types import SimpleNamespace

import numpy as np

import adtrans

PRODUCTS = ("_multiply_float32", "_multiply_float64")


class OnGpu(np.ndarray):
    """What takes the place of an array on a GPU."""

    def copy_to_host(self, stream=0):
        return np.array(self)

    def is_c_contiguous(self):
        return self.flags.c_contiguous

    def reshape(self, *shape):
        """As on a GPU, which does not copy for this."""
        assert self.is_c_contiguous() or shape == self.shape
        return super().reshape(*shape)


class Blocks:
    """What a generated module finds under the name `cuda`."""

    def __init__(self):
        self.launches = 0
        self.blockDim, self.threadIdx = SimpleNamespace(x=1, y=1, z=1), SimpleNamespace(x=0, y=0, z=0)
        self.shared = self.local = SimpleNamespace(array=_empty)
        self.atomic = SimpleNamespace(add=_add)

    def jit(self, fn=None, device=False, **options):
        if fn is None:
            return lambda f: self.jit(f, device)
        return fn if device else _Kernel(fn, self)

    def run(self, fn, blocks, args):
        self.launches += 1
        x, y, z = (*((blocks,) if isinstance(blocks, int) else blocks), 1, 1)[:3]
        self.gridDim = SimpleNamespace(x=x, y=y, z=z)
        for n in reversed(range(x * y * z)):
            self.blockIdx = SimpleNamespace(x=n % x, y=n // x % y, z=n // x // y)
            fn(*args)

    def grid(self, axes):
        return _of_axes(self.blockIdx, axes)

    def gridsize(self, axes):
        return _of_axes(self.gridDim, axes)

    def syncthreads(self):
        pass

    def device_array(self, shape, dtype=np.float64, stream=0):
        array = np.empty(shape, dtype).view(OnGpu)
        array.view(np.uint8).fill(0xFF) if array.size else None  # NaN, where it is floating-point
        return array

    def to_device(self, array, stream=0):
        return array.copy().view(OnGpu)


class _Kernel:
    def __init__(self, fn, cuda):
        self.fn, self.cuda = fn, cuda

    def __getitem__(self, configuration):
        blocks, threads, _ = configuration
        assert np.prod(threads) == 1
        return lambda *args: self.cuda.run(self.fn, blocks, args)


def _of_axes(place, axes):
    return place.x if axes == 1 else (place.x, place.y, place.z)[:axes]


def _empty(shape, dtype):
    return np.full(shape, np.nan if dtype.name.startswith("float") else -1, dtype.name)


def _add(array, index, value):
    array[index] += value


def _multiply(a, a_transposed, b, b_transposed, out, add, stream):
    assert not np.may_share_memory(a, out)
    assert not np.may_share_memory(b, out)
    product = np.asarray(a.T if a_transposed else a) @ np.asarray(b.T if b_transposed else b)
    out[...] = out + product if add else product


def on_blocks(fn, args, argnums, mode, cuda=None):
    """The function that is generated for a GPU, and what it finds as `cuda`: by Python, if no other is given."""
    made = adtrans.differentiate(fn, argnums=argnums, target="cuda", cache=False)
    text = made.source(*args, mode=mode)
    cuda = cuda or Blocks()
    names = {"cuda": cuda}
    exec(compile(text.replace("from numba import cuda\n", ""), f"<{fn.__name__} on blocks>", "exec"), names)
    names |= {"THREADS": 1, "BLOCKS": ((1,), (1, 1), (1, 1, 1)), "MOST_BLOCKS": 3}
    names |= {name: _multiply for name in PRODUCTS if name in names}
    found = names[fn.__name__ if mode == "primal" else f"{fn.__name__}_{mode}"]
    return found, cuda
