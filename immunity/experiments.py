"""The Python face of experiments: trials, scans, lives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from immunity.api import case, load
from immunity.arguments import check_count, check_rtol, check_seed
from immunity.compiler.build import Compiled
from immunity.compiler.case import Case
from immunity.language.errors import plainly

if TYPE_CHECKING:
    from immunity.lifetime import Life, LifePlan, Lives
    from immunity.scans import Scan
    from immunity.trials import Trial


@plainly
def trial(
    trial: str | Path,
    *,
    hosts: int | None = None,
    seed: int | None = None,
    days: float | None = None,
    workers: int = 1,
    out: str | Path | None = None,
    resume: bool = False,
    dask: str | None = None,
    progress: bool | Callable[[int, int], None] = True,
    book: Compiled | None = None,
) -> Trial:
    """Run a trial: arms of hosts, their endpoints, and how they differ, with intervals.

    Parameters
    ----------
    trial : str or path
        A name from ``immunity list trials``, or a file.
    hosts, seed, days : optional
        Instead of what the trial says; hosts per arm.
    out, resume
        A folder for the tables and the report, in which finished hosts are kept; an interrupted trial goes on there.
    workers, dask, progress
        As in ``cohort``.

    Returns
    -------
    Trial
        ``result.effects`` and ``result.hosts`` are tables, ``result.report(file)`` writes the page.
    """
    from immunity.cohorts import mark_store_finished
    from immunity.trials import Trial, find_trial, read_trial, run_trial

    workers = check_count(workers, "workers")
    said = {"hosts": None if hosts is None else check_count(hosts, "hosts"), "seed": seed, "days": days}
    if seed is not None:
        check_seed(seed)
    plan = read_trial(find_trial(trial), {key: value for key, value in said.items() if value is not None})
    rules, folder = book or load(), None if out is None else Path(out)

    def build(scenario: str, *, host: dict[str, Any], with_: dict[str, Any], days: float | None) -> Case:
        return case(scenario, host=host, changes=with_, days=days, book=rules)

    bar = import_module("immunity.progress").progress_bar
    with nullcontext(progress) if callable(progress) else bar("hosts", 1, quiet=not progress) as update:
        found = run_trial(plan, build, out=folder, resume=resume, workers=workers, dask=dask, progress=update)
    made = Trial(found)
    if folder is not None:
        made.save(folder, report=True)
        mark_store_finished(folder)
    return made


@plainly
def scan(
    scenario: str | Path,
    *,
    over: Mapping[str, Any],
    read: Sequence[str],
    hosts: int = 1,
    sobol: int | None = None,
    host: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
    days: float | None = None,
    stochastic: bool | None = None,
    seed: int = 0,
    rtol: float = 1e-3,
    at_most: int | None = None,
    workers: int = 1,
    out: str | Path | None = None,
    resume: bool = False,
    dask: str | None = None,
    progress: bool | Callable[[int, int], None] = True,
    book: Compiled | None = None,
) -> Scan:
    """A scenario over values of one or more of its keys, the same hosts at every point.

    Parameters
    ----------
    over : mapping
        Keys with lists of values or ranges: ``{"exposures.0.dose": "1e5 CFU to 1e9 CFU in 5 log"}``.
    read : sequence of str
        What to look at: ``"blood.crp maximum"``, or a condition, ``"outcome is dead"``.
    hosts : int
        At each point. One is the reference person; several vary as people do.
    sobol : int, optional
        That many points (a power of two) spread evenly over the ranges, instead of every combination.
    stochastic : bool, optional
        Draw events; if not given, where there are several hosts.
    at_most : int, optional
        Runs that are not refused.
    out, resume, workers, dask, progress
        As in ``cohort``.

    Returns
    -------
    Scan
        ``scan.dataset`` is an xarray.Dataset, ``scan.to_dataframe()`` a table.
    """
    from immunity.cohorts import mark_store_finished
    from immunity.scans import Scan, read_axes, read_reads, run_scan
    from immunity.scans.run import MOST_RUNS

    check_seed(seed)
    hosts, workers = check_count(hosts, "hosts"), check_count(workers, "workers")
    rules, folder = book or load(), None if out is None else Path(out)

    def build(point: dict[str, Any]) -> Case:
        return case(scenario, host=host, changes={**(changes or {}), **point}, days=days, book=rules)

    bar = import_module("immunity.progress").progress_bar
    with nullcontext(progress) if callable(progress) else bar("runs", 1, quiet=not progress) as update:
        found = run_scan(
            build,
            read_axes(over),
            read_reads(read),
            hosts=hosts,
            count=sobol,
            stochastic=hosts > 1 if stochastic is None else stochastic,
            vary=hosts > 1,
            seed=seed,
            rtol=check_rtol(rtol),
            at_most=MOST_RUNS if at_most is None else check_count(at_most, "at_most"),
            out=folder,
            resume=resume,
            workers=workers,
            dask=dask,
            progress=update,
        )
    made = Scan(found)
    if folder is not None:
        made.save(folder, report=True)
        mark_store_finished(folder)
    return made


LIFE = {"world": "temperate_high_income", "schedule": "who_epi", "to": "7 y"}  # as `scenario_of_life` has it
LIFE_RTOL = 1e-2  # chance moves a life by more


@plainly
def life(
    *,
    world: str | Path = LIFE["world"],
    schedule: str | Path = LIFE["schedule"],
    host: Mapping[str, Any] | None = None,
    to: str = LIFE["to"],
    changes: Mapping[str, Any] | None = None,
    seed: int = 0,
    stochastic: bool = False,
    vary: bool = False,
    rtol: float = LIFE_RTOL,
    book: Compiled | None = None,
) -> Life:
    """One person from birth, or from an age, to an age: exposures, infections, vaccines.

    Parameters
    ----------
    world, schedule : str or path
        A name from ``immunity list worlds`` and ``immunity list schedules``, or a file; no schedule: ``"none"``.
    host : mapping, optional
        Attributes of the host; ``age`` is that at which the life begins to be followed.
    to : str
        The age at which it is left.
    changes : mapping, optional
        ``household``, ``born`` (day of the year), ``doses.VACCINE``, ``treatments.THERAPY``, or keys of a scenario.
    seed : int
        Of all random numbers: the same seed is the same luck, whoever the host.

    Returns
    -------
    Life
        ``life.episodes``, ``life.years``, ``life.run``, ``life.report("life.html")``.
    """
    from immunity.lifetime import Life, run_life

    check_seed(seed)
    check_rtol(rtol)
    plan, made = _life_case(world, schedule, host, to, changes, book)
    return Life(run_life(plan, made, seed=seed, stochastic=stochastic, vary=vary, rtol=rtol))


@plainly
def lives(
    *,
    hosts: int,
    world: str | Path = LIFE["world"],
    schedule: str | Path = LIFE["schedule"],
    host: Mapping[str, Any] | None = None,
    to: str = LIFE["to"],
    changes: Mapping[str, Any] | None = None,
    seed: int = 0,
    stochastic: bool = False,
    rtol: float = LIFE_RTOL,
    workers: int = 1,
    out: str | Path | None = None,
    resume: bool = False,
    progress: bool | Callable[[int, int], None] = True,
    book: Compiled | None = None,
) -> Lives:
    """Many lives, of which the episodes are kept; as ``life``, and as ``cohort``.

    Returns
    -------
    Lives
        ``lives.bands`` counts by age, ``lives.to_dataframe()`` has every episode.
    """
    from immunity.cohorts import mark_store_finished
    from immunity.lifetime import Lives, run_lives

    check_seed(seed)
    check_rtol(rtol)
    hosts, workers = check_count(hosts, "hosts"), check_count(workers, "workers")
    plan, made = _life_case(world, schedule, host, to, changes, book)
    folder = None if out is None else Path(out)
    bar = import_module("immunity.progress").progress_bar
    with nullcontext(progress) if callable(progress) else bar("lives", hosts, quiet=not progress) as update:
        people = run_lives(
            plan,
            made,
            hosts=hosts,
            seed=seed,
            stochastic=stochastic,
            rtol=rtol,
            workers=workers,
            out=folder,
            resume=resume,
            progress=update,
        )
    if folder is not None:
        mark_store_finished(folder)
    return Lives(plan, people, seed)


def _life_case(
    world: str | Path,
    schedule: str | Path,
    host: Mapping[str, Any] | None,
    to: str,
    changes: Mapping[str, Any] | None,
    book: Compiled | None,
) -> tuple[LifePlan, Case]:
    from immunity.lifetime import plan_life

    rules = book or load()
    plan, rest = plan_life(world=world, schedule=schedule, host=host or {}, to=to, changes=changes or {})
    made = case(plan.entry, changes=rest, book=rules)
    threats = rules.book.entries.get("threat", {})
    return replace(plan, names={agent: threats[agent].record.name for agent in plan.agents}), made
