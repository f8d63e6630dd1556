"""One host of one case: prepare, settle, run."""

from __future__ import annotations

import hashlib
import pickle
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from immunity.cohorts.chance import Told, draw_exposures, join_events, left_over
from immunity.cohorts.content import tables_digest
from immunity.cohorts.draw import draw_theta
from immunity.compiler.case import Case, Past
from immunity.compiler.tables import Events, Floats, Tables
from immunity.engine import HostRun, join_jumps, prepare, run_host, settle
from immunity.engine.halt import interruptible, unmissable
from immunity.engine.status import HALTED, STOPPED

MOMENT = 1e-12  # days; long enough to enter every kernel
LIVED = 8  # histories kept of each net: who is asked the same once more, with another dose, has lived the same
RESTING_BYTES = 16e6  # of resting states kept: the people of one finding meet several doses


@dataclass(frozen=True)
class HostOutcome:
    """What became of one host.

    Attributes
    ----------
    draws : dict     parameter name -> multiplier that sets this host apart from the median person
    run : HostRun    see the engine contract; ``status`` is 0 when all went well
    """

    host: int
    draws: dict[str, float]
    run: HostRun


@dataclass(frozen=True)
class Begun:
    """A host on day 0, its past lived.

    Attributes
    ----------
    state : float64[pool]
    status : int                 0, or why it did not come to day 0
    theta : float64[parameter]   its numbers on day 0
    told : list                  (day, what) of what happened in its past
    closer : float               what becomes of the accuracy asked for, see `start_host`
    """

    state: Floats
    status: int
    theta: Floats
    told: list[Told] = field(default_factory=list)
    closer: float = 1.0


@dataclass(frozen=True)
class _Prepared:
    tables: Tables  # held so that its id is not given to another object
    digest: str  # of their content: the same tables may come again from another process
    net: Any
    resting: OrderedDict[tuple[bytes, float], tuple[Floats, int, float]]  # by the host's numbers, and accuracy
    lived: OrderedDict[bytes, Begun] = field(default_factory=OrderedDict)


_prepared: OrderedDict[int, _Prepared] = OrderedDict()


def _prepare_once(tables: Tables) -> _Prepared:
    """Keep the last few nets of this process, each with resting states of the hosts seen last."""
    kept = _prepared.get(id(tables))
    if kept is None:
        digest = tables_digest(tables)
        same = next((other for other in _prepared.values() if other.digest == digest), None)
        net, resting = (prepare(tables), OrderedDict()) if same is None else (same.net, same.resting)
        kept = _prepared[id(tables)] = _Prepared(tables, digest, net, resting)
        while len(_prepared) > 4:
            _prepared.popitem(last=False)
    return kept


def start_host(case: Case, theta: Floats, *, rtol: float = 1e-3) -> tuple[Any, Floats, int, float]:
    """Bring a host to rest, as it is before the scenario starts.

    Parameters
    ----------
    theta : float64[parameter]   this host's numbers

    Returns
    -------
    net
        The prepared net, for :func:`immunity.engine.run_host`.
    state : float64[pool]        a fresh array
    status : int                 0, or why the host did not come to rest
    closer : float               by what to multiply the accuracy asked for: below 1 for a body that swings at rest
    """
    prepared = _prepare_once(case.model.tables)
    tables = case.model.tables
    if tables.settle_days <= 0.0:
        return prepared.net, tables.initial_for(theta), 0, 1.0
    key = (hashlib.sha256(theta.tobytes()).digest(), rtol)
    if key not in prepared.resting:
        rest = settle(prepared.net, theta, tables.initial_for(theta), tables.settle_days, rtol=rtol)
        if rest[1] == HALTED:
            return prepared.net, *rest
        prepared.resting[key] = state, *_ = rest
        while len(prepared.resting) * state.nbytes > RESTING_BYTES and len(prepared.resting) > 1:
            prepared.resting.popitem(last=False)
    state, status, closer = prepared.resting[key]
    return prepared.net, state.copy(), int(status), closer


def settle_from(case: Case, theta: Floats, state: Floats, *, rtol: float = 1e-3) -> tuple[Floats, int]:
    """Bring a host to rest from another state than the rule book's; see :func:`start_host`."""
    tables = case.model.tables
    state, status, _ = settle(_prepare_once(tables).net, theta, state, tables.settle_days, rtol=rtol)
    return state, status


_warm: set[bool] = set()


def warm_up(case: Case, *, stochastic: bool) -> None:
    """Compile the kernels, or take them from the cache, unless this process has them.

    Here and not in a thread of its own, so that Ctrl-C is heard meanwhile.
    """
    if stochastic in _warm:
        return
    tables = case.model.tables
    net, nothing = _prepare_once(tables).net, np.empty(0)
    events = Events(nothing, nothing.astype(np.uint8), nothing.astype(np.int32), nothing)
    with unmissable():
        run_host(net, case.theta, tables.initial.copy(), events, np.array([MOMENT]), stochastic=stochastic)
    _warm.add(stochastic)


