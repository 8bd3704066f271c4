"""What a Python function says of the NumPy function that it stands for: parameters, defaults, a summary."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Declaration:
    """`choose` has NumPy's parameters; it is given the types of the arguments, and the values of the `static` ones,
    which must be constants, and returns what becomes of a call of `func`. It raises ValueError for what is not
    supported.

    `at` are calls as text, at which tests compare values with NumPy's and derivatives with differences: of the vectors
    `x` and `y`, the matrices `a` and `b`, the square matrix `s`, the array `c` of three axes and the number `t`.
    """

    func: str
    choose: Callable
    static: frozenset
    at: tuple[str, ...]

    @property
    def params(self) -> tuple[str, ...]:
        return tuple(inspect.signature(self.choose).parameters)

    @property
    def by_name(self) -> tuple[str, ...]:
        """The last of the parameters, which NumPy has elsewhere, or by name only."""
        found = inspect.signature(self.choose).parameters.values()
        return tuple(p.name for p in found if p.kind is p.KEYWORD_ONLY)

    @property
    def required(self) -> tuple[str, ...]:
        found = inspect.signature(self.choose).parameters.values()
        return tuple(p.name for p in found if p.default is p.empty)

    def default(self, name: str):
        """The value of an argument that is not given."""
        return inspect.signature(self.choose).parameters[name].default

    @property
    def summary(self) -> str:
        """What the function does, in a line."""
        return (self.choose.__doc__ or "").strip().splitlines()[0]
