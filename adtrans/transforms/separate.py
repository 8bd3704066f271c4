"""The sweeps of a function that stays a call, as two functions, or as one.

    y, top = f_forward(x, tapes, top)                       the value; what it records is on the tape, tapes[0]
    x_share, top = f_reverse(x, y_bar, tape, top)           takes that from the tape; the cotangent of a number is
                                                            returned, to that of an array its share is added
    y, x_share = f_vjp(x, y_bar)                            both, where the reverse sweep needs no tape (`joint`)

An array that the function writes to is left by the reverse sweep as the forward sweep found it.
"""

from __future__ import annotations

from dataclasses import replace

from adtrans import ir, types
from adtrans.analyses.activity import results
from adtrans.analyses.liveness import definitions
from adtrans.callees import FORWARD, JOINT, REVERSE, Sweep
from adtrans.transforms.gradient import (
    Gradient,
    Reversal,
    finished_gradient,
    initial_values,
    returned_cotangent,
    reversal,
    seeded,
)
from adtrans.transforms.scalarise import Scalarised
from adtrans.transforms.stack import together


def separate(program: Scalarised, sweep: Sweep, changed: frozenset) -> Gradient | None:
    """The function for `sweep` of `program`, which writes to its parameters `changed`. Its last statement returns
    these, and the arrays that it adds to, as well: what it leaves in them counts as a result until `returning`. None
    where the sweeps cannot be one."""
    params = program.function.params
    wrt = tuple(p for p, is_active in zip(params, sweep.params, strict=True) if is_active)
    returned = tuple(r for r, is_active in zip(results(program.function), sweep.results, strict=True) if is_active)
    outputs = tuple(program.roots.get(name, name) for name in (*returned, *(p for p in wrt if p in changed)))
    given = frozenset(name for name in returned if name in program.roots and _is_set_once(program, name))
    made = reversal(program, wrt, outputs, changed, given, can_join=(lambda _: True) if sweep.part == JOINT else None)
    if sweep.part == JOINT and not made.sweeps.is_joint:
        return None
    build = {FORWARD: _forward, REVERSE: _reverse, JOINT: _joint}[sweep.part]
    return build(made, wrt, returned, tuple(p for p in params if p in changed))


def _is_set_once(program: Scalarised, name: str) -> bool:
    """Whether the array `name` has memory of its own, which no path gives it twice."""
    return program.roots[name] == name and _most_definitions(program.function.body, name) == 1


def _most_definitions(block: tuple, name: str) -> int:
    """How often a path through the block defines `name` at most; 2 where that is not known."""
    count = 0
    for stmt in block:
        inner = [_most_definitions(b, name) for b in ir.blocks(stmt)]
        in_loop = isinstance(stmt, (ir.For, ir.While)) and any(inner)
        count += 2 if in_loop else max(inner, default=0) + (name in definitions(stmt))
    return count


def returning(body: tuple, count: int) -> tuple:
    """`body`, which returns no more than the first `count` items."""
    *rest, end = body
    items = end.value.items[:count]
    return (*rest, replace(end, value=items[0] if count == 1 else ir.Tuple(items))) if items else tuple(rest)


def _forward(made: Reversal, wrt: tuple, returned: tuple, changed: tuple) -> Gradient:
    names, function = made.names, made.program.function
    top, tapes = names.stack.top, names.stack.tapes
    values = (*results(function), top, *changed, tapes)
    end = ir.Return(ir.Tuple(tuple(map(ir.Name, values))), function.body[-1].loc)
    body = (*together(made.sweeps.forward, tapes), end)
    params = (*function.params, tapes, top)
    return finished_gradient(made, params, (*initial_values(body, names, frozenset(params)), *body))


def _reverse(made: Reversal, wrt: tuple, returned: tuple, changed: tuple) -> Gradient:
    return _from_cotangents(made, wrt, returned, changed, (), (made.names.stack.tape, made.names.stack.top))


def _joint(made: Reversal, wrt: tuple, returned: tuple, changed: tuple) -> Gradient:
    return _from_cotangents(made, wrt, returned, changed, results(made.program.function), ())


def _from_cotangents(
    made: Reversal, wrt: tuple, returned: tuple, changed: tuple, values: tuple, stack: tuple
) -> Gradient:
    """A function that is given the cotangents of what the function returns. It returns `values`, the shares of the
    cotangents of numbers, and the top of the stack."""
    names, env, sweeps = made.names, made.program.env, made.sweeps
    arrays = tuple(names.bar(p) for p in wrt if types.is_array(env[p]))
    seeds = {name: names.bar(name) if name in names.given else names.fresh("y_bar") for name in returned}
    env.update({seed: env[name] for name, seed in seeds.items()})
    numbers = [p for p in wrt if not types.is_array(env[p])]
    scalars = sorted(n for n in names.active | set(numbers) if n in env and not types.is_array(env[n]))
    body = (
        *(ir.Assign(names.bar(name), types.typed(0, env[name])) for name in scalars),
        *sweeps.prelude,
        *(seeded(n, ir.Name(seed), names) for n, seed in seeds.items() if n in names.active - names.given),
        *(sweeps.forward if sweeps.is_joint else sweeps.reverse),
    )
    shares = (returned_cotangent(p, env[p], names) for p in numbers)
    end = ir.Return(ir.Tuple((*map(ir.Name, values), *shares, *map(ir.Name, (*stack[1:], *arrays, *changed)))))
    params = (*made.program.function.params, *seeds.values(), *arrays, *stack)
    given = frozenset(params)
    return finished_gradient(made, params, (*initial_values((*body, end), names, given), *body, end))
