"""Time adtrans and other tools of GradBench in turns, on one core.

    python benchmarks/gradbench/compare.py [--checkout DIR] [--python PYTHON] [--only EVAL ...] [--quick]

`--checkout` is a checkout of GradBench in which C++ tools have been built (`make -C tools/manual` ...): which of them,
is found out. `--python` is an interpreter with JAX or PyTorch, for GradBench's tools of these names. Without them,
adtrans is timed alone. All speak GradBench's protocol; times are those that the tools report.

A line for each contender: the fastest and the median run of the function and of its gradient, their ratio, the ratio
to the fastest of the tools, the memory that the gradient takes at its peak beyond its input where it is known, and
how far the gradient is from that of the first contender, as a whole and in the component that is furthest off, both
relative. "best" leaves out `manual`, whose gradients people have written.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import geometric_mean, median

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent))

import data  # noqa: E402
from _timing import THREAD_COUNTS, print_table  # noqa: E402

OURS = "adtrans"
BY_HAND = "manual"
COMPILED = (BY_HAND, "tapenade", "codipack", "enzyme", "cppad", "adept", "adol-c")
RUN = "runpy.run_path(sys.argv.pop(1), run_name='__main__')"
START = {
    # JAX returns before it has computed; GradBench's tool does not wait for the results.
    "jax": "import jax, runpy, sys; from gradbench import wrap; runs = wrap.multiple_runs; "
    "wrap.multiple_runs = lambda **how: lambda f: runs(**how)(lambda *args: jax.block_until_ready(f(*args))); " + RUN,
    "pytorch": "import runpy, sys; " + RUN,
}
FUNCTIONS = dict.fromkeys(("lse", "llsq", "ode", "det"), ("primal", "gradient"))
FUNCTIONS |= dict.fromkeys(("gmm", "lstm", "ba", "ht"), ("objective", "jacobian"))
LEAST = {"min_runs": 10, "min_seconds": 0.2}  # of each contender, in each round
HEADER = ["milliseconds", "primal", "median", "gradient", "median", "/ primal", "/ best", "MiB", "off by", "at most"]


class Failed(Exception):
    """A contender that has no answer."""


class Process:
    """A tool that is spoken to over its standard input and output."""

    def __init__(self, command, environment):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(command, env=environment, text=True, preexec_fn=one_core, **pipes)

    def __call__(self, module, function, given):
        """The response to one message. Raises: Failed."""
        self.ask({"kind": "define", "module": module})  # some end when they are asked for what they do not have
        return self.ask({"kind": "evaluate", "module": module, "function": function, "input": given})

    def ask(self, message):
        """The response to a message. Raises: Failed."""
        try:
            self.process.stdin.write(json.dumps({"id": 0, **message}) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise Failed("the process has ended")
        response = json.loads(line)
        if not response.get("success"):
            raise Failed(response.get("error", "no success"))
        return response


class Program:
    """A tool with a program for each eval, started anew for each message."""

    def __init__(self, folder, environment):
        self.folder, self.environment = folder, environment

    def __call__(self, module, function, given):
        """The response to one message. Raises: Failed."""
        if not (self.folder / module).exists():
            raise Failed("not built")
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(given, file)
            file.flush()
            command = [self.folder / module, file.name, function]
            done = subprocess.run(
                command, env=self.environment, capture_output=True, text=True, check=False, preexec_fn=one_core
            )
        if done.returncode:
            raise Failed(done.stderr)
        output, *timings = done.stdout.splitlines()
        return {"output": json.loads(output), "timings": list(map(json.loads, timings))}


def one_core():
    """Keep a new process on the first core, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {0})  # GradBench's JAX tool chooses this one


def contenders(checkout, python):
    """All tools that are there, by name, adtrans first."""
    environment = os.environ | dict.fromkeys(THREAD_COUNTS, "1")
    ours = [sys.executable, HERE / "tool.py"]
    found = {OURS: Process(ours, environment), f"{OURS}, arrays": Process([*ours, "--arrays"], environment)}
    if checkout is None:
        return found
    for name in COMPILED:
        if (checkout / "tools" / name / "bin").exists():
            found[name] = Program(checkout / "tools" / name / "bin", environment)
    package = checkout / "python" / "gradbench"
    for name in START if python else ():
        folder = package / "gradbench" / "tools" / name
        if installed(python, name):
            paths = {"PYTHONPATH": os.pathsep.join([str(package), str(folder)])}
            found[name] = Process([python, "-c", START[name], folder / "run.py"], environment | paths)
    return found


