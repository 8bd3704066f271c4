"""Sums of products in Einstein's notation, as loops, or as a matrix product where they are one."""

from __future__ import annotations

from adtrans import types
from adtrans.library.axes import as_type, common, common_float
from adtrans.library.registry import Formula
from adtrans.library.text import formula, function


def einstein(subscripts: str, operands: tuple):
    """The definition of `np.einsum(subscripts, *operands)` for operands of these types.

    Raises: ValueError where the subscripts do not fit the operands.
    """
    inputs, output = _read(subscripts, operands)
    names = [f"operands_{k}" for k in range(len(operands))]
    if len(inputs) > 2:
        return _by_steps(inputs, output, names)
    if len(inputs) == 2 and any(map(types.is_float, operands)):
        product = _matrix_product(inputs, output, operands) or _stacked_products(inputs, output, operands)
        if product:
            return product
    if len(inputs) == 1 and len(set(inputs[0])) == len(inputs[0]) == len(output):
        return formula(names[0], f"np.transpose({names[0]}, {tuple(inputs[0].index(x) for x in output)})")
    return _loops(inputs, output, operands, names)


def _read(subscripts: str, operands: tuple) -> tuple[list[str], str]:
    """The indices of each operand and of the result."""
    left, arrow, output = subscripts.partition("->")
    inputs = left.split(",")
    letters = "".join(inputs) + output
    if not all(letter.isascii() and letter.isalpha() for letter in letters):
        raise ValueError("subscripts are letters, commas and ->; ... is not supported")
    if len(inputs) != len(operands):
        raise ValueError(f"there are subscripts for {len(inputs)} arrays, and {len(operands)} arrays")
    for indices, t in zip(inputs, operands, strict=True):
        if len(indices) != t.ndim:
            raise ValueError(f"the subscripts {indices!r} do not fit an array of {t.ndim} axes")
    if not arrow:
        output = "".join(sorted(x for x in set(letters) if letters.count(x) == 1))
    if len(set(output)) < len(output) or not set(output) <= set("".join(inputs)):
        raise ValueError(f"the result's subscripts {output!r} must be different ones of the arrays'")
    return inputs, output


def _by_steps(inputs: list[str], output: str, names: list[str]) -> Formula:
    """The first two operands first, then their product with the third, and so on."""
    indices, text = inputs[0], names[0]
    for k, other in enumerate(inputs[1:], 1):
        later = set(output).union(*inputs[k + 1 :])
        kept = output if k == len(inputs) - 1 else "".join(x for x in dict.fromkeys(indices + other) if x in later)
        text, indices = f"np.einsum('{indices},{other}->{kept}', {text}, {names[k]})", kept
    return formula(", ".join(names), text)


def _matrix_product(inputs: list[str], output: str, operands: tuple):
    """The sum as a product of matrices, whose rows, columns and inner axis may be several indices each; None where it
    is none: an index is repeated, summed alone, or common to both operands and the result."""
    a, b = inputs
    inner = [x for x in a if x in b and x not in output]
    rows, columns = ([x for x in own if x not in inner] for own in (a, b))
    simple = len(set(a)) == len(a) and len(set(b)) == len(b)
    alone = [x for x in rows + columns if x not in output]
    if not (simple and inner and rows and columns) or alone or set(rows) & set(columns):
        return None
    dtype = common_float(*operands)
    first, second = (as_type(f"operands_{k}", t, dtype) for k, t in enumerate(operands))
    if len(a) == len(b) == 2:
        left = f"{first}{'' if a[1] == inner[0] else '.T'}"
        right = f"{second}{'' if b[0] == inner[0] else '.T'}"
        product = f"{left} @ {right}"
        return formula("operands_0, operands_1", product if output == rows[0] + columns[0] else f"({product}).T")
    lengths = {x: f"operands_{k}.shape[{own.index(x)}]" for k, own in enumerate(inputs) for x in own}
    lines = ["def einsum(operands_0, operands_1):", *_checks(inputs)]
    left, right = _as_matrix(first, a, rows, inner, lengths), _as_matrix(second, b, inner, columns, lengths)
    shape = ", ".join(lengths[x] for x in rows + columns)
    lines += [f"    product = np.reshape({left} @ {right}, ({shape},))"]
    order = tuple((rows + columns).index(x) for x in output)
    same = order == tuple(range(len(order)))
    lines += ["    return product" if same else f"    return np.transpose(product, {order})"]
    return function("\n".join(lines) + "\n")


