"""What the benchmark programs share: threads, timing in turns, tables."""

import os
import random
import subprocess
import sys
import time

THREAD_COUNTS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
PAUSE = 0.02  # seconds


def run_child(arguments, threads, **variables):
    """Run this program again with other arguments, every library held to so many threads; its output as text.

    Libraries read their thread count when they are imported, so it takes a new process.
    Raises: SystemExit where the child fails; what it wrote to stderr is then already on the screen.
    """
    environment = os.environ | dict.fromkeys(THREAD_COUNTS, str(threads)) | variables
    environment["TF_CPP_MIN_LOG_LEVEL"] = "2"
    environment["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'}"
    command = [sys.executable, sys.argv[0], *map(str, arguments)]
    child = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if child.returncode:
        print(child.stdout)
        raise SystemExit(child.returncode)
    return child.stdout


def use_cores(count):
    """Keep this process, with threads that libraries start by themselves, on so many cores, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-count:])


def in_turns(contenders, rounds, at_least=0.005):
    """The seconds that a call takes, one number for each round, for each of the functions in a dictionary.

    They take turns, so that what else the machine does hits all of them alike, in a random order: what a turn takes
    depends on the memory that the one before has left. It lasts `at_least` seconds, after a pause in which the threads
    of the one before go to sleep: some libraries let them spin for a while.
    """
    repeats = {}
    for name, call in contenders.items():
        call()  # compiles
        repeats[name] = max(1, round(at_least / seconds(call)))
    times = {name: [] for name in contenders}
    rng = random.Random(0)
    for _ in range(rounds):
        for name in rng.sample(list(contenders), len(contenders)):
            time.sleep(PAUSE)
            times[name].append(seconds(contenders[name], repeats[name]))
    return times


def seconds(call, repeats=1):
    """The mean time of one call."""
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats


def print_table(header, rows):
    """Print columns: the first to the left, the others to the right."""
    cells = [header, *rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    for first, *others in cells:
        numbers = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        print("  ".join(["   ", first.ljust(widths[0]), *numbers]))


def duration(value):
    """Seconds, as text with a fitting unit."""
    for unit, factor in (("s", 1), ("ms", 1e3)):
        if value * factor >= 1:
            return f"{value * factor:.2f} {unit}"
    return f"{value * 1e6:.0f} us"
