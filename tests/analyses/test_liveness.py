"""Liveness against running: what a program reads before it writes it, found by a fixed point over paths."""

import pytest
from ir_python import define

from adtrans import ir
from adtrans.analyses.liveness import definitions, live_in, liveness, reads
from adtrans.parse import parse

NESTS = [
    "s = a\nfor i in range(n):\n    for j in range(i):\n        s = s + t\n        t = j\n    u = t\nreturn s",
    "for i in range(n):\n    if a > 0:\n        s = a\n    else:\n        s = b\n        c = s\n    t = s\nreturn t",
    "while a < n:\n    for i in range(b):\n        c = a\n    a = c + d\nreturn a",
    "for i in range(n):\n    i = i + a\n    if i > b:\n        for k in range(i):\n            b = k\nreturn i + b",
    "if n:\n    while t:\n        t = s\n        s = n\nelse:\n    s = 1\nreturn s",
]


def body(text: str) -> tuple:
    lines = text.replace("\n", "\n    ")
    return parse(define(f"def f(a, b, c, d, n, s, t):\n    {lines}\n")).body


def by_fixed_point(block: tuple, live: frozenset, after: dict) -> frozenset:
    """What is live before `block`; `after` gets what is live after each statement."""
    for stmt in reversed(block):
        after[id(stmt)] = live
        own = reads(stmt)
        if isinstance(stmt, ir.If):
            live = by_fixed_point(stmt.body, live, after) | by_fixed_point(stmt.orelse, live, after) | own
        elif ir.blocks(stmt):
            head = live | own
            while (more := head | (by_fixed_point(stmt.body, head, after) - set(definitions(stmt)))) != head:
                head = more
            live = head
        else:
            live = (live - set(definitions(stmt))) | own
    return live


@pytest.mark.parametrize("text", NESTS)
def test_liveness_is_the_fixed_point(text):
    block, after = body(text), {}
    assert live_in(block) == by_fixed_point(block, frozenset(), after)
    assert liveness(block).after == after


def test_what_is_read_at_the_end_of_an_iteration_is_exposed_unless_the_iteration_defines_it():
    (loop, _) = body("while a < n:\n    b = a\n    a = b + c\nreturn b")
    assert liveness((loop,)).exposed[id(loop), 0] == {"a", "c", "n"}
    (loop, _) = body("while a < n:\n    a = b\nreturn a")
    assert liveness((loop,)).exposed[id(loop), 0] == {"b", "n"}
