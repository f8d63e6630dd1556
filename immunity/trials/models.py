"""The strict schema of a trial; docs/reference/trials.md explains every key."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from immunity.validate.models import Statistic, Strict

SAME, RANDOMISED = "same_hosts", "randomised"
AGE = "age"  # what a hazard is adjusted for beside endpoints that are known at enrolment


class Ages(Strict):
    """Ages between two bounds: evenly, or normal about a mean. Classes of equal share have their middle ages."""

    from_: str = Field(alias="from")
    to: str
    mean: str | None = None
    sd: str | None = None
    classes: Annotated[int, Field(ge=2, le=30)] = 8


class Group(Strict):
    """Some of the people: their share, and what sets them apart."""

    ages: Ages | None = None
    share: Annotated[float, Field(gt=0.0)] = 1.0
    host: dict[str, Any] = Field(default_factory=dict)
    with_: dict[str, Any] = Field(default_factory=dict, alias="with")


class Arm(Strict):
    """What one arm gets: changes of the scenario, as ``--host`` and ``--with`` take them."""

    title: str | None = None
    scenario: str | None = None
    host: dict[str, Any] = Field(default_factory=dict)
    with_: dict[str, Any] = Field(default_factory=dict, alias="with")
    hosts: Annotated[int, Field(ge=2)] | None = None
    dropout: str | None = None


class Enrolment(Strict):
    """When hosts are let in, and who."""

    at: str = "0 d"
    eligible: str | None = None
    screen_at_most: Annotated[int, Field(ge=1)] | None = None


class Endpoint(Strict):
    """One of a time to an event, a response, or a statistic of a readout."""

    title: str | None = None
    time_to: str | None = None
    response: str | None = None
    readout: str | None = None
    statistic: Statistic | None = None
    at: str | None = None
    between: Annotated[list[str], Field(min_length=2, max_length=2)] | None = None
    level: str | None = None
    compare: Literal["mean", "geometric_mean"] | None = None
    adjust: list[str] = Field(default_factory=list)
    better: Literal["less", "more"] | None = None


class Trial(Strict):
    """Arms, hosts, endpoints."""

    kind: Literal["trial"] = "trial"
    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: str
    question: str | None = None
    note: str | None = None
    scenario: str
    days: Annotated[float, Field(gt=0.0)] | None = None
    host: dict[str, Any] = Field(default_factory=dict)
    with_: dict[str, Any] = Field(default_factory=dict, alias="with")
    people: dict[str, Group] = Field(default_factory=dict)
    arms: Annotated[dict[str, Arm], Field(min_length=2)]
    reference: str | None = None
    allocation: Literal["same_hosts", "randomised"] = "same_hosts"
    hosts: Annotated[int, Field(ge=2)] = 100
    vary: bool = True
    stochastic: bool = True
    seed: Annotated[int, Field(ge=0)] = 0
    enrolment: Enrolment = Field(default_factory=Enrolment)
    dropout: str | None = None
    endpoints: Annotated[dict[str, Endpoint], Field(min_length=1)]
    primary: str | None = None
    confidence: Annotated[float, Field(gt=0.5, lt=1.0)] = 0.95
    show: list[str] = Field(default_factory=list)

    def primary_id(self) -> str:
        """The endpoint that the trial is made for: the first unless another is named."""
        return self.primary or next(iter(self.endpoints))

    def reference_arm(self) -> str:
        """The arm that others are compared with: the first unless another is named."""
        return self.reference or next(iter(self.arms))
