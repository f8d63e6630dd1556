"""Who reads whom: which pools signals and flows depend on, through any chain of signals. Flat lists with pointers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from immunity.compiler.tables import LAW_CURVE, LAW_SATURATING, TERM_TIME, Bytes, Ints, Tables

Places = NDArray[np.uint32]  # unsigned, so that compiled code need not ask whether an index counts from the end


def int32(values: object) -> Ints:
    return np.asarray(values, dtype=np.int32)


def places_of(values: object) -> Places:
    return np.asarray(values, dtype=np.uint32)


def flat(lists: list[list[int]]) -> tuple[Ints, Places]:
    """Return pointers and concatenation of a list of lists."""
    ptr = np.zeros(len(lists) + 1, np.int32)
    ptr[1:] = np.cumsum([len(members) for members in lists])
    return ptr, places_of([member for members in lists for member in members])


def ranges(ptr: Ints) -> list[range]:
    return [range(start, stop) for start, stop in zip(ptr[:-1].tolist(), ptr[1:].tolist(), strict=True)]


def heard_signals(tables: Tables, wiring: dict[str, np.ndarray]) -> list[bool]:
    """Return, per signal, whether the propensity of any flow depends on it through any chain of signals."""
    n_pool, n_signal = tables.n_pool, tables.n_signal
    heard = [False] * (n_pool + n_signal + 1)
    sources, first, second = (wiring[name].tolist() for name in ("term_source", "law_signal", "law_signal2"))
    terms, laws = ranges(wiring["term_ptr"]), ranges(wiring["law_ptr"])
    for places in laws[n_signal:]:
        for law in places:
            heard[first[law]] = heard[second[law]] = True
    for signal in range(n_signal - 1, -1, -1):
        if heard[n_pool + signal]:
            for law in laws[signal]:
                heard[first[law]] = heard[second[law]] = True
            for term in terms[signal]:
                heard[sources[term]] = True
    return heard[n_pool:-1]


def reads(
    tables: Tables,
    wiring: dict[str, np.ndarray],
    wanted: set[int],
    widest: int,
    heard: Sequence[bool] = (),
    *,
    flows: bool = True,
) -> tuple[list[set[int]], list[int]]:
    """Return, per signal and then per flow, the wanted pools that its value depends on through any chain of signals.

    Without ``flows``, of signals alone: each flow that feels a crowd would hold all of it.

    Those that read more than ``widest`` and are heard are wide, and returned as well: what reads the k-th of them reads
    the row ``n_pool + k``. Those that are not heard count as reading none.
    """
    wide: list[int] = []
    n_pool, n_signal = tables.n_pool, tables.n_signal
    found: list[set[int]] = [{pool} & wanted for pool in range(n_pool)] + [set() for _ in range(n_signal + 1)]
    sources, first, second = (wiring[name].tolist() for name in ("term_source", "law_signal", "law_signal2"))
    terms = [*ranges(wiring["term_ptr"]), *[range(0)] * tables.n_flow]
    rows: list[set[int]] = []
    for row, laws in enumerate(ranges(wiring["law_ptr"])[: None if flows else n_signal]):
        names = [sources[term] for term in terms[row]] + [name[law] for law in laws for name in (first, second)]
        read = set().union(*(found[name] for name in names))
        if row < n_signal:
            if len(read) > widest:
                read = read if heard[row] else set()
            found[n_pool + row] = read
            if len(read) > widest:
                found[n_pool + row] = {n_pool + len(wide)}
                wide.append(row)
        rows.append(read)
    return rows, wide


def seen_pools(tables: Tables, wiring: dict[str, np.ndarray]) -> Bytes:
    """Return, per pool, whether a readout or the stop rule reads it, or nothing at all does."""
    n_pool = tables.n_pool
    seen, read = np.zeros((2, n_pool + tables.n_signal + 1), np.bool_)
    sources, first = wiring["term_source"], wiring["law_signal"]
    second = np.where(wiring["law_kind"] == LAW_SATURATING, wiring["law_signal2"], first)
    seen[n_pool + tables.readouts.signal] = True
    if tables.stop.signal >= 0:
        seen[n_pool + tables.stop.signal] = True
    laws, terms = ranges(wiring["law_ptr"]), ranges(wiring["term_ptr"])
    for signal in range(tables.n_signal - 1, -1, -1):
        if seen[n_pool + signal]:
            for names, places in ((sources, terms), (first, laws), (second, laws)):
                seen[names[places[signal]]] = True
    for names in (sources, first, second):
        read[names] = True
    for maker, places in zip(tables.flows.primary.tolist(), ranges(tables.flows.stoich_ptr), strict=True):
        if maker >= 0 and np.any(tables.flows.stoich_pool[places] != maker):
            read[maker] = True
    return (seen | ~read)[:n_pool].astype(np.uint8)


def invert(rows: list[set[int]], n: int) -> list[list[int]]:
    """Turn pools per row into rows per pool."""
    lists: list[list[int]] = [[] for _ in range(n)]
    for row, pools in enumerate(rows):
        for pool in pools:
            lists[pool].append(row)
    return lists


def plain_terms(tables: Tables, wiring: dict[str, np.ndarray], ptr: Ints, signals: Places) -> Ints:
    """Return, for every signal that follows a pool (lists by pool), the one term by which it does; -1 if not so plain.

    Plain is a sum over pools without laws, in which the pool stands once.
    """
    terms, laws = ranges(wiring["term_ptr"]), ranges(wiring["law_ptr"])
    sources = wiring["term_source"].tolist()
    once: list[dict[int, int]] = []
    for signal in range(tables.n_signal):
        found: dict[int, int] = {}
        plain = not len(laws[signal]) and all(sources[term] < tables.n_pool for term in terms[signal])
        for term in terms[signal] if plain else ():
            found[sources[term]] = -1 if sources[term] in found else term
        once.append(found)
    of = np.repeat(np.arange(tables.n_pool), np.diff(ptr)).tolist()
    return int32([once[signal].get(pool, -1) for pool, signal in zip(of, signals.tolist(), strict=True)])


def senses(tables: Tables, drawn: list[int]) -> list[set[int]]:
    """Return, per drawn flow, the signals that its laws sense."""
    laws = tables.flows.laws
    first, second, saturating = laws.signal.tolist(), laws.signal2.tolist(), (laws.kind == LAW_SATURATING).tolist()
    return [
        {first[law] for law in places} | {second[law] for law in places if saturating[law]} if touches else set()
        for places, touches in zip(ranges(tables.flows.law_ptr), drawn, strict=True)
    ]


def knot_laws(tables: Tables) -> list[int]:
    """Return the curves, of signals and then of flows, of a signal that nothing but time moves."""
    signals = tables.signals
    clocks = {
        signal
        for signal, places in enumerate(ranges(signals.term_ptr))
        if signals.law_ptr[signal] == signals.law_ptr[signal + 1]
        and len(places)
        and all(signals.term_kind[at] == TERM_TIME for at in places)
    }
    kinds = np.concatenate([signals.laws.kind, tables.flows.laws.kind])
    sensed = np.concatenate([signals.laws.signal, tables.flows.laws.signal])
    return [law for law in np.flatnonzero(kinds == LAW_CURVE).tolist() if int(sensed[law]) in clocks]
