"""A batch of hosts: run one after another, kept as arrays, written as one part file."""

from __future__ import annotations

import errno
import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from immunity.cohorts.host import HostOutcome, kept_pools, run_case
from immunity.compiler.case import Case
from immunity.compiler.tables import Floats
from immunity.language.errors import RuleError, fail

WORKER_LOST = -1  # the process that ran this host ended, again and again
ARITHMETIC_FAILED = -2  # an overflow or a division by zero stopped this host
MESSAGES = {
    WORKER_LOST: "the process that ran this host ended every time; memory may be short",
    ARITHMETIC_FAILED: "a division by zero or an overflow stopped this host",
}


@dataclass(frozen=True)
class Options:
    """How to run every host of a cohort; see :func:`immunity.cohorts.run_case`."""

    seed: int
    stochastic: bool
    vary: bool
    record_pools: bool | tuple[int, ...]
    rtol: float
    keep: tuple[str, ...] = ()  # readouts to keep, all if none is named


@dataclass(frozen=True)
class HostBatch:
    """What became of some hosts, one row per host, in ascending order of host."""

    host: NDArray[np.int64]
    readouts: Floats  # float64[host, time, readout]
    pools: Floats | None  # float64[host, time, pool], on demand
    state: Floats | None  # float64[host, pool], at the end
    fired: Floats | None  # float64[host, flow]
    ever_fired: NDArray[np.uint8]  # uint8[host, flow / 8], a bit for each flow that fired
    left: NDArray[np.uint8]  # uint8[host, pool / 8], a bit for each pool that is not empty at the end
    draws: Floats  # float64[host, spread]
    status: NDArray[np.int64]
    stopped_at: Floats
    n_steps: NDArray[np.int64]
    ended: NDArray[np.int64]  # which end point halted a host: 0 the stop rule, -1 none
    jump_time: Floats  # float64[host, jump], day; NaN beyond a host's last jump
    jump_before: Floats  # float64[host, jump, readout]
    jump_after: Floats


def run_batch(
    case: Case, hosts: Sequence[int], options: Options, *, stopping: Callable[[], bool] = lambda: False
) -> tuple[HostBatch, bool]:
    """Run hosts one after another. The flag says whether all were run before somebody asked to stop."""
    rows: list[HostBatch] = []
    try:
        for host in hosts:
            if stopping():
                break
            rows.append(_run_one(case, host, options))
    except KeyboardInterrupt:
        pass  # what is finished is kept; the caller sees that the batch is short
    return join_batches(rows, case, options), len(rows) == len(hosts)


def _run_one(case: Case, host: int, options: Options) -> HostBatch:
    try:
        outcome = run_case(
            case,
            stochastic=options.stochastic,
            seed=options.seed,
            host=host,
            vary=options.vary,
            record_pools=options.record_pools,
            rtol=options.rtol,
        )
    except (ArithmeticError, np.linalg.LinAlgError):
        return failed_hosts(case, [host], options, ARITHMETIC_FAILED)
    return pick_readouts(batch_of(outcome), kept_columns(case, options))


def kept_columns(case: Case, options: Options) -> list[int]:
    """Which readouts are kept, in the order of the rule book.

    Raises
    ------
    RuleError
        E726 for one that is not there.
    """
    names = [info.id for info in case.model.readouts]
    for name in options.keep:
        if name not in names:
            raise fail("E726", text=name, known=names)
    return [column for column, name in enumerate(names) if not options.keep or name in options.keep]


def pick_readouts(batch: HostBatch, columns: Sequence[int]) -> HostBatch:
    """A batch with some of its readouts."""
    if len(columns) == batch.readouts.shape[-1]:
        return batch
    picked = {name: getattr(batch, name)[..., columns] for name in ("readouts", "jump_before", "jump_after")}
    return replace(batch, **picked)


def without_curves(batch: HostBatch) -> HostBatch:
    """What is small of a batch whose curves are kept elsewhere; a view of none of them would keep them all."""
    return replace(batch, readouts=batch.readouts[:, :0].copy(), pools=None, state=None, fired=None)


