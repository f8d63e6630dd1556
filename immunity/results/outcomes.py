"""What became of each host, in a doctor's words.

The words are the rule book's: a readout says how a host is called that ends with it above or below a value, and how
grave that is. The gravest word counts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from immunity.compiler.case import ReadoutInfo
from immunity.language.errors import Location
from immunity.language.quantity import TIME, expect, parse_quantity
from immunity.results.last import last
from immunity.results.record import Record
from immunity.results.status import host_failed

DAYS_PER_YEAR = 365.25


def outcome_words(record: Record) -> set[str]:
    """Every word that `host_outcomes` can say of a record."""
    borne = {word for info in record.infos for word, *_ in info.endings}
    ends = filter(None, (record.stop_outcome, *record.endings))
    return {"failed", "healthy", "recovered", "ill", "completed", *borne, *ends}


def host_outcomes(record: Record) -> list[str]:
    """What became of each host.

    The rule book's word if the host ended; ``failed`` if its numbers did; of the others the gravest word that a
    readout bears at the end; without one ``ill`` if a readout ends outside its healthy range, ``recovered`` if one
    was outside before, else ``healthy``; ``completed`` if no readout has a range.
    """
    judged = any(info.healthy is not None for info in record.infos)
    ill, ever = outside_healthy(record).any(axis=1), _ever_outside(record)
    words = gravest_words(record)
    outcomes = []
    for row, code in enumerate(record.status):
        if host_failed(int(code)):
            outcomes.append("failed")
        elif np.isfinite(record.stopped_at[row]):
            ended = 0 if record.ended is None else int(record.ended[row])
            outcomes.append(record.endings[ended - 1] if ended > 0 else record.stop_outcome)
        elif words[row]:
            outcomes.append(words[row])
        elif not judged:
            outcomes.append("completed")
        else:
            outcomes.append("ill" if ill[row] else "recovered" if ever[row] else "healthy")
    return outcomes


def causes_of_end(record: Record) -> list[str | None]:
    """What each host that ended had last, by the gravest word; None for those that did not end, or had nothing."""
    words = gravest_words(record)
    ended = np.isfinite(record.stopped_at)
    return [words[row] or None if ended[row] else None for row in range(len(record.host))]


def gravest_words(record: Record) -> list[str]:
    """Of the words that the readouts of each host bear at the end the gravest, "" if there is none."""
    best = [("", -1)] * len(record.host)
    for index, info in enumerate(record.infos):
        values = last(record.time[:, None], record.readout[:, :, index]) if info.endings else np.empty(0)
        for word, above, below, gravity in info.endings:
            bears = np.isfinite(values)
            bears &= above is None or values > above
            bears &= below is None or values < below
            for row in np.flatnonzero(bears):
                if gravity > best[row][1]:
                    best[row] = (word, gravity)
    return [word for word, _ in best]


def outside_healthy(record: Record) -> NDArray[np.bool_]:
    """Which readouts end outside their healthy range, [host, readout]."""
    outside = np.zeros((len(record.host), len(record.infos)), np.bool_)
    for index, (lo, hi) in _ranges(record):
        values = last(record.time[:, None], record.readout[:, :, index])
        outside[:, index] = ~((values >= lo) & (values <= hi))
    return outside


def _ever_outside(record: Record) -> NDArray[np.bool_]:
    """Whether a readout that starts inside its healthy range was outside at some time, [host]."""
    ever = np.zeros(len(record.host), np.bool_)
    for index, (lo, hi) in _ranges(record):
        values = record.readout[:, :, index]
        outside = (values < lo) | (values > hi)
        ever |= outside.any(axis=0) & ~outside[0]
    return ever


def _ranges(record: Record) -> list[tuple[int, tuple[float, float]]]:
    """Ranges that hold for people of the hosts' age."""
    age = _age(record)
    return [(index, info.healthy) for index, info in enumerate(record.infos) if info.healthy and _holds(info, age)]


def _holds(info: ReadoutInfo, age: float | None) -> bool:
    return info.healthy_from_age is None or age is None or age >= info.healthy_from_age


def _age(record: Record) -> float | None:
    text = record.filled.get("host", {}).get("age")
    if not isinstance(text, str):
        return None
    at = Location("host", 0, 0)
    return expect(parse_quantity(text, at=at), TIME, at=at).value / DAYS_PER_YEAR
