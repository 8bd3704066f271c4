"""How the lists of programs are written."""


def into(programs):
    """A decorator that puts a function into a list, with arguments and the parameters to differentiate by."""

    def program(*args, argnums=(0,)):
        def keep(f):
            programs.append((f, args, argnums))
            return f

        return keep

    return program
