"""From a kernel to the text of a module with its adjoint, a stage a line."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from adtrans import emit, ir, types
from adtrans.errors import ArgumentError
from adtrans.names import fresh, used
from adtrans.parse import parse
from adtrans.pipeline import place_of, scalarised, tidied_text, type_text
from adtrans.targets.adjoint import Adjoint, adjoint, written_arrays
from adtrans.targets.barriers import barriers
from adtrans.targets.memory import Threaded, memory
from adtrans.targets.ownership import Places, numbers, places
from adtrans.targets.races import require_no_races
from adtrans.targets.spelling import spelling
from adtrans.targets.sums import atomic_sum, sums
from adtrans.targets.threads import AXES, BASES, Threads, threads
from adtrans.transforms.coalesce import coalesce
from adtrans.transforms.inline import inline
from adtrans.transforms.normalise import normalise
from adtrans.transforms.parts import parts
from adtrans.transforms.rename import rename
from adtrans.transforms.scalarise import Scalarised

INT = types.types.int64
GRID = ("blocks", "threads", "stream")  # with which a kernel is launched


@dataclass(frozen=True)
class Module:
    """A generated module: its text, and the names in it of the adjoint kernel and of the function that launches it."""

    text: str
    kernel: str
    launch: str


def generate(fn, argtypes: tuple, argnums: tuple, *, reorder: bool = True, fast: bool = False) -> Module:
    """The module for the kernel `fn` on arguments of types `argtypes`, with cotangents for the parameters `argnums`;
    `reorder` where sums may be added up in another order, `fast` for arithmetic that is less precise.

    Raises:
        UnsupportedError: at the user's line, for what cannot be differentiated.
        ArgumentError: for arguments that do not fit.
    """
    function = parse(fn)
    _check(function, argtypes, argnums)
    of_thread = threads(normalise(inline(function, argtypes)))
    shared = (types.array_type(types.scalar_type(dtype), len(n)) for n, dtype in of_thread.shared.values())
    program = parts(scalarised(of_thread.function, (*argtypes, *shared, *(INT,) * len(of_thread.places))))
    program = barriers(program, of_thread)
    known = places(program.function.body, of_thread.places, program.values)
    require_no_races(program, of_thread)
    wrt = tuple(function.params[k] for k in argnums)
    made = adjoint(program, wrt, tuple(of_thread.shared), known, reorder)
    return _module(function, argtypes, of_thread, made, _kernel(function, of_thread, program, made, known), fast)


def _check(function: ir.Function, argtypes: tuple, argnums: tuple) -> None:
    if function.star or function.keyword_only:
        raise ArgumentError(f"{function.name} has parameters that are not positional", None, "Use plain parameters.")
    if len(argtypes) != len(function.params):
        raise ArgumentError(f"{function.name} takes {len(function.params)} arguments, got {len(argtypes)} types")
    if function.constants:
        name = next(iter(function.constants))
        raise ArgumentError(f"{function.name} reads the array {name!r} from outside", None, "Pass it as an argument.")
    for k in argnums:
        if not types.is_float(argtypes[k]):
            name = function.params[k]
            raise ArgumentError(f"{function.name} cannot be differentiated by {name!r}, {types.describe(argtypes[k])}")


@dataclass(frozen=True)
class Kernel:
    """The adjoint kernel as it is emitted: its body, parameters but the tapes, the lengths of a grid that have to be 1,
    and the arrays to which the kernel itself writes."""

    memory: Threaded
    body: tuple
    params: tuple
    alike: tuple
    stores: tuple


def _kernel(function: ir.Function, of_thread: Threads, program: Scalarised, made: Adjoint, known: Places) -> Kernel:
    env, names = made.made.env, dict(of_thread.places)
    taken = set(env) | used(program.function) | {made.made.names.bar(p) for p in made.made.names.active}

    def new(base: str) -> str:
        return fresh(base, taken)

    def place(name: str) -> ir.Name:
        found = next((n for n, p in names.items() if p == name), None) or new(f"{BASES[name[:-2]]}_{name[-1]}")
        names[found] = name
        env[found] = INT
        return ir.Name(found)

    body = sums(_with_shares(made), made.cotangents, known)
    body = sums(body, made.shared, replace(known, of_block=True))
    stored = memory(body, env, made.made.program.values, function.params, _number_in_grid(of_thread, place), new)
    body = spelling(stored.body, env)
    body = (*_shared_memory(of_thread, made, place, new, env), *body)
    body = (*_definitions(names, body, new), *body)
    body = rename(coalesce(body, env, made.made.ours), (*function.params, *made.cotangents))
    stores = written_arrays(program, tuple(of_thread.shared))
    return Kernel(stored, body, (*function.params, *made.cotangents), _alike(of_thread), stores)


def _alike(of_thread: Threads) -> tuple:
    """The lengths of a grid along which the kernel does not tell threads apart: of its blocks (0) or threads (1), and
    the axis."""
    told = numbers(of_thread.places)
    parts = enumerate(("blockIdx", "threadIdx"))
    return tuple((n, k) for n, part in parts for k, axis in enumerate(AXES) if f"{part}.{axis}" not in told)


def _with_shares(made: Adjoint) -> tuple:
    """The body, at its end the thread's shares of the cotangents of numbers."""
    body = tuple(ir.rename_statement(s, made.sums) for s in made.body)
    return (*body, *(atomic_sum(bar, (ir.Const(0),), ir.Name(share), None) for bar, share in made.sums.items()))


