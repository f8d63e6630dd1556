"""The Python face: load a rule book, run a scenario, compare two, draw a cohort."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from immunity.arguments import check_count, check_rtol, check_seed
from immunity.compiler.build import Compiled
from immunity.compiler.cache import content_key, load_compiled
from immunity.compiler.case import Case
from immunity.compiler.host import build_case
from immunity.language.errors import plainly
from immunity.scenario import Word, find_scenario, override, under

if TYPE_CHECKING:
    from immunity.results import Cohort, Pair, Run
    from immunity.scans import Scan
    from immunity.trials import Trial

HERE = Path(__file__).parent
_NAMED = ("threat", "therapy", "deficiency", "place", "molecule", "cell")
BUILT_IN = (HERE / "biology", HERE / "scenarios")


@plainly
def load(biology: str | Path | None = None, *, overlays: Sequence[str | Path] = ()) -> Compiled:
    """Read and compile a rule book.

    Parameters
    ----------
    biology : path, optional
        A folder or file that replaces the built-in book.
    overlays : sequence of paths
        Folders or files laid over it, to add or replace entries.

    Returns
    -------
    Compiled

    Raises
    ------
    RuleError, RuleErrors
        Coded and located, for anything that is wrong with the book.
    """
    base = BUILT_IN if biology is None else (Path(biology),)
    paths = (*base, *(Path(path) for path in overlays))
    return _load(paths, content_key(paths))


@lru_cache(maxsize=8)
def _load(paths: tuple[Path, ...], key: str) -> Compiled:
    return load_compiled(paths)


@plainly
def case(
    scenario: str | Path,
    *,
    host: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
    days: float | None = None,
    book: Compiled | None = None,
) -> Case:
    """One host in one scenario, ready to run.

    Parameters
    ----------
    scenario : str or path
        A name from ``immunity list scenarios``, or a file.
    host : mapping, optional
        Attributes of the host: ``{"age": "70 y", "deficiencies": ["severe_congenital_neutropenia"]}``.
    changes : mapping, optional
        Keys of the scenario to change, dotted: ``{"exposures.0.dose": "1e7 CFU"}``.
    days : float, optional
        How long to run.
    book : Compiled, optional
        From ``load``; the built-in book if not given.
    """
    book = book or load()
    said: dict[str, Any] = {under("host", key): value for key, value in (host or {}).items()}
    said |= dict(changes or {})
    if days is not None:
        said[Word("days", "--days")] = days
    made = build_case(book, override(find_scenario(book, scenario), said))
    own = [file for file in book.book.files if not Path(file).is_relative_to(HERE)]
    asked = {"scenario": str(scenario), "changes": said, "files": own}
    return replace(made, asked=asked, names=_names(book, made.filled))


def _names(book: Compiled, filled: Mapping[str, Any]) -> dict[str, str]:
    """What people call the entries of the book that a scenario speaks of."""
    known = {id: e.record.name for kind in _NAMED for id, e in book.book.entries.get(kind, {}).items()}
    return {word: name for word in _words(filled) if (name := known.get(word))}


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for inner in value:
            yield from _words(inner)
    elif isinstance(value, str):
        yield from value.split(" at ")


@plainly
def run(
    scenario: str | Path,
    *,
    host: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
    days: float | None = None,
    stochastic: bool = False,
    seed: int = 0,
    vary: bool = False,
    record_pools: bool = True,
    rtol: float = 1e-3,
    book: Compiled | None = None,
) -> Run:
    """Run one host in one scenario; parameters as in ``case``.

    Parameters
    ----------
    stochastic : bool
        Draw events instead of following expectations.
    seed : int
        Of all random numbers of the run.
    vary : bool
        Draw this host from the variation between people instead of taking the reference person.
    record_pools : bool
        Keep every pool at the output times, as the body map of a report needs.
    rtol : float
        Relative accuracy asked of the results: a quarter of it is what each step may err.

    Returns
    -------
    Run
        ``run["blood.neutrophils"]`` is a labelled array with its unit.
    """
    check_seed(seed)
    check_rtol(rtol)
    made = case(scenario, host=host, changes=changes, days=days, book=book)
    from immunity.results import simulate

    return simulate(made, stochastic=stochastic, seed=seed, vary=vary, record_pools=record_pools, rtol=rtol)


@plainly
def compare(
    first: str | Path,
    second: str | Path | Mapping[str, Any],
    *,
    host: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
    second_host: Mapping[str, Any] | None = None,
    days: float | None = None,
    stochastic: bool = False,
    seed: int = 0,
    rtol: float = 1e-3,
    book: Compiled | None = None,
) -> Pair:
    """The same person twice, with the same random numbers wherever the two share biology.

    Parameters
    ----------
    first : str or path
    second : str, path or mapping
        Another scenario, or what to change in the first.
    host : mapping, optional
        Attributes of both hosts.
    changes : mapping, optional
        Keys to change in the second scenario.
    second_host : mapping, optional
        Attributes of the second host alone.
    """
    other, said = (first, dict(second)) if isinstance(second, Mapping) else (second, {})
    said |= dict(changes or {})
    one = run(first, host=host, days=days, stochastic=stochastic, seed=seed, rtol=rtol, book=book)
    both = {**(host or {}), **(second_host or {})}
    two = run(other, host=both, changes=said, days=days, stochastic=stochastic, seed=seed, rtol=rtol, book=book)
    from immunity.results import Pair

    return Pair(one, two)


@plainly
def cohort(
    scenario: str | Path,
    *,
    hosts: int,
    host: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
    days: float | None = None,
    stochastic: bool = True,
    seed: int = 0,
    rtol: float = 1e-3,
    workers: int = 1,
    out: str | Path | None = None,
    resume: bool = False,
    keep: Sequence[str] = (),
    dask: str | None = None,
    progress: bool | Callable[[int, int], None] = True,
    book: Compiled | None = None,
) -> Cohort:
    """Many hosts that differ as people do, in one scenario.

    Parameters
    ----------
    hosts : int
        How many; host k is the same person in every cohort of the same seed.
    workers : int
        Local processes.
    out, resume
        A folder for the result, which workers write; an interrupted cohort goes on there, a finished one gets more
        hosts.
    keep : sequence of str
        Readouts to keep; all if none is named.
    dask : str, optional
        Address of a Dask scheduler, whose workers run the hosts.
    progress : bool or callable
        A bar in a terminal or a notebook after two seconds; False for none; or called with hosts done and all hosts.
    """
    check_seed(seed)
    check_rtol(rtol)
    hosts, workers = check_count(hosts, "hosts"), check_count(workers, "workers")
    made = case(scenario, host=host, changes=changes, days=days, book=book)
    from immunity.results import simulate_cohort

    bar = import_module("immunity.progress").progress_bar  # rich is loaded where something is drawn
    with nullcontext(progress) if callable(progress) else bar("hosts", hosts, quiet=not progress) as update:
        return simulate_cohort(
            made,
            hosts=hosts,
            seed=seed,
            rtol=rtol,
            workers=workers,
            stochastic=stochastic,
            out=out,
            resume=resume,
            keep=keep,
            dask=dask,
            progress=update,
        )


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
