"""Recorded arrays made only where there is memory for them.

    _afford(16.0 * n, b"model.py:7: loss records x and s")
    x_tape = np.empty(n)
    s_tape = np.empty(n)

Linux gives out more memory than there is, and ends the process that writes to it. Arrays that are made one after the
other are asked for together, before any is there; those of a size that is written out are small.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import PurePath

import numpy as np

from adtrans import ir, types
from adtrans.analyses.liveness import definitions
from adtrans.analyses.sizes import terms
from adtrans.errors import Loc
from adtrans.transforms.gradient import Gradient
from adtrans.transforms.lazy import add, product
from adtrans.transforms.tapes import ZERO, Line

GROWING = ("helper.grow", "helper.reserve")


def afford(block: tuple, made: Gradient, others: frozenset = frozenset()) -> tuple:
    """The body of a gradient function, which refuses to run where its tapes, and the arrays `others`, do not fit in
    memory."""
    program, tapes = made.program, made.tapes
    work = {name: types.ndim_of(program.env[name]) for name in tapes.work}
    return _block(block, _Records({line.tape: line for line in tapes.lines}, others, work, program.function))


@dataclass(frozen=True)
class _Records:
    """What records: tapes, arrays for checkpoints, and work arrays that have more axes than in the primal."""

    lines: dict[str, Line]
    others: frozenset
    work: dict[str, int]
    function: ir.Function

    def holds(self, stmt) -> bool:
        """Whether `stmt` makes an array for records, of a size that only the run time knows."""
        if not isinstance(stmt, ir.Alloc) or all(isinstance(n, ir.Const) for n in stmt.shape) or ZERO in stmt.shape:
            return False
        recorded = stmt.target in self.lines or stmt.target in self.others
        return recorded and len(stmt.shape) != self.work.get(stmt.target, 0)

    def names(self, tapes: list[str]) -> str:
        """`x`, `x and s`, `x, y and s`: what these tapes record."""
        found = dict.fromkeys(self.lines[t].name if t in self.lines else t for t in tapes)
        *first, last = found
        return f"{', '.join(first)} and {last}" if first else last

    def text(self, loc: Loc | None, what: str) -> ir.Const:
        """`model.py:7: loss records x and s`"""
        function = self.function
        file, line = (loc.file, loc.line) if loc else (function.file, function.line)
        return ir.Const(f"{PurePath(file).name}:{line}: {function.name} records {what}".encode())


def _block(block: tuple, records: _Records) -> tuple:
    checks = {id(group[0]): _check(group, records) for group in _groups(block, records)}
    out: list = []
    for stmt in block:
        stmt_in = ir.with_blocks(stmt, *(_block(b, records) for b in ir.blocks(stmt)))
        out += [checks[id(stmt)]] if id(stmt) in checks else []
        out.append(_growing(stmt_in, records))
    return tuple(out)


def _groups(block: tuple, records: _Records) -> Iterator[list]:
    """The arrays that can be asked for before the first of them is made, as nothing runs between."""
    group: list = []
    defined: set[str] = set()
    for stmt in block:
        makes = records.holds(stmt)
        needed = set().union(*map(ir.names, stmt.shape)) if makes else set()
        if group and (ir.blocks(stmt) or defined & needed):
            yield group
            group, defined = [], set()
        if makes:
            group.append(stmt)
        if group:
            defined |= set(definitions(stmt))
    if group:
        yield group


def _check(group: list, records: _Records) -> ir.Effect:
    found = terms([(ir.Const(np.dtype(stmt.dtype).itemsize), *stmt.shape) for stmt in group])
    # In floating point: the product of lengths may be no integer of 64 bits.
    size = reduce(add, (product((ir.Const(float(number)), *factors)) for number, factors in found))
    what = records.text(group[0].loc, records.names([stmt.target for stmt in group]))
    return ir.Effect(ir.Call("helper.afford", (size, what)))


def _growing(stmt, records: _Records):
    """`stmt`, told what a tape that grows in it records."""
    match stmt:
        case ir.Assign(tape, ir.Call(func, args) as call) if func in GROWING:
            what = records.text(stmt.loc, records.names([tape]))
            return replace(stmt, value=replace(call, args=(*args, what)))
        case ir.View(value=ir.Call("helper.room", args) as call):
            what = records.text(stmt.loc, "on the stack of its calls")
            return replace(stmt, value=replace(call, args=(*args, what)))
    return stmt
