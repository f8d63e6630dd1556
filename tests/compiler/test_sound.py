"""What would make something of nothing, or fire less than never, is refused; fractions and self-meetings are right."""

from __future__ import annotations

import numpy as np
import pytest

import immunity
from tests.compiler.books import compiled, refused

DISH = '{kind: place, id: dish, volume: "1 mL"}\n---\n'
FUEL = '{kind: cell, id: fuel, lives_in: {dish: []}, initial: {"at dish": "10 cell"}}\n---\n'


def ash(flow: str, signals: str = "") -> str:
    return DISH + FUEL + f"{{kind: cell, id: ash, lives_in: {{dish: []}}, signals: [{signals}], flows: [{flow}]}}\n"


def test_a_rule_that_takes_from_an_empty_pool_is_refused() -> None:
    burn = '{verb: produce, to: at dish, hazard: "3 cell/day", also: [{pool: fuel at dish, amount: "-1"}]}'
    assert "fuel" in str(refused(ash(burn), "E518"))


@pytest.mark.parametrize(
    "law",
    [
        "with: [fuel at dish]",
        'needs: [{signal: fuel at dish, half: "3 cell/mL"}]',
    ],
)
def test_a_rule_that_goes_by_what_it_takes_is_not(law: str) -> None:
    hazard = "3 mL/day" if law.startswith("with") else "3 cell/day"
    burn = f'{{verb: produce, to: at dish, hazard: "{hazard}", {law}, also: [{{pool: fuel at dish, amount: "-1"}}]}}'
    compiled(ash(burn))


def test_a_rule_that_goes_by_more_than_it_takes_is_refused() -> None:
    effect = '[{pool: fuel at dish, amount: "-1"}]'
    burn = f'{{verb: produce, to: at dish, hazard: "3 mL/day", with: [any at dish], also: {effect}}}'
    both = "{id: any, at: dish, sum: [fuel at dish, ash at dish], per: volume, unit: cell/mL}"
    refused(ash(burn, both), "E518")


def molecule(extra: str) -> str:
    return DISH + 'kind: molecule\nid: a\nunit: pmol\nlives_in: {dish: []}\ninitial: {"at dish": "10 pmol"}\n' + extra


def test_a_hazard_that_may_fall_below_zero_is_refused() -> None:
    gap = """signals:
  - {id: gap, sum: [{of: a at dish, weight: "-1"}], constant: "5 pmol", unit: pmol}
flows:
  - {verb: produce, to: a at dish, hazard: "1 1/day", with: [gap]}
"""
    assert "gap" in str(refused(molecule(gap), "E519"))
    below = """flows:
  - {verb: produce, to: a at dish, hazard: "1 pmol/day", curve: {signal: time, points: [["0 d", "1"], ["1 d", "-1"]]}}
"""
    refused(molecule(below), "E519")


def produce(curve: str) -> str:
    return molecule(f'flows:\n  - {{verb: produce, to: a at dish, hazard: "1 pmol/day", curve: {curve}}}\n')


def factor(curve: str, days: list[float]) -> np.ndarray:
    tables = compiled(produce(curve)).model.tables
    x, y = tables.curves.x, tables.curves.y
    period = tables.theta[tables.flows.laws.parameter[0, 0]] if tables.flows.laws.parameter[0, 0] >= 0 else 0.0
    when = np.array(days)
    return np.interp(when % period if period else when, x, y)


def test_curves_of_time_repeat_swing_and_fade() -> None:
    days = [0.0, 0.3, 1.7, 9.1, 25.0]
    swing = factor('{signal: time, wave: {period: "7 d", swing: "0.4", peak: "2 d"}}', days)
    assert swing == pytest.approx([1.0 + 0.4 * np.cos(2.0 * np.pi * (day - 2.0) / 7.0) for day in days], abs=1e-3)
    fade = factor('{signal: time, fades: "36 h"}', days)
    assert fade == pytest.approx(np.exp(-np.array(days) / 1.5), abs=2e-3)
    saw = factor('{signal: time, points: [["1 d", "0"], ["3 d", "1"]], repeats: "4 d"}', [1.0, 2.0, 3.0, 4.0, 5.0, 7.0])
    assert saw == pytest.approx([0.0, 0.5, 1.0, 0.5, 0.0, 1.0])


@pytest.mark.parametrize(
    ("curve", "code"),
    [
        ("{signal: time}", "E509"),
        ('{signal: time, fades: "1 d", points: [["0 d", "1"], ["1 d", "0"]]}', "E509"),
        ('{signal: a at dish, fades: "1 d"}', "E509"),
        ('{signal: time, points: [["0 d", "1"], ["9 d", "0"]], repeats: "4 d"}', "E509"),
        ('{signal: time, wave: {period: "7 d", swing: "1.4"}}', "E516"),
        ('{signal: time, wave: {period: "7 pmol", swing: "0.4"}}', "E505"),
        ('{signal: time, fades: "0 d"}', "E516"),
    ],
)
def test_curves_without_a_shape_are_refused(curve: str, code: str) -> None:
    refused(produce(curve), code)


PAIR = (
    DISH
    + """kind: cell
id: monomer
lives_in: {dish: []}
initial: {"at dish": "2 cell"}
flows:
  - {verb: bind, partner: monomer at dish, to: dimer at dish, hazard: "0.5 mL/cell/day"}
---
{kind: cell, id: dimer, lives_in: {dish: []}}
"""
)


def test_what_binds_itself_is_known_as_its_own_partner() -> None:
    flows = compiled(PAIR).model.tables.flows
    assert list(flows.jac_pool) == list(flows.primary) == [0]


def test_shipped_books_are_sound() -> None:
    immunity.case("cut_finger")
