"""The table schema: the whole contract between the compiler and the engine.

Everything a run needs is numbers in flat arrays. Quantities are in base units
(day, dm, ng, pmol, cell, CFU, ...; a volume of 1 litre is 1 dm**3). Names ride along for
people, provenance and export; the engine never looks at them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Bytes = NDArray[np.uint8]

# law kinds ------------------------------------------------------------------------------
LAW_PROPORTIONAL = 0  # s
LAW_HILL = 1  # base + (top - base) * s**n / (half**n + s**n)
LAW_SATURATING = 2  # s / (half + s + s2)
LAW_CURVE = 3  # piecewise linear in s, flat outside
LAW_POWER = 4  # (s / unit)**exponent, 0 where s is not positive
LAW_LOG = 5  # ln(s / unit), of the smallest normal number where s is not positive
LAW_EXP = 6  # exp(s / unit), the argument held within 700

# kinds of a term in a signal's sum --------------------------------------------------------
TERM_POOL = 0
TERM_SIGNAL = 1
TERM_TIME = 2  # days since the start of the scenario

# kinds of a dated event --------------------------------------------------------------------
EVENT_ADD = 0  # pool += value
EVENT_ADD_COUNTED = 1  # pool += Poisson(value) in stochastic mode, value otherwise
EVENT_SCALE = 2  # pool *= value (binomial thinning of countable pools, stochastic, value <= 1)
EVENT_SET = 3  # pool = value
EVENT_PARAMETER_SCALE = 4  # theta[index] *= value
EVENT_PARAMETER_SET = 5  # theta[index] = value
EVENT_AGE = 6  # theta[index] *= value, a small step of a gradual change
EVENT_AGE_SET = 7  # theta[index] = value, a small step of a gradual change
# a change that reads pools is a run of events at one instant, which pass on an amount that is held in between
EVENT_HOLD = 8  # held = value * pool
EVENT_HOLD_MORE = 9  # held += value * pool
EVENT_TAKE = 10  # a share `value` goes from the pool to what is held (binomial where countable, stochastic)
EVENT_SET_HELD = 11  # pool = value * held
EVENT_ADD_HELD = 12  # pool += value * held
EVENT_GROW = 13  # pool *= value, a small step of a gradual change


@dataclass(frozen=True)
class Origin:
    """Where a table row comes from."""

    file: str
    line: int
    rule: str


@dataclass(frozen=True)
class Curves:
    """Piecewise-linear curves; curve c owns x[ptr[c]:ptr[c + 1]], ascending."""

    ptr: Ints
    x: Floats
    y: Floats


@dataclass(frozen=True)
class Laws:
    """Factors of hazards and signals. ``parameter[law, 0:4]`` index theta, -1 where unused.

    proportional: none. hill: base, top, half, n. saturating: half. curve: none (``curve``). power: unit, exponent.
    log, exp: unit.
    """

    kind: Bytes
    signal: Ints
    signal2: Ints
    parameter: Ints  # int32[law, 4]
    curve: Ints


@dataclass(frozen=True)
class Signals:
    """Signals in an order in which each needs only earlier ones.

    s = (constant + sum_k coefficient_k * weight_k * source_k) / divisor * product of laws

    ``constant``, ``weight`` and ``divisor`` index theta (-1: 0 for constant, 1 for the others).
    """

    constant: Ints
    divisor: Ints
    term_ptr: Ints
    term_kind: Bytes
    term_source: Ints
    term_coefficient: Floats
    term_weight: Ints
    law_ptr: Ints  # into Laws rows: signal j owns laws law_ptr[j]:law_ptr[j + 1]
    laws: Laws


@dataclass(frozen=True)
class Flows:
    """Kinds of event.

    hazard = coefficient * prod_k theta[factor_k] ** power_k * product of laws
    propensity = hazard * x[primary], or hazard itself where primary is -1

    Firing f changes pool p by ``stoich_coefficient * theta[stoich_weight]`` (weight -1: 1).
    ``touches_countable`` marks the flows that are drawn in stochastic mode. ``key`` seeds the
    flow's private random stream and depends on the flow's name alone.
    ``jac_*`` lists, per flow, further pools that the flow consumes through a proportional law:
    d(propensity)/d(x[jac_pool]) = propensity / s[jac_signal] * jac_coefficient * theta[jac_weight] / divisor.
    """

    primary: Ints
    coefficient: Floats
    factor_ptr: Ints
    factor: Ints
    power: NDArray[np.int8]
    law_ptr: Ints
    laws: Laws
    stoich_ptr: Ints
    stoich_pool: Ints
    stoich_coefficient: Floats
    stoich_weight: Ints
    touches_countable: Bytes
    key: NDArray[np.uint32]
    jac_ptr: Ints
    jac_pool: Ints
    jac_signal: Ints
    jac_coefficient: Floats
    jac_weight: Ints


@dataclass(frozen=True)
class Readouts:
    """value = scale * s[signal] + offset, in the readout's own unit."""

    signal: Ints
    scale: Floats
    offset: Floats


