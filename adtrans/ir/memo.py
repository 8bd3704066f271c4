"""What is computed once for each node: nodes never change, so neither does what a function says of one."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

Result = TypeVar("Result")


class Node:
    """The base of all nodes: it keeps what functions with `memo` have said of it."""

    __slots__ = ("_said",)


def memo(f: Callable[..., Result]) -> Callable[..., Result]:
    """`f`, a function of a node alone, computed once for each node."""

    @wraps(f)
    def kept(node):
        try:
            return node._said[f]
        except AttributeError:
            object.__setattr__(node, "_said", {})
        except KeyError:
            pass
        result = node._said[f] = f(node)
        return result

    return kept
