"""A loop with sines and cosines in two versions: for arguments of which none is large, it vectorises.

    far = 0
    for i in range(n):
        far += abs(x[i]) > 1000000.0
    if far == 0:
        for i in range(n):
            s += _near_sin(x[i])
    else:
        for i in range(n):
            s += _sin(x[i])

The sine of a large argument takes hundreds of digits of pi. It is left to a call, which keeps a loop from vectorising.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from adtrans import elementary, elementary_single, ir, types
from adtrans.analyses.facts import Facts, facts
from adtrans.analyses.memory import READ
from adtrans.analyses.vectorisable import vectorisable
from adtrans.elementary import NEAR
from adtrans.names import assigned_in
from adtrans.passes import optimising
from adtrans.transforms.dead import needed
from adtrans.transforms.flatten import is_costly
from adtrans.transforms.spell import approximated, by_helper

REACH = {types.types.float64: elementary.REACH, types.types.float32: elementary_single.REACH}


@optimising
def near(block: tuple, env: types.Env, values: dict) -> tuple:
    """`block` with loops in two versions that vectorise but for sines and cosines. `env` gets the types of new
    names."""
    has_any = any(_is_near(e, env) for e in _expressions(block))
    return _block(block, facts(block, env, values)) if has_any else block


def _block(block: tuple, known: Facts) -> tuple:
    out: list = []
    for stmt in block:
        if isinstance(stmt, ir.For) and _vectorises(stmt, known.env):
            out += _versions(stmt, known)
        else:
            out.append(ir.with_blocks(stmt, *(_block(b, known) for b in ir.blocks(stmt))))
    return tuple(out)


def _vectorises(loop: ir.For, env: types.Env) -> bool:
    """Whether the loop has sines or cosines, and would vectorise if these did."""
    if not any(_is_near(e, env) for e in _expressions(loop.body)) or not vectorisable(loop, env):
        return False
    return not any(is_costly(e) and not approximated(e, env) for e in _expressions(loop.body))


def _versions(loop: ir.For, known: Facts) -> list:
    """The loop in two versions, after the search that chooses; the loop as it is where the search would not pay."""
    far = known.fresh("far", types.types.int64)
    search = _search(loop, far, known)
    if search is None:
        return [loop]
    start = ir.Assign(far, ir.Const(0), loop.loc, loop.comments)
    loop = replace(loop, comments=())
    fast = replace(loop, body=tuple(_fast(s, known.env) for s in loop.body))
    return [start, search, ir.If(ir.Op("==", (ir.Name(far), ir.Const(0))), (fast,), (loop,), loop.loc)]


def _search(loop: ir.For, far: str, known: Facts) -> ir.For | None:
    """The loop that counts in `far` how many arguments are large. None where it reads what `loop` writes, or has
    sines itself, or where a test may guard elements that it reads."""
    env = known.env
    guarded = (e for x in _roots(loop.body) for e in _guarded(x) if _is_near(e, env))
    if any(isinstance(e, ir.Index) for call in guarded for e in ir.walk(call)):
        return None
    counted = replace(loop, body=_counting(loop.body, far, env), comments=())
    search = needed((counted, ir.Return(ir.Name(far))))[0]
    has_sines = any(_is_near(e, env) for e in _expressions(search.body))
    return None if has_sines or _meets(search, loop, known) else search


def _counting(block: tuple, far: str, env: types.Env, tested: frozenset = frozenset()) -> tuple:
    """`block`, each statement after the tests of the arguments in it; those in `tested` have been tested."""
    out: list = []
    for stmt in block:
        calls = (e for x in ir.expressions(stmt) for e in ir.walk(x) if _is_near(e, env))
        arguments = {call.args[0]: REACH[approximated(call, env)[1]] for call in calls}
        out += [_counted(far, a, reach, stmt.loc) for a, reach in arguments.items() if a not in tested]
        tested |= frozenset(arguments)
        out.append(ir.with_blocks(stmt, *(_counting(b, far, env, tested) for b in ir.blocks(stmt))))
        changed = assigned_in((stmt,))
        tested = frozenset(argument for argument in tested if not ir.names(argument) & changed)
    return tuple(out)


def _counted(far: str, argument, reach: float, loc) -> ir.Assign:
    is_large = ir.Op(">", (ir.Call("abs", (argument,)), ir.Const(reach)))
    return ir.Assign(far, ir.Op("+", (ir.Name(far), is_large)), loc)


def _meets(search: ir.For, loop: ir.For, known: Facts) -> bool:
    """Whether `loop` may write elements that `search` reads, or `search` would have to."""
    written = known.written(loop.body)
    return any(a.kind != READ or a.name in written for a in known.memory.accesses(search.body))


def _guarded(expr) -> Iterator:
    """The sub-expressions of `expr` that are evaluated or not, as a test says."""
    for e in ir.walk(expr):
        match e:
            case ir.IfExp(_, body, orelse):
                yield from (*ir.walk(body), *ir.walk(orelse))
            case ir.Op("and" | "or", (_, *others)):
                yield from (part for other in others for part in ir.walk(other))


def _fast(stmt, env: types.Env):
    stmt = ir.with_blocks(stmt, *(tuple(_fast(s, env) for s in b) for b in ir.blocks(stmt)))
    return ir.map_expressions(lambda e: _near(e, env), stmt)


def _near(expr, env: types.Env):
    """`expr` spelled from the root down, as its parts have types before they are helpers."""
    new = ir.map_children(lambda e: _near(e, env), expr)
    name, t = approximated(expr, env) or ("", None)
    return by_helper(new, f"near_{name}", t) if name in NEAR else new


def _is_near(expr, env: types.Env) -> bool:
    return (approximated(expr, env) or ("",))[0] in NEAR


def _roots(block: tuple) -> Iterator:
    return (x for s in ir.statements(block) for x in ir.expressions(s))


def _expressions(block: tuple) -> Iterator:
    return (e for x in _roots(block) for e in ir.walk(x))
