"""What kernels say to the GPU: names of `numba.cuda`, known by how they are written. They name nothing outside of a
kernel, and `numba.cuda` may lack them (the simulator has them only while a kernel runs)."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

from adtrans import ir
from adtrans.errors import Loc, UnsupportedError

AXES = ("x", "y", "z")
PLACES = ("threadIdx", "blockIdx", "blockDim", "gridDim")
MEMORY = ("local", "shared")


@dataclass(frozen=True)
class Device:
    """What is written after `cuda.`: `grid`, `threadIdx.x`, `atomic.add`."""

    name: str


def device_name(owner, attr: str) -> Device | None:
    """What `owner.attr` names on the GPU; None where `owner` is not `numba.cuda` or something of it."""
    if isinstance(owner, Device):
        return Device(f"{owner.name}.{attr}")
    return Device(attr) if isinstance(owner, ModuleType) and owner.__name__ == "numba.cuda" else None


def device_value(device: Device, loc: Loc) -> ir.Call:
    """`cuda.threadIdx.x` and its like."""
    place, _, axis = device.name.partition(".")
    if place not in PLACES or axis not in AXES:
        hint = "Kernels have threadIdx, blockIdx, blockDim and gridDim, each with .x, .y and .z."
        raise UnsupportedError(f"cuda.{device.name} is not supported", loc, hint)
    return ir.Call(f"cuda.{device.name}", (), (), loc)


def device_call(device: Device, args: tuple, keywords: tuple, loc: Loc):
    """The call of a function of `numba.cuda`: `cuda.grid(2)` is a tuple of places, a local array is like any other."""
    name = device.name
    if name in ("grid", "gridsize"):
        return _places(name, args, keywords, loc)
    if name in (f"{memory}.array" for memory in MEMORY):
        return _array(name, args, keywords, loc)
    if name == "atomic.add" and len(args) == 3 and not keywords:
        return ir.Call("cuda.atomic.add", args, (), loc)
    if name == "syncthreads" and not args and not keywords:
        return ir.Call("cuda.syncthreads", (), (), loc)
    hint = "Kernels have grid, gridsize, local.array, shared.array, syncthreads and atomic.add(array, index, value)."
    raise UnsupportedError(f"cuda.{name} is not supported", loc, hint)


def _places(name: str, args: tuple, keywords: tuple, loc: Loc):
    match args:
        case (ir.Const(int(count)),) if 1 <= count <= 3 and not keywords:
            calls = tuple(ir.Call(f"cuda.{name}.{axis}", (), (), loc) for axis in AXES[:count])
            return calls[0] if count == 1 else ir.Tuple(calls, loc)
    raise UnsupportedError(f"cuda.{name} takes one number, 1, 2 or 3", loc, f"Write cuda.{name}(1).")


def _array(name: str, args: tuple, keywords: tuple, loc: Loc) -> ir.Call:
    given = dict(zip(("shape", "dtype"), args, strict=False)) | dict(keywords)
    if given.keys() != {"shape", "dtype"} or len(args) > 2 or not isinstance(given["dtype"], ir.DType):
        hint = f"Write cuda.{name}(32, np.float32)."
        raise UnsupportedError(f"cuda.{name} takes a shape and a type", loc, hint)
    func = "np.empty" if name == "local.array" else f"cuda.{name}"
    return ir.Call(func, (given["shape"],), (("dtype", given["dtype"]),), loc)
