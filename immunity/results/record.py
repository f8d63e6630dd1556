"""What is kept of a run: plain arrays and what is needed to understand them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from immunity.compiler.case import Case, ReadoutInfo
from immunity.compiler.tables import Events, Floats

DISCLAIMER = "For research and teaching. Not medical advice."
BLOCK = 100  # hosts looked at together: as many as a file of curves has


@dataclass(frozen=True)
class Record:
    """The numbers of one host or many in one scenario.

    Attributes
    ----------
    mode : str                               deterministic or stochastic
    filled : dict                            the scenario with every default filled in
    time : float64[time]                     day
    host : int64[host]                       numbers of the hosts
    readout : float64[time, host, readout]   in the readouts' units, before scale and limit of detection
    pool : float64[time, host, pool] or None in base units, as ``pool_units`` says
    status : int64[host]                     see :func:`immunity.results.status_text`
    stopped_at : float64[host]               day on which the host ended or failed, NaN if it did neither
    stop_outcome : str                       what ending means in this rule book
    draws : dict                             parameter name -> multiplier, float64[host]
    papers : tuple of dict                   what the run rests on, see :func:`immunity.results.cite`
    ended : int64[host]                      what halted it: 0 the book's stop rule, k the k-th of ``endings``, -1 none
    endings : tuple of str                   what the end points of the scenario are called
    happened : tuple                         (day, what) of courses begun or stopped by what was seen; of one host
    given, met                               of one host: numbers on day 0, and all events that came, those that were
                                             drawn or that a plan started too; not written to files
    jump_time : float64[host, jump]          day of each event that a readout shows, NaN beyond a host's last
    jump_before, jump_after : float64[host, jump, readout]  both sides of it; rows of ``readout`` show the state after
    places : dict                            as ``Model.places``: where a body map draws them; not written to files
    case : Case or None                      what was run; not written to files
    state, fired : float64[host, ...]        amounts at the end, firings of each flow in ``flow_units``; not written
                                             to files
    """

    title: str
    scenario: str
    mode: str
    seed: int
    days: float
    rule_book_hash: str
    version: str
    filled: dict[str, Any]
    infos: tuple[ReadoutInfo, ...]
    show: tuple[str, ...]
    time: Floats
    host: NDArray[np.int64]
    readout: Floats
    status: NDArray[np.int64]
    stopped_at: Floats
    stop_outcome: str
    draws: dict[str, Floats]
    pool: Floats | None
    pool_names: tuple[str, ...]
    pool_units: tuple[str, ...]
    papers: tuple[dict[str, Any], ...]
    provenance: dict[str, Any]
    warnings: tuple[str, ...]
    flow_names: tuple[str, ...] = ()
    flow_units: tuple[str, ...] = ()
    state: Floats | None = field(default=None, repr=False)
    fired: Floats | None = field(default=None, repr=False)
    ended: NDArray[np.int64] | None = field(default=None, repr=False)
    endings: tuple[str, ...] = ()
    happened: tuple[tuple[float, str], ...] = ()
    jump_time: Floats | None = field(default=None, repr=False)
    jump_before: Floats | None = field(default=None, repr=False)
    jump_after: Floats | None = field(default=None, repr=False)
    places: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)
    case: Case | None = field(default=None, repr=False)
    given: Floats | None = field(default=None, repr=False)
    met: Events | None = field(default=None, repr=False)


def in_blocks(record: Record, hosts: int = BLOCK) -> Iterator[Record]:
    """A record in pieces of so many hosts or fewer, without pools: what is made of each host does not hang on others.

    Curves that are in files are read piece by piece, so that those of a large cohort are never all in memory.
    """
    count = len(record.host)
    pieces = max(1, -(-count // hosts))

    def rows(values: Any, part: slice) -> Any:
        return None if values is None else values[part]

    for number in range(pieces):  # alike in size: one host alone would be added up in another order
        part = slice(count * number // pieces, count * (number + 1) // pieces)
        yield replace(
            record,
            host=record.host[part],
            readout=record.readout[:, part],
            status=record.status[part],
            stopped_at=record.stopped_at[part],
            draws={name: values[part] for name, values in record.draws.items()},
            ended=rows(record.ended, part),
            jump_time=rows(record.jump_time, part),
            jump_before=rows(record.jump_before, part),
            jump_after=rows(record.jump_after, part),
            state=rows(record.state, part),
            fired=rows(record.fired, part),
            pool=None,
        )
