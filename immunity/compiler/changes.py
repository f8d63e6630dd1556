"""What a host changes: attributes of the person, and the numbers that follow age, weight, sex or a deficiency."""

from __future__ import annotations

import fnmatch
import itertools
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from immunity.compiler.derive import followers
from immunity.compiler.faults import Faults
from immunity.compiler.numbers import Numbers
from immunity.compiler.tables import Floats
from immunity.language.errors import Location, fail
from immunity.language.load import Entry
from immunity.language.models import Change, Curve, Typical
from immunity.language.quantity import DIMENSIONLESS, TIME, Dimension, Quantity, expect, parse_quantity

Attributes = Mapping[str, Quantity | str]
HISTORY = "history"  # of a host: what happened before day 0
AGE = "age"  # the attribute that moves with time


def said(value: Quantity | str) -> str:
    """An attribute as it was written."""
    return value.text if isinstance(value, Quantity) else value


def plain(text: str | None, dimension: Dimension, at: Location) -> float:
    """A value in base units; only a plain value can stand here, no formula and no family."""
    if text is None:
        raise fail("E512", at=at)
    return expect(parse_quantity(text, at=at), dimension, at=at).value


# attributes ---------------------------------------------------------------------------------------


def reference_attributes(numbers: Numbers) -> dict[str, Quantity | str]:
    """Attributes of the reference person."""
    found: dict[str, Quantity | str] = {}
    for entry in numbers.space.book.entries.get("host", {}).values():
        for key, text in entry.record.attributes.items():
            found[key] = parse_quantity(text, at=entry.at("attributes", key)) if text[:1].isdigit() else text
    return found


def attributes_of(numbers: Numbers, scenario: Entry) -> tuple[dict[str, Quantity | str], list[str]]:
    """Attributes of the host of a scenario, and its deficiencies.

    Raises
    ------
    RuleError
        E607 for what the book does not know, E305 and E606 for a quantity that does not fit.
    """
    attributes = reference_attributes(numbers)
    deficiencies: list[str] = []
    for key, given in scenario.record.host.items():
        at = scenario.at("host", key)
        if key == HISTORY:
            continue
        if key == "deficiencies":
            deficiencies = _deficiencies(numbers, given, at)
        elif key not in attributes:
            raise fail("E607", at=at, what="attribute", text=key, known=[*attributes, "deficiencies", HISTORY])
        else:
            attributes[key] = _attribute(numbers, key, attributes[key], given, at)
    _fill_in(numbers, attributes, scenario.record.host)
    return attributes, deficiencies


def _fill_in(numbers: Numbers, attributes: dict[str, Quantity | str], given: Collection[str]) -> None:
    """Give those attributes that a scenario leaves out what is typical of the others, as weight is of age."""
    for entry, position, typical in _all_typical(numbers):
        if typical.attribute in given or not _applies(typical.for_, attributes):
            continue
        at = entry.at("typical", position)
        usual = attributes.get(typical.attribute)
        if not isinstance(usual, Quantity):
            raise fail("E607", at=at, what="attribute", text=typical.attribute, known=attributes)
        value = _on_curve(typical.curve, attributes, at, usual.dimension)
        if value != usual.value:
            unit = usual.text.strip().lstrip("+-.0123456789eE").strip()
            amount = value / parse_quantity(f"1 {unit}", at=at).value
            attributes[typical.attribute] = Quantity(value, usual.dimension, f"{amount:.4g} {unit}")


def attributes_at(numbers: Numbers, attributes: Attributes, age: float) -> dict[str, Quantity | str]:
    """Attributes of the same person at another age (day): what is typical of age moves with it, in proportion."""
    now = attributes.get(AGE)
    if not isinstance(now, Quantity) or now.value == age:
        return dict(attributes)
    then = replace(now, value=age, text=f"{age:g} day")
    typical = [{**attributes, AGE: each} for each in (now, then)]
    for each in typical:
        _fill_in(numbers, each, ())
    moved: dict[str, Quantity | str] = {}
    for key, value in attributes.items():
        before, after = typical[0][key], typical[1][key]
        if isinstance(value, Quantity) and isinstance(before, Quantity) and isinstance(after, Quantity) and key != AGE:
            moved[key] = replace(value, value=value.value * after.value / before.value)
        else:
            moved[key] = after
    return moved


