"""What happened, in words: rules that read the curves and know only panels, units and ranges."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from immunity.report.excursions import Excursion, cleared, excursions, highest, onset
from immunity.report.model import Curve, ReportInput
from immunity.report.roles import is_arrival, is_microbe, is_symptom
from immunity.report.survival import in_words
from immunity.report.words import Clock, clock, is_plural, number, temperature

_PER_PANEL = 3  # microbes and symptoms: twice as many
_AT_MOST = 13
# Words for what the curves themselves tell better; any other word comes from the rule book and leads.
_READ_FROM_CURVES = ("", "healthy", "ill", "completed", "recovered")
LEAST_AMOUNT = 1e-3  # units are chosen so that what can be measured is not far from one
_LEAST_STRENGTH = 1.05  # trips that leave the healthy range by less are not told, except symptoms
_ABOVE = ("above", "highest", "rise", "up to")
_BELOW = ("below", "lowest", "fall", "down to")


@dataclass(frozen=True)
class Beat:
    """One sentence of the story, at its moment; `weight` says how much would be lost without it."""

    day: float
    text: str
    curve: str = ""
    weight: float = 0.0


def tell(report: ReportInput) -> tuple[Beat, ...]:
    """The story of a run in order of time, closed by how it ended."""
    time = clock(report.days)
    beats: list[Beat] = []
    asked = {curve.id for curve in report.curves if curve.main}
    for group, curves in groupby(sorted(report.curves, key=_group), key=_group):
        found = [beat for curve in curves for beat in _curve_beats(curve, report, time)]
        found.sort(key=lambda b: (b.curve not in asked, -b.weight))
        beats += found[: _PER_PANEL * (2 if group in ("microbes", "symptoms") else 1)]
    rank = {curve.id: (_group(curve) not in ("microbes", "symptoms"), not curve.main) for curve in report.curves}
    beats = sorted(beats, key=lambda b: (*rank[b.curve], -b.weight))[:_AT_MOST]
    beats = _with_reasons(sorted(beats, key=lambda b: b.day), report.reasons)
    return (*beats, Beat(end_of(report), headline(report)))


def _with_reasons(beats: Iterable[Beat], reasons: Mapping[str, str]) -> list[Beat]:
    """Beats as sentences; the first of each curve says why, that of a clearance by what."""
    said: set[str] = set()
    found = []
    for beat in beats:
        why = "" if beat.curve in said else reasons.get(beat.curve, "")
        said.add(beat.curve)
        found.append(replace(beat, text=f"{capital(beat.text)}{f' {why}' if why else ''}"))
    return found


def _group(curve: Curve) -> str:
    return "microbes" if is_microbe(curve) else "symptoms" if is_symptom(curve) else f"panel {curve.panel}"


def headline(report: ReportInput) -> str:
    """How the run ended, in one sentence."""
    time = clock(report.days)
    if sum(report.outcomes.values()) > 1:
        return _tally(report, time)
    open_ends = _open_ends(report)
    if report.stopped_at is not None:
        ending = ending_words(report.outcome)
        left = "; ".join(text.replace(" still", "") for text in open_ends[:2])
        return f"{ending} {time.when(report.stopped_at)}.{f' At the end: {left}.' if left else ''}"
    if report.outcome not in _READ_FROM_CURVES:
        left, since = "; ".join(open_ends[:3]), report.outcome_since
        when = f"as of {time.stamp(end_of(report))}" if since is None else f"since {time.stamp(since)}"
        return f"{ending_words(report.outcome)} {when}{f': {left}' if left else ''}."
    if open_ends:
        texts = "; ".join(open_ends[:3])
        return f"Not recovered {time.when(end_of(report))}: {texts}."
    return _recovery(report, time)


def ending_words(outcome: str) -> str:
    """The rule book's word for how a host ended as the start of a sentence: dead of sepsis is Died of sepsis."""
    if outcome == "failed":
        return "The simulation failed"
    words = outcome.replace("_", " ")
    if words.split(" ", 1)[0] == "dead":
        return f"Died{words.removeprefix('dead')}"
    return capital(words) if words else "Ended"


def capital(text: str) -> str:
    """Start a sentence with a capital, unless it starts with a symbol such as mRNA or p53."""
    first = text.split(" ", 1)[0]
    return text[0].upper() + text[1:] if first.isalpha() and first.islower() else text


