"""What ends a command: a message, and the exit code."""

from __future__ import annotations

OK, FAILED, USAGE = 0, 1, 2  # FAILED: a check, or the user's program; USAGE: the command line, as argparse has it


class Failure(Exception):
    """Ends the command with `message` on stderr and exit code `code`."""

    def __init__(self, message: str, code: int = USAGE):
        self.message, self.code = message, code
        super().__init__(message)
