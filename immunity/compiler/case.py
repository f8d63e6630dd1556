"""What the engine and everything after it receive: a compiled model, and one host in one scenario."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from immunity.compiler.tables import EndPoint, Events, Floats, Plan, Tables

if TYPE_CHECKING:
    from immunity.compiler.derive import Formula


@dataclass(frozen=True)
class ReadoutInfo:
    """How to show one readout. Values, bounds and limits are in ``unit``.

    ``ages`` has, in order, (days of age below which it holds, range or None, its source); ``healthy`` is the range of
    whoever is older, and in a case that of its host.
    """

    id: str
    name: str
    unit: str
    panel: str
    scale: str = "linear"  # or log10: taken after the run, at or above the limit of detection
    limit_of_detection: float | None = None
    healthy: tuple[float, float] | None = None
    healthy_source: str | None = None
    loinc: str | None = None
    endings: tuple[tuple[str, float | None, float | None, int], ...] = ()  # word, above, below, gravity
    ages: tuple[tuple[float, tuple[float, float] | None, str | None], ...] = ()


@dataclass(frozen=True)
class Spread:
    """Lognormal variation between people of one parameter, exp(sigma * z)."""

    parameter: int
    sigma: float


@dataclass(frozen=True)
class Model:
    """A compiled rule book.

    Attributes
    ----------
    digest : str                 sha256 of the rule book's contents
    spreads : tuple of Spread    between-person variation, in a fixed order
    correlation : float64[spread, spread]
    sources : dict               key -> {"cite", "doi", ...}, for all sources the model uses
    parameter_sources : dict     parameter name -> {"status", "source", "value", "unit", "page", "note"}
    formulas : tuple             derived numbers that follow others, see ``derive.follow``
    labels : dict                id -> what people call an entry of the book
    places : dict                id -> {"name", "map": (x, y), "classes", "cells", "microbes"}; the last two: pools
    """

    tables: Tables
    digest: str
    readouts: tuple[ReadoutInfo, ...]
    spreads: tuple[Spread, ...]
    correlation: Floats
    sources: dict[str, dict[str, Any]] = field(repr=False)
    parameter_sources: dict[str, dict[str, Any]] = field(repr=False)
    places: dict[str, dict[str, Any]] = field(repr=False)
    warnings: tuple[str, ...] = field(repr=False, default=())
    formulas: tuple[Formula, ...] = field(repr=False, default=())
    labels: dict[str, str] = field(repr=False, default_factory=dict)


@dataclass(frozen=True)
class Chance:
    """Exposures that come at a rate, drawn host by host.

    rate(t) = rate * by_age(age + t) * by_season(day of the year); doses are lognormal around ``median``.

    Attributes
    ----------
    rate : float               1/day
    by_age, by_season : curve  factors: ages, or days of a year, and values; None: 1
    age, day_of_year : float   on day 0, in days
    choices : tuple            (weight, pool, kind of event, what it is called): one is drawn each time
    along : tuple              (median, sigma, pool, kind, what it is called) of what comes with each
    renewed : tuple            for each choice the pools that know it: scaled by ``keeps`` before it is met, or, if
                               ``every`` is finite, every so many days
    day_of_year                NaN: drawn for each host
    draws : tuple              (parameter, median, sigma) of numbers that each meeting draws anew
    """

    name: str
    rate: float
    by_age: tuple[Floats, Floats] | None
    by_season: tuple[Floats, Floats] | None
    age: float
    day_of_year: float
    start: float
    until: float
    choices: tuple[tuple[float, int, int, str], ...]
    median: float
    sigma: float
    along: tuple[tuple[float, float, int, int, str], ...] = ()
    renewed: tuple[tuple[int, ...], ...] = ()
    keeps: float = 1.0
    every: float = math.inf
    draws: tuple[tuple[int, float, float], ...] = ()


@dataclass(frozen=True)
class Past:
    """What a host lives through before day 0. Times are days since the first thing that is told of it.

    Attributes
    ----------
    days : float               from then to day 0
    theta : float64[parameter] the host's numbers then
    """

    days: float
    theta: Floats
    events: Events
    plans: tuple[Plan, ...]
    chances: tuple[Chance, ...]


@dataclass(frozen=True)
class Case:
    """One host in one scenario, ready to run.

    Attributes
    ----------
    theta : float64[parameter]   this host's numbers, base units, before between-person variation
    events : Events              doses, exposures, changes; days since the start
    out_times : float64[time]    day
    filled : dict                the scenario with every default filled in (for provenance)
    show : tuple of str          readouts to show first
    asked : dict                 what the caller asked for beside the scenario's own words, to ask for it again
    names : dict                 what people call the entries of the rule book that the scenario speaks of
    chances, past                exposures at a rate; what the host lived through before day 0
    plans, ends                  what happens by itself, and what halts the host, besides the book's stop rule
    """

    model: Model = field(repr=False)
    title: str
    scenario: str
    days: float
    theta: Floats
    events: Events
    out_times: Floats
    filled: dict[str, Any]
    show: tuple[str, ...] = ()
    plans: tuple[Plan, ...] = ()
    ends: tuple[EndPoint, ...] = ()
    chances: tuple[Chance, ...] = ()
    past: Past | None = None
    warnings: tuple[str, ...] = ()
    asked: dict[str, Any] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
