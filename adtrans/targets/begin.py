"""Numbers that each iteration leaves as it has found them, given that value where it begins.

    s_bar = 0.0                                 for p in range(n):
    for p in range(n):                              s_bar = 0.0
        if s[p] > k:                                if s[p] > k:
            s_bar = payoff_bar                          s_bar = payoff_bar
        ...                                             ...
        s_bar = 0.0

Iterations then hand nothing on, and can be threads.
"""

from __future__ import annotations

from dataclasses import replace

from adtrans import ir
from adtrans.analyses.liveness import Liveness, definitions, liveness


def begin(block: tuple) -> tuple:
    """The body of a function with such numbers set at the start of each iteration."""
    return _block(block, liveness(block))


def _block(block: tuple, live: Liveness) -> tuple:
    known: dict[str, ir.Const] = {}
    out: list = []
    for stmt in block:
        new = ir.with_blocks(stmt, *(_block(b, live) for b in ir.blocks(stmt)))
        if isinstance(stmt, ir.For) and not stmt.exit:
            ends = _ends(new.body)
            same = [s for s in ends if known.get(s.target) == s.value and s.target not in live.after[id(stmt)]]
            kept = (s for s in new.body if not any(s is end for end in same))
            new = replace(new, body=(*same, *kept)) if same else new
        for name in {d for s in ir.statements((stmt,)) for d in definitions(s)}:
            known.pop(name, None)
        if isinstance(stmt, ir.Assign) and isinstance(stmt.value, ir.Const):
            known[stmt.target] = stmt.value
        out.append(new)
    return tuple(out)


def _ends(body: tuple) -> list[ir.Assign]:
    """The last statements of an iteration, as far as they give numbers constant values."""
    ends: list[ir.Assign] = []
    for stmt in reversed(body):
        if not (isinstance(stmt, ir.Assign) and isinstance(stmt.value, ir.Const)):
            break
        ends.append(stmt)
    return ends
