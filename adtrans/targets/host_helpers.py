"""The small functions of generated modules for a GPU: they make arrays, copy them, launch kernels and add up."""

from __future__ import annotations

import re

from adtrans import helpers, ir
from adtrans.targets import tiles

SOURCE = {
    "are_on_host": '''
def are_on_host(*arrays):
    """Whether none of the arrays is on a GPU: then results are copied to the host."""
    return all(isinstance(a, np.ndarray) for a in arrays)
''',
    "on_gpu": '''
def on_gpu(array, stream):
    """The array on the GPU: itself where it is there, else a copy."""
    if isinstance(array, np.ndarray):
        return cuda.to_device(np.ascontiguousarray(array), stream=stream)
    return array if hasattr(array, "__cuda_ndarray__") else cuda.as_cuda_array(array)
''',
    "on_host": '''
def on_host(array, stream):
    """A copy on the host, there when this returns."""
    copy = array.copy_to_host(stream=stream)
    if stream:
        stream.synchronize()
    return copy
''',
    "array_result": '''
def array_result(array, on_host, stream):
    """A result, copied to the host if the arguments are from there."""
    return _on_host(array, stream) if on_host else array
''',
    "number_result": '''
def number_result(cell, on_host, stream):
    """A result that is a number; on the GPU an array of one element."""
    return _on_host(cell, stream)[0].item() if on_host else cell
''',
    "number": '''
def number(cell, stream):
    """A number of the GPU's, for the host to decide by; this waits for it."""
    return _on_host(cell, stream)[0]
''',
    "empty": """
def empty(shape, dtype, stream):
    return cuda.device_array(shape, dtype, stream=stream)
""",
    "zeros": """
def zeros(shape, dtype, stream):
    array = cuda.device_array(shape, dtype, stream=stream)
    if array.size:
        flat = array.reshape(array.size)
        _fill[_blocks(array.size), THREADS, stream](flat, dtype(0))
    return array
""",
    "fill": """
@cuda.jit
def fill(array, value):
    for i in range(cuda.grid(1), array.size, cuda.gridsize(1)):
        array[i] = value
""",
    "copied": '''
def copied(array, stream):
    """A copy, its elements in order."""
    copy = cuda.device_array(array.shape, array.dtype, stream=stream)
    _put(copy, array, stream)
    return copy
''',
    "flat": '''
def flat(array, stream):
    """The elements of an array in order, as a vector: the array's own memory, if they lie in order there."""
    return (array if array.is_c_contiguous() else _copied(array, stream)).reshape(array.size)
''',
    "within": '''
def within(index, n, stream):
    """Refuses an array of indices of which an axis of length n does not have one; this waits for the GPU."""
    if index.size:
        found = _zeros(1, np.int32, stream)
        _note_outside[_blocks(index.size), THREADS, stream](_flat(index, stream), n, found)
        if _on_host(found, stream)[0]:
            raise IndexError("index is out of bounds")
''',
    "note_outside": """
@cuda.jit
def note_outside(index, n, found):
    for i in range(cuda.grid(1), index.size, cuda.gridsize(1)):
        if not -n <= index[i] < n:
            found[0] = 1  # whichever threads store it
""",
    "transposed": '''
def transposed(array):
    """The same memory with the axes in reverse order: on a GPU, where `.T` would be a copy, by its description."""
    if not hasattr(array, "__cuda_array_interface__"):
        return array.T  # of Numba's simulator
    order = {"shape": array.shape[::-1], "strides": array.strides[::-1], "stream": None}
    described = {**array.__cuda_array_interface__, **order}
    return cuda.as_cuda_array(SimpleNamespace(__cuda_array_interface__=described, memory=array))
''',
    "parts": '''
def parts(trips, *lengths):
    """In how many parts each of so many sums is added up: enough for all threads of a GPU, each worth one."""
    return max(1, min(trips // 16, 65536 // max(1, math.prod(lengths))))
''',
    "launch": '''
def launch(kernel, lengths, stream, given, sums=(), tapes=()):
    """Runs a kernel on a grid for so many elements. The numbers of `sums` get what its blocks have added up, by the
    kernels beside them; `tapes` are the arrays that it has for each thread."""
    if not lengths:
        return kernel[1, 1, stream](*given)
    if min(lengths) > 0:
        blocks, threads = _grid(lengths, MOST_BLOCKS if sums or tapes else 2**31 - 1)
        count = math.prod(blocks)
        parts = [cuda.device_array(count, cell.dtype, stream=stream) for cell, _ in sums]
        room = [cuda.device_array((*n, count * math.prod(threads)), dtype, stream=stream) for n, dtype in tapes]
        kernel[blocks, threads, stream](*given, *parts, *room)
        for part, (cell, add_up) in zip(parts, sums):
            add_up[1, THREADS, stream](part, cell)
''',
    "grid": '''
def grid(lengths, most):
    """The blocks of a grid, and the threads of a block, along x, y, z: the last length goes along x."""
    threads = BLOCKS[len(lengths) - 1]
    blocks = [-(-n // t) for n, t in zip(reversed(lengths), threads)]
    limits = (2**31 - 1, 65535, 65535)
    blocks = [min(n, limit) for n, limit in zip(blocks, limits)]
    while math.prod(blocks) > most:
        k = blocks.index(max(blocks))
        blocks[k] = -(-blocks[k] // 2)
    return tuple(blocks), threads
''',
    "blocks": '''
def blocks(count):
    """The blocks of a grid with a thread for each element."""
    return min(2**31 - 1, -(-count // THREADS))
''',
}


