"""The Python face of experiments on many hosts: trials and scans."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from immunity.api import case, load
from immunity.arguments import check_count, check_rtol, check_seed
from immunity.compiler.build import Compiled
from immunity.compiler.case import Case
from immunity.language.errors import plainly

if TYPE_CHECKING:
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