def run_case(
    case: Case,
    *,
    stochastic: bool = False,
    seed: int = 0,
    host: int = 0,
    vary: bool = False,
    record_pools: bool | tuple[int, ...] = False,
    rtol: float = 1e-3,
    begun: Begun | None = None,
) -> HostOutcome:
    """Run one host of a case.

    Parameters
    ----------
    case : Case
    stochastic : bool    draw events one by one or in binomial and Poisson numbers; otherwise expected numbers
    seed, host : int     which random numbers; the same pair gives the same bytes on any machine layout
    vary : bool          let the host differ from the median person as the rule book's ``variation`` says
    record_pools         keep every pool at every output time, not only the readouts; or those at these positions
    rtol : float         relative error allowed per step
    begun : Begun        where it stands on day 0, if that is known; by default it comes to rest and lives its past

    Returns
    -------
    HostOutcome
        A numeric failure is a ``run.status`` other than 0, with NaN from there on.
    """
    warm_up(case, stochastic=stochastic)
    outcome = interruptible(lambda: _run(case, stochastic, seed, host, vary, record_pools, rtol, begun))
    if outcome.run.status == HALTED:
        raise KeyboardInterrupt
    return outcome


def _run(
    case: Case,
    stochastic: bool,
    seed: int,
    host: int,
    vary: bool,
    record_pools: bool | tuple[int, ...],
    rtol: float,
    begun: Begun | None,
) -> HostOutcome:
    theta, draws = draw_theta(case, seed, host) if vary else (case.theta.copy(), {})
    begun = begin_host(case, theta, stochastic=stochastic, seed=seed, host=host, rtol=rtol) if begun is None else begun
    if begun.status != 0:
        return HostOutcome(host, draws, _never_started(case, begun.state, begun.status, record_pools))
    drawn, met = draw_exposures(case.chances, seed, host, case.days, _relative(theta, case.theta))
    run = run_host(
        _prepare_once(case.model.tables).net,
        begun.theta,
        begun.state,
        join_events(join_events(left_over(case.past), case.events), drawn),
        case.out_times,
        plans=case.plans,
        ends=case.ends,
        stochastic=stochastic,
        seed=seed,
        host=host,
        rtol=rtol * begun.closer,
        record_pools=record_pools,
    )
    if begun.told or met:
        run = replace(run, happened=tuple(sorted([*begun.told, *met, *run.happened])))
    return HostOutcome(host, draws, run)


def begin_host(
    case: Case, theta: Floats, *, stochastic: bool = False, seed: int = 0, host: int = 0, rtol: float = 1e-3
) -> Begun:
    """Bring a host to day 0: it comes to rest at the age at which its history begins, and lives through that.

    Parameters
    ----------
    theta : float64[parameter]   this host's numbers; the others as in :func:`run_case`
    """
    past = case.past
    if past is None:
        _, state, status, closer = start_host(case, theta, rtol=rtol)
        return Begun(state, status, theta, closer=closer)
    ratio = _relative(theta, case.theta)
    began = past.theta * ratio
    key = None if stochastic or past.chances else _content(past, began, rtol)
    kept = _prepare_once(case.model.tables).lived
    if key is not None and key in kept:
        kept.move_to_end(key)
        return _copied(kept[key])
    net, state, status, closer = start_host(case, began, rtol=rtol)
    if status != 0:
        return Begun(state, status, theta)
    drawn, met = draw_exposures(past.chances, seed, host, past.days, ratio)
    run = run_host(
        net,
        began,
        state,
        join_events(past.events, drawn),
        np.array([past.days]),
        plans=past.plans,
        stochastic=stochastic,
        seed=seed,
        host=host,
        rtol=rtol * closer,
        earlier=True,
    )
    told = [(day - past.days, what) for day, what in (*met, *run.happened)]
    for plan in past.plans:  # a course that was under way ends with the past
        run.theta[list(plan.rates)] = 0.0
    begun = Begun(run.state, run.status, run.theta, told, closer)
    if key is not None and run.status != HALTED:
        kept[key] = _copied(begun)
        while len(kept) > LIVED:
            kept.popitem(last=False)
    return begun


def _copied(begun: Begun) -> Begun:
    return replace(begun, state=begun.state.copy(), theta=begun.theta.copy(), told=list(begun.told))


def _relative(theta: Floats, median: Floats) -> Floats:
    return np.divide(theta, median, out=np.ones_like(theta), where=median != 0.0)


def _content(past: Past, theta: Floats, rtol: float) -> bytes:
    """The same for pasts that are lived the same by the same person, where nothing is drawn."""
    return hashlib.sha256(pickle.dumps((past.days, past.events, past.plans, theta.tobytes(), rtol))).digest()


def kept_pools(tables: Tables, record_pools: bool | tuple[int, ...]) -> int:
    """How many pools are kept at output times."""
    return tables.n_pool if record_pools is True else len(record_pools or ())


def _never_started(case: Case, state: Floats, status: int, record_pools: bool | tuple[int, ...]) -> HostRun:
    tables = case.model.tables
    n_time = len(case.out_times)
    return HostRun(
        readouts=np.full((n_time, len(tables.readouts.signal)), np.nan),
        pools=np.full((n_time, kept_pools(tables, record_pools)), np.nan) if record_pools else None,
        state=state,
        fired=np.zeros(tables.n_flow),
        added=np.zeros(tables.n_pool),
        clipped=np.zeros(tables.n_pool),
        status=status,
        stopped_at=float(case.out_times[0]) if n_time else 0.0,
        n_steps=0,
        jumps=join_jumps([], len(tables.readouts.signal)),
        theta=case.theta,
        ended=0 if status == STOPPED else -1,
    )
