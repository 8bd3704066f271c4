"""Random programs in the manner of numerical kernels, made from a seed: each one a little other than it is meant to be.

A kernel is a text with alternatives, `{usual|other|other}`: bounds that are one off, a step, an alias, a work array
that is made elsewhere. Where `@` stands, another statement may: a read, a write, an early end, a branch around one.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

import numpy as np
from random_programs import Program

USUAL = 0.7  # how often the first alternative is taken
EXTRA = 0.12  # how often a statement stands where it may
CHOICE = re.compile(r"\{([^{}]*)\}")
EXTRAS = (
    *("A[I] = 0.0", "A[I] = s * 0.5", "A[I] += E * 0.3", "s += E * 0.2", "s = np.tanh(s + E)", "A[I] *= B[J]"),
    *("if E > 0.2:\n    A[I] = E", "if s > 0.4:\n    s -= E * E", "A[:] = B", "A *= 0.9", "A[1:] *= s", "s *= 0.8"),
    *("w = A\nw[I] = w[J] * 0.6", "w = A[1:]\ns += np.sum(w * w) * 0.1", "A[I], B[J] = B[J], A[I]", "A = B.copy()"),
    *("A = A * s", "if E < -0.3:\n    return s * E", "s += np.sum(A * B) * 0.1", "s = max(s, E)", "A[::2] = E"),
    *("w = A\nA = B\nB = w", "if E > B[J]:\n    A, B = B, A", "A = B", "A[I] = A[J]", "s, c = c, s * 0.9"),
)
JUMPS = ("if E > 0.9:\n    break", "if s > 1.5:\n    break", "if E < -0.8:\n    continue", "if E > 1.2:\n    return s")
START = "d, s = len(x), {0.0|0.3|c}\n"
STARTS = "{x.copy()|x * 0.8|np.sin(x)|x * x}"
STEPS = "{range(n)|range(n)|range(3)|range(1, n + 1)|range(n - 1, -1, -1)|range(0, n, 2)|range(min(n, d))}"
RESULT = "{s + np.sum(u * u)|np.sum(u * u)|s * np.sum(u)|u[d // 2] + s|s, u|u * s}"


@dataclass(frozen=True)
class Kernel:
    """The text of a kernel, the arrays and the places that other statements use."""

    text: str
    arrays: str
    places: str = "0 -1 t%d d//2"
    helpers: str = ""


LINE = "for i in {range(1, d - 1)|range(1, d - 1)|range(1, d - 2)|range(2, d - 1)|range(1, d - 1, 2)|range(1, d)}:"
EDGES = "{|u[0] = u[-1] = 0.0|new[0], new[-1] = 0.0, 0.0|new[0] = new[-1]|new[0] = 0.0\nnew[d - 1] = c}"
HEAT = Kernel(
    f"""{START}u = {STARTS}
new = {{u.copy()|np.zeros(d)|np.empty_like(x)|np.empty(d)}}
{EDGES}
@
for t in {STEPS}:
    @
    {LINE}
        new[i] = u[i] + c * {{|u[i] * |y[i] * |s * }}(u[i - 1] - 2.0 * u[i] + u[i + 1])
        @!
    @
    {EDGES}
    {{u[:] = new|u[:] = new|u, new = new, u|u[1:-1] = new[1:-1]|u = new.copy()|u = new|for i in range(d):
        u[i] = new[i]}}
    @
return {RESULT}""",
    "u new",
)
ANEW = Kernel(
    f"""{START}u = {STARTS}
@
for t in {STEPS}:
    new = {{np.zeros(d)|np.empty(d)|u.copy()|u * c|np.zeros_like(u)}}
    @
    {{for i in range(d):|for i in range(1, d):|{LINE[:-1]}:}}
        new[i] = {{u[i] * u[i - 1] * c|u[i] + c * np.sin(u[i])|u[i] - c * (u[i] - u[i - 1])|u[i] * y[i]}}
    @
    s += {{np.sum(new) * 0.1|new[0]|new[-1] * u[0]|0.0}}
    u = new
    @
return {RESULT}""",
    "u new",
)
WAVE = Kernel(
    f"""{START}u, v = {STARTS}, y * 0.5
