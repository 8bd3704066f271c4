"""Running extrema that a loop carries, alone or with where they were found.

highest = max(highest, x[i])                if x[i] > best:
                                                best = x[i]
                                                at = i
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from adtrans import ir
from adtrans.analyses.liveness import definitions, mentioned


@dataclass(frozen=True)
class Extremum:
    """`names`: the extremum, and what is noted of its place; a value takes its place where it is `op` than it."""

    names: tuple[str, ...]
    op: str


_MIRRORED = {">": "<", "<": ">"}


def extrema(loop: ir.For) -> list[Extremum]:
    """The extrema with which `loop` does nothing else: of iterations in several parts, each begun with the value before
    the loop, the first extremum of the parts' own is the first of all."""
    parts = _in_parts(loop)
    body = loop.body if parts is None else parts.body
    return [found for found, users in _candidates(body) if _is_used_only_by(users, found, body)]


def _in_parts(loop: ir.For) -> ir.For | None:
    """The search proper, where `loop` passes over the parts of a range that hold nothing, as `search` writes it."""
    match loop.body:
        case (
            ir.Assign(held, ir.Const(False)),
            ir.For(var=var, body=(ir.Assign(again, ir.IfExp(holds, ir.Const(True), ir.Name(other))),)) as first,
            ir.If(ir.Name(tested), (ir.For() as second,), ()),
        ) if held == again == other == tested and (first.start, first.stop) == (second.start, second.stop):
            tests = [test for test, _, _ in _updates(second.body)]
            return second if tests == [ir.rename(holds, {var: second.var})] else None
    return None


def _candidates(body: tuple) -> Iterator[tuple[Extremum, list]]:
    """Updates of what may be an extremum, with the statements that each is made of."""
    for stmt in ir.statements(body):
        match stmt:
            case ir.Assign(name, ir.Call("max" | "min" as func, (ir.Name(first), value))) if first == name:
                if name not in ir.names(value):
                    yield Extremum((name,), ">" if func == "max" else "<"), [stmt]
    for test, branch, users in (found for b in ir.all_blocks(body) for found in _updates(b)):
        match test, branch.body:
            case ir.Op(">" | "<" as op, (a, b)), (ir.Assign(name, value), *_) if {a, b} == {value, ir.Name(name)}:
                targets = tuple(s.target for s in branch.body)
                noted = all(not ir.names(s.value) & set(targets) for s in branch.body)
                if noted and len(set(targets)) == len(targets):
                    yield Extremum(targets, op if a == value else _MIRRORED[op]), users


def _updates(block: tuple) -> Iterator[tuple]:
    """The test of each branch of `block` that does nothing but assign, the branch, and the statements that make it: the
    test may have a name."""
    for k, stmt in enumerate(block):
        match stmt:
            case ir.If(test, body, ()) if body and all(isinstance(s, ir.Assign) for s in body):
                users = [stmt, *body]
                match block[k - 1] if k else None:
                    case ir.Assign(name, value) as named if test == ir.Name(name):
                        test, users = value, [named, *users]
                yield test, stmt, users


def _is_used_only_by(users: list, found: Extremum, body: tuple) -> bool:
    """Whether no other statement mentions the extremum, what is noted of it, or the name of its test."""
    own, names = {id(s) for s in users}, set(found.names).union(*map(definitions, users))
    return not any(names & mentioned(s) for s in ir.statements(body) if id(s) not in own)
