"""`adtrans rules`: all that is supported, and each function's derivative or how it is differentiated."""

from __future__ import annotations

import argparse

from adtrans.cli.failure import OK, Failure
from adtrans.cli.program import suggestion
from adtrans.cli.supported import Row, supported


def add(commands) -> argparse.ArgumentParser:
    """The parser of the command."""
    parser = commands.add_parser(
        "rules",
        help="print every supported function and its derivative",
        description="Prints every supported function with its derivative by each parameter, where y is the result, or "
        "with how it is differentiated.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these, as in tanh or np.tanh")
    parser.set_defaults(run=run)
    return parser


def run(args) -> int:
    groups = supported()
    if args.names:
        check(args.names, [name for rows in groups.values() for row in rows for name in row.names])
        groups = {title: [r for r in rows if r.is_one_of(args.names)] for title, rows in groups.items()}
    blocks = [f"{title}\n{aligned(rows)}" for title, rows in groups.items() if rows]
    print("\n\n".join(blocks))
    return OK


def check(names: list[str], known: list[str]) -> None:
    """Raises: Failure for one of `names` that is not among `known`, which may be without their modules."""
    spellings = [s for name in known for s in (name, name.rpartition(".")[2]) if s]
    for name in names:
        if name not in spellings:
            raise Failure(f"there is no rule for {name!r}{suggestion(name, dict.fromkeys(spellings))}")


def aligned(rows: list[Row]) -> str:
    widths = [max(map(len, column)) for column in zip(*(row.cells for row in rows), strict=True)]
    lines = ("  ".join(c.ljust(w) for c, w in zip(row.cells, widths, strict=True)).rstrip() for row in rows)
    return "\n".join(f"    {line}" for line in lines)
