"""The Python face: load a rule book, run a scenario, compare two, draw a cohort."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from immunity.arguments import check_count, check_rtol, check_seed
from immunity.beside import begin
from immunity.compiler.build import Compiled
from immunity.compiler.cache import content_key, load_compiled
from immunity.compiler.case import Case
from immunity.compiler.host import build_case
from immunity.language.errors import plainly
from immunity.language.load import Entry
from immunity.scenario import Word, find_scenario, override, under

if TYPE_CHECKING:
    from immunity.results import Cohort, Pair, Run

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
    return load_compiled(paths, key=key)


@plainly
def case(
    scenario: str | Path | Entry,
    *,
    host: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
    days: float | None = None,
    book: Compiled | None = None,
) -> Case:
    """One host in one scenario, ready to run.

    Parameters
    ----------
    scenario : str, path or Entry
        A name from ``immunity list scenarios``, a file, or a scenario that was read already.
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
    entry = scenario if isinstance(scenario, Entry) else find_scenario(book, scenario)
    made = build_case(book, override(entry, said))
    here = f"{HERE}{os.sep}"  # as text: paths are slow, and a slider asks this of five hundred files at every move
    own = [file for file in book.book.files if not file.startswith(here)]
    asked = {"scenario": entry.id if scenario is entry else str(scenario), "changes": said, "files": own}
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
    begin(stochastic=stochastic)
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
    begin(stochastic=stochastic)
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
