"""From a kernel to the text of a module with its adjoint, a stage a line."""

from __future__ import annotations

from dataclasses import dataclass

from adtrans import emit, ir, types
from adtrans.errors import ArgumentError
from adtrans.names import fresh, used
from adtrans.parse import parse
from adtrans.pipeline import place_of, scalarised, tidied_text, type_text
from adtrans.targets.adjoint import Adjoint, adjoint, written_arrays
from adtrans.targets.memory import Threaded, memory
from adtrans.targets.ownership import Places, places
from adtrans.targets.races import require_no_races
from adtrans.targets.spelling import spelling
from adtrans.targets.sums import atomic_sum, sums
from adtrans.targets.threads import AXES, Threads, threads
from adtrans.transforms.coalesce import coalesce
from adtrans.transforms.inline import inline
from adtrans.transforms.normalise import normalise
from adtrans.transforms.parts import parts
from adtrans.transforms.rename import rename
from adtrans.transforms.scalarise import Scalarised

INT = types.types.int64


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
    program = parts(scalarised(of_thread.function, (*argtypes, *(INT,) * len(of_thread.places))))
    known = places(program.function.body, of_thread.places, program.values)
    require_no_races(program, of_thread)
    wrt = tuple(function.params[k] for k in argnums)
    made = adjoint(program, wrt, known, reorder)
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
    """The adjoint kernel as it is emitted: its body, parameters but the tapes, and the axes of the grid it knows."""

    memory: Threaded
    body: tuple
    params: tuple
    axes: int
    stores: tuple  # the arrays to which the kernel itself writes


def _kernel(function: ir.Function, of_thread: Threads, program: Scalarised, made: Adjoint, known: Places) -> Kernel:
    env, names = made.made.env, dict(of_thread.places)
    taken = set(env) | used(program.function) | {made.made.names.bar(p) for p in made.made.names.active}
    axes = 1 + max((AXES.index(place[-1]) for place in names.values()), default=-1)

    def new(base: str) -> str:
        return fresh(base, taken)

    def place(name: str) -> ir.Name:
        found = next((n for n, p in names.items() if p == name), None) or new(name.replace(".", "_"))
        names[found] = name
        env[found] = INT
        return ir.Name(found)

    body = sums(_with_shares(made), made.cotangents, known)
    stored = memory(body, env, made.made.program.values, function.params, _number(axes, place), new)
    body = spelling(stored.body, env)
    body = (*_definitions(names, body, new), *body)
    body = rename(coalesce(body, env, made.made.ours), (*function.params, *made.cotangents))
    return Kernel(stored, body, (*function.params, *made.cotangents), axes, written_arrays(program))


def _with_shares(made: Adjoint) -> tuple:
    """The body, at its end the thread's shares of the cotangents of numbers."""
    body = tuple(ir.rename_statement(s, made.sums) for s in made.body)
    return (*body, *(atomic_sum(bar, (ir.Const(0),), ir.Name(share), None) for bar, share in made.sums.items()))


def _number(axes: int, place):
    """The number of the thread in the grid."""
    number = place(f"grid.{AXES[axes - 1]}") if axes else ir.Const(0)
    for axis in reversed(AXES[: max(axes - 1, 0)]):
        number = ir.Op("+", (place(f"grid.{axis}"), ir.Op("*", (place(f"gridsize.{axis}"), number))))
    return number


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


# -- the text ----------------------------------------------------------------------------------------------------


def _module(function: ir.Function, argtypes: tuple, of_thread: Threads, made: Adjoint, kernel: Kernel, fast) -> Module:
    from adtrans import __version__

    name = f"{function.name}_vjp"
    typed = ", ".join(f"{p}: {type_text(t)}" for p, t in zip(function.params, argtypes, strict=True))
    head = [
        f'"""Generated by adtrans {__version__} from {place_of(function)} ({typed}).', "",
        "Plain NumPy and Numba, without adtrans. Do not edit it; edit the kernel and generate it again.",
        '"""', "", "import math", "", "import numpy as np", "from numba import cuda", "", "",
    ]  # fmt: skip
    tapes = [tape.name for tape in kernel.memory.tapes] + ([kernel.memory.full] if kernel.memory.full else [])
    decorator = "@cuda.jit(fastmath=True)" if fast else "@cuda.jit"
    lines = [decorator, f"def {name}({', '.join((*kernel.params, *tapes))}):", f'    """{_doc(function, made)}"""']
    lines += emit.block(kernel.body, function.file)
    return Module(tidied_text("\n".join([*head, *lines, "", "", *_launch(name, kernel)])), name, f"launch_{name}")


def _doc(function: ir.Function, made: Adjoint) -> str:
    return f"The adjoint of {function.name}: {', '.join(made.cotangents)} from what they are after it to before it."


def _launch(name: str, kernel: Kernel) -> list[str]:
    """The lines of the function that launches the kernel."""
    stored = kernel.memory
    tapes = [tape.name for tape in stored.tapes]
    asked = [", records=1024"] if any(None in tape.lengths for tape in stored.tapes) else []
    lines = [
        f"def launch_{name}(blocks, threads, stream, {', '.join(kernel.params)}{''.join(asked)}):",
        f'    """Launches {name} on a grid of `blocks` and `threads`, (x, y, z) each."""',
    ]
    size = ("one thread", "one dimension", "two dimensions", "")[kernel.axes]
    if kernel.axes < 3:
        lines += [
            f"    if max(*blocks[{kernel.axes}:], *threads[{kernel.axes}:], 1) > 1:",
            f'        raise ValueError("{name} is for a grid of {size}")',
        ]
    if tapes:
        lines.append("    count = math.prod(blocks) * math.prod(threads)")
    for tape in stored.tapes:
        lengths = ["records" if n is None else emit.expression(n) for n in tape.lengths]
        shape = f"({', '.join([*lengths, 'count'])})"
        lines.append(f"    {tape.name} = cuda.device_array({shape}, np.{tape.dtype}, stream=stream)")
    if stored.full:
        lines.append(f"    {stored.full} = cuda.to_device(np.zeros(1, np.int32), stream=stream)")
        tapes.append(stored.full)
    lines.append(f"    {name}[blocks, threads, stream]({', '.join((*kernel.params, *tapes))})")
    if stored.full:
        lines += [
            f"    if {stored.full}.copy_to_host(stream=stream)[0]:",
            '        raise MemoryError(f"a thread records more than {records} values: launch with more records")',
        ]
    return [*lines, "", "", f"launch_{name}.stores = {kernel.stores!r}  # to which the kernel writes".replace("'", '"')]
