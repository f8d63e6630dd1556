"""Numbers that a host changes by age, weight, sex or a deficiency."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping

import numpy as np

from immunity.compiler.attributes import all_changes, all_typical, applies, attribute, fill_in, reference_attributes
from immunity.compiler.derive import followers
from immunity.compiler.factors import Attributes, factor_of, plain
from immunity.compiler.faults import Faults
from immunity.compiler.numbers import Numbers
from immunity.compiler.tables import Floats
from immunity.language.errors import Location, fail
from immunity.language.load import Entry
from immunity.language.models import Change
from immunity.language.quantity import Quantity


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
            attribute(numbers, key, attributes[key], entry.record.attributes[key], entry.at("limits", key))
    faults = Faults()
    for entry, position, typical in all_typical(numbers):
        with faults:
            _check_whom(typical.for_, attributes, entry.at("typical", position))
    faults.settle()
    fill_in(numbers, dict(attributes), ())
    for entry, position, change in all_changes(numbers):
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


def apply_changes(numbers: Numbers, theta: Floats, entry: Entry, attributes: Attributes) -> set[int]:
    """Lay the changes of a host or a deficiency on the parameters, in place; hand back those that were set."""
    pinned: set[int] = set()
    for position, change in enumerate(entry.record.changes):
        if applies(change.for_, attributes):
            pinned |= _apply_one(numbers, theta, change, attributes, entry.at("changes", position))
    return pinned


def _apply_one(numbers: Numbers, theta: Floats, change: Change, attributes: Attributes, at: Location) -> set[int]:
    if change.set is None and change.multiply is None and change.scales_with is None and change.curve is None:
        raise fail("E616", at=at, text=change.number)
    factor = factor_of(numbers, change, attributes, at)
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
    matched = numbers.kept_matches()
    known = matched.get(pattern)
    if known is None:
        known = matched[pattern] = _match(numbers, pattern, at)
    return list(known)


def _match(numbers: Numbers, pattern: str, at: Location) -> list[int]:
    found = numbers.of_family(pattern)
    if not found and "*" in pattern:
        means = re.compile(fnmatch.translate(pattern)).match
        found = [numbers.index[name] for name in numbers.open_names() if means(name)]
    if not found and numbers.space.names_unmet(pattern):
        return []
    if not found:
        raise fail("E410", at=at, text=pattern, known=numbers.open_names())
    follow = {index for each in found for index in followers(numbers.formulas, each)}
    return [index for index in found if index not in follow]
