"""Attributes of the person, as a host gives them, as is typical, and as they move with age."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from immunity.compiler.factors import AGE, HISTORY, Attributes, begins, curves_of, factor_of, on_curve, plain, said
from immunity.compiler.numbers import Numbers
from immunity.language.errors import Location, fail
from immunity.language.load import Entry
from immunity.language.models import Change, Typical
from immunity.language.quantity import TIME, Quantity, expect, parse_quantity


def all_changes(numbers: Numbers) -> Iterator[tuple[Entry, int, Change]]:
    for kind in ("host", "deficiency"):
        for entry in numbers.space.book.entries.get(kind, {}).values():
            for position, change in enumerate(entry.record.changes):
                yield entry, position, change


def all_typical(numbers: Numbers) -> Iterator[tuple[Entry, int, Typical]]:
    for entry in numbers.space.book.entries.get("host", {}).values():
        for position, typical in enumerate(entry.record.typical):
            yield entry, position, typical


def applies(whom: Mapping[str, str], attributes: Attributes) -> bool:
    return all(said(attributes[key]) == wanted for key, wanted in whom.items())


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
            attributes[key] = attribute(numbers, key, attributes[key], given, at)
    fill_in(numbers, attributes, scenario.record.host)
    return attributes, deficiencies


def fill_in(numbers: Numbers, attributes: dict[str, Quantity | str], given: Collection[str]) -> None:
    """Give those attributes that a scenario leaves out what is typical of the others, as weight is of age."""
    for entry, position, typical in all_typical(numbers):
        if typical.attribute in given or not applies(typical.for_, attributes):
            continue
        at = entry.at("typical", position)
        usual = attributes.get(typical.attribute)
        if not isinstance(usual, Quantity):
            raise fail("E607", at=at, what="attribute", text=typical.attribute, known=attributes)
        value = on_curve(typical.curve, attributes, at, usual.dimension)
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
        fill_in(numbers, each, ())
    moved: dict[str, Quantity | str] = {}
    for key, value in attributes.items():
        before, after = typical[0][key], typical[1][key]
        if isinstance(value, Quantity) and isinstance(before, Quantity) and isinstance(after, Quantity) and key != AGE:
            grown = 1.0 if after.value == before.value else after.value / before.value
            moved[key] = replace(value, value=value.value * grown)
        else:
            moved[key] = after
    return moved


def most_moved(numbers: Numbers, attributes: Attributes, later: Attributes) -> float:
    """The largest logarithm by which an attribute (age aside) or a change of a number moves with them: a quick look."""
    pairs = [(attributes[key], later[key]) for key in attributes if key != AGE]
    moved = [
        after.value / now.value
        for now, after in pairs
        if isinstance(now, Quantity) and isinstance(after, Quantity) and now.value != after.value
    ]
    for entry, position, change in all_changes(numbers):
        if change.scales_with is None and not curves_of(change):
            continue
        at = entry.at("changes", position)
        now, after = (factor_of(numbers, change, each, at) for each in (attributes, later))
        if now != after:
            moved.append(after / now if now and after else math.inf)
    return max((abs(math.log(ratio)) for ratio in moved), default=0.0)


def age_knots(numbers: Numbers, attributes: Attributes) -> list[float]:
    """Ages (day) at which some curve of age has a corner for this person."""
    curves = [(entry, position, "typical", each.curve) for entry, position, each in all_typical(numbers)]
    curves += [(e, k, "changes", curve) for e, k, change in all_changes(numbers) for curve in curves_of(change)]
    return [
        plain(x, TIME, entry.at(key, position)) + begins(curve, attributes, entry.at(key, position))
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


def attribute(numbers: Numbers, key: str, default: Quantity | str, given: Any, at: Location) -> Quantity | str:
    if isinstance(default, str):
        if not isinstance(given, str):
            raise fail("E301", at=at, text=given, found=f"{given!r}")
        conditions = [each.for_ for _, _, each in (*all_changes(numbers), *all_typical(numbers))]
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
    return [key for key in given if key not in ("deficiencies", "weight", "surface") and not _felt(numbers, key)]


def _felt(numbers: Numbers, key: str) -> bool:
    """Whether a rule, a change or something typical asks for an attribute; doses may be per body weight or surface."""
    if numbers.index.get(f"host.{key}") in numbers.used:
        return True
    return any(key in {*each.for_, each.curve.signal} for _, _, each in all_typical(numbers)) or any(
        key in change.for_
        or key == change.scales_with
        or any(key == curve.signal or (curve.since and key == curve.since.attribute) for curve in curves_of(change))
        for _, _, change in all_changes(numbers)
    )
