"""The strict schema of a published finding; docs/reference/findings.md explains every key."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

STATISTICS = (
    "value_at",
    "baseline",
    "last",
    "maximum",
    "minimum",
    "time_of_maximum",
    "time_of_minimum",
    "mean",
    "area",
    "fold_of_baseline",
    "rise_over_baseline",
    "half_life",
    "time_to_cross",
    "duration_above",
    "duration_below",
    "episodes",
)

Statistic = Literal[
    "value_at",
    "baseline",
    "last",
    "maximum",
    "minimum",
    "time_of_maximum",
    "time_of_minimum",
    "mean",
    "area",
    "fold_of_baseline",
    "rise_over_baseline",
    "half_life",
    "time_to_cross",
    "duration_above",
    "duration_below",
    "episodes",
]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class RunSpec(Strict):
    """One simulation, or, with ``parameters``, one for each value of a parameter."""

    scenario: str
    host: dict[str, Any] = Field(default_factory=dict)
    with_: dict[str, Any] = Field(default_factory=dict, alias="with")
    days: Annotated[float, Field(gt=0)] | None = None
    hosts: Annotated[int, Field(ge=1)] = 1
    stochastic: bool = False
    seed: Annotated[int, Field(ge=0)] = 0
    vary: bool | None = None
    rtol: Annotated[float, Field(gt=0, le=0.1)] | None = None
    parameters: Annotated[dict[str, list[Any]], Field(max_length=1)] = Field(default_factory=dict)


class Residence(Strict):
    pool: str | list[str]
    flux: str | list[str]


class Measure(Strict):
    """One form of a measure; which keys go together is checked by ``measure.check_measure``."""

    run: str | None = None
    readout: str | None = None
    statistic: Statistic | None = None
    at: str | None = None
    between: Annotated[list[str], Field(min_length=2, max_length=2)] | None = None
    level: str | None = None
    across_hosts: str | None = None
    flux: str | list[str] | None = None
    mean_residence: Residence | None = None
    fraction_of_hosts: str | None = None
    ratio: Annotated[list[Measure], Field(min_length=2, max_length=2)] | None = None
    difference: Annotated[list[Measure], Field(min_length=2, max_length=2)] | None = None
    sum: Annotated[list[Measure], Field(min_length=1)] | None = None
    each: Annotated[list[Measure], Field(min_length=1)] | None = None
    constant: str | None = None


class Expect(Strict):
    """A value with its interval, or a series of them."""

    value: str | None = None
    lo: str | None = None
    hi: str | None = None
    scale: Literal["linear", "log10"] = "linear"
    points: Annotated[list[tuple[float, float, float, float]], Field(min_length=1)] | None = None
    over: str | None = None
    x: str | None = None
    y: str | None = None
    labels: list[str] | None = None


class Finding(Strict):
    """A published finding, and how to look for it in a simulation."""

    kind: Literal["finding"] = "finding"
    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    topic: str
    claim: str
    design: str | None = None
    cite: str
    doi: str | None = None
    page: str | int | None = None
    used_for: Literal["validation", "calibration", "input"]
    evidence: str | None = None
    interval: str | None = None
    known_gap: str | None = None
    note: str | None = None
    runs: Annotated[dict[str, RunSpec], Field(min_length=1)]
    measure: Measure
    expect: Expect