@dataclass(frozen=True)
class Stop:
    """A host halts as soon as s[signal] < below (signal -1: never)."""

    signal: int
    below: float
    outcome: str


@dataclass(frozen=True)
class Names:
    """Names and units, index by index."""

    pool: tuple[str, ...]
    pool_unit: tuple[str, ...]
    signal: tuple[str, ...]
    signal_unit: tuple[str, ...]
    flow: tuple[str, ...]
    parameter: tuple[str, ...]
    parameter_unit: tuple[str, ...]
    readout: tuple[str, ...]
    readout_unit: tuple[str, ...]


@dataclass(frozen=True)
class Tables:
    """A compiled rule book.

    Attributes
    ----------
    theta : float64[parameter]      values in base units; a host has its own copy
    initial : float64[pool]         amounts before settling, of the reference host
    initial_of : int32[pool]        the parameter that an amount was given by, -1 for none; hosts have their own values
    countable : uint8[pool]         1 for cells, virions, CFU; 0 for molecules
    floor : float64[pool]           the amount below which nobody can tell it from none
    settle_days : float             undisturbed days before the scenario starts
    grown : int32[:]                pools that grow with the body, as far as the parameter in ``initial_of`` does
    """

    theta: Floats
    initial: Floats
    countable: Bytes
    floor: Floats
    signals: Signals
    flows: Flows
    curves: Curves
    readouts: Readouts
    stop: Stop
    settle_days: float
    names: Names
    pool_origin: tuple[Origin, ...] = field(repr=False)
    flow_origin: tuple[Origin, ...] = field(repr=False)
    signal_origin: tuple[Origin, ...] = field(repr=False)
    initial_of: Ints = field(default_factory=lambda: np.zeros(0, np.int32), repr=False)
    grown: Ints = field(default_factory=lambda: np.zeros(0, np.int32), repr=False)

    def initial_for(self, theta: Floats) -> Floats:
        """float64[pool]: amounts before settling of the host with these parameters, a fresh array."""
        amounts = self.initial.copy()
        if len(self.initial_of):
            given = np.flatnonzero((self.initial_of >= 0) & (amounts > 0.0))
            chosen = self.initial_of[given]
            amounts[given] *= theta[chosen] / self.theta[chosen]
        return amounts

    @property
    def n_pool(self) -> int:
        return len(self.initial)

    @property
    def n_flow(self) -> int:
        return len(self.flows.primary)

    @property
    def n_signal(self) -> int:
        return len(self.signals.constant)


@dataclass(frozen=True)
class Watch:
    """Something to look out for: it holds where sign * (s[signal] - level) > 0."""

    signal: int
    sign: float
    level: float


@dataclass(frozen=True)
class EndPoint:
    """A host halts as soon as something holds."""

    watch: Watch
    outcome: str


@dataclass(frozen=True)
class Plan:
    """A course of dated events that begins, goes on and ends by what is seen. Times are days.

    Attributes
    ----------
    start, until : float         when it may begin, and before when its events fall
    when : Watch or None         begins ``delay`` after this holds; None: at ``start``
    rearm : Watch or None        has to hold, once a course is over, before the next may begin
    only_if : Watch or None      asked at each step; where it does not hold, ``wait`` puts the step off, 0 leaves it out
    stop_when : Watch or None    ends a course at once: no step more, rates back to zero
    steps : tuple                (days since the beginning, rows (days since the step, kind, index, value)) in order
    rates : tuple of int         parameters that steps set, zero at rest
    length : float               how long a course occupies
    at_most : int                how many courses
    """

    name: str
    start: float
    until: float
    when: Watch | None
    delay: float
    rearm: Watch | None
    only_if: Watch | None
    wait: float
    stop_when: Watch | None
    steps: tuple[tuple[float, tuple[tuple[float, int, int, float], ...]], ...]
    rates: tuple[int, ...]
    length: float
    at_most: int


@dataclass(frozen=True)
class Events:
    """Dated events of one host, sorted by time (day since the start of the scenario)."""

    time: Floats
    kind: Bytes
    index: Ints
    value: Floats


NO_EVENTS = Events(np.zeros(0), np.zeros(0, np.uint8), np.zeros(0, np.int32), np.zeros(0))
