import pytest

from adtrans.errors import ArgumentError
from adtrans.ir import Const
from adtrans.rules import lookup, partials, registry


@pytest.fixture(autouse=True)
def same_registry_after(monkeypatch):
    monkeypatch.setattr(registry, "entries", dict(registry.entries))
    monkeypatch.setattr(registry, "owners", dict(registry.owners))


def test_spellings_share_one_entry():
    assert lookup("math.sin") is lookup("np.sin")
    assert lookup("np.multiply") is lookup("*")
    assert lookup("np.negative") is lookup("neg")


def test_an_unknown_name_has_no_entry():
    assert lookup("np.linalg.inv") is None


def test_a_zero_derivative_is_none():
    assert lookup("np.floor").partials == (None,)
    assert partials("np.nothing(a, b)", "0", None).partials == (None, None)


def test_a_new_entry_is_found():
    entry = partials("np.twice(x), math.twice(x)", "2", at=[(0.5,)], note="x > 0")
    assert lookup("math.twice") is entry
    assert (entry.key, entry.params, entry.texts, entry.at) == ("np.twice(x)", ("x",), ("2",), ((0.5,),))
    assert (entry.partials, entry.note) == ((Const(2),), "x > 0")


def test_numbers_stand_for_every_choice_of_different_ones():
    assert partials("np.both(a, b)", "1", "1", at=(1.0, 2.0)).at == ((1.0, 2.0), (2.0, 1.0))


def test_the_same_module_may_register_again():
    partials("np.twice(x)", "3")
    assert partials("np.twice(x)", "2") is lookup("np.twice")


def test_another_modules_rule_is_not_replaced():
    with pytest.raises(ArgumentError, match=r"np\.sin has a derivative rule already, from adtrans\.rules\.trig"):
        partials("np.sin(x)", "1")


def test_a_refused_entry_leaves_no_trace():
    with pytest.raises(ArgumentError):
        partials("np.new(x), np.sin(x)", "1")
    assert lookup("np.new") is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("np.f(x)", "1", "1"), "1 parameters but 2 derivatives"),
        (("np.f(x), np.g(z)", "1"), "must have the same parameters"),
        (("np.f(x)", "z"), "'z' in the derivative"),
        (("np.f(1)", "1"), "must be names"),
        (("np.f(y)", "1"), "`y`"),
        (("np.f", "1"), "neither a call nor an operator"),
    ],
)
def test_a_wrong_entry_says_what_is_wrong(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        partials(*arguments)
