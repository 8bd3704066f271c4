"""How the lists of programs are written and tested."""

import pytest


def into(programs):
    """A decorator that puts a function into a list, with arguments and the parameters to differentiate by."""

    def program(*args, argnums=(0,)):
        def keep(f):
            programs.append((f, args, argnums))
            return f

        return keep

    return program


def named(programs):
    """A decorator: the test is run for each program, under the program's name."""
    return pytest.mark.parametrize(("f", "args", "argnums"), programs, ids=[f.__name__ for f, _, _ in programs])
