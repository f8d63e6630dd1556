"""Published points behind a run's curves, taken from the findings that speak of the same scenario."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from immunity.language.errors import RuleError, RuleErrors
from immunity.language.quantity import TIME, parse_quantity, parse_unit
from immunity.report.model import Point
from immunity.results import Record

if TYPE_CHECKING:
    from immunity.validate import Published

BUILT_IN = Path(__file__).parent.parent / "findings"


def readable_findings(folder: Path = BUILT_IN, *, about: Iterable[str] = ()) -> tuple[Published, ...]:
    """The findings of a folder, by default those that come with the package.

    One that cannot be read is left out: `immunity validate` tells of it, and a report is no place to fail for it.

    Parameters
    ----------
    folder : Path
    about : iterable of str    ids of scenarios: files that name none of them are not read, which is most files
    """
    from immunity.validate import load_findings

    found: list[Published] = []
    names = [id.encode() for id in about]
    for file in sorted(folder.rglob("*.yaml")):
        with suppress(RuleError, RuleErrors, OSError):
            if not names or any(name in file.read_bytes() for name in names):
                found += load_findings([file])
    return tuple(found)


def points_behind(record: Record, findings: Iterable[Published]) -> dict[str, tuple[Point, ...]]:
    """Points to draw behind each readout: values at a stated time, in the same scenario, in such a host.

    Returns
    -------
    dict    readout id -> points in the readout's unit
    """
    units = {info.id: info.unit for info in record.infos}
    found: dict[str, tuple[Point, ...]] = {}
    for published in findings:
        measure = published.finding.measure
        spec = published.finding.runs.get(measure.run or "")
        if spec is None or measure.readout not in units or measure.statistic not in (None, "value_at"):
            continue
        if spec.scenario != record.scenario or spec.with_ or spec.parameters or not _such_a_host(spec.host, record):
            continue
        found[measure.readout] = found.get(measure.readout, ()) + _points(published, units[measure.readout])
    return found


def _such_a_host(wanted: dict[str, Any], record: Record) -> bool:
    """Whether the host is as the finding says, and otherwise free of deficiencies."""
    host = record.filled.get("host", {})
    said = {"deficiencies": [], **wanted}
    return all(host.get(key, []) == value for key, value in said.items())


def _points(published: Published, unit: str) -> tuple[Point, ...]:
    expectation, at = published.expectation, published.finding.measure.at
    if expectation.over == "time":
        days = [point.x for point in expectation.points]
    elif expectation.over is None and at is not None:
        quantity = parse_quantity(at)
        if quantity.dimension != TIME:
            return ()
        days = [quantity.value]
    else:
        return ()
    factor, dimension = parse_unit(unit)
    if dimension != expectation.unit.dimension:
        return ()

    def shown(value: float) -> float:
        base = expectation.unit.to_base(value)
        return (10.0**base if expectation.unit.log else base) / factor

    return tuple(
        Point(day, shown(p.value), shown(p.lo), shown(p.hi), published.finding.cite)
        for day, p in zip(days, expectation.points, strict=True)
    )
