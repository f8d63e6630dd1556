"""Numbers that decide have a paper, or say what they were set by."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from immunity import api
from immunity.calibrate import rank
from immunity.compiler.numbers import Parameter
from qc.influence import FILE, FROM, SCENARIOS, read, write

SAY_WHY = 350  # of the most influential, all say what they were set by
SOURCED = 255  # with an effect of a tenth and more, at least as many have a paper


def by_influence() -> list[Parameter]:
    """The numbers of the rule book by what they move, the strongest first."""
    known = {row.name: row for row in api.load().numbers.rows}
    return [known[name] for name, _, _ in rank(read()) if name in known]


def silent(rows: Sequence[Parameter]) -> list[str]:
    """Numbers that were set by hand or assumed and do not say by what."""
    return [row.name for row in rows if row.status in ("assumed", "tuned") and not (row.note or row.source)]


def sourced(rows: Sequence[Parameter]) -> list[str]:
    return [row.name for row in rows if row.source]


def test_the_most_influential_say_what_they_were_set_by() -> None:
    assert silent(by_influence()[:SAY_WHY]) == []


def test_many_that_matter_have_a_paper() -> None:
    assert len(sourced(by_influence())) >= SOURCED


def test_a_silent_number_and_one_without_a_paper_are_noticed() -> None:
    rows = by_influence()
    guess = next(row for row in api.load().numbers.rows if row.status == "assumed" and not row.note and not row.source)
    assert silent([*rows[:1], guess]) == [guess.name]
    assert guess.name not in sourced([guess])


def test_the_measured_file_is_of_this_book_and_these_scenarios(tmp_path: Path) -> None:
    measured = read()
    assert set(measured) <= set(SCENARIOS) and measured
    names = {row.name for row in api.load().numbers.rows}
    all_of_them = {name for found in measured.values() for name in found}
    assert len(all_of_them - names) <= 0.05 * len(all_of_them)  # renamed since: measure anew before it is more
    assert all(abs(said[0]) >= FROM for found in measured.values() for said in found.values())
    write(measured, tmp_path / "again.json")
    assert (tmp_path / "again.json").read_text() == FILE.read_text(encoding="utf-8")
    assert json.loads((tmp_path / "again.json").read_text()) == measured