def installed(python, name):
    """Whether an interpreter can import what a tool of GradBench stands on."""
    found = subprocess.run([python, "-c", f"import {name.removeprefix('py')}"], capture_output=True, check=False)
    return found.returncode == 0


def has(name, module):
    """Whether a contender has a version of its own of an eval."""
    return "arrays" not in name or (HERE / "evals" / f"{module}_arrays.py").exists()


class Row:
    """The answers of all contenders to one input."""

    def __init__(self, module, given, tools, rounds):
        self.functions = FUNCTIONS[module]
        self.names = [name for name in tools if has(name, module)]
        self.times = {}  # (function, contender) to nanoseconds
        self.outputs, self.peaks = {}, {}
        for _ in range(rounds):
            for name in list(self.names):
                try:
                    self.run(name, tools[name], module, given)
                except Failed:
                    self.names.remove(name)

    def run(self, name, tool, module, given):
        """Have one contender compute the function and its gradient."""
        for function in self.functions:
            response = tool(module, function, given)
            taken = [t["nanoseconds"] for t in response["timings"] if t["name"] == "evaluate"]
            self.times.setdefault((function, name), []).extend(taken)
        self.outputs[name] = flat(response["output"])
        self.peaks[name] = response.get("peak_bytes")

    def fastest(self, name):
        """(of the function, of its gradient), nanoseconds."""
        return tuple(min(self.times[function, name]) for function in self.functions)

    def to_best(self, name):
        """How long the gradient takes, as a multiple of the fastest tool's; None without a tool."""
        others = [other for other in self.names if not other.startswith(OURS) and other != BY_HAND]
        best = min((self.fastest(other)[1] for other in others), default=None)
        return best and self.fastest(name)[1] / best

    def growth(self, name):
        """How long the gradient takes, as a multiple of the function."""
        primal, gradient = self.fastest(name)
        return gradient / primal

    def lines(self):
        """What is printed of each contender."""
        for name in self.names:
            times = [pick(self.times[function, name]) for function in self.functions for pick in (min, median)]
            whole, worst = distances(self.outputs[name], self.outputs[self.names[0]])
            ratio, peak = self.to_best(name), self.peaks[name]
            yield [
                name,
                *(f"{time / 1e6:.4g}" for time in times),
                f"{self.growth(name):.2f}",
                "" if ratio is None else f"{ratio:.2f}",
                "" if peak is None else f"{peak / 2**20:.1f}",
                f"{whole:.0e}",
                f"{worst:.0e}",
            ]


def flat(output):
    """The numbers in a value from JSON, in the order of sorted names."""
    if isinstance(output, dict):
        return [number for name in sorted(output) for number in flat(output[name])]
    return [number for item in output for number in flat(item)] if isinstance(output, list) else [output]


def distances(one, two):
    """How far vectors are apart, relative to the larger: by their norms, and in the worst component."""
    if len(one) != len(two):
        return math.nan, math.nan
    worst = max((abs(a - b) / max(abs(a), abs(b)) for a, b in zip(one, two, strict=True) if a != b), default=0.0)
    size = max(math.hypot(*one), math.hypot(*two))
    return (math.dist(one, two) / size if size else 0.0), worst


def print_means(rows):
    """Print the geometric means over all rows that each version of adtrans has."""
    for name in (OURS, f"{OURS}, arrays"):
        having = [row for row in rows if name in row.names]
        ratios = [row.to_best(name) for row in having if row.to_best(name)]
        growths = [row.growth(name) for row in having]
        if growths:
            text = f"{name}: gradient / primal {geometric_mean(growths):.2f}"
            text += f", to the best tool {geometric_mean(ratios):.2f}, at most {max(ratios):.2f}" if ratios else ""
            print(f"geometric means over {len(having)} rows, {text}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkout", type=Path, help="a checkout of GradBench, with C++ tools built")
    parser.add_argument("--python", help="an interpreter with JAX or PyTorch")
    parser.add_argument("--only", nargs="+", choices=[*FUNCTIONS], default=[*FUNCTIONS], help="these evals")
    parser.add_argument("--quick", action="store_true", help="one round instead of three, on the smallest sizes")
    options = parser.parse_args()
    tools = contenders(options.checkout, options.python)
    rows = []
    for module in options.only:
        inputs = list(getattr(data, module)())
        for title, given in inputs[:1] if options.quick else inputs:
            row = Row(module, {**given, **LEAST}, tools, 1 if options.quick else 3)
            print(f"{module} {title}")
            print_table(HEADER, row.lines())
            print(flush=True)
            rows.append(row)
    print_means(rows)


if __name__ == "__main__":
    main()
