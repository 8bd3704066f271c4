"""How much memory a call takes."""

import tracemalloc


def peak(call):
    """The most bytes that compiled or Python code has allocated at one time in a call, its results among them.

    Numba allocates arrays with Python's allocator then, which `tracemalloc` counts: exact, the same in each run, and of
    arrays that are allocated and never touched as well. Memory that libraries in C take for themselves is not counted.
    """
    from numba.core.runtime import _nrt_python

    call()  # compiles
    _nrt_python.memsys_use_cpython_allocator()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        kept = call()
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    del kept
    return most - before


def size(count):
    """Bytes, as text with a fitting unit."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} B"
