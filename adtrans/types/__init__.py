"""The type of every variable and expression, each operation's asked of Numba itself.

`kinds`: Numba's types in adtrans's words. `calls`: the parameters of the array functions. `expressions`: the type of an
expression. `casts`: constants and conversions. `infer`: the type of every name.
"""

from numba.core import types

from adtrans.types.callees import apart, called_program, called_type, read_with
from adtrans.types.calls import (
    CASTS,
    CREATION,
    PARAMETERS,
    REDUCTIONS,
    STRUCTURAL,
    arguments,
    axis_of,
    leaves,
    permutation,
    reduced_axes,
    shape_items,
)
from adtrans.types.casts import cast, operand, typed
from adtrans.types.draws import is_draw, positional, size_argument
from adtrans.types.expressions import (
    dtype_argument,
    has_index_arrays,
    not_real,
    of_more_axes,
    shape_length,
    type_of,
)
from adtrans.types.indexing import constant_slice, is_mask
from adtrans.types.infer import infer, returned_type
from adtrans.types.kinds import (
    Env,
    List,
    array_type,
    describe,
    dtype_name,
    dtype_of,
    fields_of,
    is_array,
    is_complex,
    is_float,
    ndim_of,
    part_type,
    python_object,
    scalar_type,
    unify,
)
from adtrans.types.lists import passed_on
from adtrans.types.operators import COMPLEX, OF_PARTS
from adtrans.types.users import pullback_types, users_type

__all__ = [
    "CASTS",
    "COMPLEX",
    "CREATION",
    "OF_PARTS",
    "PARAMETERS",
    "REDUCTIONS",
    "STRUCTURAL",
    "Env",
    "List",
    "apart",
    "arguments",
    "array_type",
    "axis_of",
    "called_program",
    "called_type",
    "cast",
    "constant_slice",
    "describe",
    "dtype_argument",
    "dtype_name",
    "dtype_of",
    "fields_of",
    "has_index_arrays",
    "infer",
    "is_array",
    "is_complex",
    "is_draw",
    "is_float",
    "is_mask",
    "leaves",
    "ndim_of",
    "not_real",
    "of_more_axes",
    "operand",
    "part_type",
    "passed_on",
    "permutation",
    "positional",
    "pullback_types",
    "python_object",
    "read_with",
    "reduced_axes",
    "returned_type",
    "scalar_type",
    "shape_items",
    "shape_length",
    "size_argument",
    "type_of",
    "typed",
    "types",
    "unify",
    "users_type",
]
