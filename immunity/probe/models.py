"""The strict schema of a file of physiology; docs/reference/physiology.md explains every key."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Along = Literal["dose", "deficiency", "host", "therapy", "history"]
Statistic = Literal["maximum", "minimum", "last", "area", "rise"]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Bound(Strict):
    """What no body, living or dying, passes. In the readout's unit; a logarithm where the readout is one."""

    readout: str
    lo: str | None = None
    hi: str | None = None
    why: str
    status: Literal["measured", "derived", "assumed"]
    source: str | None = None


class Order(Strict):
    """What never rises, or never falls, from the lesser of two trials to the greater.

    The greater has more of a dose, a deficiency more, a frailer host, a therapy more, or has lived through something.
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    claim: str
    along: Along
    of: Annotated[list[str], Field(min_length=1)]
    readout: str
    statistic: Statistic
    never: Literal["rises", "falls"]
    slack: float = 0.0
    relative: float = 0.0
    only_with: list[str] = Field(default_factory=list)
    unless_cut_short: bool = False
    why: str


class Ending(Strict):
    """What is over once its cause is gone: the last value is near that of the same host who met nothing."""

    readout: str
    within: Annotated[float, Field(gt=1)]
    slack: float = 0.0
    why: str


class Excuse(Strict):
    """Where an invariant does not hold, and why that is right, or cannot yet be mended."""

    invariant: str
    trial: str
    reason: str


class Design(Strict):
    """How far each scenario is pushed.

    Attributes
    ----------
    histories : dict    scenario that a host may have lived through -> what it is to help against
    """

    factors: Annotated[list[float], Field(min_length=2)]
    hosts: dict[str, dict[str, Any]]
    adult: str
    rest: str
    microbes: str
    survival: str = ""
    clean: float
    histories: dict[str, list[str]] = Field(default_factory=dict)
    leave_out: dict[str, str] = Field(default_factory=dict)


class Physiology(Strict):
    """One file of physiology."""

    kind: Literal["physiology"] = "physiology"
    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    story: str | None = None
    design: Design | None = None
    bounds: list[Bound] = Field(default_factory=list)
    orders: list[Order] = Field(default_factory=list)
    endings: list[Ending] = Field(default_factory=list)
    excuses: list[Excuse] = Field(default_factory=list)
