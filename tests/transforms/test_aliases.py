from ir_python import define, unparse

from adtrans.parse import parse
from adtrans.transforms.aliases import aliases
from adtrans.transforms.inline import inline
from adtrans.transforms.normalise import normalise
from adtrans.transforms.webs import webs


def merged(*lines: str) -> list[str]:
    """The function `f(x, n)` with one name for the lists `a`, `b` and `c`, where it can do with one."""
    function = webs(normalise(inline(parse(define("def f(x, n):\n" + "".join(f"    {line}\n" for line in lines))))))
    return [line.strip() for line in unparse(aliases(function, {"a", "b", "c"})).splitlines()[1:]]


def test_list_that_is_handed_on_is_made_under_its_last_name():
    text = merged("a = [x[0]]", "a.append(1.0)", "b = a", "b.append(2.0)", "return b[0]")
    assert text == ["b = list((x[0], ))", "list.append(b, 1.0)", "list.append(b, 2.0)", "return b[0]"]


def test_second_name_of_a_list_that_is_used_on_is_another_word_for_the_first():
    text = merged("a = [x[0]]", "b = a", "b.append(2.0)", "return a[0]")
    assert text == ["a = list((x[0], ))", "list.append(a, 2.0)", "return a[0]"]


def test_name_that_stands_for_two_lists_stays():
    text = merged("a = [x[0]]", "b = [1.0]", "if n:", "    b = a", "return a[0] + b[0]")
    assert "b = a" in text


def test_name_stays_where_the_list_gets_another_value_after_it():
    text = merged("for i in range(n):", "    a = [x[0]]", "    if i:", "        b = a", "return b[0]")
    assert "b = a" in text


def test_name_stays_where_the_list_that_had_it_is_still_read():
    text = merged(
        "b = [x[0]]", "for i in range(n):", "    a = [1.0 + i]", "    a.append(b[0])", "    b = a", "return b[0]"
    )
    assert "b = a" in text
