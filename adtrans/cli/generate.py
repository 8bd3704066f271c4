"""`adtrans generate`: a gradient as a module of its own, written or compared with the file that is there."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from adtrans.cli import committed
from adtrans.cli.failure import FAILED, OK, Failure
from adtrans.cli.options import add_derivative, ask, ask_kernel
from adtrans.cli.program import program
from adtrans.parse.source import read
from adtrans.pipeline import generate
from adtrans.request import is_kernel, is_written_as_kernel, primal_function
from adtrans.targets import function

EXAMPLES = """\
examples:
  adtrans generate model.py:loss --argnums W,b --types "float64[:,:], float64[:], int64" -o loss_gradient.py
  adtrans generate model.py:loss -o loss_gradient.py --check
  adtrans generate --check                    # every generated module below the current folder
  adtrans generate --check src/gradients      # or those in a folder or file

The first line of a file written with -o is the command that makes it; --check runs that. It exits with 1 where a file
is missing or is not what would be written now.
"""


def add(commands) -> argparse.ArgumentParser:
    """The parser of the command."""
    parser = commands.add_parser(
        "generate",
        help="write a gradient as a module of its own",
        description="Writes a module with the function and its gradient, to run with numpy and numba alone.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("targets", nargs="*", metavar="FILE.py:FUNC", help="the function; with --check alone, "
                        "generated modules or folders with them (default: the current folder)")  # fmt: skip
    add_derivative(parser)
    parser.add_argument(
        "--target", choices=("cpu", "cuda"), help="cuda: for a GPU, a function of arrays or the adjoint of a kernel"
    )
    parser.add_argument("-o", "--output", metavar="OUT", help="the file to write; default: standard output")
    parser.add_argument("--check", action="store_true", help="write nothing; compare with the file that is there")
    parser.set_defaults(run=run, parser=parser)
    return parser


def run(args) -> int:
    if args.check and not args.output:
        return committed.check(args.targets, args.parser.parse_args, module)
    text = module(args, Path.cwd())
    if not args.output:
        print(text, end="")
        return OK
    path = Path(args.output).absolute()
    return committed.compare(path, text) if args.check else committed.write(path, text)


def module(args, base: Path) -> str:
    """The text of the module that `args` ask for, paths being relative to `base`; with `-o` it starts with the command.

    Raises: Failure, AdtransError.
    """
    if len(args.targets) != 1:
        raise Failure(f"generate takes one FILE.py:FUNC, got {', '.join(args.targets) or 'none'}")
    with program(args.targets[0], base) as target:
        if is_kernel(target) or (args.target == "cuda" and is_written_as_kernel(target)):
            text = of_kernel(target, args)
        else:
            text = of_arrays(target, args) if args.target == "cuda" else of_function(target, args)
        if not args.output:
            return text
        return committed.header(command(args, base), read(primal_function(target)).text) + text


def of_function(target, args) -> str:
    """The text of the module for a function on the CPU."""
    asked = ask(target, args)
    made = generate(asked.fn, asked.argtypes, **asked.options())
    for name in made.given:
        raise Failure(f"{name} has a rule and cannot be imported: define it at the top level of a module", FAILED)
    return made.text


def of_arrays(target, args) -> str:
    """The text of the module for a function of arrays on a GPU."""
    asked = ask(target, args)
    options = {k: v for k, v in asked.options().items() if k != "parallel"}
    return function.generate(asked.fn, asked.argtypes, **options).text


def of_kernel(target, args) -> str:
    """The text of the module for a kernel of a GPU."""
    kernel_vjp, argtypes = ask_kernel(target, args)
    return kernel_vjp.generated(argtypes).text


def command(args, base: Path) -> list[str]:
    """The words of the command, with every path relative to `base`."""
    file, _, name = args.targets[0].rpartition(":")
    words = ["adtrans", "generate", f"{relative(file, base)}:{name}"]
    given = {"argnums": args.argnums, "types": args.types, "fastmath": args.fastmath, "target": args.target}
    if args.mode != "value_and_grad":
        words += ["--mode", args.mode]
    for option, text in given.items():
        if text is not None:
            words += [f"--{option}={text}"] if text.startswith("-") else [f"--{option}", " ".join(text.split())]
    return [*words, *(["--parallel"] if args.parallel else []), "-o", relative(args.output, base)]


def relative(path: str, base: Path) -> str:
    """`path` from `base`, with forward slashes."""
    try:
        return Path(os.path.relpath(base / path, base)).as_posix()
    except ValueError:  # another drive of Windows
        return Path(path).absolute().as_posix()
