"""Sums to which several threads would add, each collected by one thread.

A sum over rows, in parts, which are added up one after the other: how many there are depends on lengths alone.

    for i in range(n):                          for part in range(parts):
        for j in range(m):                          for j in range(m):
            z_bar[i, j] = e                             total = 0.0
            b_bar[j] += e                               for i in range(part, n, parts):
                                                            total += e
                                                        sums[part, j] = total
                                                for j in range(m):
                                                    total = 0.0
                                                    for part in range(parts):
                                                        total += sums[part, j]
                                                    b_bar[j] += total

The adjoint of a stencil: what gives to its neighbours becomes what takes from them.

    for i in range(1, n - 1):                   for i in range(0, n):
        u_bar[i - 1] += e(i)                        total = 0.0
        u_bar[i + 1] += e(i)                        if 1 <= i + 1 and i + 1 < n - 1:
                                                        total += e(i + 1)
                                                    if 1 <= i - 1 and i - 1 < n - 1:
                                                        total += e(i - 1)
                                                    u_bar[i] += total

Where an iteration adds to an element that only the data names, the sum stays, for threads to add to it at once.
"""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

from adtrans import ir, types
from adtrans.analyses.affine import affine
from adtrans.analyses.facts import Facts
from adtrans.analyses.threads import Chunked, chunked
from adtrans.targets.anew import facts_of, places
from adtrans.targets.contributions import Contribution, contributions, stretched, without, without_unused
from adtrans.targets.loops import bound_in, number, own_axes, trips
from adtrans.transforms.lazy import ONE, ZERO, add, multiply

INT = types.types.int64


def collect(block: tuple, env: types.Env, values: dict) -> tuple:
    """`block` with such sums in loops of their own. `env` gets the types of new names."""
    known = facts_of(block, env, values)
    return _block(block, known)


def _block(block: tuple, known: Facts) -> tuple:
    out: list = []
    for stmt, here in places(block, known):
        how = chunked(stmt, here) if isinstance(stmt, ir.For) else ""
        if isinstance(how, Chunked):
            out += _loop(stmt, how, here)
        else:
            out.append(ir.with_blocks(stmt, *(_block(b, here) for b in ir.blocks(stmt))))
    return tuple(out)


def _loop(root: ir.For, how: Chunked, known: Facts) -> list:
    """The loops that a parallel loop becomes."""
    before: list = []
    dropped: set[int] = set()
    for array in _added(root, how, known):
        found = contributions(root, array, known)
        collected = None if found is None else _collected(found, known)
        if collected is not None:
            before += collected
            dropped |= {id(c.stmt) for c in found or ()}
    if not dropped:
        return [root]
    left = without((root,), dropped)
    rest = without_unused(left[0], known.after(root)) if left else None
    return [*before, *([rest] if rest else [])]


def _added(root: ir.For, how: Chunked, known: Facts) -> list[str]:
    """The arrays to elements of which several of the innermost iterations that are independent add."""
    arrays = dict.fromkeys(how.added)
    for loop in (s for s in ir.statements(root.body) if isinstance(s, ir.For)):
        inner = chunked(loop, known)
        arrays |= dict.fromkeys(inner.added if isinstance(inner, Chunked) else ())
    local = bound_in(root)
    return [a for a in arrays if a not in local and not _is_each_its_own(root, a, known)]


def _is_each_its_own(root: ir.For, array: str, known: Facts) -> bool:
    """Whether the index of all sums into `array` is another one for each iteration of all loops around them."""
    found = contributions(root, array, known)
    if not found:
        return False
    indices = {stretched(c.stmt.target.index, c.loops)[0] for c in found}
    return len(indices) == 1 and all(len(c.own()) == len(c.loops) for c in found)


def _collected(found: list[Contribution], known: Facts) -> list | None:
    """The statements that add what is `found` to the array; None where that is to elements that only data name."""
    if any(_names_data(c) for c in found):
        return None
    gathered = _gathered(found, known)
    return gathered if gathered is not None else [s for c in found for s in _summed(c, known)]