def most_moved(numbers: Numbers, attributes: Attributes, later: Attributes) -> float:
    """The largest logarithm by which an attribute (age aside) or a change of a number moves with them: a quick look."""
    pairs = [(attributes[key], later[key]) for key in attributes if key != AGE]
    moved = [
        after.value / now.value for now, after in pairs if isinstance(now, Quantity) and isinstance(after, Quantity)
    ]
    for entry, position, change in _all_changes(numbers):
        if change.scales_with is None and not _curves(change):
            continue
        at = entry.at("changes", position)
        now, after = (_factor(numbers, change, each, at) for each in (attributes, later))
        if now != after:
            moved.append(after / now if now and after else math.inf)
    return max((abs(math.log(ratio)) for ratio in moved), default=0.0)


def age_knots(numbers: Numbers, attributes: Attributes) -> list[float]:
    """Ages (day) at which some curve of age has a corner for this person."""
    curves = [(entry, position, "typical", each.curve) for entry, position, each in _all_typical(numbers)]
    curves += [(e, k, "changes", curve) for e, k, change in _all_changes(numbers) for curve in _curves(change)]
    return [
        plain(x, TIME, entry.at(key, position)) + _begins(curve, attributes, entry.at(key, position))
        for entry, position, key, curve in curves
        if curve.signal == AGE
        for x, _ in curve.points
    ]


def _deficiencies(numbers: Numbers, given: Any, at: Location) -> list[str]:
    known = numbers.space.book.entries.get("deficiency", {})
    names = given if isinstance(given, list) else [given]
    for position, name in enumerate(names):
        if not isinstance(name, str) or name not in known:
            raise fail("E607", at=at, what="deficiency", text=str(name), known=known)
        if name in names[:position]:
            raise fail("E621", at=at, what="deficiency", text=name)
    return names


def _attribute(numbers: Numbers, key: str, default: Quantity | str, given: Any, at: Location) -> Quantity | str:
    if isinstance(default, str):
        if not isinstance(given, str):
            raise fail("E301", at=at, text=given, found=f"{given!r}")
        conditions = [each.for_ for _, _, each in (*_all_changes(numbers), *_all_typical(numbers))]
        named = {whom[key] for whom in conditions if key in whom}
        if named and given not in {default, *named}:
            raise fail("E607", at=at, what=key, text=given, known={default, *named})
        return given
    quantity = expect(parse_quantity(given, at=at), default.dimension, at=at)
    limits = _limits(numbers).get(key)
    if limits is not None:
        lo, hi = (expect(parse_quantity(text, at=at), default.dimension, at=at) for text in limits)
        if not lo.value <= quantity.value <= hi.value:
            reason = f"it is not within {lo.text} and {hi.text}"
            raise fail("E620", at=at, what=key, text=given, reason=reason, lo=lo.text, hi=hi.text)
    elif quantity.value <= 0:
        raise fail("E620", at=at, what=key, text=given, reason="it is not positive", lo="above zero", hi="any value")
    return quantity


def _limits(numbers: Numbers) -> dict[str, tuple[str, str]]:
    """Least and greatest value of attributes, as the host gives them."""
    hosts = numbers.space.book.entries.get("host", {}).values()
    return {key: limits for entry in hosts for key, limits in entry.record.limits.items()}


def idle_attributes(numbers: Numbers, given: Sequence[str]) -> list[str]:
    """Those attributes of a scenario's host that change nothing in this book."""
    felt = {numbers[index].name.removeprefix("host.") for index in numbers.used}
    felt |= {"deficiencies", "weight", "surface"}  # doses may be per body weight or surface
    for _, _, change in _all_changes(numbers):
        felt |= {*change.for_, *(curve.signal for curve in _curves(change))}
        felt |= {curve.since.attribute for curve in _curves(change) if curve.since is not None}
        felt |= {change.scales_with} if change.scales_with else set()
    for _, _, typical in _all_typical(numbers):
        felt |= {*typical.for_, typical.curve.signal}
    return [key for key in given if key not in felt]


