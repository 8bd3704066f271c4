"""Stores that threads are seen to make to one element, and arrays of sums that are read in the same kernel."""

from __future__ import annotations

from adtrans import ir
from adtrans.analyses.liveness import definitions
from adtrans.errors import UnsupportedError
from adtrans.targets.threads import Threads
from adtrans.transforms.scalarise import Scalarised

UNIFORM = ("gridsize", "blockDim", "gridDim")  # places that are the same for all threads


def require_no_races(program: Scalarised, of_thread: Threads) -> None:
    """Raises: UnsupportedError where all threads store to one element, and where an array to which threads add by
    `cuda.atomic.add` is used in another way, for what one thread finds there hangs on the others.

    A kernel in which threads meet otherwise, by indices that are not seen through, has no defined result itself.
    """
    arrays = frozenset(program.function.params)
    body = program.function.body
    own = of_thread_alone(body, of_thread)
    _stores(body, False, own, arrays - of_thread.added, program.roots)
    for stmt in ir.statements(body):
        _sums(stmt, of_thread.added & arrays)


def _sums(stmt, added: frozenset) -> None:
    """Raises: UnsupportedError where `stmt` does anything but add to an array of `added`."""
    target: tuple = ()
    match stmt:
        case ir.AugAssign(ir.Index(ir.Name(name), index), "+") if name in added:
            read: tuple = (*index, stmt.value)
        case ir.Store(ir.Index(ir.Name(name))):
            read, target = ir.expressions(stmt), (name,)
        case _:
            read = ir.expressions(stmt)
    shapes = {id(e.base) for x in read for e in ir.walk(x) if isinstance(e, ir.Attr)}
    names = {e.id for x in read for e in ir.walk(x) if isinstance(e, ir.Name) and id(e) not in shapes}
    for name in sorted(added & (names | set(target))):
        hint = "Read or store it in a kernel of its own."
        raise UnsupportedError(f"threads add to {name!r} by cuda.atomic.add, so it is not final here", stmt.loc, hint)


def of_thread_alone(block: tuple, of_thread: Threads) -> set[str]:
    """The names with values that may differ between threads."""
    own = {name for name, place in of_thread.places.items() if place.partition(".")[0] not in UNIFORM}
    while True:
        before = len(own)
        _spread(block, False, own)
        if len(own) == before:
            return own


def _spread(block: tuple, inside: bool, own: set[str]) -> None:
    for stmt in block:
        differs = inside or any(ir.names(e) & own for e in ir.expressions(stmt))
        if differs:
            own.update(definitions(stmt))
            if isinstance(stmt, (ir.Store, ir.AugAssign)) and isinstance(stmt.target, ir.Index):
                own.add(stmt.target.base.id)
        for inner in ir.blocks(stmt):
            _spread(inner, differs, own)


def _stores(block: tuple, inside: bool, own: set[str], arrays: frozenset, roots: dict) -> None:
    for stmt in block:
        match stmt:
            case ir.Store(ir.Index(ir.Name(name), index)) | ir.AugAssign(ir.Index(ir.Name(name), index)):
                differs = inside or any(ir.names(e) & own for e in index) or name in own - arrays
                if roots.get(name, name) in arrays and not differs:
                    hint = "Add by cuda.atomic.add, or store in one thread: if cuda.grid(1) == 0."
                    raise UnsupportedError("every thread stores to this element", stmt.loc, hint)
        differs = inside or any(ir.names(e) & own for e in ir.expressions(stmt))
        for inner in ir.blocks(stmt):
            _stores(inner, differs, own, arrays, roots)