def _names_data(c: Contribution) -> bool:
    """Whether an item of the index is neither a loop's own nor the same for all iterations."""
    index = stretched(c.stmt.target.index, c.loops)[0]
    own = set(own_axes(index, c.loops).values())
    bound = frozenset().union(*map(bound_in, c.loops))
    reads = [any(isinstance(e, ir.Index) for e in ir.walk(item)) for item in index]
    return any(axis not in own and (reads[axis] or ir.names(index[axis]) & bound) for axis in range(len(index)))


# -- sums over loops ---------------------------------------------------------------------------------------------


def _summed(c: Contribution, known: Facts) -> list:
    """The loops that add what is summed over those that the index does not tell apart."""
    own = c.own()
    kept = tuple(loop for loop in c.loops if loop.var in own)
    over = tuple(loop for loop in c.loops if loop.var not in own)
    if not over:
        return [_nest(kept, c.body(c.stmt))]
    t = types.dtype_of(known.env[c.array])
    total = known.fresh(f"{c.array}_sum", t)
    zero = ir.Assign(total, types.typed(0, t), c.stmt.loc)
    more = c.body(ir.Assign(total, ir.Op(c.stmt.op, (ir.Name(total), c.stmt.value)), c.stmt.loc))
    last = replace(c.stmt, op="+", value=ir.Name(total))
    made = [zero, _nest(over, more), last] if not kept else _in_parts(c, kept, over, (zero, more, last), known)
    return [_if_they_run(over, made, c.stmt.loc)]  # else there may be no such element


def _in_parts(c: Contribution, kept: tuple, over: tuple, made: tuple, known: Facts) -> list:
    zero, more, last = made
    total, loc = zero.target, c.stmt.loc
    parts, part = (known.fresh(name, INT) for name in ("parts", "part"))
    t = types.dtype_of(known.env[c.array])
    sums = known.fresh(f"{c.array}_sums", types.array_type(t, len(kept) + 1))
    lengths = tuple(map(trips, kept))
    first, *rest = over
    start = add(first.start, multiply(ir.Name(part), first.step))
    strided = replace(first, start=start, step=multiply(ir.Name(parts), first.step))
    cell = ir.Index(ir.Name(sums), (ir.Name(part), *map(number, kept)))
    each_part = ir.For(part, ZERO, ir.Name(parts), ONE, (), loc=loc)
    one = (zero, _nest((strided, *rest), more), ir.Store(cell, ir.Name(total), loc))
    added = ir.Assign(total, ir.Op("+", (ir.Name(total), cell)), loc)
    return [
        ir.Assign(parts, ir.Call("helper.parts", (trips(first), *lengths)), loc),
        ir.Alloc(sums, (ir.Name(parts), *lengths), types.dtype_name(t), "empty", loc),
        _nest((each_part, *kept), one),
        _nest(kept, (zero, replace(each_part, body=(added,)), last)),
    ]


def _if_they_run(loops: tuple, block: list, loc) -> ir.If:
    """`block` where all the loops have iterations."""
    return ir.If(_all(ir.Op(">", (trips(loop), ZERO)) for loop in loops), tuple(block), (), loc)


def _nest(loops: tuple, body: tuple):
    for loop in reversed(loops):
        body = (replace(loop, body=body),)
    return body[0]


# -- neighbours --------------------------------------------------------------------------------------------------