def batch_of(outcome: HostOutcome) -> HostBatch:
    """One host as a batch of one."""
    run = outcome.run
    return HostBatch(
        host=np.array([outcome.host], dtype=np.int64),
        readouts=np.asarray(run.readouts, dtype=np.float64)[None],
        pools=None if run.pools is None else np.asarray(run.pools, dtype=np.float64)[None],
        state=np.asarray(run.state, dtype=np.float64)[None],
        fired=np.asarray(run.fired, dtype=np.float64)[None],
        ever_fired=np.packbits(np.nan_to_num(run.fired) > 0.0)[None],
        left=np.packbits(np.nan_to_num(run.state) > 0.0)[None],
        draws=np.array([list(outcome.draws.values())], dtype=np.float64).reshape(1, -1),
        status=np.array([run.status], dtype=np.int64),
        stopped_at=np.array([run.stopped_at], dtype=np.float64),
        n_steps=np.array([run.n_steps], dtype=np.int64),
        ended=np.array([run.ended], dtype=np.int64),
        jump_time=run.jumps.time[None],
        jump_before=run.jumps.before[None],
        jump_after=run.jumps.after[None],
    )


def failed_hosts(case: Case, hosts: Sequence[int], options: Options, status: int) -> HostBatch:
    """Rows of NaN for hosts that could not be run, with the reason as their status."""
    tables, n, n_time = case.model.tables, len(hosts), len(case.out_times)
    whole = HostBatch(
        host=np.array(hosts, dtype=np.int64),
        readouts=np.full((n, n_time, len(tables.readouts.signal)), np.nan),
        pools=np.full((n, n_time, kept_pools(tables, options.record_pools)), np.nan) if options.record_pools else None,
        state=np.full((n, tables.n_pool), np.nan),
        fired=np.full((n, tables.n_flow), np.nan),
        ever_fired=np.zeros((n, -(-tables.n_flow // 8)), np.uint8),
        left=np.zeros((n, -(-tables.n_pool // 8)), np.uint8),
        draws=np.full((n, len(case.model.spreads) if options.vary else 0), np.nan),
        status=np.full(n, status, dtype=np.int64),
        stopped_at=np.zeros(n),
        n_steps=np.zeros(n, dtype=np.int64),
        ended=np.full(n, -1, dtype=np.int64),
        jump_time=np.zeros((n, 0)),
        jump_before=np.zeros((n, 0, len(tables.readouts.signal))),
        jump_after=np.zeros((n, 0, len(tables.readouts.signal))),
    )
    return pick_readouts(whole, kept_columns(case, options))


def join_batches(batches: Sequence[HostBatch], case: Case, options: Options) -> HostBatch:
    """One batch of all hosts, in ascending order of host, each host once."""
    if not batches:
        return failed_hosts(case, [], options, WORKER_LOST)
    _, rows = np.unique(np.concatenate([b.host for b in batches]), return_index=True)
    joined = {}
    for item in fields(HostBatch):
        parts = [getattr(b, item.name) for b in batches]
        if item.name.startswith("jump_"):
            parts = _as_wide(parts)
        joined[item.name] = None if any(part is None for part in parts) else np.concatenate(parts)[rows]
    return HostBatch(**joined)


def _as_wide(parts: Sequence[Floats]) -> list[Floats]:
    """Fill up with NaN, so that hosts with few jumps stand beside hosts with many."""
    widest = max(part.shape[1] for part in parts)
    return [
        np.pad(part, [(0, 0), (0, widest - part.shape[1]), *[(0, 0)] * (part.ndim - 2)], constant_values=np.nan)
        for part in parts
    ]


def write_part(folder: Path, batch: HostBatch) -> Path:
    """Write a finished batch as one file, whole or not at all."""
    path = folder / f"hosts-{batch.host[0]:07d}-{batch.host[-1]:07d}-{len(batch.host)}.npz"
    arrays = {f.name: getattr(batch, f.name) for f in fields(HostBatch) if getattr(batch, f.name) is not None}
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".writing-", delete=False) as file:
            temporary = Path(file.name)
            np.savez(file, allow_pickle=False, **arrays)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise cannot_write(folder, error) from error
    return path


def cannot_write(path: Path, error: OSError) -> RuleError:
    """The error to raise when a file or folder cannot be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return fail("E702", text=path)
    return fail("E701", text=path, reason=error.strerror or str(error))


def read_parts(folder: Path) -> list[HostBatch]:
    """Read every finished part of a folder. One that was cut is deleted: its hosts are run again."""
    batches = []
    for path in sorted(folder.glob("hosts-*.npz")):
        try:
            with np.load(path, allow_pickle=False) as file:
                batches.append(HostBatch(**{f.name: file.get(f.name) for f in fields(HostBatch)}))
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
            path.unlink(missing_ok=True)
    for left_over in folder.glob(".writing-*"):
        left_over.unlink(missing_ok=True)
    return batches
