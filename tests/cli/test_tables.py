"""The terminal: a death in the first line, names of what differs, and no number cut at any width."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from immunity.cli.tables import MOST_DONE, cohort_table, comparison_table, number, print_rows, run_table
from immunity.results import Cohort, Run
from tests.results.records import record, with_death

LIVES = replace(record(1), filled={"title": "Hand-made", "host": {"age": "35 y", "deficiencies": []}})
DIES = replace(
    with_death(record(1), 0, 4.5), filled={"title": "Hand-made", "host": {"age": "70 y", "deficiencies": []}}
)


def printed(table: object, *what: object, width: int = 120) -> list[str]:
    stream = StringIO()
    table(Console(file=stream, width=width), *what)  # type: ignore[operator]
    return stream.getvalue().splitlines()


def test_a_death_stands_in_the_first_line() -> None:
    assert "dead on day 4.5" in printed(run_table, Run(DIES))[0]
    assert "1 dead" in printed(cohort_table, Cohort(with_death(record(3), 1, 4.5)))[0]
    for pair in ((LIVES, DIES), (DIES, LIVES)):
        first = printed(comparison_table, *map(Run, pair))[0]
        assert "70 years: dead on day 4.5" in first and "35 years: healthy" in first


def test_a_book_that_says_nothing_of_its_host_begins_with_how_long() -> None:
    bare = replace(record(1), filled={"title": "Hand-made", "host": {}})
    assert printed(run_table, Run(bare))[1][0].isdigit()


@pytest.mark.parametrize("many", [MOST_DONE, MOST_DONE + 2])
def test_all_that_was_done_is_told_where_it_is_not_too_much(many: int) -> None:
    therapies = [{"therapy": "salve", "dose": f"{k + 1} mg"} for k in range(many)]
    treated = replace(record(1), filled={"title": "Hand-made", "host": {}, "therapies": therapies})
    text = " ".join(" ".join(printed(run_table, Run(treated))).split())
    told = sum(f"{k + 1} mg" in text for k in range(many))
    assert told == min(many, MOST_DONE - (many > MOST_DONE))
    assert ("and 3 more" in text) == (many > MOST_DONE)


def test_columns_of_a_comparison_are_named_by_what_differs() -> None:
    text = "\n".join(printed(comparison_table, Run(LIVES), Run(DIES)))
    assert "highest, 35 years" in text and "end, 70 years" in text and "second" not in text


@pytest.mark.parametrize("width", [30, 50, 80, 120])
def test_no_number_is_cut(width: int) -> None:
    rows = [("blood.some_long_name_of_it", "log10 TCID50/mL", *(number(v) for v in (1.234e-7, 123.4, 5.678, 1e9)))]
    text = " ".join(
        printed(lambda c: print_rows(c, ("readout", "unit", "start", "lowest", "day", "end"), rows), width=width)
    )
    words = text.translate(str.maketrans("(),;", "    ")).split()
    for cell in rows[0]:
        assert all(word in words for word in cell.split()), cell
    assert "…" not in text
