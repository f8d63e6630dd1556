"""Write tables by hand: a small builder for benchmarks, verification and tests."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from immunity.compiler.tables import (
    LAW_CURVE,
    LAW_HILL,
    LAW_PROPORTIONAL,
    LAW_SATURATING,
    TERM_POOL,
    TERM_SIGNAL,
    TERM_TIME,
    Curves,
    Flows,
    Laws,
    Names,
    Origin,
    Readouts,
    Signals,
    Stop,
    Tables,
)

Row = tuple[int, int, int, list[int], int]  # kind, signal, second signal, parameters, curve


@dataclass
class NetBuilder:
    """Collects pools, signals and flows; ``tables()`` hands them on. Indices are what the methods return."""

    pools: list[tuple[str, str, float, bool, float]] = field(default_factory=list)
    signals: list[tuple[str, str, int, int, list, list[Row]]] = field(default_factory=list)
    flows: list[tuple[str, int, float, list[tuple[int, int]], list[Row], list[tuple[int, float, int]]]] = field(
        default_factory=list
    )
    parameters: list[tuple[str, str, float]] = field(default_factory=list)
    curves: list[list[tuple[float, float]]] = field(default_factory=list)
    readouts: list[tuple[str, str, int, float, float]] = field(default_factory=list)

    def parameter(self, name: str, value: float, unit: str = "1") -> int:
        """Add a number of theta."""
        self.parameters.append((name, unit, value))
        return len(self.parameters) - 1

    def pool(
        self, name: str, initial: float = 0.0, *, unit: str = "cell", countable: bool = True, floor: float = 1.0
    ) -> int:
        """Add a pool."""
        self.pools.append((name, unit, initial, countable, floor))
        return len(self.pools) - 1

    def signal(
        self,
        name: str,
        terms: Sequence[tuple[str, int, float, int]],
        *,
        unit: str = "1",
        constant: int = -1,
        divisor: int = -1,
        laws: Sequence[Row] = (),
    ) -> int:
        """Add a signal; a term is ("pool" | "signal" | "time", index, coefficient, weight parameter or -1)."""
        self.signals.append((name, unit, constant, divisor, list(terms), list(laws)))
        return len(self.signals) - 1

    def amount(self, name: str, pool: int, *, divisor: int = -1, unit: str = "cell") -> int:
        """Add the signal that is one pool over a volume."""
        return self.signal(name, [("pool", pool, 1.0, -1)], divisor=divisor, unit=unit)

    def proportional(self, signal: int) -> Row:
        """Mass action: s."""
        return (LAW_PROPORTIONAL, signal, -1, [-1, -1, -1, -1], -1)

    def hill(self, name: str, signal: int, *, base: float, top: float, half: float, n: float, unit: str = "1") -> Row:
        """base + (top - base) * s**n / (half**n + s**n)."""
        numbers = [("base", base, "1"), ("top", top, "1"), ("half", half, unit), ("hill", n, "1")]
        return (LAW_HILL, signal, -1, [self.parameter(f"{name}.{key}", v, u) for key, v, u in numbers], -1)

    def saturating(self, name: str, killers: int, targets: int, half: float, unit: str = "1") -> Row:
        """s / (half + s + s2)."""
        return (LAW_SATURATING, killers, targets, [self.parameter(f"{name}.half", half, unit), -1, -1, -1], -1)

    def curve(self, signal: int, points: list[tuple[float, float]]) -> Row:
        """Piecewise linear in s, flat outside."""
        self.curves.append(points)
        return (LAW_CURVE, signal, -1, [-1, -1, -1, -1], len(self.curves) - 1)

    def flow(
        self,
        name: str,
        primary: int,
        hazard: float,
        changes: Sequence[tuple[int, float] | tuple[int, float, int]],
        *,
        laws: Sequence[Row] = (),
        factors: Sequence[tuple[int, int]] = (),
        unit: str = "1/day",
    ) -> int:
        """Add a flow; ``changes`` holds (pool, amount per firing[, weight parameter])."""
        k = self.parameter(f"{name}.hazard", hazard, unit)
        effects = [(change[0], change[1], change[2] if len(change) > 2 else -1) for change in changes]
        self.flows.append((name, primary, 1.0, [(k, 1), *factors], list(laws), effects))
        return len(self.flows) - 1

    def readout(self, name: str, signal: int, *, unit: str = "1", scale: float = 1.0, offset: float = 0.0) -> int:
        """Add a readout."""
        self.readouts.append((name, unit, signal, scale, offset))
        return len(self.readouts) - 1

    def tables(self) -> Tables:
        """Return the tables."""
        terms = [term for signal in self.signals for term in signal[4]]
        kinds = {"pool": TERM_POOL, "signal": TERM_SIGNAL, "time": TERM_TIME}
        signals = Signals(
            constant=_ints([s[2] for s in self.signals]),
            divisor=_ints([s[3] for s in self.signals]),
            term_ptr=_ptr([len(s[4]) for s in self.signals]),
            term_kind=np.array([kinds[t[0]] for t in terms], dtype=np.uint8),
            term_source=_ints([t[1] for t in terms]),
            term_coefficient=np.array([t[2] for t in terms], dtype=np.float64),
            term_weight=_ints([t[3] for t in terms]),
            law_ptr=_ptr([len(s[5]) for s in self.signals]),
            laws=_laws([law for s in self.signals for law in s[5]]),
        )
        return Tables(
            theta=np.array([p[2] for p in self.parameters], dtype=np.float64),
            initial=np.array([p[2] for p in self.pools], dtype=np.float64),
            countable=np.array([p[3] for p in self.pools], dtype=np.uint8),
            floor=np.array([p[4] for p in self.pools], dtype=np.float64),
            signals=signals,
            flows=self._flows(),
            curves=Curves(
                ptr=_ptr([len(points) for points in self.curves]),
                x=np.array([x for points in self.curves for x, _ in points], dtype=np.float64),
                y=np.array([y for points in self.curves for _, y in points], dtype=np.float64),
            ),
            readouts=Readouts(
                signal=_ints([r[2] for r in self.readouts]),
                scale=np.array([r[3] for r in self.readouts], dtype=np.float64),
                offset=np.array([r[4] for r in self.readouts], dtype=np.float64),
            ),
            stop=Stop(-1, 0.0, ""),
            settle_days=0.0,
            names=Names(
                pool=tuple(p[0] for p in self.pools),
                pool_unit=tuple(p[1] for p in self.pools),
                signal=tuple(s[0] for s in self.signals),
                signal_unit=tuple(s[1] for s in self.signals),
                flow=tuple(f[0] for f in self.flows),
                parameter=tuple(p[0] for p in self.parameters),
                parameter_unit=tuple(p[1] for p in self.parameters),
                readout=tuple(r[0] for r in self.readouts),
                readout_unit=tuple(r[1] for r in self.readouts),
            ),
            pool_origin=tuple(Origin("hand", 0, p[0]) for p in self.pools),
            flow_origin=tuple(Origin("hand", 0, f[0]) for f in self.flows),
            signal_origin=tuple(Origin("hand", 0, s[0]) for s in self.signals),
        )

    def _flows(self) -> Flows:
        flows = self.flows
        effects = [effect for flow in flows for effect in flow[5]]
        countable = [p[3] for p in self.pools]
        touches = [any(countable[e[0]] for e in f[5]) for f in flows]
        partners = [self._partners(f[1], f[4], f[5]) for f in flows]
        flat = [partner for row in partners for partner in row]
        return Flows(
            primary=_ints([f[1] for f in flows]),
            coefficient=np.array([f[2] for f in flows], dtype=np.float64),
            factor_ptr=_ptr([len(f[3]) for f in flows]),
            factor=_ints([k for f in flows for k, _ in f[3]]),
            power=np.array([p for f in flows for _, p in f[3]], dtype=np.int8),
            law_ptr=_ptr([len(f[4]) for f in flows]),
            laws=_laws([law for f in flows for law in f[4]]),
            stoich_ptr=_ptr([len(f[5]) for f in flows]),
            stoich_pool=_ints([e[0] for e in effects]),
            stoich_coefficient=np.array([e[1] for e in effects], dtype=np.float64),
            stoich_weight=_ints([e[2] for e in effects]),
            touches_countable=np.array(touches, dtype=np.uint8),
            key=np.array([zlib.crc32(f[0].encode()) for f in flows], dtype=np.uint32),
            jac_ptr=_ptr([len(row) for row in partners]),
            jac_pool=_ints([p[0] for p in flat]),
            jac_signal=_ints([p[1] for p in flat]),
            jac_coefficient=np.array([p[2] for p in flat], dtype=np.float64),
            jac_weight=_ints([p[3] for p in flat]),
        )

    def _partners(
        self, primary: int, laws: list[Row], effects: list[tuple[int, float, int]]
    ) -> list[tuple[int, int, float, int]]:
        """Pools, other than the primary, that a flow consumes through a proportional law."""
        consumed = {pool for pool, amount, _ in effects if amount < 0 and pool != primary}
        return [
            (source, signal, coefficient, weight)
            for kind, signal, *_ in laws
            if kind == LAW_PROPORTIONAL
            for term_kind, source, coefficient, weight in self.signals[signal][4]
            if term_kind == "pool" and source in consumed
        ]


def _ints(values: Sequence[int]) -> np.ndarray:
    return np.array(values, dtype=np.int32)


def _ptr(lengths: Sequence[int]) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int32)


def _laws(rows: Sequence[Row]) -> Laws:
    return Laws(
        kind=np.array([r[0] for r in rows], dtype=np.uint8),
        signal=_ints([r[1] for r in rows]),
        signal2=_ints([r[2] for r in rows]),
        parameter=np.array([r[3] for r in rows], dtype=np.int32).reshape(-1, 4),
        curve=_ints([r[4] for r in rows]),
    )