def _gathered(found: list[Contribution], known: Facts) -> list | None:
    """The loops in which an element takes what all iterations add to it; None where these add to elements that are not
    a fixed distance from their own."""
    loops = found[0].loops
    if len(found) < 2 or any(len(c.loops) != len(loops) for c in found):
        return None
    shifts = [s for c in found if (s := _shifts(c, found[0])) is not None]
    if len(shifts) < len(found):
        return None
    names = [loop.var for loop in loops]
    low = [min(s[k] for s in shifts) for k in range(len(names))]
    high = [max(s[k] for s in shifts) for k in range(len(names))]
    t = types.dtype_of(known.env[found[0].array])
    total = known.fresh(f"{found[0].array}_sum", t)
    body: list = [ir.Assign(total, types.typed(0, t), found[0].stmt.loc)]
    for c, shift in zip(found, shifts, strict=True):
        body += _taken(c, shift, loops, total, (low, high), known)
    body.append(replace(found[0].stmt, target=_target(found[0], shifts[0]), op="+", value=ir.Name(total)))
    widened = tuple(
        replace(loop, start=add(loop.start, ir.Const(a)), stop=add(loop.stop, ir.Const(b)))
        for loop, a, b in zip(loops, low, high, strict=True)
    )
    return [_if_they_run(loops, [_nest(widened, tuple(body))], found[0].stmt.loc)]


def _shifts(c: Contribution, first: Contribution) -> tuple | None:
    """How far the element is, along each loop, from the iteration's own; None where that is not a number."""
    index, tests = stretched(c.stmt.target.index, c.loops)
    own, other = own_axes(index, c.loops), first.own()
    alike = all(
        (a.start, a.stop, a.step) == (b.start, b.stop, b.step) and a.step == ONE
        for a, b in zip(c.loops, first.loops, strict=True)
    )
    if tests or not alike or len(own) < len(c.loops) or list(own.values()) != list(other.values()):
        return None
    if len(index) != len(own):
        return None
    terms = [dict(affine(index[own[loop.var]], {}, is_index=True)) for loop in c.loops]
    if any(set(t) - {"", repr(ir.Name(loop.var))} for t, loop in zip(terms, c.loops, strict=True)):
        return None
    return tuple(t.get("", 0) for t in terms)


def _target(c: Contribution, shift: tuple) -> ir.Index:
    """The element whose place the loop variables are."""
    back = {loop.var: add(ir.Name(loop.var), ir.Const(-by)) for loop, by in zip(c.loops, shift, strict=True)}
    index = tuple(_moved(item, back) for item in c.stmt.target.index)
    own = own_axes(c.stmt.target.index, c.loops)
    for loop in c.loops:
        index = tuple(ir.Name(loop.var) if axis == own[loop.var] else item for axis, item in enumerate(index))
    return ir.Index(c.stmt.target.base, index, c.stmt.target.loc)


def _taken(c: Contribution, shift: tuple, loops: tuple, total: str, limits: tuple, known: Facts) -> tuple:
    """What an element takes from the iteration that is `shift` behind it, where there is one."""
    low, high = limits
    places = {own.var: ir.Name(loop.var) for own, loop in zip(c.loops, loops, strict=True)}
    back = {var: add(place, ir.Const(-by)) for (var, place), by in zip(places.items(), shift, strict=True)}
    named = (s.target for s in c.steps if isinstance(s, (ir.Assign, ir.View)))
    own = {name: known.fresh(name, known.env[name]) for name in named}
    more = ir.Assign(total, ir.Op(c.stmt.op, (ir.Name(total), c.stmt.value)), c.stmt.loc)
    body = tuple(_moved_statement(ir.rename_statement(s, own), back) for s in c.body(more))
    tests: list = []
    for k, loop in enumerate(c.loops):
        tests += [ir.Op(">=", (back[loop.var], loop.start))] if shift[k] > low[k] else []
        tests += [ir.Op("<", (back[loop.var], loop.stop))] if shift[k] < high[k] else []
    return (ir.If(_all(tests), body, (), c.stmt.loc),) if tests else body


def _all(tests):
    return reduce(lambda a, b: ir.Op("and", (a, b)), tests)


def _moved_statement(stmt, back: dict):
    return ir.rewrite_statement(lambda e: back.get(e.id, e) if isinstance(e, ir.Name) else e, stmt)


def _moved(expr, back: dict):
    return ir.rewrite(lambda e: back.get(e.id, e) if isinstance(e, ir.Name) else e, expr)
