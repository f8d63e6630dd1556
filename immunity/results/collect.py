"""From what the engine hands back to what a user holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from immunity._version import __version__
from immunity.cohorts import CohortOutcome, HostBatch, HostOutcome, Options, batch_of, until_end
from immunity.cohorts.batch import kept_columns
from immunity.compiler.case import Case
from immunity.compiler.tables import Events, Tables
from immunity.language.quantity import base_unit, parse_unit
from immunity.results.lazy import open_curves
from immunity.results.papers import papers_behind
from immunity.results.protocol import title_of
from immunity.results.provenance import describe_origin
from immunity.results.record import Record
from immunity.results.runs import Cohort, Run


def collect_run(case: Case, outcome: HostOutcome, options: Options, *, papers: bool = True) -> Run:
    """Label the outcome of one host; with ``papers``, list what it rests on."""
    run = outcome.run
    time, kind, index, value = zip(*run.met, strict=True) if run.met else ((), (), (), ())
    met = Events(np.array(time), np.array(kind, np.uint8), np.array(index, np.int32), np.array(value, np.float64))
    made = label(case, batch_of(outcome), options, cited=papers)
    return Run(replace(made, happened=run.happened, given=run.given, met=met))


def collect_cohort(outcome: CohortOutcome) -> Cohort:
    """Label the outcome of a cohort."""
    return Cohort(label(outcome.case, outcome.batch, outcome.options, outcome.curves))


def label(case: Case, batch: HostBatch, options: Options, curves: Path | None = None, *, cited: bool = True) -> Record:
    """Put names, units and origin to the arrays of a batch of hosts, whose curves may be in files."""
    model, tables = case.model, case.model.tables
    papers = papers_of_hosts(case, batch.ever_fired, batch.left) if cited else ()
    columns = kept_columns(case, options)
    shown = {model.readouts[column].id for column in columns}
    varied = [tables.names.parameter[spread.parameter] for spread in model.spreads] if options.vary else []
    record = Record(
        title=case.title,
        scenario=case.scenario,
        mode="stochastic" if options.stochastic else "deterministic",
        seed=options.seed,
        days=case.days,
        rule_book_hash=model.digest,
        version=__version__,
        filled=case.filled,
        infos=tuple(model.readouts[column] for column in columns),
        show=tuple(name for name in case.show if name in shown),
        time=np.asarray(case.out_times, dtype=np.float64),
        host=batch.host,
        readout=(
            until_end(batch.readouts, case.out_times, batch.stopped_at)
            if curves is None
            else open_curves(curves, "readout")
        ),
        status=batch.status,
        stopped_at=batch.stopped_at,
        stop_outcome=tables.stop.outcome,
        draws={name: batch.draws[:, column] for column, name in enumerate(varied)},
        pool=(
            (None if batch.pools is None else until_end(batch.pools, case.out_times, batch.stopped_at))
            if curves is None or not options.record_pools
            else open_curves(curves, "pool")
        ),
        pool_names=tables.names.pool,
        pool_units=base_units(tables.names.pool_unit),
        papers=papers,
        provenance=describe_origin(case, options, papers),
        warnings=tuple(dict.fromkeys((*model.warnings, *case.warnings))),
        flow_names=tables.names.flow,
        flow_units=flow_units(tables),
        state=batch.state,
        fired=batch.fired,
        ended=batch.ended,
        endings=tuple(end.outcome for end in case.ends),
        jump_time=batch.jump_time,
        jump_before=batch.jump_before,
        jump_after=batch.jump_after,
        places=model.places,
        case=case,
    )
    return replace(record, title=title_of(case.title, case.asked.get("changes", {}), record))


def papers_of_hosts(case: Case, ever_fired: np.ndarray, left: np.ndarray) -> tuple[dict[str, Any], ...]:
    """The papers behind what fired in some hosts, from the bits that a batch keeps of it."""
    tables = case.model.tables
    fired, there = (
        np.unpackbits(np.bitwise_or.reduce(bits, axis=0), count=count).astype(np.float64)
        for bits, count in ((ever_fired, tables.n_flow), (left, tables.n_pool))
    )
    return papers_behind(case.model, fired, there if len(left) else None)


def base_units(units: tuple[str, ...]) -> tuple[str, ...]:
    """Base units of the same dimensions: the engine's amounts are in these, whatever unit an entity is written in."""
    known = {unit: base_unit(parse_unit(unit)[1]) for unit in set(units)}
    return tuple(known[unit] for unit in units)


def flow_units(tables: Tables) -> tuple[str, ...]:
    """The unit of one firing of each flow: that of its primary pool, or of the pool it makes from nothing."""
    pools = base_units(tables.names.pool_unit)
    flows = tables.flows
    pool = flows.primary.copy()
    makes = (pool < 0) & (np.diff(flows.stoich_ptr) > 0)
    pool[makes] = flows.stoich_pool[flows.stoich_ptr[:-1][makes]]
    return tuple(np.array([*pools, "1"], dtype=object)[pool].tolist())