def _number_in_grid(of_thread: Threads, place):
    """The number of the thread in the grid."""
    axes = _axes(of_thread)
    number = place(f"grid.{axes[-1]}") if axes else ir.Const(0)
    for axis in reversed(axes[:-1]):
        number = ir.Op("+", (place(f"grid.{axis}"), ir.Op("*", (place(f"gridsize.{axis}"), number))))
    return number


def _axes(of_thread: Threads) -> list[str]:
    """The axes along which the kernel tells threads apart."""
    return sorted({number[-1] for number in numbers(of_thread.places)})


def _definitions(names: dict[str, str], body: tuple, new) -> tuple:
    """What gives the places of the thread that `body` reads their names."""
    read = set().union(*(ir.names(e) for s in ir.statements(body) for e in (*ir.expressions(s), *_target(s))))
    used_here = {place: name for name, place in names.items() if name in read}
    out: list = []
    for kind in ("grid", "gridsize"):
        own = [used_here.get(f"{kind}.{axis}") for axis in AXES]
        count = max((k + 1 for k, name in enumerate(own) if name), default=0)
        if count:
            call = ir.Call(f"cuda.{kind}", (ir.Const(count),))
            targets = tuple(name or new(f"{kind}_{axis}") for name, axis in zip(own[:count], AXES, strict=False))
            out.append(ir.Assign(targets[0], call) if count == 1 else ir.Opaque(targets, call))
    for place, name in used_here.items():
        kind, _, axis = place.partition(".")
        if kind not in ("grid", "gridsize"):
            out.append(ir.Assign(name, ir.Attr(ir.Attr(ir.Name("cuda"), kind), axis)))
    return tuple(out)


def _target(stmt) -> tuple:
    return (stmt.target,) if isinstance(stmt, ir.Store) else ()


def _shared_memory(of_thread: Threads, made: Adjoint, place, new, env) -> tuple:
    """What makes the arrays of a block, and those of their cotangents, which its threads set to zero together."""
    bars = {made.made.names.bar(name): of_thread.shared[name] for name in of_thread.shared}
    bars = {bar: found for bar, found in bars.items() if bar in made.shared}
    every = of_thread.shared | bars
    out: list = [ir.Assign(name, _shared_array(*found)) for name, found in every.items()]
    if bars:
        first, count = _number_in_block(of_thread, place)
        for bar, (lengths, dtype) in bars.items():
            var = new("l")
            env[var] = INT
            cell = ir.Index(ir.Name(bar), _unfolded(ir.Name(var), lengths))
            zero = ir.Store(cell, types.typed(0, types.scalar_type(dtype)))
            out.append(ir.For(var, first, ir.Const(math.prod(lengths)), count, (zero,)))
        out.append(ir.Effect(ir.Call("cuda.syncthreads", ())))
    return tuple(out)


def _shared_array(lengths: tuple, dtype: str) -> ir.Call:
    shape = tuple(map(ir.Const, lengths))
    return ir.Call("cuda.shared.array", (shape[0] if len(shape) == 1 else ir.Tuple(shape), ir.DType(dtype)))


