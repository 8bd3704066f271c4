"""Random programs compute the same after each transform of `inline`, `normalise` and `webs`."""

import random

import numpy as np
import pytest
from ir_python import define, run, unparse

from adtrans import ir
from adtrans.parse import parse
from adtrans.transforms.inline import inline
from adtrans.transforms.normalise import normalise
from adtrans.transforms.webs import webs

FAILED_ONCE: tuple = ()
NAMES = ["a", "b", "c"]


class Generator:
    """Integer programs over a, b, c and the array x; loops are short, so that every program ends."""

    def __init__(self, seed: int):
        self.random, self.counts, self.callable = random.Random(seed), 0, False

    def program(self) -> str:
        helper = ["def helper(x, a, b=2):", "    c = 1", *self.block(2, False), "    return a - c"]
        self.callable = True
        main = ["def f(x, a):", "    b = 1", "    c = a - 2", *self.block(4, False), "    return a + 3 * b - c"]
        return "\n".join([*helper, *main]) + "\n"

    def block(self, depth: int, loop: bool) -> list[str]:
        lines = [line for _ in range(self.random.randint(1, 4)) for line in self.statement(depth, loop)]
        return ["    " + line for line in lines]

    def statement(self, depth: int, loop: bool) -> list[str]:
        pick = self.random.random()
        target, other = self.random.sample(NAMES, 2)
        if depth > 0 and pick < 0.2:
            return [f"if {self.test()}:", *self.block(depth - 1, loop), *self.orelse(depth, loop)]
        if depth > 0 and pick < 0.35:
            return self.loop(depth)
        if loop and pick < 0.5:
            return [self.random.choice(["break", "continue", *self.returns()])]
        if pick < 0.53:
            return self.returns()
        if pick < 0.6:
            return [f"{target}, {other} = {other}, {self.random.choice([target, self.value()])}"]
        if pick < 0.7:
            return [f"x[{self.value()} % 3] {self.random.choice(['=', '+=', '-='])} {self.value()} % 11"]
        if pick < 0.85:
            return [f"{target} {self.random.choice(['+=', '-='])} {self.value()}"]
        return [f"{target} = {self.value()} % 7"]

    def returns(self) -> list[str]:
        return [f"return {self.random.choice([*NAMES, self.value()])}"]

    def orelse(self, depth: int, loop: bool) -> list[str]:
        return ["else:", *self.block(depth - 1, loop)] if self.random.random() < 0.5 else []

    def loop(self, depth: int) -> list[str]:
        var = self.random.choice(["i", "j", *NAMES])
        if self.random.random() < 0.5:
            bound = self.random.choice(["3", "x[0] % 4", "a % 3", "4, 0, -1", "b % 2, 3"])
            return [f"for {var} in range({bound}):", *self.block(depth - 1, True)]
        self.counts += 1
        count = f"k{self.counts}"  # a limit of its own, so that the loop ends whatever the body does
        body = self.block(depth - 1, True)
        test = self.random.choice([f"{count} < 4", f"{count} < 4 and ({self.test()})"])
        return [f"{count} = 0", f"while {test}:", f"    {count} += 1", *body]

    def test(self) -> str:
        operator = self.random.choice(["<", ">", "==", "!="])
        simple = f"{self.value()} % 5 {operator} {self.random.randint(0, 4)}"
        join = self.random.choice([" and ", " or ", ""])
        return f"{simple}{join}{self.random.choice(NAMES)} > 1" if join else simple

    def value(self) -> str:
        choices = [*NAMES, "x[0]", "x[2]", "(a + b)", "(c - x[1])", str(self.random.randint(-3, 9))]
        if self.callable:
            choices += [f"helper(x, {self.random.choice(NAMES)})", "helper(x, b % 3, a)", "(x[1] - helper(x, 1))"]
        return self.random.choice(choices)


def outcome(call):
    """The result of `call`, or the kind of error."""
    try:
        value, args = call()
    except (UnboundLocalError, ZeroDivisionError) as error:
        return type(error)
    return value, args[0].tolist()


@pytest.mark.parametrize("seed", [*range(60), *FAILED_ONCE])
def test_random_program_computes_the_same(seed):
    fn = define(Generator(seed).program())
    stages = [parse(fn)]
    for transform in (inline, normalise, webs):
        stages.append(transform(stages[-1]))
    for a in range(-2, 5):
        x = np.array([a + 1, 3, 2 * a])
        expected = outcome(lambda x=x, a=a: (fn(y := x.copy(), a), (y,)))
        for stage in stages[1:]:
            assert outcome(lambda x=x, a=a, stage=stage: run(stage, x, a)) == expected, unparse(stage)


def structured(function: ir.Function) -> bool:
    kinds = [type(stmt) for stmt in ir.statements(function.body)]
    jumps = {ir.Break, ir.Continue, ir.Effect}.intersection(kinds)
    return not jumps and kinds.count(ir.Return) == 1 and isinstance(function.body[-1], ir.Return)


@pytest.mark.parametrize("seed", range(20))
def test_random_program_is_structured_and_stays_so(seed):
    function = normalise(inline(parse(define(Generator(seed).program()))))
    assert structured(function)
    assert normalise(function) == function
