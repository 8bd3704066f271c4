"""All that is supported, in groups, from the registries: functions, and the constructs of the language."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from adtrans import types
from adtrans.library import Declaration, Definition, declarations, definitions
from adtrans.library.parts import FORMULAS
from adtrans.rules import registry
from adtrans.types.draws import FUNCTIONS

MOVED = "its elements move, and their cotangents back"
HOW = {
    "np.sum": "a loop; each element gets the cotangent",
    "np.mean": "as the sum, divided",
    "np.prod": "a loop of products",
    "np.max": "a search; those that are equal share",
    "np.min": "a search; those that are equal share",
    **dict.fromkeys(types.CREATION, "constants"),
    "np.full": "a copy of the value",
    "np.full_like": "a copy of the value",
    "np.transpose": "a.T, a view, and so is its cotangent",
    "np.reshape": "a view where memory allows, and its cotangent",
    "np.ravel": "a view where memory allows, and its cotangent",
    "np.copy": MOVED,
    "np.astype": "as a conversion",
    "np.dot": "a @ b, left to BLAS: a_bar += y_bar @ b.T, b_bar += a.T @ y_bar",
    "np.where": "only what is chosen is active",
    "np.arange": "constants",
    "np.array": MOVED,
    "np.concatenate": MOVED,
    "np.stack": MOVED,
}
BUILTIN = {
    "Reductions.": types.REDUCTIONS,
    "New arrays.": types.CREATION,
    "Shapes, copies, products, choices.": types.STRUCTURAL,
}
CONTROL = {
    "for": "the iterations in reverse, or each at once where they are independent",
    "while": "the iterations counted, then in reverse",
    "if": "the same branch, by the test as it was",
    "x if test else y": "the same branch",
    "and, or": "tests are constants",
    "break": "a flag that ends the loop",
    "continue": "a branch",
    "return": "early too: a flag that ends the rest",
    "else of a loop": "a branch by that flag",
    "range": "with any start, stop and step",
    "enumerate": "as a loop over a range",
    "zip": "as a loop over a range",
    "reversed": "as a loop over a range",
    "prange": "as a loop over a range",
    "np.ndindex": "as loops over ranges",
    "np.ndenumerate": "as loops over ranges",
    ":=": "as an assignment before",
    "assert": "checked in the forward sweep",
    "raise": "raised in the forward sweep",
    "x[i] = y": "the overwritten element is recorded where it is needed",
    "x[i] += y": "nothing is overwritten",
    "x[rows], x[mask]": "elements chosen by arrays, read and written",
    "np.add.at": "each occurrence of an index adds",
    "def, lambda": "followed: in place of the call",
    "stop_gradient": "a constant",
}


@dataclass(frozen=True)
class Row:
    """What is printed of a function, and the names that it is found by."""

    cells: tuple[str, ...]
    names: tuple[str, ...]

    def is_one_of(self, wanted: list[str]) -> bool:
        return any(name in wanted or name.rpartition(".")[2] in wanted for name in self.names)


def supported() -> dict[str, list[Row]]:
    """The rows of each group, by the group's title."""
    entries = dict.fromkeys(registry.entries.values())
    groups = _by_module(entries, lambda entry: registry.owners[entry.names[0]], _elementwise)
    groups |= {title: list(map(_builtin, names)) for title, names in BUILTIN.items()}
    groups |= _by_module((*definitions(), *declarations()), lambda found: found.choose.__module__, _defined)
    groups["Functions of complex numbers, by the real and the imaginary part."] = [
        *(Row((f"{name}(z)", ""), (name,)) for name in ("np.conj", *types.OF_PARTS)),
        *map(_of_parts, dict.fromkeys(FORMULAS.values())),
    ]
    groups["Conversions."] = [Row((f"{name}(x)", "x_bar is y_bar, and 0 of integers"), (name,)) for name in types.CASTS]
    groups["Random numbers of `np.random`: constants, drawn in the same order."] = list(map(_drawn, sorted(FUNCTIONS)))
    groups["The language."] = [Row((name, how), (name,)) for name, how in CONTROL.items()]
    return groups


def _by_module(found: Iterable, owner: Callable, row: Callable) -> dict[str, list[Row]]:
    """The rows of what the modules hold, under what they say that they are."""
    groups: dict[str, list[Row]] = {}
    for item in found:
        doc = (getattr(sys.modules.get(owner(item)), "__doc__", None) or owner(item)).partition("\n\n")[0]
        groups.setdefault(" ".join(doc.split()), []).append(row(item))
    return groups


def _elementwise(entry) -> Row:
    return Row((entry.key, ", ".join(entry.names[1:]), "; ".join(entry.texts)), entry.names)


def _builtin(name: str) -> Row:
    also = ("@",) if name == "np.dot" else ()
    return Row((f"{name}({', '.join(types.PARAMETERS[name])})", HOW[name]), (name, *also))


def _defined(found: Definition | Declaration) -> Row:
    options = (f"{name}={found.default(name)}" for name in found.params if name not in found.required)
    return Row((f"{found.func}({', '.join([*found.required, *options])})", found.summary), (found.func,))


def _of_parts(formula: Callable) -> Row:
    """The row of all functions that have this formula."""
    names = tuple(name for name, found in FORMULAS.items() if found is formula)
    return Row((f"{names[0]}({', '.join(inspect.signature(formula).parameters)})", ", ".join(names[1:])), names)


def _drawn(name: str) -> Row:
    return Row((f"np.random.{name}({', '.join(FUNCTIONS[name])})",), (f"np.random.{name}",))
