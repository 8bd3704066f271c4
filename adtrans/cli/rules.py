"""`adtrans rules`: every supported function and its derivative."""

from __future__ import annotations

import argparse
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from adtrans import types
from adtrans.cli.failure import OK, Failure
from adtrans.cli.program import suggestion
from adtrans.library import Declaration, Definition, declarations, definitions
from adtrans.library.parts import FORMULAS
from adtrans.rules import table

# The array operations that `adtrans.types` knows: they have code of their own instead of an entry.
OPERATIONS = {
    "Reductions": types.REDUCTIONS,
    "New arrays": types.CREATION,
    "Shapes, copies, products, choices": types.STRUCTURAL,
}
ALSO = {"np.dot": "a @ b", "np.transpose": "a.T"}


def add(commands) -> argparse.ArgumentParser:
    """The parser of the command."""
    parser = commands.add_parser(
        "rules",
        help="print every supported function and its derivative",
        description="Prints every supported function with its derivative by each parameter; y is the result.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these, as in tanh or np.tanh")
    parser.set_defaults(run=run)
    return parser


def run(args) -> int:
    sections = {title: list(found) for title, found in listed().items()}
    if args.names:
        check(args.names, [name for rows in sections.values() for row in rows for name in row.names])
        sections = {title: [r for r in rows if r.is_one_of(args.names)] for title, rows in sections.items()}
    blocks = [f"{title}\n{aligned(rows)}" for title, rows in sections.items() if rows]
    print("\n\n".join(blocks))
    return OK


@dataclass(frozen=True)
class Row:
    """What is printed of a function, and the names that it is found by."""

    cells: tuple[str, ...]
    names: tuple[str, ...]

    def is_one_of(self, wanted: list[str]) -> bool:
        return any(name in wanted or name.rpartition(".")[2] in wanted for name in self.names)


def listed() -> dict[str, Iterator[Row]]:
    """The rows of each section."""
    sections: dict = {"Elementwise (y is the result)": map(elementwise, table())}
    sections |= {title: map(operation, names) for title, names in OPERATIONS.items()}
    sections["Written in the language itself, so that their derivatives come by themselves"] = map(
        defined, definitions()
    )
    sections["Of complex numbers, by the real and the imaginary part"] = (
        *(Row((f"{name}(z)", ""), (name,)) for name in ("np.conj", *types.OF_PARTS)),
        *map(of_parts, dict.fromkeys(FORMULAS.values())),
    )
    sections["Left to a library, with derivatives written in the language"] = map(defined, declarations())
    return sections | {"Conversions": (Row((f"{name}(x)",), (name,)) for name in types.CASTS)}


def elementwise(row: tuple[str, str, str]) -> Row:
    function, others, derivatives = row
    # A call's name, or the operator without its operands.
    name = function.partition("(")[0] if "(" in function else re.sub(r"\b[abx]\b", "", function).strip()
    return Row((function, others, derivatives), (name, *others.split(", ")))


def operation(name: str) -> Row:
    also = ALSO.get(name, "")
    return Row((f"{name}({', '.join(types.PARAMETERS[name])})", also), (name, also.strip("ab .")))


def defined(found: Definition | Declaration) -> Row:
    options = (f"{name}={found.default(name)}" for name in found.params if name not in found.required)
    return Row((f"{found.func}({', '.join([*found.required, *options])})", found.summary), (found.func,))


def of_parts(formula: Callable) -> Row:
    """The row of all functions that have this formula."""
    names = tuple(name for name, found in FORMULAS.items() if found is formula)
    return Row((f"{names[0]}({', '.join(inspect.signature(formula).parameters)})", ", ".join(names[1:])), names)


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
