"""A long loop recorded in parts: copies of its state are kept, and each part is run again before it is reversed.

A record of every iteration takes memory in proportion to their number, and a page of memory that is touched for the
first time costs more than computing what it holds, unless that takes costly functions. With a copy of the state before
each of k parts, and the record of one part, it is the square root of that (Griewank 1992). The last part is still
recorded when the reverse sweep begins, so that a loop of one part is not run twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce

from adtrans import ir, types
from adtrans.analyses.affine import affine
from adtrans.analyses.carried import State, carried_state
from adtrans.analyses.cost import Term, functions_of_iteration, greatest, is_part
from adtrans.analyses.facts import Facts, facts
from adtrans.analyses.liveness import mentioned
from adtrans.passes import optimising
from adtrans.transforms.context import length_of
from adtrans.transforms.dead import dead
from adtrans.transforms.lazy import ONE, ZERO, add, multiply, product, subtract
from adtrans.transforms.tapes import iteration, reversed_loop, trips

STACK_HELPERS = ("helper.grow", "helper.reserve", "helper.push")


@optimising
def checkpoint(block: tuple, env: types.Env, values: dict) -> tuple:
    """The body of a gradient function, in which each outer loop that records arrays records some iterations at a
    time: all of them where they are few, which only the run time knows. `env` gets the types of new names."""
    done: set[str] = set()
    while True:
        pair = next(iter(_pairs(block, facts(block, env, values), done)), None)
        if pair is None:
            return dead(block) if done else block
        done.add(pair.forward.var)
        block = _in_parts(block, pair)


@dataclass(frozen=True)
class _Pair:
    """A loop and its reverse, with the tapes that they alone use and what an iteration hands to the next."""

    forward: ir.For
    backward: ir.For
    tapes: tuple[ir.Alloc, ...]
    state: State
    known: Facts


def _pairs(block: tuple, known: Facts, done: set):
    for later, backward in enumerate(block):
        for earlier, forward in enumerate(block[:later]):
            if _is_reverse(backward, forward, known) and forward.var not in done:
                tapes = _tapes(block, forward, backward, known)
                state = carried_state(block, earlier, later, {t.target for t in tapes}, known) if tapes else None
                if state is not None:
                    yield _Pair(forward, backward, tapes, state, known)


def _is_reverse(backward, forward, known: Facts) -> bool:
    """Whether `backward` reverses the iterations of the loop `forward`, from the last to the first."""
    if not isinstance(forward, ir.For) or not isinstance(backward, ir.For) or forward.exit or backward.exit:
        return False
    bounds = (forward.start, forward.stop, forward.step, backward.start, backward.stop)
    if forward.var != backward.var or forward.loc != backward.loc or not all(map(known.is_fixed, bounds)):
        return False
    expected = reversed_loop(forward, known.values)
    found = (backward.start, backward.stop, backward.step)
    return all(affine(a, known.values) == affine(b, known.values) for a, b in zip(expected, found, strict=True))


def _tapes(block: tuple, forward: ir.For, backward: ir.For, known: Facts) -> tuple:
    """The tapes of a pair of loops; none unless some of them have arrays of each iteration, and none grows."""
    parts = (e for s in ir.statements(forward.body) for x in ir.expressions(s) for e in ir.walk(x))
    if any(isinstance(e, ir.Call) and e.func in STACK_HELPERS for e in parts):
        return ()
    count, place = trips(forward, known.values), iteration(forward)
    found = [s for s in block if isinstance(s, ir.Alloc) and s.shape[0] == count and s.target in known.allocations]
    found = [s for s in found if _is_tape(s.target, block, forward, backward, place)]
    return tuple(found) if any(len(s.shape) > 1 for s in found) else ()


def _is_tape(name: str, block: tuple, forward, backward, place) -> bool:
    """Whether nothing but the two loops uses the array `name`, each iteration only what is of its own number."""
    for stmt in block:
        own = stmt is forward or stmt is backward
        for inner in (s for s in ir.statements((stmt,)) if name in mentioned(s)):
            exprs = (*ir.expressions(inner), *((inner.target,) if isinstance(inner, ir.Store) else ()))
            parts = [e for x in exprs for e in ir.walk(x)]
            mentions = sum(e == ir.Name(name) for e in parts)
            cells = sum(isinstance(e, ir.Index) and e.base == ir.Name(name) and e.index[0] == place for e in parts)
            if mentions != (cells if own else 0):
                return False
    return True


@dataclass(frozen=True)
class _Words:
    """Names and expressions of a loop in parts."""

    trips: ir.Name
    length: ir.Name  # of a part, but for the last
    parts: ir.Name
    part: ir.Name
    step: ir.Name

    @property
    def steps(self):
        """The number of iterations of the part."""
        return ir.Call("min", (self.length, ir.Op("-", (self.trips, self.first))))

    @property
    def first(self):
        return ir.Op("*", (self.part, self.length))


def _in_parts(block: tuple, pair: _Pair) -> tuple:
    bases = ("trips", "segment", "parts", "part", "step")
    words = _Words(*(ir.Name(pair.known.fresh(base, types.types.int64)) for base in bases))
    kept = {n: pair.known.fresh(f"{n}_kept", _kept_type(pair.known.env[n])) for n in pair.state.names}
    results, renamed = _results(pair)
    out: list = []
    for stmt in block:
        if stmt is pair.forward:
            out += [*_allocations(pair, words, kept), _forward(pair, words, kept)]
        elif stmt is pair.backward:
            out += [*results, _backward(pair, words, kept)]
            last = len(out)
        elif not any(stmt is tape for tape in pair.tapes):
            out.append(stmt)
    out[last:] = [ir.rename_statement(s, renamed) for s in out[last:]]
    return tuple(out)


def _kept_type(t):
    return types.array_type(types.dtype_of(t), 1 + (t.ndim if types.is_array(t) else 0))


def _results(pair: _Pair) -> tuple[list, dict]:
    """Copies of the results that running the loop again changes, and their names."""
    copies, renamed = [], {}
    for name in pair.state.results:
        renamed[name] = pair.known.fresh(f"{name}_value", pair.known.env[name])
        is_array = types.is_array(pair.known.env[name])
        value = ir.Call("np.copy", (ir.Name(name),)) if is_array else ir.Name(name)
        copies.append(ir.Assign(renamed[name], value))
    return copies, renamed


def _allocations(pair: _Pair, words: _Words, kept: dict) -> list:
    """The tapes of one part, the copies of the state before each, and their numbers."""
    dims = {n: _dims(n, pair) for n in kept}
    state = [ir.Attr(ir.Name(n), "size") if dims[n] else ONE for n in kept]
    records = [product(t.shape[1:]) for t in pair.tapes]
    length = ir.Call("helper.segment", (words.trips, reduce(add, state, ZERO), reduce(add, records, ZERO), _most(pair)))
    parts = ir.Op("//", (subtract(add(words.trips, words.length), ONE), words.length))
    loc, env = pair.forward.loc, pair.known.env
    return [
        ir.Assign(words.trips.id, trips(pair.forward, pair.known.values), loc),
        ir.Assign(words.length.id, length),
        ir.Assign(words.parts.id, parts),
        *(replace(t, shape=(words.length, *t.shape[1:])) for t in pair.tapes),
        *(ir.Alloc(kept[n], (words.parts, *dims[n]), types.dtype_name(env[n]), loc=loc) for n in kept),
    ]


def _most(pair: _Pair):
    """The size of a record, in numbers, that is kept whole: more than caches hold only where the loop computes at
    least one function for each four numbers, so that running it again would take longer."""
    values = pair.known.values
    records = greatest([Term(1, t.shape[1:]) for t in pair.tapes], values)
    functions = functions_of_iteration(pair.forward, values)
    is_costly = all(any(_has_enough(f, record, values) for f in functions) for record in records)
    return ir.Op("**", (ir.Const(2), ir.Const(24 if is_costly else 21)))


def _has_enough(functions: Term, record: Term, values: dict) -> bool:
    same = functions.key(values) == record.key(values)
    return 4 * functions.number >= record.number if same else is_part(record, functions, values)


def _dims(name: str, pair: _Pair) -> tuple:
    lengths = (length_of(name, axis) for axis in range(types.ndim_of(pair.known.env[name])))
    return tuple(pair.known.values.get(length, length) for length in lengths)


def _forward(pair: _Pair, words: _Words, kept: dict) -> ir.For:
    puts = [_copied(n, kept[n], pair, words, back=False) for n in kept]
    loc, body = pair.forward.loc, _body(pair.forward, pair, words)
    inner = ir.For(words.step.id, ZERO, words.steps, ONE, body, loc=loc)
    return ir.For(words.part.id, ZERO, words.parts, ONE, (*puts, inner), loc=loc, comments=pair.forward.comments)


def _backward(pair: _Pair, words: _Words, kept: dict) -> ir.For:
    again = ir.For(words.step.id, ZERO, words.length, ONE, _body(pair.forward, pair, words), loc=pair.forward.loc)
    gets = [_restored(n, kept[n], pair, words) for n in kept]
    last = ir.Op("-", (words.parts, ONE))
    rerun = ir.If(ir.Op("<", (words.part, last)), (*gets, again), (), pair.forward.loc)
    end = ir.Op("-", (words.steps, ONE))
    body = _body(pair.backward, pair, words)
    reverse = ir.For(words.step.id, end, ir.Const(-1), ir.Const(-1), body, loc=pair.backward.loc)
    return ir.For(words.part.id, last, ir.Const(-1), ir.Const(-1), (rerun, reverse), loc=pair.backward.loc)


def _restored(name: str, kept: str, pair: _Pair, words: _Words):
    if name in pair.state.moved:
        return ir.View(name, ir.Index(ir.Name(kept), (words.part,)))
    return _copied(name, kept, pair, words, back=True)


def _copied(name: str, kept: str, pair: _Pair, words: _Words, *, back: bool):
    """The copy of a variable into `kept`, or `back`, in loops: Numba takes seconds to compile `a[:] = b`."""
    dims = _dims(name, pair)
    index = tuple(ir.Name(pair.known.fresh("i", types.types.int64)) for _ in dims)
    cell = ir.Index(ir.Name(kept), (words.part, *index))
    place = ir.Index(ir.Name(name), index) if dims else ir.Name(name)
    stmt = ir.Store(cell, place) if not back else ir.Store(place, cell) if dims else ir.Assign(name, cell)
    for var, length in reversed(list(zip(index, dims, strict=True))):
        stmt = ir.For(var.id, ZERO, length, ONE, (stmt,))
    return stmt


def _body(loop: ir.For, pair: _Pair, words: _Words) -> tuple:
    """The body of a loop of the pair, with the number of the iteration in its part, and its variable made from that."""
    place, tapes = iteration(pair.forward), {t.target for t in pair.tapes}

    def at_step(expr):
        if isinstance(expr, ir.Index) and isinstance(expr.base, ir.Name) and expr.base.id in tapes:
            assert expr.index[0] == place, f"not a cell of a tape: {expr}"
            return replace(expr, index=(words.step, *expr.index[1:]))
        return expr

    forward = pair.forward
    value = add(forward.start, multiply(ir.Op("+", (words.first, words.step)), forward.step))
    return (ir.Assign(loop.var, value, loop.loc), *(ir.rewrite_statement(at_step, s) for s in loop.body))
