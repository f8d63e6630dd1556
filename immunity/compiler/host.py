"""One host in one scenario: parameters changed by age, deficiency and override, and the list of dated events."""

from __future__ import annotations

import fnmatch
import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from immunity.compiler.bind import Scope, Value, pools_of, reference_of
from immunity.compiler.build import Compiled
from immunity.compiler.case import Case
from immunity.compiler.tables import (
    EVENT_ADD,
    EVENT_ADD_COUNTED,
    EVENT_PARAMETER_SCALE,
    EVENT_PARAMETER_SET,
    EVENT_SCALE,
    EVENT_SET,
    Events,
)
from immunity.language.errors import Location, RuleError, fail
from immunity.language.load import Entry
from immunity.language.models import (
    Change,
    Curve,
    DatedEvent,
    Deficiency,
    Dosing,
    Exposure,
    Host,
    Scenario,
    Therapy,
    Threat,
)
from immunity.language.quantity import DIMENSIONLESS, MASS, TIME, Dimension, Quantity, expect, parse_quantity

MAX_EVENTS = 100_000
MAX_OUTPUTS = 1_000_000


@dataclass(frozen=True)
class _Dated:
    time: float
    kind: int
    index: int
    value: float


def build_case(compiled: Compiled, scenario: Entry) -> Case:
    """Put the host of a scenario together.

    Parameters
    ----------
    compiled : Compiled
    scenario : Entry
        A validated entry of kind scenario, from the book or from a file.

    Raises
    ------
    RuleError
        E6xx, located in the scenario.
    """
    record = scenario.record
    assert isinstance(record, Scenario)
    attributes, deficiencies = _attributes(compiled, scenario)
    theta = compiled.model.tables.theta.copy()
    _set_attributes(compiled, theta, attributes)
    for host in compiled.book.entries.get("host", {}).values():
        assert isinstance(host.record, Host)
        _apply(compiled, theta, host, host.record.changes, attributes)
    dated: list[_Dated] = []
    for id in deficiencies:
        entry = compiled.book.entries["deficiency"][id]
        assert isinstance(entry.record, Deficiency)
        _apply(compiled, theta, entry, entry.record.changes, attributes)
        dated += _plain_events(compiled, entry, entry.record.events)
    for name, text in record.numbers.items():
        at = scenario.at("numbers", name)
        for index in _matching(compiled, name, at):
            theta[index] = expect(parse_quantity(text, at=at), compiled.numbers[index].dimension, at=at).value
    days = _days(record, scenario)
    for position, exposure in enumerate(record.exposures):
        dated.append(_exposure(compiled, scenario, position, exposure))
    for position, dosing in enumerate(record.therapies):
        dated += _doses(compiled, scenario, position, dosing, attributes, days)
    dated += _plain_events(compiled, scenario, record.events)
    known = {info.id for info in compiled.model.readouts}
    for position, name in enumerate(record.show):
        if name not in known:
            raise fail("E610", at=scenario.at("show", position), text=name, known=known)
    dated.sort(key=lambda event: event.time)
    return Case(
        model=compiled.model,
        title=record.title,
        scenario=record.id,
        days=days,
        theta=theta,
        events=Events(
            np.asarray([event.time for event in dated], float),
            np.asarray([event.kind for event in dated], np.uint8),
            np.asarray([event.index for event in dated], np.int32),
            np.asarray([event.value for event in dated], float),
        ),
        out_times=_out_times(record, scenario, days),
        filled={
            **record.model_dump(by_alias=True, exclude={"kind", "replace"}),
            "host": {**{key: _said(value) for key, value in attributes.items()}, "deficiencies": deficiencies},
        },
        show=tuple(record.show) or tuple(info.id for info in compiled.model.readouts),
        warnings=compiled.model.warnings,
    )


def _said(value: Quantity | str) -> str:
    return value.text if isinstance(value, Quantity) else value


# the host ------------------------------------------------------------------------------------


