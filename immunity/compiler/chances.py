"""Exposures at a rate: how often, in whom, when in the year, of what and how much."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from immunity.compiler.case import Chance, Spread
from immunity.compiler.changes import matching
from immunity.compiler.dated import Given, exposed_pool, read_amount, read_span, read_time
from immunity.compiler.derive import followers
from immunity.compiler.factors import AGE, Attributes, plain
from immunity.compiler.numbers import Numbers
from immunity.compiler.space import Space
from immunity.compiler.tables import EVENT_ADD, EVENT_ADD_COUNTED, Floats
from immunity.language.errors import Location, fail
from immunity.language.load import Entry
from immunity.language.models import Along, Drawn, Exposure, Replaced
from immunity.language.quantity import DIMENSIONLESS, TIME, Dimension, Quantity, expect, parse_quantity

ANY_DAY = "any"  # a birthday that is drawn


def read_chance(
    scenario: Entry,
    position: int,
    exposure: Exposure,
    attributes: Attributes,
    given: Given,
    numbers: Numbers,
    spreads: Sequence[Spread],
) -> Chance:
    """Work out an exposure at a rate.

    Raises
    ------
    RuleError
        E410, E602, E603, E606, E609, E509, E615, and those of quantities.
    """
    path = ("exposures", position)
    rate = exposure.rate
    assert rate is not None
    here = (*path, "rate")
    if exposure.over is not None:
        raise fail(
            "E609", at=scenario.at(*path, "over"), text=exposure.over, reason="what comes at a rate comes at once"
        )
    if exposure.when is not None:
        raise fail("E619", at=scenario.at(*path, "when"), reason="what comes at a rate waits for nothing")
    at = scenario.at(*here, "value")
    value = expect(parse_quantity(rate.value, at=at), DIMENSIONLESS / TIME, at=at).value
    if value < 0:
        raise fail("E606", at=at, text=rate.value, reason="it is not positive", expected="1/year")
    spread = plain(rate.gsd, DIMENSIONLESS, scenario.at(*here, "gsd"))
    if spread < 1.0:
        raise fail("E514", at=scenario.at(*here, "gsd"), text=rate.gsd)
    choices, median = [], math.nan
    for threat, weight in (rate.strains or {exposure.threat: "1"}).items():
        pool = exposed_pool(given.space, scenario, path, threat, exposure.site)
        index = given.space.pools[pool]
        row = given.space.rows[index]
        median = read_amount(exposure.dose, row.dimension, row.unit, scenario.at(*path, "dose"), attributes, zero=True)
        share = plain(weight, DIMENSIONLESS, scenario.at(*here, "strains"))
        if not share >= 0:
            raise fail("E606", at=scenario.at(*here, "strains"), text=weight, reason="it is negative", expected="1")
        choices.append((share, index, EVENT_ADD_COUNTED if row.countable else EVENT_ADD, threat))
    if not sum(share for share, *_ in choices) > 0:
        raise fail("E606", at=scenario.at(*here, "strains"), text="0", reason="none is ever met", expected="1")
    age, renews = attributes.get(AGE), rate.renews
    return Chance(
        name=f"exposures.{position}.{exposure.threat}.{exposure.site}",
        rate=value,
        by_age=_curve(rate.by_age, scenario.at(*here, "by_age")),
        by_season=_curve(rate.by_season, scenario.at(*here, "by_season")),
        age=age.value if isinstance(age, Quantity) else 0.0,
        day_of_year=(
            math.nan if rate.day_of_year == ANY_DAY else read_span(rate.day_of_year, scenario.at(*here, "day_of_year"))
        ),
        start=read_time(rate.from_, scenario.at(*here, "from")),
        until=math.inf if rate.until is None else read_time(rate.until, scenario.at(*here, "until")),
        choices=tuple(choices),
        median=median,
        sigma=math.log(spread),
        along=tuple(_along(given, scenario, here, k, each, attributes) for k, each in enumerate(rate.along)),
        renewed=() if renews is None else tuple(_knows(given.space, renews, threat) for *_, threat in choices),
        keeps=1.0 if renews is None else _share(renews.keeps, scenario.at(*here, "renews", "keeps")),
        every=(
            math.inf
            if renews is None or renews.every is None
            else read_span(renews.every, scenario.at(*here, "renews", "every"))
        ),
        draws=_drawn(numbers, spreads, rate.draws, scenario, here),
    )


def _along(
    given: Given, scenario: Entry, here: tuple[str | int, ...], position: int, along: Along, attributes: Attributes
) -> tuple[float, float, int, int, str]:
    """What comes with each exposure."""
    path = (*here, "along", position)
    index = given.space.pools[exposed_pool(given.space, scenario, path, along.threat, along.site)]
    row = given.space.rows[index]
    median = read_amount(along.dose, row.dimension, row.unit, scenario.at(*path, "dose"), attributes, zero=True)
    spread = plain(along.gsd, DIMENSIONLESS, scenario.at(*path, "gsd"))
    if spread < 1.0:
        raise fail("E514", at=scenario.at(*path, "gsd"), text=along.gsd)
    return median, math.log(spread), index, EVENT_ADD_COUNTED if row.countable else EVENT_ADD, along.threat


def _drawn(
    numbers: Numbers, spreads: Sequence[Spread], draws: Sequence[Drawn], scenario: Entry, here: tuple[str | int, ...]
) -> tuple[tuple[int, float, float], ...]:
    """Numbers that differ between meetings as the rule book lets them differ between people."""
    sigma = {spread.parameter: spread.sigma for spread in spreads}
    found = []
    for k, drawn in enumerate(draws):
        name, at = drawn.number, scenario.at(*here, "draws", k)
        median = plain(drawn.median, DIMENSIONLESS, at)
        if not median > 0.0:
            raise fail("E606", at=at, text=drawn.median, reason="it is not positive", expected="0.3")
        for index in matching(numbers, name, at):
            if index not in sigma:
                raise fail("E609", at=at, text=name, reason="no 'variation' says how far it varies")
            follow = followers(numbers.formulas, index)
            if follow:
                raise fail("E615", at=at, text=name, follower=numbers[follow[0]].name)
            found.append((index, median, sigma[index]))
    return tuple(found)


def _knows(space: Space, renews: Replaced, threat: str) -> tuple[int, ...]:
    """The pools that know one strain by the members it brings."""
    brought = {
        each.member for rows in space.membership.brought.values() for each in rows if each.carrier.id == threat
    } & set(renews.members)
    return tuple(
        index
        for index, row in enumerate(space.rows)
        if brought & set(row.pool.indices) and {row.pool.entity, f"{row.pool.entity}.{row.pool.state}"} & set(renews.of)
    )


def _share(text: str, at: Location) -> float:
    value = plain(text, DIMENSIONLESS, at)
    if not 0.0 <= value <= 1.0:
        raise fail("E606", at=at, text=text, reason="it is no share", expected="0.5")
    return value


def _curve(points: list[tuple[str, str]], at: Location, dimension: Dimension = TIME) -> tuple[Floats, Floats] | None:
    if not points:
        return None
    xs, ys = ([plain(point[k], unit, at) for point in points] for k, unit in ((0, dimension), (1, DIMENSIONLESS)))
    if len(xs) < 2 or any(b <= a for a, b in itertools.pairwise(xs)):
        raise fail("E509", at=at, reason="it needs two points or more, with x ascending")
    if min(ys) < 0:
        raise fail("E516", at=at, text=f"{min(ys):g}", reason="a rate cannot be below zero")
    return np.array(xs), np.array(ys)
