"""Run a scan."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from immunity._version import __version__
from immunity.cohorts import HostBatch, Job, Options, Rows, open_store, run_case, run_reduced
from immunity.cohorts.cohort import Progress
from immunity.compiler.case import Case
from immunity.compiler.tables import Floats
from immunity.language.errors import fail
from immunity.results.collect import label
from immunity.scans.axes import Axis
from immunity.scans.points import Point, grid, sobol
from immunity.scans.reads import Read, check_reads

MOST_RUNS = 20_000  # unless more are allowed
MOST_POINTS = 200_000

Build = Callable[[dict[str, Any]], Case]  # changes of the scenario -> a case


@dataclass(frozen=True)
class Scanned:
    """Everything that a scan found.

    Attributes
    ----------
    points : list                     values of the axes, point by point
    values : float64[point, host, read]
    shape : tuple or None             lengths of the axes of a grid, None for Sobol points
    """

    axes: tuple[Axis, ...]
    reads: tuple[Read, ...]
    units: tuple[str, ...]
    points: tuple[Point, ...]
    values: Floats
    shape: tuple[int, ...] | None
    title: str
    failed: int
    provenance: dict[str, Any]


def run_scan(
    build: Build,
    axes: Sequence[Axis],
    reads: Sequence[Read],
    *,
    hosts: int = 1,
    count: int | None = None,
    stochastic: bool = False,
    vary: bool = False,
    seed: int = 0,
    rtol: float = 1e-3,
    at_most: int = MOST_RUNS,
    out: Path | None = None,
    resume: bool = False,
    workers: int = 1,
    dask: str | None = None,
    progress: Progress | None = None,
) -> Scanned:
    """Run the same hosts at every point.

    Parameters
    ----------
    build : callable     makes the case of a point from its changes
    count : int          that many Sobol points over the ranges, instead of every combination
    at_most : int        runs, points times hosts, that are not refused

    Raises
    ------
    RuleError
        E853 for too many runs, with how long they would take; what cases, axes and reads raise.
    """
    size = int(np.prod([len(axis.values) for axis in axes], dtype=object)) if count is None else count
    first = build(dict(zip((axis.key for axis in axes), (axis.values[0] for axis in axes), strict=True)))
    check_reads(reads, first)
    if size * hosts > at_most or size > MOST_POINTS:
        seconds = _seconds(first, stochastic=stochastic, seed=seed, vary=vary, rtol=rtol)
        told = f"{size * hosts * seconds / 3600.0:.2g} hours on one core, at {seconds:.2g} s a run"
        raise fail("E853", points=size, hosts=hosts, runs=size * hosts, limit=at_most, told=told)
    points = grid(axes) if count is None else sobol(axes, count)
    keys = [axis.key for axis in axes]
    options = Options(seed, stochastic, vary, False, rtol, _kept(reads, first))
    cases = [build(dict(zip(keys, point, strict=True))) for point in points]
    jobs = [Job(f"p{k:06d}", case, options, tuple(range(hosts))) for k, case in enumerate(cases)]
    store = None if out is None else open_store(out, _described(cases, reads, options), resume=resume)
    made = run_reduced(
        jobs, partial(_read_batch, tuple(reads)), store=store, workers=workers, dask=dask, progress=progress
    )
    values = np.stack([rows["values"] for rows in made])
    return Scanned(
        axes=tuple(axes),
        reads=tuple(reads),
        units=tuple(read.unit(first) for read in reads),
        points=tuple(points),
        values=values,
        shape=None if count is not None else tuple(len(axis.values) for axis in axes),
        title=str(first.filled.get("title") or first.title),
        failed=int(np.isnan(values).all(axis=2).sum()),
        provenance={
            "version": __version__,
            "rule_book_hash": first.model.digest,
            "scenario": first.scenario,
            "seed": seed,
            "mode": "stochastic" if stochastic else "deterministic",
            "hosts vary": vary,
            "hosts at each point": hosts,
            "rtol": rtol,
            "days": first.days,
        },
    )


def _read_batch(reads: tuple[Read, ...], case: Case, options: Options, batch: HostBatch) -> Rows:
    record = label(case, batch, options)
    found = np.stack([read.values(record) for read in reads], axis=1)
    return {"host": record.host.astype(np.int64), "values": found}


def _kept(reads: Sequence[Read], case: Case) -> tuple[str, ...]:
    """The readouts that are needed; what becomes of a host is told by all that have a range or bear a word."""
    wanted = {name for read in reads for name in read.readouts()}
    judged = any(read.is_share for read in reads)
    infos = case.model.readouts
    return tuple(i.id for i in infos if i.id in wanted or (judged and (i.endings or i.healthy is not None)))


def _described(cases: Sequence[Case], reads: Sequence[Read], options: Options) -> dict[str, Any]:
    digest = hashlib.sha256()
    for case in cases:
        digest.update(json.dumps(case.filled, sort_keys=True, default=str).encode())
        digest.update(case.theta.tobytes())
    read = [each.text for each in reads]
    return {"case": digest.hexdigest(), "book": cases[0].model.digest, "options": str(options), "read": read}


def _seconds(case: Case, **options: Any) -> float:
    """How long one host takes here."""
    run_case(case, **options)  # compiled now
    began = time.perf_counter()
    run_case(case, **options)
    return time.perf_counter() - began