def _unfolded(number, lengths: tuple) -> tuple:
    """The index of the element of that number in an array with these lengths."""
    index: list = []
    for length in reversed(lengths[1:]):
        index.insert(0, ir.Op("%", (number, ir.Const(length))))
        number = ir.Op("//", (number, ir.Const(length)))
    return (number, *index)


def _number_in_block(of_thread: Threads, place) -> tuple:
    """The number of the thread in its block, and how many threads it has."""
    axes = _axes(of_thread) or ["x"]
    number, count = place(f"threadIdx.{axes[-1]}"), place(f"blockDim.{axes[-1]}")
    for axis in reversed(axes[:-1]):
        number = ir.Op("+", (place(f"threadIdx.{axis}"), ir.Op("*", (place(f"blockDim.{axis}"), number))))
        count = ir.Op("*", (place(f"blockDim.{axis}"), count))
    return number, count


# -- the text ----------------------------------------------------------------------------------------------------


def _module(function: ir.Function, argtypes: tuple, of_thread: Threads, made: Adjoint, kernel: Kernel, fast) -> Module:
    name = f"{function.name}_vjp"
    typed = ", ".join(f"{p}: {type_text(t)}" for p, t in zip(function.params, argtypes, strict=True))
    tapes = [tape.name for tape in kernel.memory.tapes] + ([kernel.memory.full] if kernel.memory.full else [])
    decorator = "@cuda.jit(fastmath=True)" if fast else "@cuda.jit"
    lines = [decorator, f"def {name}({', '.join((*kernel.params, *tapes))}):", f'    """{_doc(function, made)}"""']
    lines += emit.block(kernel.body, function.file)
    return Module(
        tidied_text("\n".join([*head(place_of(function), typed), *lines, "", "", *_launch(name, kernel)])),
        name,
        f"launch_{name}",
    )


def head(place: str, typed: str) -> list[str]:
    """The first lines of a module for the function at `place`, whose parameters have the types that `typed` names."""
    from adtrans import __version__

    return [
        f'"""Generated by adtrans {__version__} from {place} ({typed}).', "",
        "Plain NumPy and Numba, without adtrans. Do not edit it; edit the function and generate it again.",
        '"""', "", "import math", "", "import numpy as np", "from numba import cuda", "", "",
    ]  # fmt: skip


def _doc(function: ir.Function, made: Adjoint) -> str:
    return f"The adjoint of {function.name}: {', '.join(made.cotangents)} from what they are after it to before it."


def _launch(name: str, kernel: Kernel) -> list[str]:
    """The lines of the function that launches the kernel, whose parameters keep their names."""
    stored = kernel.memory
    taken = {*kernel.params, *(tape.name for tape in stored.tapes), stored.full or ""}
    blocks, threads, stream, records, count = (fresh(n, taken) for n in (*GRID, "records", "count"))
    given = [blocks, threads, stream, *kernel.params]
    given += [f"{records}=1024"] if any(None in tape.lengths for tape in stored.tapes) else []
    lines = [
        f"def launch_{name}({', '.join(given)}):",
        f'    """Launches {name} on a grid of `{blocks}` and `{threads}`, (x, y, z) each."""',
    ]
    if kernel.alike:
        lengths = ", ".join(f"{(blocks, threads)[part]}[{k}]" for part, k in kernel.alike)
        lines += [
            f"    if max({lengths}) > 1:",
            '        raise ValueError("the kernel does not tell all threads of this grid apart")',
        ]
    if stored.tapes:
        lines.append(f"    {count} = math.prod({blocks}) * math.prod({threads})")
    for tape in stored.tapes:
        shape = ", ".join([*(records if n is None else emit.expression(n) for n in tape.lengths), count])
        lines.append(f"    {tape.name} = cuda.device_array(({shape}), np.{tape.dtype}, stream={stream})")
    arrays = [tape.name for tape in stored.tapes]
    if stored.full:
        lines.append(f"    {stored.full} = cuda.to_device(np.zeros(1, np.int32), stream={stream})")
        arrays.append(stored.full)
    lines.append(f"    {name}[{blocks}, {threads}, {stream}]({', '.join((*kernel.params, *arrays))})")
    if stored.full:
        message = f"a thread records more than {{{records}}} values: launch with more records"
        lines += [f"    if {stored.full}.copy_to_host(stream={stream})[0]:", f'        raise MemoryError(f"{message}")']
    return [*lines, "", "", f"launch_{name}.stores = {kernel.stores!r}  # to which the kernel writes".replace("'", '"')]
