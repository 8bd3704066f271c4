from dataclasses import replace

from adtrans import ir

LOOP = ir.For("i", ir.Const(0), ir.Name("n"), ir.Const(1), (ir.Assign("s", ir.Op("+", (ir.Name("s"), ir.Name("x")))),))


def test_rewriting_reaches_nested_statements():
    new = ir.rewrite_statement(lambda e: ir.Name("m") if e in (ir.Name("n"), ir.Name("x")) else e, LOOP)
    assert new.stop == ir.Name("m")
    assert new.body == (ir.Assign("s", ir.Op("+", (ir.Name("s"), ir.Name("m")))),)


def test_rewritten_statement_is_never_the_old_one():
    new = ir.rewrite_statement(lambda e: e, LOOP)
    assert new == LOOP
    assert new is not LOOP and new.body[0] is not LOOP.body[0]


def test_expression_that_rewriting_leaves_alone_stays_the_same_object():
    expr = ir.Index(ir.Name("a"), (ir.Op("+", (ir.Name("i"), ir.Const(1))), ir.Slice(ir.Const(0), None)))
    assert ir.rewrite(lambda e: e, expr) is expr
    changed = ir.rename(expr, {"i": "j"})
    assert ir.names(changed) == {"a", "j"}
    assert changed.index[1] is expr.index[1]


def test_statement_with_the_blocks_that_it_has_is_itself():
    assert ir.with_blocks(LOOP, tuple(LOOP.body)) is LOOP
    assert ir.with_blocks(LOOP, (replace(LOOP.body[0]),)) is not LOOP