def end_of(report: ReportInput) -> float:
    """The day of the last word: when the host ended, or the last day of which there are values."""
    if report.stopped_at is not None:
        return report.stopped_at
    if report.outcomes:
        return float(report.times[-1])
    known = [
        np.flatnonzero(np.isfinite(curve.values))[-1] for curve in report.curves if np.isfinite(curve.values).any()
    ]
    return float(report.times[max(known, default=-1)])


def _value(value: float, curve: Curve) -> str:
    return temperature(value, curve.unit)


def _tally(report: ReportInput, time: Clock) -> str:
    """How many became what, most frequent first, and when those who died did."""
    counted = sorted(report.outcomes.items(), key=lambda item: -item[1])
    parts = [f"{count} {name.replace('_', ' ')}" for name, count in counted]
    listed = parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + f" and {parts[-1]}"
    when = "" if report.survival is None else in_words(report.survival, time)
    return f"Of {sum(report.outcomes.values())} hosts, {listed} at the end.{f' {when}' if when else ''}"


def _open_ends(report: ReportInput) -> list[str]:
    """What is not settled when the run ends: microbes still there, symptoms outside their range."""
    counted = [(curve, cleared(curve, report.times)) for curve in report.curves if is_microbe(curve)]
    there = [(curve, state.last) for curve, state in counted if state.present and state.day is None]
    there.sort(key=lambda pair: -pair[1])
    found = [f"{curve.name} still at {_value(last, curve)}" for curve, last in there]
    for curve in report.curves:
        if is_symptom(curve):
            for trip in excursions(curve, report.times):
                if trip.back is None:
                    side = "above" if trip.above else "below"
                    found.append(f"{curve.name} still {side} its healthy range")
    return found


def _recovery(report: ReportInput, time: Clock) -> str:
    clear = [cleared(c, report.times).day for c in report.curves if is_microbe(c)]
    calm = [t.back for c in report.curves if is_symptom(c) for t in excursions(c, report.times)]
    clear_days = [day for day in clear if day is not None]
    calm_days = [day for day in calm if day is not None]
    if not clear_days and not calm_days:
        return f"{ending_words(report.outcome)} {time.when(end_of(report))}."
    parts = []
    if clear_days:
        parts.append(f"microbes below detection since {time.stamp(max(clear_days))}")
    if calm_days:
        parts.append(f"symptoms back in their healthy range since {time.stamp(max(calm_days))}")
    text = f"Recovered {time.when(max(clear_days + calm_days))}: {', '.join(parts)}."
    outside = [c.name for c in report.curves if any(t.back is None for t in excursions(c, report.times))]
    return text + (f" Still outside the healthy range at the end: {', '.join(outside[:4])}." if outside else "")


def _curve_beats(curve: Curve, report: ReportInput, time: Clock) -> list[Beat]:
    if highest(curve.values, report.times) is None:
        return []
    if is_microbe(curve):
        return _microbe_beats(curve, report, time)
    trips = excursions(curve, report.times)
    if trips:
        told = (t for t in trips if t.strength >= _LEAST_STRENGTH or is_symptom(curve))
        return [_excursion_beat(curve, trip, report, time) for trip in told]
    return [] if curve.healthy else _rise_beat(curve, report, time)


def _microbe_beats(curve: Curve, report: ReportInput, time: Clock) -> list[Beat]:
    """There from the start or first seen later; multiply to a peak, or only decline; then gone, or not."""
    state = cleared(curve, report.times)
    peak = highest(curve.values, report.times)
    if not state.present or peak is None:
        return []
    s = "" if is_plural(curve.name) else "s"
    first = float(curve.values[np.searchsorted(report.times, report.times[0], side="right") - 1])  # once all is given
    most = f"{_value(peak.value, curve)}{_spread(curve, peak.index, report)}"
    weight = math.log10(max(peak.value, 1.0)) + 1.0  # the places with most microbes first
    beats = []
    if state.since > report.times[0] or not first > 0.0:
        course = f"grow{s} until the end, to" if _last_is_highest(curve) else f"peak{s} at"
        text = f"{curve.name} become{s} detectable and {course} {most} {time.when(peak.day)}."
        beats.append(Beat(state.since, text, curve.id, weight))
    elif peak.value <= 2 * first:
        text = (
            f"{curve.name} start{s} at {_value(first, curve)} and never multipl{'y' if not s else 'ies'} beyond {most}."
        )
        beats.append(Beat(float(report.times[0]), text, curve.id, weight))
    else:
        times_start = f"{number(peak.value / first, 2)} times the start"
        course = f"grow{s} until the end, to" if _last_is_highest(curve) else f"peak{s} at"
        start = f"{curve.name} start{s} at {_value(first, curve)}."
        beats.append(Beat(float(report.times[0]), start, curve.id, weight))
        beats.append(Beat(peak.day, f"{curve.name} {course} {most}, {times_start}.", curve.id, weight))
    if state.day is not None:
        limit = "the limit of detection" if curve.limit_of_detection is not None else "one"
        beats.append(Beat(state.day, f"{curve.name} fall{s} below {limit}.", curve.id, weight))
    return beats


