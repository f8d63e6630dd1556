"""Hosts of many cases of which only a few numbers each are kept, with resume: what trials and scans run on."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from immunity._version import __version__
from immunity.cohorts.batch import Options, cannot_write
from immunity.cohorts.cohort import Progress
from immunity.cohorts.dask import run_on_dask
from immunity.cohorts.draw import check_variation
from immunity.cohorts.errors import CohortInterrupted
from immunity.cohorts.host import warm_up
from immunity.cohorts.manifest import (
    MANIFEST,
    case_digest,
    code_digest,
    read_manifest,
    refuse_other_cohort,
    write_manifest,
)
from immunity.cohorts.tasks import Batch, Finished, Reduce, Rows, Work, do_batch
from immunity.cohorts.workers import run_on_processes
from immunity.compiler.case import Case
from immunity.language.errors import fail

LARGEST_BATCH = 25  # hosts, so that little is lost with a process and the curves of few are held at once
BATCHES_PER_WORKER = 4


@dataclass(frozen=True)
class Job:
    """Some hosts of a case, under a name that is a file name."""

    name: str
    case: Case
    options: Options
    hosts: tuple[int, ...]


@dataclass(frozen=True)
class Store:
    """A folder with what is kept of finished batches, a file for each."""

    folder: Path

    def write(self, name: str, rows: Rows) -> None:
        """Keep some rows, whole or not at all."""
        host = rows["host"]
        path = self.folder / f"{name}-{host[0]:07d}-{host[-1]:07d}-{len(host)}.npz"
        try:
            with tempfile.NamedTemporaryFile(dir=self.folder, prefix=".writing-", delete=False) as file:
                np.savez(file, allow_pickle=False, **rows)  # type: ignore[arg-type]
            Path(file.name).replace(path)
        except OSError as error:
            raise cannot_write(self.folder, error) from error

    def read(self, name: str) -> list[Rows]:
        """Every whole file of a name; one that was cut is deleted."""
        kept = []
        for path in sorted(self.folder.glob(f"{name}-[0-9]*.npz")):
            try:
                with np.load(path, allow_pickle=False) as file:
                    kept.append({key: file[key] for key in file.files})
            except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
                path.unlink(missing_ok=True)
        return kept


def open_store(out: Path, described: Mapping[str, Any], *, resume: bool) -> Store:
    """Make or check the folder ``parts`` under ``out``.

    Parameters
    ----------
    described : mapping    all that decides the numbers beside the code

    Raises
    ------
    RuleError
        E701 or E702 if it cannot be written, E723 if it holds unfinished work that nobody asked to resume, E724 if it
        holds other work.
    """
    folder = out / "parts"
    path = folder / MANIFEST
    asked = {**described, "version": __version__, "code": code_digest(), "shard": 0, "finished": False}
    asked = json.loads(json.dumps(asked))
    try:
        found = read_manifest(path)
        if found is not None and not resume:
            if not found.get("finished"):
                raise fail("E723", text=out)
            found = None
        if found is not None:
            refuse_other_cohort(out, found, asked)
        else:
            for left in folder.glob("*.npz"):
                left.unlink()
        for left in folder.glob(".writing-*"):
            left.unlink()
        write_manifest(folder, asked)
    except OSError as error:
        raise cannot_write(out, error) from error
    except ValueError as error:
        raise fail("E724", text=out, reason="its manifest cannot be read") from error
    return Store(folder)


def describe_jobs(jobs: Sequence[Job]) -> dict[str, Any]:
    """What decides the numbers of some jobs beside the code: for a manifest."""
    return {
        "cases": {job.name: case_digest(job.case) for job in jobs},
        "options": [os.fspath(str(options)) for options in dict.fromkeys(job.options for job in jobs)],
    }


def run_reduced(
    jobs: Sequence[Job],
    reduce: Reduce,
    *,
    store: Store | None = None,
    workers: int = 1,
    dask: str | None = None,
    progress: Progress | None = None,
) -> list[Rows]:
    """Run the hosts of all jobs through one pool, and keep of each batch what ``reduce`` makes of it.

    Rows of a host depend on its case, options and number alone: not on the number of processes, nor on the batches.

    Parameters
    ----------
    reduce : callable        called with (case, options, a batch with curves) in the process that ran it, which imports
                             it by its name
    store : Store, optional  keeps what is finished; what is there already is not run again
    progress : callable      called with (hosts finished, hosts)

    Returns
    -------
    list of Rows             for each job, its hosts in ascending order

    Raises
    ------
    CohortInterrupted
        After Ctrl-C; what is finished is in the store.
    """
    for options, case in {id(job.case): (job.options, job.case) for job in jobs}.values():
        if options.vary:
            check_variation(case)
    total = sum(len(job.hosts) for job in jobs)
    left = total
    kept: list[list[Rows]] = []
    done: list[set[int]] = []

    def take(task: int, made: Rows, _: float) -> None:
        nonlocal left
        new = [row for row, host in enumerate(made["host"]) if int(host) not in done[task]]
        if not len(new):  # a batch may come twice when a process ends
            return
        rows = {key: values[new] for key, values in made.items()}
        done[task].update(int(host) for host in rows["host"])
        kept[task].append(rows)
        left -= len(new)
        if store is not None:
            store.write(jobs[task].name, rows)
        if progress is not None:
            progress(total - left, total)

    try:
        kept += [[] if store is None else store.read(job.name) for job in jobs]
        done += [{int(host) for rows in each for host in rows["host"]} for each in kept]
        missing = [tuple(host for host in job.hosts if host not in have) for job, have in zip(jobs, done, strict=True)]
        left = sum(map(len, missing))
        size = max(1, min(LARGEST_BATCH, -(-left // (workers * BATCHES_PER_WORKER))))
        batches: list[Batch] = [
            (task, hosts[first : first + size])
            for task, hosts in enumerate(missing)
            for first in range(0, len(hosts), size)
        ]
        if batches:
            _run(Work(tuple((job.case, job.options) for job in jobs), reduce=reduce), batches, workers, dask, take)
        return [_in_order(rows, job.hosts) for rows, job in zip(kept, jobs, strict=True)]
    except KeyboardInterrupt as interrupt:
        where = "nothing is kept without an output folder" if store is None else f"they are kept in {store.folder}"
        raise CohortInterrupted(f"{total - left} of {total} hosts were finished; {where}") from interrupt


def _run(work: Work, batches: list[Batch], workers: int, dask: str | None, take: Finished) -> None:
    if dask is not None:
        run_on_dask(work, batches, address=dask, finished=take)
        return
    if workers > 1 and len(batches) > 1:
        for case, options in work.tasks[:1]:  # compiles the kernels once, before several processes would each do it
            warm_up(case, stochastic=options.stochastic)
        run_on_processes(work, batches, workers=workers, finished=take)
        return
    for batch in batches:
        finished, seconds, complete = do_batch(work, batch)
        take(batch[0], finished, seconds)
        if not complete:
            raise KeyboardInterrupt


def _in_order(parts: Sequence[Rows], hosts: Sequence[int]) -> Rows:
    """One table of the hosts asked for, ascending; empty without hosts."""
    if not parts or not hosts:
        return {"host": np.zeros(0, np.int64)}
    joined = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    order = np.argsort(joined["host"], kind="stable")
    order = order[np.isin(joined["host"][order], np.array(hosts))]
    return {key: values[order] for key, values in joined.items()}


def mark_store_finished(out: Path) -> None:
    """Say that the result of the work in a folder is written; it is kept so that hosts can be added."""
    folder = out / "parts"
    with contextlib.suppress(FileNotFoundError):
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        write_manifest(folder, {**found, "finished": True})
