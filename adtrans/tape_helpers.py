"""Source of the helpers that record: memory asked for, tapes that grow, and what is put on them."""

from __future__ import annotations

PLAIN = ("free_in_group", "free_memory", "demand")  # Python that compiled code calls
TAPES = {
    "free_in_group": '''
def free_in_group(folder, limit, usage):
    """How many bytes a control group of Linux has left, with those of files, which it can drop."""
    try:
        with open(folder + limit) as most, open(folder + usage) as used, open(folder + "/memory.stat") as lines:
            files = sum(int(line.split()[1]) for line in lines if line.startswith(("active_file", "inactive_file")))
            return int(most.read()) - int(used.read()) + files
    except (OSError, ValueError):  # no such group, or one without a limit
        return math.inf
''',
    "free_memory": '''
def free_memory():
    """How many bytes Linux has for this process, within its control groups; elsewhere how many there are in all, as
    far as the system says."""
    try:
        with open("/proc/meminfo") as lines:
            kib = {name: int(rest.split()[0]) for name, rest in (line.split(":") for line in lines)}
        with open("/proc/self/cgroup") as lines:
            parts = [line.strip().split(":")[2].split("/") for line in lines]
        free = [1024 * (kib["MemAvailable"] + kib["SwapFree"])]
        for path in {"/".join(names[:k]) for names in parts for k in range(1, len(names) + 1)}:
            free.append(_free_in_group(f"/sys/fs/cgroup{path}", "/memory.max", "/memory.current"))
            v1 = f"/sys/fs/cgroup/memory{path}"
            free.append(_free_in_group(v1, "/memory.limit_in_bytes", "/memory.usage_in_bytes"))
        return min(free)
    except (OSError, KeyError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else math.inf
''',
    "demand": '''
def demand(size, what):
    """Raises MemoryError where the process cannot have so many bytes."""
    free = _free_memory()
    try:
        is_free = size <= free and np.empty(int(size), dtype=np.uint8).size > 0
    except (MemoryError, ValueError):  # a limit of the process, or more than there are addresses
        is_free = False
    if not is_free:
        known = f" ({max(free, 0) / 2**30:.1f} GiB of memory are free)" if free < math.inf else ""
        raise MemoryError(
            f"{what.decode()} in {size / 2**30:.1f} GiB, more than this process can have{known}. "
            "Make a call with fewer iterations or smaller arrays."
        )
''',
    "afford": '''
def afford(size, what):
    """Refuses to record so many bytes where memory is short."""
    if size > 2.0**26:  # below that asking takes longer than it is worth
        with objmode():
            _demand(size, what)
''',
    "grow": '''
def grow(tape, what):
    """The tape with twice its room."""
    _afford(16.0 * tape.shape[0], what)
    larger = np.empty(2 * tape.shape[0], dtype=tape.dtype)
    larger[: tape.shape[0]] = tape
    return larger
''',
    "reserve": '''
def reserve(tape, top, count, what):
    """The tape with room for count more elements."""
    if top + count <= tape.shape[0]:
        return tape
    _afford(16.0 * (top + count), what)
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
    "tapes": '''
def tapes():
    """A list of one tape, in whose place a larger one can be put."""
    return [np.empty(64)]
''',
    "room": '''
def room(tapes, top, count, what):
    """The tape, with room for count more elements."""
    tape = tapes[0]
    if top + count > tape.shape[0]:
        _afford(16.0 * (top + count), what)
        larger = np.empty(2 * (top + count))
        larger[:top] = tape[:top]
        tapes[0] = tape = larger
    return tape
''',
    "bits": '''
def bits(k):
    """The number with the bits of a whole number, for a tape."""
    return np.int64(k).view(np.float64)
''',
    "whole": '''
def whole(tape, place):
    """The whole number whose bits are at a place of the tape."""
    return np.float64(tape[place]).view(np.int64)
''',
    "push_bits": '''
def push_bits(tape, top, array):
    """The new top of the tape, with the bits of the array's whole numbers on it."""
    for item in array.flat:
        tape[top] = np.int64(item).view(np.float64)
        top += 1
    return top
''',
    "pop_bits": '''
def pop_bits(tape, top, array):
    """The new top of the tape, the whole numbers whose bits were its last elements moved into the array."""
    top -= array.size
    array.reshape(-1)[:] = tape[top : top + array.size].view(array.dtype)
    return top
''',
}
