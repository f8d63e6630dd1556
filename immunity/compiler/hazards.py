"""How fast one instance of a rule goes, and whether its units fit."""

from __future__ import annotations

import math
from collections.abc import Sequence

from immunity.compiler.actors import Actors, Made
from immunity.compiler.bind import Scope
from immunity.compiler.concentrations import concentration_of
from immunity.compiler.numbers import parameter_of, used_number, within
from immunity.compiler.rules import Path, Rule
from immunity.compiler.signal_rows import NO_PARAMETERS, NONE, LawRow, Signals
from immunity.compiler.space import Pool, Space, alike
from immunity.compiler.tables import LAW_PROPORTIONAL
from immunity.language.errors import Location, fail
from immunity.language.load import Entry
from immunity.language.quantity import DIMENSIONLESS, TIME, Dimension
from immunity.language.verbs import RATE_KEYS, Verb

Factors = list[tuple[int, int]]
CARRIED = ("with", "divided_by")  # laws that bring the dimension of what they sense


def partner_law(signals: Signals, rule: Rule, verb: Verb, actors: Actors) -> list[LawRow]:
    """Mass action of the pool that is consumed with the primary one."""
    if actors.partner is None or verb.partner is None:
        return []
    signal = concentration_of(signals, [actors.partner], actors.partner.name, rule.at(verb.partner))
    return [LawRow(LAW_PROPORTIONAL, signal, NONE, NO_PARAMETERS, None, signals[signal].dimension, verb.partner)]


def rate_of(signals: Signals, rule: Rule, scope: Scope, length: int) -> tuple[float, Factors]:
    """Coefficient and parameter of the rate; every stage of a chain goes as many times faster as there are stages."""
    key = next(key for key in RATE_KEYS if getattr(rule.record, key) is not None)
    numbers, at = signals.numbers, rule.at(key)
    index = parameter_of(numbers, f"{rule.name}.{key}", getattr(rule.record, key), scope, at=at)
    if key == "hazard":
        return float(length), [(within(numbers, index, at=at), 1)]
    if numbers[index].value <= 0:
        raise fail("E511", at=at, text=numbers[index].text)
    within(numbers, index, at=at, positive=True)
    return (float(length) if key == "mean_time" else length * math.log(2.0)), [(index, -1)]


def times_of(signals: Signals, texts: Sequence[str], scope: Scope, entry: Entry, path: Path) -> Factors:
    """Numbers that multiply the hazard."""
    found: Factors = []
    for position, text in enumerate(texts):
        at = entry.at(*path, "times", position)
        found.append((within(signals.numbers, used_number(signals.numbers, text, scope, at=at), at=at), 1))
    return found


def unit_dimension(space: Space, pool: Pool | None) -> Dimension:
    """The dimension of one of a pool; of none where there is no pool."""
    return space.rows[space.pools[pool]].dimension if pool else DIMENSIONLESS


def check_hazard(
    signals: Signals,
    rule: Rule,
    verb: Verb,
    factors: Factors,
    laws: Sequence[LawRow],
    primary: Pool | None,
    first: Pool | None,
) -> None:
    """Whether the hazard times its laws is per time (and per what of the primary pool makes one of the first made)."""
    if any(signals[law.signal].empty for law in laws if law.key in CARRIED or law.kind == LAW_PROPORTIONAL):
        return  # zero, in any unit
    made = DIMENSIONLESS
    for index, power in factors:
        made = made * signals.numbers[index].dimension ** power
    for law in laws:
        made = made * law.dimension
    wanted = DIMENSIONLESS / TIME
    if primary is None:
        wanted = unit_dimension(signals.space, first) / TIME
    elif verb.primary in (None, "by"):
        wanted = unit_dimension(signals.space, first) / unit_dimension(signals.space, primary) / TIME
    if made != wanted:
        at = rule.at(next(key for key in RATE_KEYS if getattr(rule.record, key) is not None))
        at = _at_fault(signals, rule, factors, primary, first) or at
        raise fail("E506", at=at, text=rule.name, found=str(made), expected=str(wanted))


def _at_fault(
    signals: Signals, rule: Rule, factors: Factors, primary: Pool | None, first: Pool | None
) -> Location | None:
    """The number that a member of a class brings to a rule for all of them: there the unit is to be mended."""
    members = {pool.entity for pool in (primary, first) if pool is not None} - {rule.own}
    brought = (signals.numbers[index] for index, _ in factors)
    return next((number.location for number in brought if number.name.rpartition(".")[0] in members), None)


def check_stoichiometry(signals: Signals, rule: Rule, verb: Verb, actors: Actors, made: Made) -> None:
    """Whether one of the primary pool can become one of what is made, or go together with one of its partner."""
    space, primary = signals.space, actors.primary
    if primary is None or verb.primary in (None, "by"):
        return
    own = unit_dimension(space, primary)
    if actors.partner is not None and verb.partner is not None:
        found = unit_dimension(space, actors.partner)
        if not alike(found, own):
            at = rule.at(verb.partner)
            raise fail("E508", at=at, text=actors.partner.name, found=str(found), expected=str(own))
    given = DIMENSIONLESS if made.weight == NONE else signals.numbers[made.weight].dimension
    for pool in made.pools:
        wanted, found = unit_dimension(space, pool), given * own
        if found != wanted and pool != primary:
            raise fail("E508", at=rule.at("verb"), text=pool.name, found=str(found), expected=str(wanted))
