"""Rule books written in the tests themselves, and short ways to look at what becomes of them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from immunity.compiler.build import Compiled, compile_book
from immunity.compiler.case import Case
from immunity.compiler.flows import FlowRow
from immunity.compiler.host import build_case
from immunity.language.errors import RuleError
from immunity.language.load import Entry, load_book
from immunity.scenario import override

EXAMPLES = Path(__file__).parents[2] / "examples"

# two places, one of them a site, and the classes that most books of the tests need
BODY = """
{kind: class, id: site}
---
{kind: place, id: blood, volume: "5 L"}
---
{kind: place, id: skin, is: [site], volume: "2 L", links: {node: blood}}
"""

PLAIN = """
{kind: scenario, id: plain, title: Plain, days: 10, every: "1 d"}
"""


def write(text: str, folder: Path | None = None, *, name: str = "book.yaml", body: bool = True) -> Path:
    """Write a book, after the two places unless it has its own."""
    folder = folder or Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text((BODY + "---\n" if body else "") + text.strip() + "\n", encoding="utf-8")
    return path


def compiled(text: str, folder: Path | None = None, *, body: bool = True) -> Compiled:
    return compile_book(load_book([write(text, folder, body=body)]))


def example(name: str) -> Compiled:
    return compile_book(load_book([EXAMPLES / name]))


def case_of(book: Compiled, changes: dict[str, Any] | None = None, name: str = "plain") -> Case:
    return build_case(book, override(book.book.entries["scenario"][name], changes or {}))


def scenario(book: Compiled, name: str = "plain") -> Entry:
    return book.book.entries["scenario"][name]


def refused(text: str, code: str, *, line: str | None = None, near: str | None = None) -> RuleError:
    """Compile a book that is to be refused: for this code, at the line that holds this text, with this near miss."""
    path = write(text)
    with pytest.raises(RuleError) as caught:
        compile_book(load_book([path]))
    return judged(caught.value, path, code, line=line, near=near)


def judged(error: RuleError, path: Path, code: str, *, line: str | None = None, near: str | None = None) -> RuleError:
    assert error.code == code, str(error)
    assert error.location is not None, f"{code} has no location"
    assert error.location.file == str(path)
    if line is not None:
        found = path.read_text(encoding="utf-8").splitlines()[error.location.line - 1]
        assert line in found, f"{error} points at {found!r}"
    if near is not None:
        assert error.suggestion == near, str(error)
    return error


def flow(book: Compiled, name: str) -> FlowRow:
    found = [row for row in book.flows if row.name == name]
    assert len(found) == 1, f"{name!r} is not one of {[row.name for row in book.flows]}"
    return found[0]


def flows(book: Compiled) -> list[str]:
    return [row.name for row in book.flows]


def value(book: Compiled, name: str) -> float:
    return book.numbers[book.numbers.index[name]].value


def changes(book: Compiled, name: str) -> dict[str, float]:
    """What one firing of a flow does, by name of the pool."""
    found: dict[str, float] = {}
    for change in flow(book, name).changes:
        pool = book.space.rows[change.pool].pool.name
        weight = 1.0 if change.weight < 0 else book.numbers[change.weight].value
        found[pool] = found.get(pool, 0.0) + change.coefficient * weight
    return found


def hazard(book: Compiled, name: str) -> float:
    """The hazard of a flow without its laws, in base units."""
    row = flow(book, name)
    return row.coefficient * float(np.prod([book.numbers[i].value ** float(power) for i, power in row.factors]))


def signal_value(book: Compiled, name: str, amounts: dict[str, float] | None = None, time: float = 0.0) -> float:
    """The value of a signal, worked out from the rows by hand: an independent reading of the tables."""
    pools = {row.pool.name: i for i, row in enumerate(book.space.rows)}
    x = np.array(book.model.tables.initial)
    for pool, amount in (amounts or {}).items():
        x[pools[pool]] = amount
    theta = book.model.tables.theta
    s = np.zeros(book.model.tables.n_signal)
    for j, row in enumerate(book.signals.rows):
        total = theta[row.constant] if row.constant >= 0 else 0.0
        for term in row.terms:
            source = {0: x, 1: s, 2: np.array([time])}[term.kind][term.source]
            total += term.coefficient * (theta[term.weight] if term.weight >= 0 else 1.0) * source
        s[j] = total / (theta[row.divisor] if row.divisor >= 0 else 1.0)
        for law in row.laws:
            if law.kind == 0:
                s[j] *= s[law.signal]
            elif law.kind == 1:
                base, top, half, n = (theta[i] for i in law.parameters)
                u = s[law.signal] ** n
                s[j] *= base + (top - base) * u / (half**n + u)
            elif law.kind == 3 and law.curve:
                s[j] *= np.interp(s[law.signal], *law.curve)
    return float(s[book.signals.index[name]])


def argument(error: RuleError, changes: dict[str, Any]) -> Path:
    """Where a fault in a change has to be told: at the change, not in the file of the scenario."""
    assert error.location is not None
    assert any(error.location.file.startswith(f"{key}=") for key in changes)
    return Path(error.location.file)
