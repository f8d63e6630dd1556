"""What medicine expects of deficiencies and bacteria, read strictly from ``deficiencies.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from immunity.language.read import read_documents

FILE = Path(__file__).parent / "deficiencies.yaml"

Expected = Literal["much worse", "worse", "worse or much worse", "same", "milder"]
Text = Annotated[str, Field(min_length=1)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Exposure(Strict):
    """One column: a scenario, and where in it the dose stands.

    Attributes
    ----------
    doses : [lowest, highest]    log10 of what is tried
    fails : dict                 readout -> who has more than this at the end fails; who dies fails anyway
    sharp : bool                 the median host stands for all; no cohort is drawn
    by_chance : bool             the median host says nothing; the search among hosts that vary does not begin with her
    """

    id: Text
    name: Text
    scenario: Text
    dose: Text
    also_at: tuple[str, ...] = ()
    days: float
    doses: tuple[float, float]
    sharp: bool = False
    by_chance: bool = False
    fails: Mapping[str, float]


class Cell(Strict):
    """What medicine says; ``gap``: why the model disagrees, where it does and the reason is known."""

    medicine: Expected
    why: Text
    source: str | None = None
    gap: str | None = None


class Condition(Strict):
    """One row: deficiencies or therapies, and what medicine says of them, column by column."""

    id: Text
    name: Text
    deficiencies: tuple[str, ...] = ()
    therapies: tuple[Mapping[str, Any], ...] = ()
    exposed_on: str = "0 d"
    through: Mapping[str, str] = {}
    source: Text
    cells: Mapping[str, Cell]


class Source(Strict):
    cite: Text
    read: Literal["read", "abstract", "second_hand", "memory"]


class Expectations(Strict):
    exposures: tuple[Exposure, ...]
    beside: tuple[Exposure, ...] = ()
    conditions: tuple[Condition, ...]
    sources: Mapping[str, Source]

    @model_validator(mode="after")
    def complete(self) -> Expectations:
        """Every row has every column, every source is named and every named source is used."""
        columns = {exposure.id for exposure in self.exposures}
        named = columns | {exposure.id for exposure in self.beside}
        used: set[str] = set()
        for row in self.conditions:
            if set(row.cells) != columns:
                raise ValueError(f"{row.id}: cells {sorted(set(row.cells) ^ columns)} are missing or too many")
            if not set(row.through) <= columns or not set(row.through.values()) <= named:
                raise ValueError(f"{row.id}: through names no exposure")
            if bool(row.deficiencies) == bool(row.therapies):
                raise ValueError(f"{row.id}: give deficiencies or therapies, one of them")
            used |= {row.source, *(cell.source for cell in row.cells.values() if cell.source)}
        if used != set(self.sources):
            raise ValueError(f"sources {sorted(used ^ set(self.sources))} are missing or not used")
        return self

    def exposure(self, id: str) -> Exposure:
        """The exposure of that name."""
        return next(exposure for exposure in (*self.exposures, *self.beside) if exposure.id == id)


def read_expectations(path: Path = FILE) -> Expectations:
    """Read and check the file.

    Raises
    ------
    ValueError
        With file and place, for a row that is not complete, an unknown key or word.
    """
    data = read_documents(path)[0].data
    try:
        return Expectations.model_validate(_tuples(data))
    except ValidationError as error:
        raise ValueError(f"{path}: {error}") from error


def _tuples(data: Any) -> Any:
    """Lists as tuples, whole numbers as they are: what strict models take."""
    if isinstance(data, dict):
        return {key: _tuples(value) for key, value in data.items()}
    return tuple(_tuples(value) for value in data) if isinstance(data, list) else data
