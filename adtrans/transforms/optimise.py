"""A function's loops made fast: the passes that change how its results are computed, not which."""

from __future__ import annotations

from adtrans import types
from adtrans.analyses.facts import facts
from adtrans.analyses.independence import unshared
from adtrans.analyses.signs import Signs
from adtrans.transforms.accumulate import accumulate, owned_arrays
from adtrans.transforms.afresh import afresh
from adtrans.transforms.ascend import ascend
from adtrans.transforms.distribute import distribute
from adtrans.transforms.gather import gather
from adtrans.transforms.near import near
from adtrans.transforms.pad import pad
from adtrans.transforms.recycle import recycle
from adtrans.transforms.spell import spell
from adtrans.transforms.spent import spent
from adtrans.transforms.strip import strip
from adtrans.transforms.unsigned import unsigned


def optimise(block: tuple, env: types.Env, values: dict, known: Signs, flags: frozenset) -> tuple:
    """`block` with the same results, faster. `env` has the type of every name in it, `values` the definitions of
    integers and lengths that never change, `known` the signs of the primal's integers; `flags` say what
    may change in the last digits, as LLVM's do: `reassoc` the order of sums, `afn` the functions."""
    reorder = "reassoc" in flags
    if reorder:
        block = strip(block, env, values)
    block = recycle(block, env, values)
    block = afresh(block, env, values)
    block = spent(block, env, values, unshared(block))
    if reorder:
        block = gather(block, env, values, unshared(block), known)
        block = pad(block, env, values, unshared(block), known)
        block = distribute(block, env, unshared(block), known)
        block = ascend(block, env, unshared(block), known)
    block = accumulate(block, facts(block, env, values), known, owned_arrays(block))
    if "afn" in flags:
        block = near(block, env, values)
    block = spell(block, env, "afn" in flags)
    return unsigned(block, known, env)