# changes ------------------------------------------------------------------------------------------


def _all_changes(numbers: Numbers) -> Iterator[tuple[Entry, int, Change]]:
    for kind in ("host", "deficiency"):
        for entry in numbers.space.book.entries.get(kind, {}).values():
            for position, change in enumerate(entry.record.changes):
                yield entry, position, change


def _all_typical(numbers: Numbers) -> Iterator[tuple[Entry, int, Typical]]:
    for entry in numbers.space.book.entries.get("host", {}).values():
        for position, typical in enumerate(entry.record.typical):
            yield entry, position, typical


def check_changes(numbers: Numbers) -> None:
    """Try every change of the hosts and deficiencies of a book on the reference person.

    Raises
    ------
    RuleError
        E410 for unknown numbers, E607 for unknown attributes, E616 for a change without effect, E623 for a pattern
        that passes by a number with a name of its own, and wrong units.
    """
    theta = np.asarray([row.value for row in numbers.rows], float)
    attributes = reference_attributes(numbers)
    for entry in numbers.space.book.entries.get("host", {}).values():
        for key in entry.record.limits:
            if not isinstance(attributes.get(key), Quantity):
                raise fail("E607", at=entry.at("limits", key), what="attribute", text=key, known=attributes)
            _attribute(numbers, key, attributes[key], entry.record.attributes[key], entry.at("limits", key))
    faults = Faults()
    for entry, position, typical in _all_typical(numbers):
        with faults:
            _check_whom(typical.for_, attributes, entry.at("typical", position))
    faults.settle()
    _fill_in(numbers, dict(attributes), ())
    for entry, position, change in _all_changes(numbers):
        with faults:
            _check_whom(change.for_, attributes, entry.at("changes", position))
            _apply_one(numbers, theta, change, attributes, entry.at("changes", position))
    faults.settle()
    for kind in ("host", "deficiency"):
        for entry in numbers.space.book.entries.get(kind, {}).values():
            with faults:
                _check_patterns(numbers, entry)
    faults.settle()


def _check_patterns(numbers: Numbers, entry: Entry) -> None:
    """A pattern over places in rules also has to say what becomes of those where a number with its own name stands."""
    changes = entry.record.changes
    reached = {
        each for k, change in enumerate(changes) for each in matching(numbers, change.number, entry.at("changes", k))
    }
    for position, change in enumerate(changes):
        if "*" in change.number:
            for place, standing in numbers.stand_ins.items():
                if fnmatch.fnmatchcase(place, change.number) and not standing <= reached:
                    names = " and ".join(sorted(numbers[each].name for each in standing - reached))
                    raise fail("E623", at=entry.at("changes", position), text=change.number, place=place, name=names)


def _check_whom(whom: Mapping[str, str], attributes: Attributes, at: Location) -> None:
    for key in whom:
        if key not in attributes:
            raise fail("E607", at=at, what="attribute", text=key, known=attributes)


def _applies(whom: Mapping[str, str], attributes: Attributes) -> bool:
    return all(said(attributes[key]) == wanted for key, wanted in whom.items())


def apply_changes(numbers: Numbers, theta: Floats, entry: Entry, attributes: Attributes) -> set[int]:
    """Lay the changes of a host or a deficiency on the parameters, in place; hand back those that were set."""
    pinned: set[int] = set()
    for position, change in enumerate(entry.record.changes):
        if _applies(change.for_, attributes):
            pinned |= _apply_one(numbers, theta, change, attributes, entry.at("changes", position))
    return pinned


def _apply_one(numbers: Numbers, theta: Floats, change: Change, attributes: Attributes, at: Location) -> set[int]:
    if change.set is None and change.multiply is None and change.scales_with is None and change.curve is None:
        raise fail("E616", at=at, text=change.number)
    factor = _factor(numbers, change, attributes, at)
    chosen = matching(numbers, change.number, at)
    if change.set is not None:
        for index in chosen:
            theta[index] = plain(change.set.value, numbers[index].dimension, at)
    elif factor == 1.0:
        return set()  # which is most of a book in most adults
    with np.errstate(over="ignore"):
        values = theta[chosen] * factor
    theta[chosen] = values
    if not np.isfinite(values).all():
        raise fail("E302", at=at, text=f"{change.number} times {factor:g}")
    return set(chosen) if change.set is not None else set()


