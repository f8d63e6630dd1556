"""Hand-made tables for tests: a small builder that stands in for the compiler."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from immunity.compiler.tables import (
    EVENT_ADD,
    LAW_CURVE,
    LAW_EXP,
    LAW_HILL,
    LAW_LOG,
    LAW_POWER,
    LAW_PROPORTIONAL,
    LAW_SATURATING,
    TERM_POOL,
    TERM_SIGNAL,
    TERM_TIME,
    Curves,
    Events,
    Flows,
    Laws,
    Names,
    Origin,
    Readouts,
    Signals,
    Stop,
    Tables,
)

Law = tuple[Any, ...]


def proportional(signal: str) -> Law:
    return (LAW_PROPORTIONAL, signal, None, (), None)


def hill(signal: str, *, base: float = 0.0, top: float = 1.0, half: float = 1.0, n: float = 1.0) -> Law:
    return (LAW_HILL, signal, None, (base, top, half, n), None)


def saturating(killers: str, targets: str, half: float) -> Law:
    return (LAW_SATURATING, killers, targets, (half,), None)


def curve(signal: str, points: Sequence[tuple[float, float]]) -> Law:
    return (LAW_CURVE, signal, None, (), tuple(points))


def power(signal: str, unit: float, exponent: float) -> Law:
    return (LAW_POWER, signal, None, (unit, exponent), None)


def logarithm(signal: str, unit: float) -> Law:
    return (LAW_LOG, signal, None, (unit,), None)


def exponential(signal: str, unit: float) -> Law:
    return (LAW_EXP, signal, None, (unit,), None)


@dataclass
class Builder:
    """Pools, signals and flows by name; `tables()` lays them out."""

    theta: list[float] = field(default_factory=list)
    parameters: list[str] = field(default_factory=list)
    pools: dict[str, tuple[float, bool, float]] = field(default_factory=dict)
    signals: dict[str, dict[str, Any]] = field(default_factory=dict)
    flows: dict[str, dict[str, Any]] = field(default_factory=dict)
    readouts: list[tuple[str, str, float, float]] = field(default_factory=list)
    stop: Stop = field(default_factory=lambda: Stop(-1, 0.0, ""))

    def number(self, value: float, name: str = "") -> int:
        """Add a parameter and return its index."""
        self.theta.append(float(value))
        self.parameters.append(name or f"p{len(self.theta) - 1}")
        return len(self.theta) - 1

    def pool(self, name: str, initial: float = 0.0, *, countable: bool = False, floor: float = 1.0) -> str:
        self.pools[name] = (initial, countable, floor)
        return name

    def signal(
        self,
        name: str,
        terms: Sequence[str | tuple[str, float]] = (),
        *,
        constant: float = 0.0,
        divisor: float = 1.0,
        laws: Sequence[Law] = (),
    ) -> str:
        """Add a signal: weighted pools, signals or "time", over a divisor, times laws."""
        pairs = [(term, 1.0) if isinstance(term, str) else term for term in terms]
        self.signals[name] = {"terms": pairs, "constant": constant, "divisor": divisor, "laws": list(laws)}
        return name

    def flow(
        self,
        name: str,
        hazard: float,
        change: dict[str, float],
        primary: str | None = None,
        laws: Sequence[Law] = (),
        consumes: Sequence[tuple[str, str, float]] = (),
    ) -> str:
        """Add a flow; ``consumes``: (partner pool, signal, coefficient) of proportional laws."""
        self.flows[name] = {
            "rate": self.number(hazard, name + ".hazard"),
            "change": change,
            "primary": primary,
            "laws": list(laws),
            "jac": list(consumes),
        }
        return name

    def read(self, signal: str, name: str = "", scale: float = 1.0, offset: float = 0.0) -> None:
        self.readouts.append((name or signal, signal, scale, offset))

    def read_pool(self, pool: str) -> None:
        """Make a readout of a pool's amount."""
        self.read(self.signal(f"amount of {pool}", [pool]), pool)

    def _laws(self, rows: list[list[Law]], pool_signal: dict[str, int], curves: list[Any]) -> tuple[np.ndarray, Laws]:
        flat = [law for laws in rows for law in laws]
        index = []
        for law in flat:
            index.append(len(curves) if law[4] else -1)
            if law[4]:
                curves.append(law[4])
        numbers = [[self.number(value) for value in law[3]] + [-1] * (4 - len(law[3])) for law in flat]
        return np.cumsum([0] + [len(laws) for laws in rows]).astype(np.int32), Laws(
            kind=np.array([law[0] for law in flat], np.uint8),
            signal=np.array([pool_signal[law[1]] for law in flat], np.int32),
            signal2=np.array([pool_signal[law[2]] if law[2] else -1 for law in flat], np.int32),
            parameter=np.array(numbers, np.int32).reshape(-1, 4),
            curve=np.array(index, np.int32),
        )

    def tables(self, settle_days: float = 0.0) -> Tables:
        """Lay everything out as the compiler would."""
        pool = {name: i for i, name in enumerate(self.pools)}
        signal = {name: i for i, name in enumerate(self.signals)}
        curves: list[Any] = []
        signal_ptr, signal_laws = self._laws([s["laws"] for s in self.signals.values()], signal, curves)
        flow_ptr, flow_laws = self._laws([f["laws"] for f in self.flows.values()], signal, curves)
        kinds, sources, weights = [], [], []
        for row in self.signals.values():
            for term, weight in row["terms"]:
                kind = TERM_TIME if term == "time" else TERM_POOL if term in pool else TERM_SIGNAL
                kinds.append(kind)
                sources.append(-1 if term == "time" else pool[term] if term in pool else signal[term])
                weights.append(weight)
        constants = [self.number(s["constant"]) if s["constant"] else -1 for s in self.signals.values()]
        divisors = [self.number(s["divisor"]) if s["divisor"] != 1.0 else -1 for s in self.signals.values()]
        flows = list(self.flows.values())
        changes = [[(pool[name], amount) for name, amount in f["change"].items()] for f in flows]
        flat = [change for row in changes for change in row]
        jac = [row for f in flows for row in f["jac"]]
        counted = [c for _, c, _ in self.pools.values()]
        n_flow = len(flows)
        nowhere = Origin("hand-made", 0, "")
        return Tables(
            theta=np.array(self.theta, np.float64),
            initial=np.array([row[0] for row in self.pools.values()], np.float64),
            countable=np.array(counted, np.uint8),
            floor=np.array([row[2] for row in self.pools.values()], np.float64),
            signals=Signals(
                constant=np.array(constants, np.int32),
                divisor=np.array(divisors, np.int32),
                term_ptr=np.cumsum([0] + [len(s["terms"]) for s in self.signals.values()]).astype(np.int32),
                term_kind=np.array(kinds, np.uint8),
                term_source=np.array(sources, np.int32),
                term_coefficient=np.array(weights, np.float64),
                term_weight=np.full(len(weights), -1, np.int32),
                law_ptr=signal_ptr,
                laws=signal_laws,
            ),
            flows=Flows(
                primary=np.array([-1 if f["primary"] is None else pool[f["primary"]] for f in flows], np.int32),
                coefficient=np.ones(n_flow),
                factor_ptr=np.arange(n_flow + 1, dtype=np.int32),
                factor=np.array([f["rate"] for f in flows], np.int32),
                power=np.ones(n_flow, np.int8),
                law_ptr=flow_ptr,
                laws=flow_laws,
                stoich_ptr=np.cumsum([0] + [len(row) for row in changes]).astype(np.int32),
                stoich_pool=np.array([p for p, _ in flat], np.int32),
                stoich_coefficient=np.array([amount for _, amount in flat], np.float64),
                stoich_weight=np.full(len(flat), -1, np.int32),
                touches_countable=np.array([any(counted[p] for p, _ in row) for row in changes], np.uint8),
                key=np.array([zlib.crc32(name.encode()) for name in self.flows], np.uint32),
                jac_ptr=np.cumsum([0] + [len(f["jac"]) for f in flows]).astype(np.int32),
                jac_pool=np.array([pool[p] for p, _, _ in jac], np.int32),
                jac_signal=np.array([signal[s] for _, s, _ in jac], np.int32),
                jac_coefficient=np.array([c for _, _, c in jac], np.float64),
                jac_weight=np.full(len(jac), -1, np.int32),
            ),
            curves=Curves(
                ptr=np.cumsum([0] + [len(points) for points in curves]).astype(np.int32),
                x=np.array([x for points in curves for x, _ in points], np.float64),
                y=np.array([y for points in curves for _, y in points], np.float64),
            ),
            readouts=Readouts(
                signal=np.array([signal[s] for _, s, _, _ in self.readouts], np.int32),
                scale=np.array([scale for _, _, scale, _ in self.readouts], np.float64),
                offset=np.array([offset for _, _, _, offset in self.readouts], np.float64),
            ),
            stop=self.stop,
            settle_days=settle_days,
            names=Names(
                pool=tuple(self.pools),
                pool_unit=tuple("cell" if c else "pmol" for c in counted),
                signal=tuple(self.signals),
                signal_unit=("1",) * len(signal),
                flow=tuple(self.flows),
                parameter=tuple(self.parameters),
                parameter_unit=("1",) * len(self.parameters),
                readout=tuple(name for name, _, _, _ in self.readouts),
                readout_unit=("1",) * len(self.readouts),
            ),
            pool_origin=(nowhere,) * len(pool),
            flow_origin=(nowhere,) * n_flow,
            signal_origin=(nowhere,) * len(signal),
        )


def no_events() -> Events:
    return events()


def events(*rows: tuple[float, int, int, float]) -> Events:
    """Make events from (time, kind, index, value) rows."""
    rows = tuple(sorted(rows, key=lambda row: row[0]))
    return Events(
        time=np.array([row[0] for row in rows], np.float64),
        kind=np.array([row[1] for row in rows], np.uint8),
        index=np.array([row[2] for row in rows], np.int32),
        value=np.array([row[3] for row in rows], np.float64),
    )


def dose(time: float, pool: int, value: float) -> tuple[float, int, int, float]:
    return (time, EVENT_ADD, pool, value)
