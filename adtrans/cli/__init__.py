"""The command line: `adtrans generate`, `explain`, `verify` and `rules`, a module each."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence

from adtrans import __version__
from adtrans.cli import explain, generate, rules, verify
from adtrans.cli.failure import FAILED, USAGE, Failure
from adtrans.errors import AdtransError, ArgumentError

INTERRUPTED = 130  # 128 + SIGINT, as shells have it

EXAMPLES = """\
examples:
  adtrans generate model.py:loss --argnums W,b --types "float64[:,:], float64[:], int64" -o loss_gradient.py
  adtrans generate --check                  # are the generated modules here up to date?
  adtrans explain model.py:loss             # what is recorded, and how much memory it takes
  adtrans verify model.py:loss --args "np.ones(3), 2.0"
  adtrans rules tanh np.where
"""


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code: 0 for success; 1 where a check fails or the program cannot be differentiated; 2 for a command
    line that is wrong."""
    try:
        args = parser().parse_args(argv)
    except SystemExit as end:  # argparse has said why
        return int(end.code or 0)
    try:
        code = args.run(args)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # the reader, such as `head`, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if args.debug:
            traceback.print_exc()
        message, code = described(error)
        print(message, file=sys.stderr)
        return code


def described(error: Exception) -> tuple[str, int]:
    """What to say about `error`, and the exit code."""
    match error:
        case Failure(message=message, code=code):
            return (f"adtrans: {message}" if code == USAGE else message), code
        case ArgumentError():
            return str(error), USAGE
        case AdtransError():
            return str(error), FAILED
        case OSError():
            return f"adtrans: {error}", FAILED
    said = str(error).partition("\n")[0]
    message = f"adtrans: an error of adtrans itself, {type(error).__name__}: {said}"
    return f"{message}\nPlease report it, with what --debug shows.", FAILED


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line; `run` of what it returns runs the command."""
    whole = argparse.ArgumentParser(
        prog="adtrans",
        description="Gradients of Numba code, as readable source.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    whole.add_argument("--version", action="version", version=f"adtrans {__version__}")
    commands = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (generate, explain, verify, rules):
        command.add(commands).add_argument("--debug", action="store_true", help="show the traceback of an error")
    return whole
