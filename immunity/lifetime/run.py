"""Run a life, or many."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np

from immunity.cohorts import HostBatch, Job, Options, Rows, describe_jobs, open_store, run_case, run_reduced
from immunity.cohorts.cohort import Progress
from immunity.compiler.case import Case
from immunity.compiler.tables import Floats
from immunity.lifetime.episodes import Episode, Felt, Trace, count_episodes, feel
from immunity.lifetime.load import counting
from immunity.lifetime.plan import LifePlan
from immunity.results import Run, host_failed
from immunity.results.collect import collect_run, label
from immunity.results.outcomes import host_outcomes
from immunity.results.record import Record


@dataclass(frozen=True)
class Lived:
    """What became of one life: the run, its episodes, and the age at which it ended or was left."""

    plan: LifePlan
    run: Run
    episodes: tuple[Episode, ...]
    ended: float
    died: bool


@dataclass(frozen=True)
class Told:
    """What is kept of one of many lives; ``ended``: age in days at which it ended or was left."""

    host: int
    ended: float
    died: bool
    failed: bool
    episodes: tuple[Episode, ...]


def run_life(plan: LifePlan, case: Case, *, seed: int, stochastic: bool, vary: bool, rtol: float) -> Lived:
    """Run one life, and keep of its pools those of what it meets."""
    columns = _columns(plan, case)
    options = Options(seed, stochastic, vary, tuple(sorted({c for rows in columns.values() for c in rows})), rtol)
    outcome = run_case(case, stochastic=stochastic, seed=seed, vary=vary, record_pools=options.record_pools, rtol=rtol)
    run = collect_run(case, outcome, options)
    pools = np.empty((len(case.out_times), 0)) if outcome.run.pools is None else outcome.run.pools
    courses = _begun(case, run.record)
    episodes, ended, died = _episodes_of(plan, case, run.record, 0, pools, options, columns, courses)
    return Lived(plan, run, tuple(episodes), ended, died)


def run_lives(
    plan: LifePlan,
    case: Case,
    *,
    hosts: int,
    seed: int,
    stochastic: bool,
    rtol: float,
    workers: int = 1,
    out: Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> tuple[Told, ...]:
    """Run many lives, of which episodes alone are kept.

    Returns
    -------
    tuple of Told    in ascending order of host
    """
    columns = _columns(plan, case)
    kept = tuple(sorted({c for rows in columns.values() for c in rows}))
    options = Options(seed, stochastic, True, kept, rtol)
    jobs = [Job("lives", case, options, tuple(range(hosts)))]

    reduce = partial(_reduce, plan, columns)
    store = None if out is None else open_store(out, describe_jobs(jobs), resume=resume)
    rows = run_reduced(jobs, reduce, store=store, workers=workers, progress=progress)[0]
    keys = ("host", "ended", "died", "failed", "episodes")
    return tuple(
        Told(int(host), float(ended), bool(died), bool(failed), tuple(Episode(**each) for each in json.loads(text)))
        for host, ended, died, failed, text in zip(*(rows[key] for key in keys), strict=True)
    )


def _reduce(
    plan: LifePlan, columns: dict[tuple[str, str], list[int]], case: Case, options: Options, batch: HostBatch
) -> Rows:
    record = label(case, batch, options)
    found = []
    for row in range(len(batch.host)):
        pools = np.empty((len(case.out_times), 0)) if batch.pools is None else batch.pools[row]
        found.append(_episodes_of(plan, case, record, row, pools, options, columns, ()))
    return {
        "host": batch.host.astype(np.int64),
        "ended": np.array([ended for _, ended, _ in found]),
        "died": np.array([died for *_, died in found]),
        "failed": np.array([host_failed(int(code)) for code in record.status]),
        "episodes": np.array([json.dumps([asdict(each) for each in episodes]) for episodes, *_ in found], np.str_),
    }


def _columns(plan: LifePlan, case: Case) -> dict[tuple[str, str], list[int]]:
    """The pools of each agent in each part of the body."""
    found: dict[tuple[str, str], list[int]] = {}
    sites = counting().sites
    for index, name in enumerate(case.model.tables.names.pool):
        place, _, rest = name.partition(".")
        agent = rest.partition("[")[0].partition(".")[0]
        if agent in plan.agents:
            for site, spec in sites.items():
                if place in spec.places:
                    found.setdefault((agent, site), []).append(index)
    return found


def _episodes_of(
    plan: LifePlan,
    case: Case,
    record: Record,
    row: int,
    pools: Floats,
    options: Options,
    columns: dict[tuple[str, str], list[int]],
    courses: Sequence[float],
) -> tuple[list[Episode], float, bool]:
    """Episodes of one host of a record, the age at which its life was left, and whether it died."""
    counted, time = counting(), np.asarray(case.out_times)
    stopped = float(record.stopped_at[row])
    died = np.isfinite(stopped) and host_outcomes(record)[row] == record.stop_outcome
    until = time <= stopped if np.isfinite(stopped) else np.ones(len(time), np.bool_)
    kept = options.record_pools if isinstance(options.record_pools, tuple) else ()
    where = {pool: column for column, pool in enumerate(kept)}
    traces = [
        Trace(agent, site, np.where(until, pools[:, [where[pool] for pool in rows]].sum(axis=1), 0.0))
        for (agent, site), rows in columns.items()
    ]
    values = {info.id: record.readout[:, row, k] for k, info in enumerate(record.infos)}
    felt: Felt = feel(counted, values, len(time))
    episodes = count_episodes(
        counted,
        time,
        traces,
        felt,
        start=plan.start,
        names=dict(plan.names),
        courses=courses,
        died=stopped if died else None,
    )
    return episodes, plan.start + (stopped if np.isfinite(stopped) else case.days), bool(died)


def _begun(case: Case, record: Record) -> list[float]:
    """Days on which a course that the world's care gives began."""
    drugs = [row["therapy"] for row in case.filled["therapies"] if row.get("when")]
    return [day for day, what in record.happened if what.endswith(" began") and any(drug in what for drug in drugs)]
