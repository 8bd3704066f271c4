"""Source of the small functions that a generated module defines where it needs them."""

from __future__ import annotations

from adtrans import ir

SOURCE = {
    "broadcast": '''
def broadcast(n, m):
    """The length that axes of length n and m broadcast to."""
    if n == m or m == 1:
        return n
    if n == 1:
        return m
    raise ValueError("operands could not be broadcast together")
''',
    "fit": '''
def fit(n, m):
    """m, where an axis of length n broadcasts to it."""
    if n != m and n != 1:
        raise ValueError("could not broadcast the input array into the shape of the output")
    return m
''',
    "equal": '''
def equal(n, m):
    """n, where the axes have the same length."""
    if n != m:
        raise ValueError("the lengths of the factors do not match")
    return n
''',
    "nonempty": '''
def nonempty(n):
    """n, where the axis has elements."""
    if n == 0:
        raise ValueError("zero-size array to reduction operation which has no identity")
    return n
''',
    "grow": '''
def grow(tape):
    """The tape with twice its room."""
    larger = np.empty(2 * tape.shape[0], dtype=tape.dtype)
    larger[: tape.shape[0]] = tape
    return larger
''',
    "reserve": '''
def reserve(tape, top, count):
    """The tape with room for count more elements."""
    if top + count <= tape.shape[0]:
        return tape
    larger = np.empty(2 * (top + count), dtype=tape.dtype)
    larger[:top] = tape[:top]
    return larger
''',
    "push": '''
def push(tape, top, array):
    """The new top of the tape, with the elements of the array on it."""
    for item in array.flat:
        tape[top] = item
        top += 1
    return top
''',
    "pop": '''
def pop(tape, top, array):
    """The new top of the tape, its last elements moved into the array."""
    top -= array.size
    array.reshape(-1)[:] = tape[top : top + array.size]
    return top
''',
    "apart": '''
def apart(a, b):
    """Refuses two arguments that share memory of which the function writes a part."""
    if a.size and b.size:
        a_low = a_high = a.ctypes.data
        for k in range(a.ndim):
            a_low += min(0, (a.shape[k] - 1) * a.strides[k])
            a_high += max(0, (a.shape[k] - 1) * a.strides[k])
        b_low = b_high = b.ctypes.data
        for k in range(b.ndim):
            b_low += min(0, (b.shape[k] - 1) * b.strides[k])
            b_high += max(0, (b.shape[k] - 1) * b.strides[k])
        if a_low <= b_high and b_low <= a_high:
            raise ValueError("an argument that is written to shares memory with another; pass copies")
''',
}


def used(block: tuple) -> list[str]:
    """The helpers that a block calls, in the order of `SOURCE`."""
    found = set()
    for stmt in ir.statements(block):
        for expr in ir.expressions(stmt):
            found |= {e.func.removeprefix("helper.") for e in ir.walk(expr) if isinstance(e, ir.Call) and "helper." in e.func}
    return [name for name in SOURCE if name in found]
