"""adtrans as a tool of GradBench: its protocol of JSON lines on standard input and output.

    python benchmarks/gradbench/tool.py [--arrays]

The first call of each evaluation compiles, and stands in the timings as "compile". With `--arrays`, evals that have a
version in operations on whole arrays are answered by that. "peak_bytes" is what the calls took of memory, where the
system says so.
"""

import argparse
import importlib
import json
import sys
import time
import traceback
from pathlib import Path

import memory

sys.path.append(str(Path(__file__).parent.parent.parent))  # adtrans, where it is not installed

HERE = Path(__file__).parent


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arrays", action="store_true", help="prefer operations on whole arrays")
    arrays = parser.parse_args().arrays
    for line in sys.stdin:
        message = json.loads(line)
        print(json.dumps({"id": message["id"], **respond(message, arrays)}), flush=True)


def respond(message, arrays):
    """The response to a message, without its id; what goes wrong is in it."""
    try:
        if message["kind"] == "start":
            return {"tool": "adtrans"}
        if message["kind"] == "define":
            tasks_of(message["module"], arrays)
            return {"success": True}
        if message["kind"] == "evaluate":
            task = tasks_of(message["module"], arrays)[message["function"]]
            return {"success": True, **evaluate(task, message["input"])}
    except Exception:
        return {"success": False, "error": traceback.format_exc()}
    return {}


def tasks_of(name, arrays):
    """The functions of an eval.

    Raises: LookupError where there is none.
    """
    candidates = [f"{name}_arrays", name] if arrays else [name]
    for candidate in candidates:
        if candidate.isidentifier() and (HERE / "evals" / f"{candidate}.py").exists():
            return importlib.import_module(f"evals.{candidate}").TASKS
    raise LookupError(f"there is no eval {name!r}")


def evaluate(task, given):
    """The output, the timings of as many runs as are asked for, and the memory that they took at their peak."""
    limits = given if isinstance(given, dict) else {}
    args = task.prepare(given)
    _, first = timed(task.compute, args)
    timings = [{"name": "compile", "nanoseconds": first}]
    least = limits.get("min_runs", 1)
    left = limits.get("min_seconds", 0.0) * 1e9
    before = memory.start()
    while left > 0 or len(timings) <= least:
        result, taken = timed(task.compute, args)
        timings.append({"name": "evaluate", "nanoseconds": taken})
        left -= taken
    return {"output": task.answer(result), "timings": timings, "peak_bytes": memory.peak(before)}


def timed(compute, args):
    """The result, and the nanoseconds that it took."""
    start = time.perf_counter_ns()
    result = compute(*args)
    return result, time.perf_counter_ns() - start


if __name__ == "__main__":
    main()
