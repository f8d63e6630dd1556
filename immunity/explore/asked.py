"""What a page may ask for, with its limits."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from immunity.arguments import MAX_SEED
from immunity.language.errors import fail

MAX_DAYS = 4000.0  # the longest built-in story is ten years
MAX_HOSTS = 200
MAX_CELLS = 12_000_000  # output times x pools: 100 MB
MAX_OUTPUTS = 20_000
MAX_TEXT = 20_000
SKETCH = 3e-1  # relative accuracy of a sketch, which is off by up to 6 % of a curve's peak; 1e-3 otherwise
MAX_SECONDS = 120.0  # after which a run is halted

Key = Annotated[str, Field(min_length=1, max_length=200)]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_.\-]+$")]


class Asked(BaseModel):
    """One host in one scenario.

    Attributes
    ----------
    scenario : str       a name of the rule book
    text : str           a scenario written in the page, instead
    changes : dict       dotted keys, as ``--with`` and ``--host`` take them
    readouts : list      curves to send
    sketch : bool        roughly, while a slider moves: three hundred times the error allowed, a sixth of the steps
    page : str           who asks: a newer question of the same page halts an older one
    """

    model_config = ConfigDict(extra="forbid")

    scenario: Name = "pneumococcal_pneumonia"
    text: Annotated[str, Field(max_length=MAX_TEXT)] | None = None
    changes: Annotated[dict[Key, Any], Field(max_length=60)] = Field(default_factory=dict)
    days: Annotated[float, Field(gt=0.0, le=MAX_DAYS)] | None = None
    stochastic: bool = False
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] = 0
    sketch: bool = False
    readouts: Annotated[list[Name], Field(max_length=40)] = Field(default_factory=list)
    page: Annotated[str, Field(max_length=64)] = ""

    @field_validator("seed", mode="before")
    @classmethod
    def _whole(cls, given: Any) -> Any:
        if isinstance(given, bool):
            raise ValueError("a seed is a whole number")
        return given

    def content(self) -> str:
        """The same for questions with the same run as answer, whoever asks and whatever is to be sent of it."""
        return self.model_dump_json(exclude={"page", "readouts"})


class Fault(BaseModel):
    """Something that is wrong, with code, place and mend where it is an error of the language."""

    message: str
    code: str = ""
    place: str = ""
    line: int = 0
    suggestion: str = ""
    mend: str = ""


class Faults(BaseModel):
    """What an answer says that is none."""

    errors: list[Fault]


def check_size(outputs: int, pools: int, days: float) -> None:
    """Refuse what one page may not ask of this machine.

    Raises
    ------
    RuleError
        E731.
    """
    if days > MAX_DAYS:
        raise fail("E731", text=f"{days:g} days", limit=f"{MAX_DAYS:g} days")
    if outputs > MAX_OUTPUTS:
        raise fail("E731", text=f"{outputs} output times", limit=f"{MAX_OUTPUTS}")
    if outputs * pools > MAX_CELLS:
        raise fail("E731", text=f"{outputs} output times of {pools} pools", limit=f"{MAX_CELLS} values")