def matching(numbers: Numbers, pattern: str, at: Location) -> list[int]:
    """The parameters that a name, a family or a pattern with ``*`` means.

    Numbers that follow another one of the pattern are left to follow it.
    """
    state = len(numbers.rows), len(numbers.frozen), len(numbers.formulas)
    known = numbers.matched.get((pattern, state))
    if known is None:
        known = numbers.matched[pattern, state] = _match(numbers, pattern, at)
    return list(known)


def _match(numbers: Numbers, pattern: str, at: Location) -> list[int]:
    open_names = numbers.open_names()
    found = [name for name in open_names if name == pattern or name.startswith(pattern + "[")]
    if not found and "*" in pattern:
        found = [name for name in open_names if fnmatch.fnmatchcase(name, pattern)]
    if not found and numbers.space.names_unmet(pattern):
        return []
    if not found:
        raise fail("E410", at=at, text=pattern, known=open_names)
    chosen = [numbers.index[name] for name in found]
    follow = {index for each in chosen for index in followers(numbers.formulas, each)}
    return [index for index in chosen if index not in follow]


def _factor(numbers: Numbers, change: Change, attributes: Attributes, at: Location) -> float:
    factor = 1.0
    if change.multiply is not None:
        factor *= plain(change.multiply.value, DIMENSIONLESS, at)
    if change.scales_with is not None:
        value = attributes.get(change.scales_with)
        if not isinstance(value, Quantity):
            raise fail("E607", at=at, what="attribute", text=change.scales_with, known=attributes)
        reference = numbers[numbers.index[f"host.{change.scales_with}"]]
        power = plain(change.power, DIMENSIONLESS, at)
        try:
            factor *= (value.value / reference.value) ** power
        except (ZeroDivisionError, OverflowError):
            raise fail("E302", at=at, text=f"({value.value:g} / {reference.value:g}) to the power {power:g}") from None
    for curve in _curves(change):
        factor *= _on_curve(curve, attributes, at)
    return factor


def _curves(change: Change) -> list[Curve]:
    return change.curve if isinstance(change.curve, list) else [change.curve] if change.curve else []


def _on_curve(curve: Curve, attributes: Attributes, at: Location, dimension: Dimension = DIMENSIONLESS) -> float:
    if not curve.points:
        raise fail("E509", at=at, reason="an attribute has no time to swing or fade with; give points")
    value = attributes.get(curve.signal)
    if not isinstance(value, Quantity):
        raise fail("E607", at=at, what="attribute", text=curve.signal, known=attributes)
    xs, ys = _points(tuple(map(tuple, curve.points)), value.dimension, dimension, at)
    return float(np.interp(value.value - _begins(curve, attributes, at), xs, ys))


def _begins(curve: Curve, attributes: Attributes, at: Location) -> float:
    """The value of a curve's own signal at which it begins to count; 0 unless it says ``since``."""
    if curve.since is None:
        return 0.0
    value, name = attributes.get(curve.since.attribute), curve.since.attribute
    if not isinstance(value, Quantity):
        raise fail("E607", at=at, what="attribute", text=name, known=attributes)
    return plain(curve.since.at, value.dimension, at) - value.value


@lru_cache(maxsize=4096)
def _points(
    points: tuple[tuple[str, str], ...], across: Dimension, up: Dimension, at: Location
) -> tuple[list[float], list[float]]:
    """The corners of a curve in base units; kept, since a host that ages comes to each of them time and again."""
    xs, ys = [plain(x, across, at) for x, _ in points], [plain(y, up, at) for _, y in points]
    if len(xs) < 2 or any(b <= a for a, b in itertools.pairwise(xs)):
        raise fail("E509", at=at, reason="it needs two points or more, with x ascending")
    return xs, ys
