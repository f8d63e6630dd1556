"""What became of each host, in a doctor's words.

The words are the rule book's: a readout says how a host is called that ends with it above or below a value, and how
grave that is. The gravest word counts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from immunity.compiler.tables import Floats
from immunity.results.last import last
from immunity.results.record import Record
from immunity.results.status import host_failed

SYMPTOM_PANELS = ("symptoms", "body")


def outcome_words(record: Record) -> set[str]:
    """Every word that `host_outcomes` can say of a record."""
    borne = {word for info in record.infos for word, *_ in info.endings}
    ends = filter(None, (record.stop_outcome, *record.endings))
    return {"failed", "healthy", "recovered", "ill", "completed", *borne, *ends}


def host_outcomes(record: Record) -> list[str]:
    """What became of each host.

    The rule book's word if the host ended; ``failed`` if its numbers did; of the others the gravest word that a
    readout bears at the end; without one ``ill`` by :func:`is_ill` at the end, ``recovered`` if it was so before,
    else ``healthy``; ``completed`` if no readout has a range.
    """
    judged = any(info.healthy is not None for info in record.infos)
    ill, ever = is_ill(record), has_been_ill(record)
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
    for info, values in zip(record.infos, _at_end(record), strict=True):
        for word, above, below, gravity in info.endings:
            for row in np.flatnonzero(_bears(values, above, below)):
                if gravity > best[row][1]:
                    best[row] = (word, gravity)
    return [word for word, _ in best]


def _bears(values: Floats, above: float | None, below: float | None) -> NDArray[np.bool_]:
    """Which values lie where a word says."""
    bears = np.isfinite(values)
    bears &= above is None or values > above
    bears &= below is None or values < below
    return np.asarray(bears)


def word_since(record: Record, word: str, row: int = 0) -> float | None:
    """The day from which on a host bore the word that a readout gives it; None where it did all along, or does not."""
    found: float | None = None
    for index, info in enumerate(record.infos):
        for known, above, below, _ in info.endings:
            bears = _bears(record.readout[:, row, index], above, below)
            finite = np.flatnonzero(np.isfinite(record.readout[:, row, index]))
            if known != word or not finite.size or not bears[finite[-1]]:
                continue
            other = finite[~bears[finite]]
            if not other.size:
                return None
            day = float(record.time[finite[finite > other[-1]][0]])
            found = day if found is None else min(found, day)
    return found


def is_ill(record: Record) -> NDArray[np.bool_]:
    """Who ends ill: with a symptom outside its range, or with two laboratory values far outside theirs, bool[host].

    A reference range holds 95 of 100 healthy people, so of fifteen counts one lies just outside in every other of
    them. What counts is a symptom, or two values beyond their range by more than its width (or at less than half its
    lower end); one is enough where there is only one. Ranges are those of the host's age, see ``Healthy.ages``.
    """
    return _ill(record, _at_end(record))


def has_been_ill(record: Record) -> NDArray[np.bool_]:
    """Who was ill at some time, but not at the start, bool[host]."""
    ill = _ill(record, [record.readout[:, :, index] for index in range(len(record.infos))])
    return np.asarray(ill.any(axis=0) & ~ill[0])


def _at_end(record: Record) -> list[Floats]:
    """The last value of every readout, float64[host] each."""
    n_host, n_readout = len(record.host), len(record.infos)
    if n_host > 1 or not n_readout:  # readouts of many hosts may be in files, and are read one by one
        return [last(record.time[:, None], record.readout[:, :, index]) for index in range(n_readout)]
    values = last(record.time[:, None], record.readout[:, 0, :])
    return list(values[:, None])


def outside_healthy(record: Record) -> NDArray[np.bool_]:
    """Which readouts end outside their healthy range, [host, readout]."""
    outside = np.zeros((len(record.host), len(record.infos)), np.bool_)
    for index, (info, values) in enumerate(zip(record.infos, _at_end(record), strict=True)):
        if info.healthy is not None:
            outside[:, index] = ~((values >= info.healthy[0]) & (values <= info.healthy[1]))
    return outside


def _ill(record: Record, values: list[Floats]) -> NDArray[np.bool_]:
    """As :func:`is_ill`, of values of every readout of one shape; a host that has ended is not ill any more."""
    symptoms = np.zeros(values[0].shape if values else len(record.host), np.bool_)
    far, counted = symptoms.astype(int), 0
    for info, value in zip(record.infos, values, strict=True):
        if info.healthy is None:
            continue
        low, high = info.healthy
        if info.panel in SYMPTOM_PANELS or info.unit == "degC":
            symptoms |= (value < low) | (value > high)
        else:
            far += (value < low / 2.0) | (value > high + (high - low))
            counted += 1
    return np.asarray(symptoms | (far >= max(1, min(2, counted))))
