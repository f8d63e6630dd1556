"""Formulas multiplied out are worth what they were."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from immunity.interop.algebra import (
    NOTHING,
    Formula,
    NoSuchShape,
    Product,
    above_zero,
    added,
    multiplied,
    named,
    negated,
    never_negative,
    number,
    raised,
    split,
    stepped,
    without_logs,
    worked_out,
    wrapped,
    written,
)

VALUES = {"a": 1.7, "b": 0.4, "c": 3.2}


@st.composite
def formulas(draw: st.DrawFn, depth: int = 3) -> tuple[Formula, float]:
    """A formula, and what it is worth by plain arithmetic."""
    if depth == 0 or draw(st.booleans()):
        if draw(st.booleans()):
            name = draw(st.sampled_from(sorted(VALUES)))
            return named(name), VALUES[name]
        value = draw(st.floats(-3.0, 3.0).filter(lambda x: x == 0.0 or abs(x) > 1e-3))
        return number(value), value
    first, one = draw(formulas(depth=depth - 1))
    second, two = draw(formulas(depth=depth - 1))
    way = draw(st.sampled_from(["add", "subtract", "multiply"]))
    if way == "add":
        return added(first, second), one + two
    if way == "subtract":
        return added(first, negated(second)), one - two
    return multiplied(first, second), one * two


@given(formulas())
def test_a_formula_is_worth_what_it_was(made: tuple[Formula, float]) -> None:
    formula, value = made
    assert worked_out(formula, VALUES) == pytest.approx(value, rel=1e-9, abs=1e-9)
    text = written(formula)
    assert eval(text, {}, dict(VALUES)) == pytest.approx(value, rel=1e-9, abs=1e-9)


@given(formulas(), st.sampled_from([-2.0, -1.0, 0.5, 2.0]))
def test_powers_of_what_is_never_negative(made: tuple[Formula, float], exponent: float) -> None:
    formula, value = made
    if not formula or not never_negative(formula):
        return
    assert worked_out(raised(formula, exponent), VALUES) == pytest.approx(value**exponent, rel=1e-9)


@given(formulas(), st.sampled_from([-3.0, -2.0, -1.0, 3.0]))
def test_whole_powers_of_either_sign(made: tuple[Formula, float], exponent: float) -> None:
    formula, value = made
    if abs(value) > 1e-3:
        assert worked_out(raised(formula, exponent), VALUES) == pytest.approx(value**exponent, rel=1e-9, abs=1e-12)


@given(formulas())
def test_what_is_above_zero_and_a_step(made: tuple[Formula, float]) -> None:
    formula, value = made
    if abs(value) > 1e-6:
        assert worked_out(above_zero(formula), VALUES) == pytest.approx(max(value, 0.0), rel=1e-9, abs=1e-9)
        assert worked_out(stepped(formula), VALUES) == float(value > 0.0)
        assert worked_out(stepped(formula), VALUES) + worked_out(stepped(negated(formula)), VALUES) == 1.0


def test_logarithms_on_either_side_of_zero() -> None:
    growth = multiplied(number(-2.0), wrapped("log", multiplied(named("a"), named("b"))))
    parts = added(*map(without_logs, growth))
    assert all(never_negative((Product(term.factors, 1.0),)) for term in parts)
    assert worked_out(parts, VALUES) == pytest.approx(-2.0 * math.log(1.7 * 0.4))


def test_like_terms_cancel() -> None:
    a, b = named("a"), named("b")
    assert added(a, negated(a)) == NOTHING
    assert multiplied(added(a, b), raised(added(a, b), -1.0)) == number(1.0)
    difference = multiplied(added(a, negated(b)), added(a, b))
    assert worked_out(difference, VALUES) == pytest.approx(VALUES["a"] ** 2 - VALUES["b"] ** 2)


def test_what_has_no_shape_is_refused() -> None:
    for attempt in (lambda: raised(NOTHING, -1.0), lambda: number(math.inf)):
        with pytest.raises(NoSuchShape):
            attempt()
    with pytest.raises(NoSuchShape):
        wrapped("log", NOTHING)


def test_a_product_is_taken_apart() -> None:
    (term,) = multiplied(multiplied(number(2.0), named("a")), raised(named("b"), 2.0))
    fixed, moving = split(term, {"b"})
    assert worked_out((fixed,), VALUES) * worked_out((moving,), VALUES) == pytest.approx(2.0 * 1.7 * 0.16)
    assert term.without("b") is not None and term.without("c") is None
    once = term.without("b")
    assert once is not None and worked_out((once,), VALUES) == pytest.approx(2.0 * 1.7 * 0.4)