def _last_is_highest(curve: Curve) -> bool:
    there = curve.values[np.isfinite(curve.values)]
    return bool(there[-1] >= 0.9 * there.max())


def _excursion_beat(curve: Curve, trip: Excursion, report: ReportInput, time: Clock) -> Beat:
    """Out of the healthy range, how far, and back when."""
    side, most, verb, reach = _ABOVE if trip.above else _BELOW
    bound = _value(trip.bound, curve)
    extreme = f"{_value(trip.extreme, curve)} {time.when(trip.extreme_day)}{_spread(curve, trip.index, report)}"
    back = f"back in range {time.when(trip.back)}" if trip.back is not None else f"still {side} it at the end"
    plural = is_plural(curve.name)
    if curve.unit == "degC":
        until = f"until {time.stamp(trip.back)}" if trip.back is not None else "to the end"
        name = "Fever" if trip.above else "Low temperature"
        text = f"{name} begins: {curve.name} {side} {bound} {until}, {most} {extreme}."
    elif trip.from_start:
        be = "are" if plural else "is"
        extent = f"at {_value(trip.extreme, curve)}" if trip.index == 0 else f"{most} {extreme}"
        text = f"{curve.name} {be} {side} the healthy range ({bound}) from the start, {extent}; {back}."
    else:
        verb += "" if plural else "s"
        text = f"{curve.name} {verb} {side} the healthy range ({bound}), {reach} {extreme}; {back}."
    return Beat(trip.start, text, curve.id, trip.strength)


def _rise_beat(curve: Curve, report: ReportInput, time: Clock) -> list[Beat]:
    """A readout without a healthy range: when it starts to rise, and how far."""
    peak = highest(curve.values, report.times)
    start = onset(curve.values, report.times)
    rest = float(curve.values[0])
    if peak is None or start is None or peak.value < 2 * max(rest, 0.0) or peak.value <= 0:
        return _fall_beat(curve, report, time)
    if peak.value < LEAST_AMOUNT and not curve.main:
        return []
    plural = is_plural(curve.name)
    verb = "arrive" if is_arrival(curve) else "rise"
    ratio = peak.value / rest if rest > 0 else 0.0
    times_rest = f", {number(ratio, 2)} times the amount at rest" if 0 < ratio < 1e6 else ""
    text = (
        f"{curve.name} {'start' if plural else 'starts'} to {verb}; {'their' if plural else 'its'} peak is "
        f"{_value(peak.value, curve)} {time.when(peak.day)}{times_rest}{_spread(curve, peak.index, report)}."
    )
    return [Beat(start, text, curve.id, ratio or 5.0)]


def _fall_beat(curve: Curve, report: ReportInput, time: Clock) -> list[Beat]:
    """A readout without a healthy range that loses at least half."""
    rest, index = float(curve.values[0]), int(np.nanargmin(curve.values))
    low, day = float(curve.values[index]), float(report.times[index])
    if not rest > 0 or low > 0.5 * rest:
        return []
    verb = "fall" if is_plural(curve.name) else "falls"
    text = f"{curve.name} {verb} from {_value(rest, curve)} to {_value(low, curve)}{_spread(curve, index, report)}."
    return [Beat(day, text, curve.id, min(rest / low, 100.0) if low > 0 else 100.0)]


def _spread(curve: Curve, index: int, report: ReportInput) -> str:
    if curve.band is None:
        return ""
    low, high = (float(edge[index]) for edge in curve.band)
    return f" ({number(low)} to {number(high)} in {report.band_label})"