def _stacked_products(inputs: list[str], output: str, operands: tuple):
    """The sum as a matrix product for each value of the indices that both operands and the result have; None where
    it is none."""
    a, b = inputs
    stack = [x for x in output if x in a and x in b]
    matrices = ["".join(x for x in own if x not in stack) for own in (a, b, output)]
    inner, repeated = set(matrices[0]) & set(matrices[1]), any(len(set(own)) < len(own) for own in inputs)
    if not stack or repeated or [len(m) for m in matrices] != [2, 2, 2] or len(inner) != 1:
        return None
    if set(matrices[2]) != set(matrices[0]) ^ set(matrices[1]):
        return None
    lengths = {x: f"operands_{k}.shape[{own.index(x)}]" for k, own in enumerate(inputs) for x in own}
    dtype = common_float(*operands)
    factors = [
        as_type(f"operands_{k}[{_at(own, stack)}]", t, dtype)
        for k, (own, t) in enumerate(zip(inputs, operands, strict=True))
    ]
    left = factors[0] + ("" if matrices[0][1] in inner else ".T")
    right = factors[1] + ("" if matrices[1][0] in inner else ".T")
    product = f"{left} @ {right}" if matrices[2][0] in matrices[0] else f"({left} @ {right}).T"
    lines = ["def einsum(operands_0, operands_1):", *_checks(inputs)]
    lines += [f"    out = np.empty(({', '.join(lengths[x] for x in output)},), dtype=np.{dtype})"]
    lines += [f"{'    ' * (k + 1)}for i_{x} in range({lengths[x]}):" for k, x in enumerate(stack)]
    lines += [f"{'    ' * (len(stack) + 1)}out[{_at(output, stack)}] = {product}", "    return out"]
    return function("\n".join(lines) + "\n")


def _at(indices: str, stack: list) -> str:
    """The index of the matrix in an operand for the loops over the indices of `stack`."""
    return ", ".join(f"i_{x}" if x in stack else ":" for x in indices)


def _as_matrix(name: str, indices: str, rows: list, columns: list, lengths: dict) -> str:
    """The operand as a matrix of the indices `rows` and `columns`."""
    order = tuple(indices.index(x) for x in rows + columns)
    value = name if order == tuple(range(len(order))) else f"np.transpose({name}, {order})"
    if len(rows) == len(columns) == 1:
        return value
    sizes = (" * ".join(lengths[x] for x in group) for group in (rows, columns))
    return f"np.reshape({value}, ({', '.join(sizes)}))"


def _checks(inputs: list[str]) -> list[str]:
    """Lines that refuse operands which have one index with different lengths."""
    first: dict = {}
    tests = []
    for k, indices in enumerate(inputs):
        for axis, x in enumerate(indices):
            length = f"operands_{k}.shape[{axis}]"
            if first.setdefault(x, length) != length:
                tests += [f"{first[x]} != {length}"]
    if not tests:
        return []
    return [f"    if {' or '.join(tests)}:", "        raise ValueError('lengths of one index differ')"]


def _loops(inputs: list[str], output: str, operands: tuple, names: list[str]):
    """Loops over the indices of the result, and in them over those that are summed."""
    lengths = {x: f"operands_{k}.shape[{own.index(x)}]" for k, own in enumerate(inputs) for x in own}
    summed = [x for x in dict.fromkeys("".join(inputs)) if x not in output]
    variables = {x: f"i_{x}" for x in lengths}
    dtype = common(*operands)
    lines = [f"def einsum({', '.join(names)}):", *_checks(inputs)]
    if output:
        lines += [f"    out = np.empty(({', '.join(lengths[x] for x in output)},), dtype=np.{dtype})"]
    depth = 1
    for x in output:
        lines += [f"{'    ' * depth}for {variables[x]} in range({lengths[x]}):"]
        depth += 1
    term = " * ".join(
        f"{name}[{', '.join(variables[x] for x in own)}]" for name, own in zip(names, inputs, strict=True)
    )
    place = f"out[{', '.join(variables[x] for x in output)}]"
    if not summed:
        return function("\n".join([*lines, f"{'    ' * depth}{place} = {term}", "    return out"]) + "\n")
    lines += [f"{'    ' * depth}total = np.{dtype}(0)"]
    for k, x in enumerate(summed):
        lines += [f"{'    ' * (depth + k)}for {variables[x]} in range({lengths[x]}):"]
    lines += [f"{'    ' * (depth + len(summed))}total += {term}"]
    lines += [f"{'    ' * depth}{place} = total", "    return out"] if output else ["    return total"]
    return function("\n".join(lines) + "\n")
