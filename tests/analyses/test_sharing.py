import pytest
from ir_python import define

from adtrans.analyses.sharing import sharing
from adtrans.parse import parse


def together(line: str) -> bool:
    """Whether `b` may share memory with the parameter `a` after `line`."""
    groups = sharing(parse(define(f"def f(a, c, n):\n    {line}\n    return b\n")).body)
    return groups["b"] == groups.get("a", "a")


@pytest.mark.parametrize(
    "line",
    ["b = a", "b = a[1:]", "b = a[0][1]", "b = a.T", "b = a.reshape(2, n).ravel()", "b = c if n else a", "b = (c, a)"],
)
def test_names_and_views_share(line):
    assert together(line)


@pytest.mark.parametrize("line", ["b = a + 1", "b = a.copy()", "b = c", "b = a.shape", "b = a.sum()", "b = -a"])
def test_new_memory_is_not_shared(line):
    assert not together(line)


def test_sharing_goes_through_other_names():
    assert together("d = a; e = d[1:]; b = e.T")
    assert together("d, b = c, a")