def _attributes(compiled: Compiled, scenario: Entry) -> tuple[dict[str, Quantity | str], list[str]]:
    record = scenario.record
    assert isinstance(record, Scenario)
    attributes: dict[str, Quantity | str] = {}
    for entry in compiled.book.entries.get("host", {}).values():
        assert isinstance(entry.record, Host)
        for key, text in entry.record.attributes.items():
            attributes[key] = parse_quantity(text, at=entry.at("attributes", key)) if text[:1].isdigit() else text
    deficiencies: list[str] = []
    for key, given in record.host.items():
        at = scenario.at("host", key)
        if key == "deficiencies":
            deficiencies = _deficiencies(compiled, given, at)
        elif key not in attributes:
            raise fail("E607", at=at, what="attribute", text=key, known=[*attributes, "deficiencies"])
        else:
            attributes[key] = _attribute(attributes[key], given, at)
    return attributes, deficiencies


def _deficiencies(compiled: Compiled, given: Any, at: Location) -> list[str]:
    names = given if isinstance(given, list) else [given]
    known = compiled.book.entries.get("deficiency", {})
    for name in names:
        if name not in known:
            raise fail("E607", at=at, what="deficiency", text=str(name), known=known)
    return [str(name) for name in dict.fromkeys(names)]


def _attribute(default: Quantity | str, given: Any, at: Location) -> Quantity | str:
    if isinstance(default, str):
        if not isinstance(given, str):
            raise fail("E301", at=at, text=given, found=f"{given!r}")
        return given
    quantity = expect(parse_quantity(given, at=at), default.dimension, at=at)
    if quantity.value <= 0:
        raise fail("E606", at=at, text=given, reason="it is not positive", expected=str(default.dimension))
    return quantity


def _set_attributes(compiled: Compiled, theta: np.ndarray, attributes: dict[str, Quantity | str]) -> None:
    for key, value in attributes.items():
        index = compiled.numbers.index.get(f"host.{key}")
        if index is not None and isinstance(value, Quantity):
            theta[index] = value.value


def _matching(compiled: Compiled, pattern: str, at: Location) -> list[int]:
    """Indices of the parameters a name or a pattern with ``*`` means."""
    index = compiled.numbers.index
    if pattern in index:
        return [index[pattern]]
    family = [i for name, i in index.items() if name.startswith(pattern + "[")]
    found = family or [i for name, i in index.items() if "*" in pattern and fnmatch.fnmatchcase(name, pattern)]
    found = [i for i in found if compiled.numbers[i].status != "constant"]
    if not found:
        raise fail("E410", at=at, text=pattern, known=index)
    return found


def _apply(
    compiled: Compiled, theta: np.ndarray, entry: Entry, changes: list[Change], attributes: dict[str, Quantity | str]
) -> None:
    for position, change in enumerate(changes):
        at = entry.at("changes", position)
        if any(_said(attributes.get(key, "")) != wanted for key, wanted in change.for_.items()):
            continue
        factor = _factor(compiled, change, attributes, at)
        for index in _matching(compiled, change.number, at):
            if change.set is not None:
                theta[index] = _plain(change.set.value, compiled.numbers[index].dimension, at)
            theta[index] *= factor


def _plain(text: str | None, dimension: Dimension, at: Location) -> float:
    if text is None:
        raise fail("E512", at=at)
    return expect(parse_quantity(text, at=at), dimension, at=at).value


def _factor(compiled: Compiled, change: Change, attributes: dict[str, Quantity | str], at: Location) -> float:
    factor = 1.0
    if change.multiply is not None:
        factor *= _plain(change.multiply.value, DIMENSIONLESS, at)
    if change.scales_with is not None:
        value = attributes.get(change.scales_with)
        reference = compiled.numbers.index.get(f"host.{change.scales_with}")
        if not isinstance(value, Quantity) or reference is None:
            raise fail("E607", at=at, what="attribute", text=change.scales_with, known=attributes)
        factor *= (value.value / compiled.numbers[reference].value) ** _plain(change.power, DIMENSIONLESS, at)
    for curve in change.curve if isinstance(change.curve, list) else [change.curve] if change.curve else []:
        factor *= _on_curve(curve, attributes, at)
    return factor