def _of_type(dtype: str) -> dict[str, str]:
    """The functions that add up numbers of a type."""
    return {
        f"block_sum_{dtype}": f'''
@cuda.jit(device=True)
def block_sum_{dtype}(value, sums):
    """Stores the sum of the values of the threads of each block, added up in pairs."""
    shared = cuda.shared.array(THREADS, numba.{dtype})
    thread = cuda.threadIdx.x + cuda.blockDim.x * (cuda.threadIdx.y + cuda.blockDim.y * cuda.threadIdx.z)
    block = cuda.blockIdx.x + cuda.gridDim.x * (cuda.blockIdx.y + cuda.gridDim.y * cuda.blockIdx.z)
    cuda.syncthreads()
    shared[thread] = value
    cuda.syncthreads()
    half = THREADS // 2
    while half > 0:
        if thread < half:
            shared[thread] += shared[thread + half]
        cuda.syncthreads()
        half //= 2
    if thread == 0:
        sums[block] = shared[0]
''',
        f"add_up_{dtype}": f'''
@cuda.jit
def add_up_{dtype}(parts, cell):
    """Adds the parts to the number, in one block."""
    total = numba.{dtype}(0)
    for i in range(cuda.grid(1), parts.size, cuda.gridsize(1)):
        total += parts[i]
    _block_sum_{dtype}(total, parts)
    if cuda.grid(1) == 0:
        cell[0] += parts[0]
''',
    }


def _elementwise(name: str, store: str, doc: str) -> dict[str, str]:
    """The functions that bring the elements of an array to those of another."""
    return {
        name: f'''
def {name}(target, source, stream):
    """{doc} an array of its shape."""
    if target.shape != source.shape:
        raise ValueError("the arrays do not have the same shape")
    if source.size and source.ndim > 3:
        for i in range(len(source)):
            _{name}(target[i], source[i], stream)
    elif source.size:
        kernel = (_{name}_1, _{name}_2, _{name}_3)[source.ndim - 1]
        kernel[_blocks(source.size), THREADS, stream](target, source)
''',
        f"{name}_1": f"""
@cuda.jit
def {name}_1(target, source):
    for i in range(cuda.grid(1), source.size, cuda.gridsize(1)):
        target[i] {store} source[i]
""",
        f"{name}_2": f"""
@cuda.jit
def {name}_2(target, source):
    m = source.shape[1]
    for n in range(cuda.grid(1), source.size, cuda.gridsize(1)):
        target[n // m, n % m] {store} source[n // m, n % m]
""",
        f"{name}_3": f"""
@cuda.jit
def {name}_3(target, source):
    m, k = source.shape[1], source.shape[2]
    for n in range(cuda.grid(1), source.size, cuda.gridsize(1)):
        target[n // (m * k), n // k % m, n % k] {store} source[n // (m * k), n // k % m, n % k]
""",
    }


TYPES = ("float32", "float64", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)))
for _dtype in TYPES:
    SOURCE |= _of_type(_dtype)
SOURCE |= _elementwise("put", "=", "Copies the elements of an array into")
SOURCE |= _elementwise("plus", "+=", "Adds the elements of an array to those of")
SOURCE |= tiles.SOURCE
CONSTANTS = {
    "THREADS": "THREADS = 256  # of a block",
    "BLOCKS": "BLOCKS = ((THREADS,), (32, THREADS // 32), (32, THREADS // 128, 4))  # its form, by the axes of a grid",
    "DEPTH": "DEPTH = 16  # of the tiles of a product",
    "TILE": "TILE = 64  # their width and height",
    "cupy": "try:\n    import cupy  # its products are cuBLAS's\nexcept ImportError:\n    cupy = None",
    "MOST_BLOCKS": "MOST_BLOCKS = 512  # where each has parts of sums, or arrays of its own",
}
# What the variables of a function cannot be called.
NAMES = frozenset(("stream", "on_host", "numba", "SimpleNamespace", *CONSTANTS, *(f"_{name}" for name in SOURCE)))


def texts(block: tuple) -> list[str]:
    """The sources of what a module needs whose functions are `block`: those that others call come first."""
    walked = [e for s in ir.statements(block) for x in ir.expressions(s) for e in ir.walk(x)]
    names = {e.func.removeprefix("helper.") for e in walked if isinstance(e, ir.Call) and e.func.startswith("helper.")}
    names |= {e.id[1:] for e in walked if isinstance(e, ir.Name) and e.id.startswith("_") and e.id[1:] in SOURCE}
    found: dict[str, str] = {}
    for name in sorted(names):
        _add(name, found)
    text = "\n".join(found.values())
    constants = [line for name, line in CONSTANTS.items() if re.search(rf"\b{name}\b", text)]
    every = "\n".join(constants)
    if "BLOCKS = " in every and "THREADS = " not in every:
        constants.insert(0, CONSTANTS["THREADS"])
    return [*(["\n".join(constants)] if constants else []), *found.values()]


def _add(name: str, found: dict[str, str]) -> None:
    """Adds the source of a function to `found`, after those that it calls."""
    source = SOURCE[name] if name in SOURCE else helpers.SOURCE[name]
    text = re.sub(rf"\bdef {name}\(", f"def _{name}(", source.strip("\n"))
    for other in re.findall(r"\b_(\w+)\b", text):
        if other != name and other not in found and (other in SOURCE or other in helpers.SOURCE):
            _add(other, found)
    found[name] = text
