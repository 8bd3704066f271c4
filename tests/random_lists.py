"""The part of random programs that has lists: of floats, none ever shorter than it was at first."""

from __future__ import annotations

LIST_HELPERS = '''
def above(v, bound):
    """A list as a result."""
    found = [bound]
    for e in v:
        if e > bound:
            found.append(e * e)
    return found


def put(items, a):
    """Changes its argument."""
    items[0] *= a
    items.append(a + items[-1] * 0.5)
    return items[len(items) // 2]
'''


class Lists:
    """Statements and expressions with lists; `lists` has a list's name and the length that it has at least."""

    lists: list[tuple[str, int]]

    def some_list(self) -> str:
        """The text of a list of one item at least."""
        v, s, e = self.rng.choice(self.arrays(ndim=1)), self.scalar(1), self.fresh("e")
        bound = f"{self.rng.uniform(-0.6, 0.6):.3f}"
        texts = [
            f"[{s}, {self.scalar(1)}]",
            f"[{s}] * {self.rng.randint(1, 3)}",
            f"list({v.name})",
            f"sorted({v.name})",
        ]
        texts += [f"[{s}, *{v.name}]", f"[{e} * {s} for {e} in {v.name}]", f"[{s} + {e} for {e} in range(n + 1)]"]
        texts += [f"[{e} for {e} in {v.name} if {e} > {bound}] + [{s}]", f"above({v.name}, {bound})"]
        for name, _ in self.lists:
            texts += [f"{name}.copy()", f"{name}[::-1]", f"[{e} * 0.5 for {e} in {name}]", f"{name} + [{s}]"]
        return self.rng.choice(texts)

    def list_item(self) -> str:
        """An item of a list that has it for sure, or something that is gathered from all of them."""
        name, least = self.rng.choice(self.lists)
        e, s = self.fresh("e"), self.scalar(0)
        texts = [f"{name}[-1]", f"{name}[{self.rng.randrange(-least, least)}]"]
        texts += [f"{name}[{k.name} % len({name})]" for k in self.integers()]
        texts += [f"sum({name})", f"max({name})", f"(0.1 * len({name}))", f"sum({name}[1:])", f"min({name})"]
        texts += [f"sum({e} * {s} for {e} in {name})", f"sum([{e} for {e} in {name} if {e} > {s}])"]
        texts += [f"np.sum(np.array([{e} * {e} for {e} in {name}]) * {s})", f"np.sum(np.array({name}))"]
        return self.rng.choice(texts)

    def new_list(self) -> None:
        """A list; another one under a name that there is."""
        if self.lists and self.chance(0.4):
            name, least = self.rng.choice(self.lists)
            if least == 1:
                self.emit(f"{name} = {self.some_list()}")
            return
        name = self.fresh("l")
        if self.chance(0.3):
            self.emit(f"{name} = [{self.scalar(1)}, {self.scalar(1)}, 0.5]")
            least = 3
        else:
            self.emit(f"{name} = {self.some_list()}")
            least = 1
        if self.depth == 1:
            self.lists.append((name, least))
        else:
            self.emit(f"{self.rng.choice(self.floats()).name} += sum({name})")

    def change_list(self) -> None:
        if not self.lists:
            self.new_list()
            return
        name, least = self.rng.choice(self.lists)
        s, v, k = self.scalar(2), self.rng.choice(self.arrays(ndim=1)), self.fresh("i")
        place = f"{name}[{self.rng.choice(('0', '-1', f'n % len({name})'))}]"
        found = self.rng.choice(self.floats()).name
        e = self.extent(self.length())
        texts = [f"{name}.append({s})"] * 3 + [f"{name}.extend([{s}, {name}[-1]])", f"{name} += [{s}]"]
        texts += [f"{name}.insert({self.rng.choice((0, 1, -1))}, {s})", f"{name}.extend({v.name})", f"{place} = {s}"]
        texts += [self.augmented(place, s), f"if len({name}) > {least}: {found} = {name}.pop()"]
        texts += [f"if len({name}) > {least}: {found} += {name}.pop(0) * {s}", f"{found} = put({name}, {s})"]
        texts += [f"for {k} in range({e}): {name}.append({name}[-1] * 0.5 + {k} * {s})"] * 2
        texts += [f"for {k} in {name}: {found} += {k} * {s}", f"{name}.reverse()", f"{name}.sort()"]
        self.emit(self.rng.choice(texts))
