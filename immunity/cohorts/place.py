"""The folder of a cohort: what is in it already, and room for the rest."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from immunity.cohorts.batch import HostBatch, Options, cannot_write, kept_columns, read_parts
from immunity.cohorts.curves import CURVES, can_be_read, forget_shard, make_room, shards_in
from immunity.cohorts.manifest import describe_cohort, open_parts
from immunity.compiler.case import Case

LARGEST_SHARD = 100  # hosts
SHARDS = 32  # files of a small cohort
RESULT = "result.zarr"


@dataclass(frozen=True)
class Place:
    """Where a cohort is kept.

    Attributes
    ----------
    parts : Path             manifest, and a small file for each batch that is done
    kept : tuple             those batches, without curves
    curves : Path            the Zarr group with the curves: of the finished result, or of one that is being made
    shard : int              hosts in one of its files
    hosts, n_time, columns   how large it is to become
    """

    parts: Path
    kept: tuple[HostBatch, ...]
    curves: Path
    shard: int
    finished: bool
    hosts: int
    n_time: int
    columns: dict[str, int]

    def make_room(self) -> None:
        """Make the arrays for all hosts, beside a finished result that they begin with."""
        curves = self.parts / CURVES
        try:
            if self.kept and not curves.exists():
                copy = curves.with_suffix(".copy")
                shutil.rmtree(copy, ignore_errors=True)
                copy.mkdir()
                for name in self.columns:
                    shutil.copytree(self.curves / name, copy / name)
                copy.replace(curves)
            make_room(curves, self.n_time, self.hosts, self.columns, self.shard)
            done = {int(host) for batch in self.kept for host in batch.host}
            begun = {host // self.shard for host in range(self.hosts) if host not in done} & shards_in(curves)
            for number in begun:
                hosts = np.arange(number * self.shard, min((number + 1) * self.shard, self.hosts))
                if not can_be_read(curves, hosts):  # nothing could be written into what is left of it
                    forget_shard(curves, number)
        except OSError as error:
            raise cannot_write(self.parts, error) from error


def open_place(out: Path, case: Case, hosts: int, options: Options, shard: int | None, *, resume: bool) -> Place:
    """Open the folder of a cohort and look at what is whole in it.

    Raises
    ------
    RuleError
        As :func:`immunity.cohorts.manifest.open_parts`.
    """
    shard = shard or max(1, min(LARGEST_SHARD, -(-hosts // SHARDS)))
    parts, manifest = open_parts(out, describe_cohort(case, hosts, options, shard), resume=resume)
    growing = parts / CURVES
    curves = growing if growing.exists() or (not manifest["finished"] and not (out / RESULT).exists()) else out / RESULT
    kept = tuple(batch for batch in read_parts(parts) if len(batch.host) and can_be_read(curves, batch.host))
    columns = {"readout": len(kept_columns(case, options))}
    if options.record_pools:
        columns["pool"] = case.model.tables.n_pool
    return Place(parts, kept, curves, manifest["shard"], manifest["finished"], hosts, len(case.out_times), columns)