def _on_curve(curve: Curve, attributes: dict[str, Quantity | str], at: Location) -> float:
    value = attributes.get(curve.signal)
    if not isinstance(value, Quantity):
        raise fail("E607", at=at, what="attribute", text=curve.signal, known=attributes)
    xs = [_plain(x, value.dimension, at) for x, _ in curve.points]
    ys = [_plain(y, DIMENSIONLESS, at) for _, y in curve.points]
    if len(xs) < 2 or any(b <= a for a, b in itertools.pairwise(xs)):
        raise fail("E509", at=at, reason="it needs two points or more, with x ascending")
    return float(np.interp(value.value, xs, ys))


# events ------------------------------------------------------------------------------------


def _time(text: str, at: Location) -> float:
    value = expect(parse_quantity(text, at=at), TIME, at=at).value
    if value < 0:
        raise fail("E609", at=at, text=text, reason="it is negative")
    return value


def _pool(compiled: Compiled, text: str, scope: Scope, at: Location) -> int:
    pools = pools_of(compiled.space, reference_of(compiled.space, text, scope.entity, at=at), scope, at=at)
    chains = {(pool.entity, pool.state, pool.place, pool.indices) for pool in pools}
    if len(chains) != 1:
        raise fail("E406", at=at, text=text, count=len(chains) or "none")
    return compiled.space.pools[pools[0]]


def _dose(text: str, wanted: Dimension, unit: str, at: Location, per_kg: float | None = None) -> float:
    """An amount in base units; per body weight where that fits."""
    try:
        quantity = parse_quantity(text, at=at)
    except RuleError as error:
        if error.code == "E302":
            raise fail("E606", at=at, text=text, reason="it is not finite", expected=unit) from None
        raise
    if per_kg is not None and quantity.dimension * MASS == wanted:
        quantity = Quantity(quantity.value * per_kg, wanted, text)
    if quantity.dimension != wanted:
        raise fail("E606", at=at, text=text, reason=f"it is {quantity.dimension}", expected=unit)
    if not quantity.value > 0:
        raise fail("E606", at=at, text=text, reason="it is not positive", expected=unit)
    return quantity.value


def _exposure(compiled: Compiled, scenario: Entry, position: int, exposure: Exposure) -> _Dated:
    space = compiled.space
    path = ("exposures", position)
    threats = compiled.book.entries.get("threat", {})
    if exposure.threat not in threats:
        raise fail("E602", at=scenario.at(*path, "threat"), text=exposure.threat, known=threats)
    threat = threats[exposure.threat].record
    assert isinstance(threat, Threat)
    at = scenario.at(*path, "site")
    sites = [p for p in space.place_classes.get("site", []) if (exposure.threat, p) in space.by_entity_place]
    ways: dict[str, tuple[str, dict[str, Value]]] = {site: (f"at {site}", {}) for site in sites}
    for key, text in threat.enters.items():
        words = key.split()
        members = space.place_classes.get(words[-1], []) if words[0] == "each" else [key]
        ways |= {place: (text, {words[-1]: Value("place", place, words[-1])}) for place in members}
    if exposure.site not in ways:
        raise fail("E603", at=at, text=exposure.site, threat=exposure.threat, known=ways)
    text, env = ways[exposure.site]
    index = _pool(compiled, text, Scope(exposure.threat, env, exposure.site), at)
    row = space.rows[index]
    amount = _dose(exposure.dose, row.dimension, row.unit, scenario.at(*path, "dose"))
    kind = EVENT_ADD_COUNTED if row.countable else EVENT_ADD
    return _Dated(_time(exposure.at, scenario.at(*path, "at")), kind, index, amount)


