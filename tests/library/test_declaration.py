"""Parameters of array functions: in NumPy's order, or by name only."""

import importlib
import inspect

import pytest

from adtrans.library import definitions
from adtrans.library.operations import declarations
from adtrans.types.calls import BY_NAME, PARAMETERS

UNSAID = {"np.arange": ["start", "stop", "step", "dtype"]}  # parameters that `inspect` does not know the order of


def positional(func: str) -> list[str] | None:
    """The parameters that NumPy's function takes without a name, where there is one that takes a fixed number."""
    module, _, name = func.replace("np.", "numpy.", 1).rpartition(".")
    try:
        params = inspect.signature(getattr(importlib.import_module(module), name)).parameters.values()
    except (AttributeError, ValueError):
        return None
    found = [p.name for p in params if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return None if any(p.kind is p.VAR_POSITIONAL for p in params) else UNSAID.get(func, found)


OURS = {found.func: (found.params, found.by_name) for found in (*definitions(), *declarations())}
OURS |= {func: (names, BY_NAME.get(func, ())) for func, names in PARAMETERS.items()}
COMPARED = {func: ours for func, ours in OURS.items() if positional(func) is not None}


def test_most_functions_are_compared():
    assert len(COMPARED) > 0.8 * len(OURS)


@pytest.mark.parametrize("func", COMPARED)
def test_parameters_have_numpys_places(func):
    names, by_name = COMPARED[func]
    ours = list(names[: len(names) - len(by_name)])
    assert ours[1:] == positional(func)[1 : len(ours)]  # the first has several names
