"""`adtrans explain`: what is recorded, computed again and why."""

from __future__ import annotations

import argparse
from pathlib import Path

from adtrans.cli.failure import OK
from adtrans.cli.options import add_derivative, ask
from adtrans.cli.program import program
from adtrans.explain import explain


def add(commands) -> argparse.ArgumentParser:
    """The parser of the command."""
    parser = commands.add_parser(
        "explain",
        help="print what a gradient records, and why",
        description="Prints which variables carry derivatives, what the reverse sweep needs recorded and which lines "
        "are the reason, what it computes again instead, the size of the tapes as a formula, and which optimising "
        "passes changed which lines; with --parallel also which loops threads run, and why one thread runs the others. "
        "ADTRANS_DISABLE=fuse,strip switches such passes off.",
    )
    parser.add_argument("target", metavar="FILE.py:FUNC", help="the function")
    add_derivative(parser)
    parser.set_defaults(run=run)
    return parser


def run(args) -> int:
    with program(args.target, Path()) as target:
        asked = ask(target, args)
        r = asked.request
        print(explain(asked.fn, asked.argtypes, r.argnums, r.mode, single=r.single, parallel=r.parallel), end="")
    return OK