def _doses(
    compiled: Compiled,
    scenario: Entry,
    position: int,
    dosing: Dosing,
    attributes: dict[str, Quantity | str],
    days: float,
) -> list[_Dated]:
    path = ("therapies", position)
    therapies = compiled.book.entries.get("therapy", {})
    if dosing.therapy not in therapies:
        raise fail("E604", at=scenario.at(*path, "therapy"), text=dosing.therapy, known=therapies)
    therapy = therapies[dosing.therapy].record
    assert isinstance(therapy, Therapy)
    route = dosing.route or next(iter(therapy.given), None)
    if route not in therapy.given:
        raise fail("E605", at=scenario.at(*path, "route"), text=str(route), therapy=dosing.therapy, known=therapy.given)
    index = _pool(compiled, therapy.given[route], Scope(dosing.therapy, {}), scenario.at(*path))
    row = compiled.space.rows[index]
    weight = attributes.get("weight")
    per_kg = weight.value if isinstance(weight, Quantity) else None
    amount = _dose(dosing.dose, row.dimension, row.unit, scenario.at(*path, "dose"), per_kg)
    kind = EVENT_ADD_COUNTED if row.countable else EVENT_ADD
    return [_Dated(time, kind, index, amount) for time in _dose_times(scenario, path, dosing, days)]


def _dose_times(scenario: Entry, path: tuple[str | int, ...], dosing: Dosing, days: float) -> list[float]:
    start_text = dosing.from_ or dosing.at or "0 day"
    start = _time(start_text, scenario.at(*path, "from" if dosing.from_ else "at"))
    if dosing.every is None:
        return [start]
    at = scenario.at(*path, "every")
    step = _time(dosing.every, at)
    if step <= 0:
        raise fail("E609", at=at, text=dosing.every, reason="it is not positive")
    end = days
    if dosing.until is not None:
        at = scenario.at(*path, "until")
        end = _time(dosing.until, at)
        if end <= start:
            raise fail("E609", at=at, text=dosing.until, reason=f"it is not after {start_text}")
    count = math.ceil((min(end, days) - start) / step - 1e-9)
    if count > MAX_EVENTS:
        raise fail("E609", at=at, text=dosing.every, reason=f"it makes {count} doses")
    return [start + k * step for k in range(max(count, 0))]


def _plain_events(compiled: Compiled, entry: Entry, events: list[DatedEvent]) -> list[_Dated]:
    made: list[_Dated] = []
    for position, event in enumerate(events):
        at = entry.at("events", position)
        time = _time(event.at, entry.at("events", position, "at"))
        given = [key for key in ("add", "scale", "set") if getattr(event, key) is not None]
        if len(given) != 1 or (event.pool is None) == (event.number is None):
            raise fail("E611", at=at)
        key = given[0]
        text = getattr(event, key)
        if event.pool is not None:
            index = _pool(compiled, event.pool, Scope(None, {}), at)
            dimension = DIMENSIONLESS if key == "scale" else compiled.space.rows[index].dimension
            kind = {"add": EVENT_ADD, "scale": EVENT_SCALE, "set": EVENT_SET}[key]
            made.append(_Dated(time, kind, index, _plain(text, dimension, at)))
            continue
        assert event.number is not None
        for index in _matching(compiled, event.number, at):
            if key == "add":
                raise fail("E611", at=at)
            dimension = DIMENSIONLESS if key == "scale" else compiled.numbers[index].dimension
            kind = EVENT_PARAMETER_SCALE if key == "scale" else EVENT_PARAMETER_SET
            made.append(_Dated(time, kind, index, _plain(text, dimension, at)))
    return made


# time ------------------------------------------------------------------------------------


def _days(record: Scenario, scenario: Entry) -> float:
    if not (math.isfinite(record.days) and record.days > 0):
        raise fail("E609", at=scenario.at("days"), text=record.days, reason="it is not a positive number of days")
    return float(record.days)


def _out_times(record: Scenario, scenario: Entry, days: float) -> np.ndarray:
    at = scenario.at("every")
    step = _time(record.every, at)
    if step <= 0 or days / step > MAX_OUTPUTS:
        raise fail("E609", at=at, text=record.every, reason="it is not a sensible output step")
    count = math.floor(days / step + 1e-9)
    times = np.arange(count + 1) * step
    return times if abs(times[-1] - days) < 1e-9 else np.append(times, days)
