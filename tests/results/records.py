"""Hand-made records: curves whose numbers can be worked out on paper."""

from __future__ import annotations

import dataclasses

import numpy as np

from immunity.compiler.case import ReadoutInfo
from immunity.results import Record

TIME = np.arange(0.0, 11.0)

INFOS = (
    ReadoutInfo("line", "Line", "1e9 cell/L", "blood", healthy=(1.0, 20.0)),
    ReadoutInfo("tent", "Tent", "mg/L", "blood", limit_of_detection=1.0),
    ReadoutInfo("decay", "Decay", "TCID50/mL", "microbes", scale="log10", limit_of_detection=10.0),
)


def record(hosts: int = 3, *, pools: bool = False) -> Record:
    """Host k: line = k + t; tent = peak of 10 + k on day 5; decay = 1e6 * 2^-t (halves every day)."""
    lines = [
        np.stack([k + TIME, np.maximum(0.0, 10.0 + k - 2.0 * abs(TIME - 5.0)), 1e6 * 0.5**TIME], 1)
        for k in range(hosts)
    ]
    return Record(
        title="Hand-made",
        scenario="hand_made",
        mode="stochastic",
        seed=7,
        days=10.0,
        rule_book_hash="h" * 64,
        version="0",
        filled={"host": {"age": "35 y"}},
        infos=INFOS,
        show=("line",),
        time=TIME,
        host=np.arange(hosts),
        readout=np.stack(lines, axis=1),
        status=np.zeros(hosts, np.int64),
        stopped_at=np.full(hosts, np.nan),
        stop_outcome="dead",
        draws={"die.hazard": 1.0 + np.arange(hosts) / 10.0},
        pool=np.ones((len(TIME), hosts, 2)) if pools else None,
        pool_names=("neutrophil.reserve", "neutrophil.circulating"),
        pool_units=("cell", "cell"),
        papers=({"key": "smith2001", "cite": "Smith", "doi": None, "numbers": ["die.hazard"]},),
        provenance={"version": "0", "sources": ["smith2001"]},
        warnings=("a warning",),
        flow_names=("neutrophil.produce", "neutrophil.egress"),
        flow_units=("cell", "cell"),
        state=np.tile([[600.0, 20.0]], (hosts, 1)),
        fired=np.tile([[1000.0, 500.0]], (hosts, 1)) * (1.0 + np.arange(hosts))[:, None],
    )


def with_death(made: Record, host: int, day: float) -> Record:
    """The record with one host dead from a day on."""
    readout, stopped = made.readout.copy(), made.stopped_at.copy()
    readout[made.time > day, host] = np.nan
    stopped[host] = day
    return dataclasses.replace(made, readout=readout, stopped_at=stopped)


def with_failure(made: Record, host: int, code: int) -> Record:
    """The record with one host failed from the start."""
    readout, status = made.readout.copy(), made.status.copy()
    readout[:, host] = np.nan
    status[host] = code
    return dataclasses.replace(made, readout=readout, status=status)
