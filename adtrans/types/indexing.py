"""Which axes an index takes from an array and which it leaves; of what types its items can be."""

from __future__ import annotations

from numba.core import types

from adtrans import ir
from adtrans.errors import UnsupportedError
from adtrans.types.kinds import describe, ndim_of


def is_mask(t: types.Type | None) -> bool:
    """Whether an index of this type chooses elements by a bool for each."""
    return isinstance(t, types.Array) and isinstance(t.dtype, types.Boolean)


def axes_taken(item, t) -> int:
    """How many axes of the array an item of an index stands for; `t` is its type, None for a slice and the like."""
    if isinstance(item, (ir.NewAxis, ir.Dots)):
        return 0
    return ndim_of(t) if is_mask(t) else 1


def indexed_rank(expr: ir.Index, base: types.Array, parts: list) -> int:
    """The rank of `expr`, given the types of the index's items. Raises: UnsupportedError for too many items."""
    taken = sum(axes_taken(item, t) for item, t in zip(expr.index, parts, strict=True))
    if taken > base.ndim or sum(isinstance(i, ir.Dots) for i in expr.index) > 1:
        raise UnsupportedError(f"too many indices for {describe(base)}", expr.loc, "Use one for each axis.")
    kept = sum(isinstance(item, (ir.Slice, ir.NewAxis)) for item in expr.index)
    return (
        base.ndim - taken + kept + max((1 if is_mask(t) else ndim_of(t) for t in parts if is_index_array(t)), default=0)
    )


def is_index_array(t: types.Type | None) -> bool:
    return isinstance(t, types.Array)


def constant_slice(item: ir.Slice) -> slice:
    """The Python slice that is written out as constants."""
    return slice(*(None if part is None else part.value for part in (item.start, item.stop, item.step)))


def require_integer(t: types.Type, loc, what: str) -> None:
    """Raises: UnsupportedError where an index, or a slice's bound, cannot be of type `t`."""
    if isinstance(t, types.Boolean) or not isinstance(t, types.Integer):
        hint = "Use .astype(np.int64)." if isinstance(t, types.Array) else "Use int(...)."
        raise UnsupportedError(f"{what} must be an integer, not {describe(t)}", loc, hint)


def require_index(t: types.Type, loc) -> None:
    """Raises: UnsupportedError where `t` is neither an integer nor an array of integers or bools."""
    if not (isinstance(t, types.Array) and isinstance(t.dtype, (types.Integer, types.Boolean))):
        require_integer(t, loc, "an index")
