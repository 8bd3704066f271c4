"""Matrix products of generated modules for a GPU: CuPy's where it is installed, else a kernel that works in tiles."""

MATMUL = '''
def matmul_float64(a, a_transposed, b, b_transposed, stream, add_to=None):
    """The product of `a` and `b`, each a matrix that may be taken transposed, or a vector; `add_to` gets it added."""
    if add_to is not None and not add_to.is_c_contiguous():
        _plus(add_to, _matmul_float64(a, a_transposed, b, b_transposed, stream), stream)
        return add_to
    m, n = (_length(x, 1 - k, t) for x, k, t in ((a, 1, a_transposed), (b, 0, b_transposed)))
    shape = (*((m,) if a.ndim > 1 else ()), *((n,) if b.ndim > 1 else ()))
    out = cuda.device_array(shape, a.dtype, stream=stream) if add_to is None else add_to
    if out.size:
        a = a if a.ndim > 1 else _flat(a, stream).reshape(1, a.size)
        b = b if b.ndim > 1 else _flat(b, stream).reshape(b.size, 1)
        place = out.reshape(a.shape[1] if a_transposed else a.shape[0], b.shape[0] if b_transposed else b.shape[1])
        _multiply_float64(a, a_transposed, b, b_transposed, place, add_to is not None, stream)
    return out
'''

LENGTH = '''
def length(array, axis, is_transposed):
    """The length of an axis of a matrix that may be taken transposed; 1 of a vector, which has but one."""
    return 1 if array.ndim == 1 else array.shape[1 - axis if is_transposed else axis]
'''

MULTIPLY = '''
def multiply_float64(a, a_transposed, b, b_transposed, out, add, stream):
    """`out = a @ b`, or `out += a @ b`."""
    if cupy is not None:
        with cupy.cuda.ExternalStream(_handle(stream)):
            left, right, target = map(cupy.asarray, (a, b, out))
            product = (left.T if a_transposed else left) @ (right.T if b_transposed else right)
            target[...] = target + product if add else product
    else:
        blocks = (-(-out.shape[1] // TILE), min(65535, -(-out.shape[0] // TILE)))
        _tiles_float64[blocks, (16, 16), stream](a, a_transposed, b, b_transposed, out, add)
'''

HANDLE = '''
def handle(stream):
    """The number by which CUDA's driver knows a stream."""
    handle = getattr(stream, "handle", stream)
    return int(getattr(handle, "value", handle) or 0)
'''

KERNEL = '''
@cuda.jit
def tiles_float64(a, a_transposed, b, b_transposed, out, add):
    """A tile of `out` for each block of 16 by 16 threads, of which each computes 4 by 4 elements."""
    a_tile = cuda.shared.array((DEPTH, TILE), numba.float64)
    b_tile = cuda.shared.array((DEPTH, TILE), numba.float64)
    sums = cuda.local.array((4, 4), numba.float64)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    column = cuda.blockIdx.x * TILE
    depth = a.shape[0] if a_transposed else a.shape[1]
    for row in range(cuda.blockIdx.y * TILE, out.shape[0], cuda.gridDim.y * TILE):
        for r in range(4):
            for c in range(4):
                sums[r, c] = numba.float64(0)
        for first in range(0, depth, DEPTH):
            # Neighbouring threads read neighbouring elements, whichever way the matrix lies.
            for n in range(16 * y + x, DEPTH * TILE, 256):
                i, k = (n % TILE, n // TILE) if a_transposed else (n // DEPTH, n % DEPTH)
                value = numba.float64(0)
                if row + i < out.shape[0] and first + k < depth:
                    value = a[first + k, row + i] if a_transposed else a[row + i, first + k]
                a_tile[k, i] = value
                j, k = (n // DEPTH, n % DEPTH) if b_transposed else (n % TILE, n // TILE)
                value = numba.float64(0)
                if column + j < out.shape[1] and first + k < depth:
                    value = b[column + j, first + k] if b_transposed else b[first + k, column + j]
                b_tile[k, j] = value
            cuda.syncthreads()
            for k in range(DEPTH):
                for r in range(4):
                    for c in range(4):
                        sums[r, c] += a_tile[k, y + 16 * r] * b_tile[k, x + 16 * c]
            cuda.syncthreads()
        for r in range(4):
            for c in range(4):
                i, j = row + y + 16 * r, column + x + 16 * c
                if i < out.shape[0] and j < out.shape[1]:
                    out[i, j] = out[i, j] + sums[r, c] if add else sums[r, c]
'''

SOURCE = {"length": LENGTH, "handle": HANDLE}
for _dtype in ("float32", "float64"):
    for _name, _text in (("matmul", MATMUL), ("multiply", MULTIPLY), ("tiles", KERNEL)):
        SOURCE[f"{_name}_{_dtype}"] = _text.replace("float64", _dtype)