old, new = {{u.copy()|np.zeros(d)|u}}, np.{{zeros(d)|empty_like(x)|ones(d)}}
{{{EDGES}|new[:] = u}}
@
for t in {STEPS}:
    {LINE}
        new[i] = 2.0 * u[i] - old[i] + c * {{|u[i] * |v[i] * }}(u[i + 1] - 2.0 * u[i] + u[i - 1])
    @
    {{|new[0] = new[-1] = 0.0|new[0] = new[1]|new[-1] = s}}
    {{old, u, new = u, new, old|old[:] = u\n    u[:] = new|old = u\n    u = new\n    new = old.copy()}}
    @
return {RESULT}""",
    "u v old new",
)
PLANE = Kernel(
    f"""{START}u = {{a.copy()|np.outer(x, y)|a * 0.5}}
new = {{np.zeros((d, d))|u.copy()|np.empty_like(u)}}
{{|new[0] = new[-1] = 0.0|new[:, 0] = c|new[:] = u}}
for t in {STEPS}:
    for i in {{range(1, d - 1)|range(1, d)|range(1, d - 1, 2)}}:
        for j in {{range(1, d - 1)|range(d - 1)|range(i, d - 1)|range(1, i + 1)}}:
            new[i, j] = {{u[i, j] + |0.5 * }}c * (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1] - 4.0 * u[i, j])
            {{|new[i, j] *= u[i, j]|s += u[i, j] * x[i] * 0.1|new[i, j] += s * u[j, i]}}
    {{|new[0, :] = new[-1, :] = 0.0|new[:, 0] = new[:, -1] = 0.0|u[0] = x|new[0] = u[1] * c}}
    {{u[:] = new|u[:, :] = new|u, new = new, u|u = new.copy()|u[1:-1, 1:-1] = new[1:-1, 1:-1]}}
return {{s + np.sum(u * u)|np.sum(u)|u[d // 2, d // 2] + s|u * s}}""",
    "u[0] new[-1]",
)
RK = Kernel(
    f"""{START}u = {STARTS}
@
for t in {STEPS}:
    k1 = rate(u, c)
    k2 = rate(u + 0.{{5|3}} * c * k1, {{c|s|y[0]}})
    {{k3 = k2|k3 = rate(u + 0.5 * c * k2, c)|k3 = rate(k2, c)}}
    @
    {{u = u + c * (k1 + 2.0 * k2 + k3) / 4.0|u += c * k2|u[:] = u + c * k3|u = u + c * k1}}
    @
    s += {{0.1 * u[0]|np.sum(k1) * 0.1|0.0}}
return {RESULT}""",
    "u k1 k2",
    helpers="""
def rate(b, e):
    {{out = np.zeros(len(b))|out = np.empty_like(b)|out = b * 0.5}}
    for i in range({{len(b)|1, len(b)|1, len(b) - 1}}):
        out[i] = {{np.sin(b[i]) * e|b[i] * b[i - 1] - e|b[i - 1] - b[i] * e}}
    return out
""".replace("{{", "{").replace("}}", "}"),
)
LEAPFROG = Kernel(
    f"""{START}u, v, w = {STARTS}, y * 0.3, np.{{zeros(d)|empty(d)}}
@
for t in {STEPS}:
    {{w[:] = 0.0|w = np.zeros(d)|for i in range(d):
        w[i] = 0.0}}
    @
    for i in range(d):
        for j in {{range(d)|range(i)|range(i + 1, d)}}:
            {{if i != j:|if True:|if u[i] > u[j]:}}
                r = u[j] - u[i]
                q = {{r / (r * r + 0.5)|np.sin(r) * c|r * r * r}}
                w[i] += q
                {{|w[j] -= q|s += q * r * 0.1|w[j] = w[j] - q * x[i]}}
    @
    {{v += c * w|v = v + c * w|for i in range(d):
        v[i] += c * w[i]
        u[i] += c * v[i]}}
    {{u += c * v|u = u + c * v|u[:] = u + v * c|}}
    @
return {RESULT}""",
    "u v w",
)
EXTREME = Kernel(
    f"""{START}u, v = {STARTS}, {{np.round(y)|y * 1.0|np.zeros(d)|np.sort(y)}}
for t in {STEPS}:
    best, at = {{-1e9|u[0]|s|0.0}}, {{0|-1}}
    @
    for i in {{range(d)|range(1, d)|range(d - 1, -1, -1)|range(t % d, d)}}:
        {{if u[i] > best:|if u[i] >= best:|if u[i] + v[i] > best:|if u[i] * x[i] > best and i != 1:}}
            best = {{u[i]|u[i]|u[i] + v[i]|u[i] * x[i]}}
            at = i
        @!
    s += {{best * y[at]|best|u[at] * best|best * v[at] - v[-1]}}
    {{u[at] = 0.0|u[at] *= 0.5|u[at] = -best|v[at] += u[at]|}}
    @
m = {{u[0]|-5.0|s}}
for i in range(d):
    {{m = max(m, u[i])|m = min(m, u[i] * x[i])|if u[i] < m:
        m = u[i]}}
    @!
@
return {{s + m|m * s|s + m * np.max(u)|m + np.sum(u * v), s}}""",
    "u v",
)
RECURSIVE = Kernel(
    f"""{START}u, k = {STARTS}, np.zeros(2, np.int64)
for t in {{range(1)|range(min(n, 2))}}:
    @
    s += walk(u, k, {{n|min(n, 4)|t}}, {{c|1.0|s}})
    @
return {RESULT}""",
    "u y",
    helpers="""
def walk(b, k, m, e):
    if {m <= 0|m < 1|m <= 0 or e > 2.0}:
        return {e * b[0]|b[k[0] % len(b)]|1.0|e}
    total, sign = 0.0, 1.0
    for j in range({2|min(m, 2)|1|len(b) % 3}):
        k[0] += 1
        f = b[j % len(b)] * {1.0|e}
        r = walk(b, k, m - {1|2|1 - j % 2}, {e * 0.9|f|e + 0.1 * j})
        {total += sign * f * r|total += f * r|total += sign * b[0] * r|total -= r * b[k[0] % len(b)] * sign}
        {sign = -sign|k[0] -= 1|e = e * 0.7|b[0] *= 0.9|}
    return {total|total * e|total * b[-1]|total + e}
""",
)
SCAN = Kernel(
    f"""{START}u, v, w = {STARTS}, np.zeros(d), np.{{empty(d)|zeros(d + 1)}}
for t in {STEPS}:
    r = {{0.0|u[0]|s}}
    for i in range(d):
        @!
        r = r * {{c|u[i]|x[i]}} + {{u[i] * y[i]|u[i]|v[i]}}
        {{v[i] = r|v[i] += r|v[d - 1 - i] = r}}
    @
    w[0] = {{0.0|s|u[0]}}
    for i in range({{1, len(w)|1, d|0, d - 1}}):
        w[i] = w[i - 1] + v[{{i - 1|i|0}}]
    @
    for i in range({{d - 2, -1, -1|d - 1, 0, -1|d - 1}}):
        u[i] = u[i] * 0.5 + {{w[i + 1] * 0.2|v[i] * v[i - 1]|np.tanh(w[i]) * u[i + 1]}}
    @
    s += {{np.sum(w) * 0.1|w[-1] * 0.1|u[0]}}
return {RESULT}""",
    "u v w",
)
FACTOR = Kernel(
    f"""{START}u = {STARTS}
for t in {{range(min(n, 3))|range(1)|range(2)}}:
    m = {{a @ a.T + np.eye(d) * (2.0 + t)|a * 0.3 + np.eye(d) * 3.0|np.outer(u, u) + np.eye(d)}}
    {{for k in range(d):|for k in range(d - 1):}}
        {{for i in range(k + 1, d):|for i in range(d - 1, k, -1):}}
            m[i, k] /= m[k, k]
            for j in {{range(k + 1, d)|range(k + 1, i + 1)|range(i, d)}}:
                m[i, j] -= m[i, k] * m[k, j]
    @
    for i in range(d):
        {{r = u[i]|r = 0.0|u[i] += s}}
        {{r = 1.0 * u[i]|r = u[i] * y[i]}}
        for j in range(i):
            r -= m[i, j] * u[j]
        u[i] = r
        @!
    for i in range(d - 1, -1, -1):
        {{for j in range(i + 1, d):
            u[i] -= m[i, j] * u[j]|u[i] -= np.dot(m[i, i + 1:], u[i + 1:])}}
        u[i] /= m[i, i]
    @
    s += {{np.log(abs(m[d - 1, d - 1]))|m[0, -1]|u[0] * 0.2}}
return {RESULT}""",
    "u m[0] m[-1]",
)
RING = Kernel(
    f"""{START}u, h, k = {STARTS}, np.{{zeros|ones}}({{3|d|1}}), {{0|1}}
for t in {STEPS}:
    {{r = h[k]|r = h[k % len(h)]|r = h[k - 1]}}
    @
    u[t % d] = {{u[t % d] * 0.5 + r|np.sin(r + u[0])|r * u[t % d] * c}}
    h[k{{|% len(h)}}] = {{u[t % d]|u[0] * u[-1]|r * 0.5 + x[t % d]}}
    {{k = (k + 1) % len(h)|k += 1\n    if k == len(h):
        k = 0|k = (k + 2) % len(h)}}
    @
    s += {{r * y[t % d]|h[k % len(h)]|np.sum(h) * 0.1}}
return {RESULT}""",
    "u y",
)
UNTIL = Kernel(
    f"""{START}u, v, k, t = {STARTS}, y * 0.5, 0, 0
error = {{1.0|np.sum(u * u)}}
while {{error > 0.1 and k < n|k < n|error > 0.05 and k < 9}}:
    @!
    {{new = np.empty(d)|new = np.zeros(d)|new = u * 0.1}}
    for i in range(d):
        r = {{y[i]|v[i]|x[i] * c}}
        for j in range(d):
            if {{j != i|j < i}}:
                r -= 0.2 * a[i, j] * u[j]
        new[i] = r / 2.0
    @
    error = {{np.sum((new - u) ** 2)|np.max(np.abs(new - u))|abs(new[0] - u[0])}}
    {{u = new|u[:] = new|u, v = new, u|for i in range(d):
        u[i] = new[i]}}
    {{k += 1|k += 1\n    t = k|k = k + 1}}
    @
return {RESULT}""",
    "u v new",
)
SCATTER = Kernel(
    f"""{START}u, h = {STARTS}, np.zeros(d{{|+ 1|* 2}})
g = {{(np.arange(d) * 3) % d|np.argsort(y)|np.zeros(d, np.int64)}}
for t in {STEPS}:
    {{h[:] = 0.0|h = np.zeros(d)|h *= 0.5}}
    for i in {{range(d)|range(1, d)}}:
        k = {{g[i]|int(abs(u[i]) * 3.0) % d|(i + t) % d}}
        h[k] += {{u[i] * c|u[i] * y[k]|1.0}}
        {{|h[(k + 1) % d] += u[i] * 0.5|h[k] *= u[i]}}
        @!
    @
    for i in range(d):
        {{u[i] = u[i] * 0.7 + h[i] * 0.2|u[g[i]] = h[i]|u[i] += h[g[i]] * h[i] * 0.1}}
    @
    s += {{h[0]|h[g[0]] * u[0]|np.max(h)}}
return {RESULT}""",
    "u h",
)
BANDED = Kernel(
    f"""{START}u, p, q = {STARTS}, np.{{empty(d)|zeros(d)}}, np.{{empty(d)|zeros(d)}}
for t in {STEPS}:
    {{|p = np.empty(d)\n    q = np.empty(d)|q[:] = 0.0}}
    p[0] = {{c / 3.0|c / (3.0 + u[0] * u[0])|x[0]}}
    q[0] = u[0] / 3.0
    @
    for i in range(1, d):
        r = 3.0 - {{c|y[i]|u[i]}} * p[i - 1]
        p[i] = c / r
        q[i] = (u[i] - c * q[i - 1]) / r
    @
    u[d - 1] = q[d - 1]
    for i in range(d - 2, {{-1|0}}, -1):
        u[i] = q[i] - p[i] * u[i + 1]
    @
    {{|u[0] = 0.0|s += u[-1] * 0.3|s += p[-1] * q[0]}}
return {RESULT}""",
    "u p q",
)
POINTS = Kernel(
    f"""{START}u, w = {STARTS}, np.empty(d)
for i in {{range(d)|range(n)|range(n)}}:
    r = {{0.0|x[i % d]|1.0}}
    {{for j in range(d):|for j in range(n):}}
        {{r = r * x[i % d] + y[j % d]|r = np.sin(r) * c + x[i % d]|r += np.exp(r * 0.3) * y[j % d] * 0.1}}
    @
    s += {{r|r * u[i % d]|np.tanh(r)}}
    {{|w[i % d] = r\n    u[i % d] += 0.1 * w[0]|u[i % d] = np.exp(-r * r)}}
return {{s|s|s * s}}""",
    "u",
    places="0 -1",
)
SOFTMAX = Kernel(
    f"""{START}u, v = {STARTS}, np.{{empty(d)|zeros(d)}}
for t in {{range(1)|range(n)}}:
    m = {{u[0]|-1e9|s}}
    for i in {{range(1, d)|range(d)}}:
        {{if u[i] > m:
            m = u[i]|m = max(m, u[i])}}
    @
    total = 0.0
    for i in range(d):
        {{e = np.exp(u[i] - m)|e = np.sin(u[i]) * c|e = np.exp(u[i] * s)}}
        v[i] = e
        total += e
    @
    for i in range(d):
        v[i] {{/= total + 2.0|*= total|= v[i] * y[i] / (2.0 + total * total)}}
    @
    s += {{np.log(total + 2.0) + m|np.sum(v * y)|v[0] * m}}
    {{|u = v * 1.0|u[:] = v|u, v = v, u}}
return {RESULT}""",
    "u v",
)
OTHERS = (EXTREME, RECURSIVE, SCAN, FACTOR, RING, UNTIL, SCATTER, BANDED, POINTS, SOFTMAX)
KERNELS = (HEAT, HEAT, ANEW, ANEW, WAVE, PLANE, RK, LEAPFROG, *OTHERS)


def random_kernels(seed: int) -> Program:
    """The program of `seed`; always the same one."""
    rng, numbers = random.Random(seed), np.random.default_rng(seed)
    kernel = rng.choice(KERNELS)
    body = _with_extras(_chosen(kernel.text, rng), kernel, rng)
    lines = "\n".join("    " + line for line in body.split("\n") if line.strip())
    source = f"import numpy as np\n\n{_chosen(kernel.helpers, rng)}\n\ndef f(x, y, a, c, n):\n{lines}\n"
    d = rng.choice((1, 2, 3, 4, 4, 5, 6))
    x, y, a = (numbers.normal(size=shape) * 0.7 for shape in (d, d, (d, d)))
    args = x, y, a, rng.choice((0.2, 0.45, -0.3)), rng.choice((0, 1, 2, 3, 4, 4, 5, 7))
    return Program(seed, source, args, rng.choice(((0,), (0,), (0, 3), (0, 1, 2, 3), (3,), (1,))))


def _chosen(text: str, rng: random.Random) -> str:
    """The text with one alternative in place of all, the first in most.

    Lines of an alternative without an indent get that of the line in which it stands.
    """
    while found := CHOICE.search(text):
        usual, *others = found[1].split("|")
        line = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
        indent = line[: len(line) - len(line.lstrip())]
        chosen = re.sub(r"\n(?! )", "\n" + indent, usual if rng.random() < USUAL else rng.choice(others))
        text = text[: found.start()] + chosen + text[found.end() :]
    return text


def _with_extras(text: str, kernel: Kernel, rng: random.Random) -> str:
    """The text with statements at some of the places for them: at `@!` such that end an iteration or a loop as well."""
    lines = []
    for line in text.split("\n"):
        indent, mark = line[: len(line) - len(line.lstrip())], line.strip()
        if not mark.startswith("@"):
            lines.append(line)
        elif rng.random() < EXTRA:
            form = rng.choice(JUMPS if mark == "@!" and rng.random() < 0.5 else EXTRAS)
            lines += [indent + part for part in _filled(form, kernel, indent, rng).split("\n")]
    return "\n".join(lines)


def _filled(form: str, kernel: Kernel, indent: str, rng: random.Random) -> str:
    names, places = kernel.arrays.split(), kernel.places.split()
    if not indent:
        places = [place for place in places if "t" not in place]
    first, second = rng.choice(names), rng.choice(names)
    number = rng.choice(("s", "c", "0.5", f"{first}[I]", f"{second}[J]", f"{first}[J] * s", f"np.sin({second}[I])"))
    for letter, text in (("E", number), ("I", rng.choice(places)), ("J", rng.choice(places)), ("A", first)):
        form = re.sub(rf"\b{letter}\b", text, form)
    return re.sub(r"\bB\b", second, form)
