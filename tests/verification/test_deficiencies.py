"""The table of deficiencies: its judge on planted cells, its data, its search, and a few quick cells."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

import immunity
from verification.deficiencies import Measured, agrees, classify, judge, keep, kept, known
from verification.expectations import FILE, Cell, Condition, Exposure, read_expectations
from verification.half_dose import HalfDose, find_half, half_dose
from verification.page import write_page

EXPECTED = read_expectations()
ROWS = {row.id: row for row in EXPECTED.conditions}


def planted(row: str, column: str, shift: float, *, beyond: int = 0) -> Measured:
    return Measured(row, column, HalfDose(8.0 - shift, beyond), HalfDose(8.0))


@pytest.mark.parametrize(
    ("shift", "word"),
    [
        (3.0, "much worse"),
        (1.5, "much worse"),
        (1.49, "worse"),
        (0.3, "worse"),
        (0.29, "same"),
        (-0.29, "same"),
        (-0.3, "milder"),
    ],
)
def test_a_shift_has_a_word(shift: float, word: str) -> None:
    assert classify(shift) == word


@pytest.mark.parametrize(
    ("happens", "medicine", "agree"),
    [
        ("worse", "worse", True),
        ("much worse", "worse", False),
        ("worse", "much worse", False),
        ("much worse", "worse or much worse", True),
        ("same", "worse or much worse", False),
        ("milder", "same", False),
        ("same", "same", True),
    ],
)
def test_size_counts_where_medicine_knows_it(happens: str, medicine: str, agree: bool) -> None:
    assert agrees(happens, Cell.model_validate({"medicine": medicine, "why": "planted"})) is agree


def test_the_judge_counts_what_is_planted() -> None:
    table = [
        planted("cgd", "staph_scrape", 2.0),  # much worse, as medicine says
        planted("cgd", "pneumo_lung", 0.0),  # same, as medicine says
        planted("cgd", "pneumo_blood", 2.0),  # medicine: same
        planted("asplenia", "pneumo_blood", 0.5),  # worse; medicine: much worse
    ]
    score = judge(EXPECTED, table)
    assert (score.cells, score.agree, score.changing, score.changing_agree, score.direction) == (4, 2, 2, 1, 3)
    assert not score.passed
    assert judge(EXPECTED, table[:2]).passed


def test_every_cell_is_there_with_a_reason_and_a_source() -> None:
    asked = {
        "severe_congenital_neutropenia",
        "cyclic_neutropenia",
        "chemotherapy_neutropenia",
        "cgd",
        "lad1",
        "c3_deficiency",
        "c5_deficiency",
        "c6_to_c9_deficiency",
        "mbl_deficiency",
        "eculizumab",
        "asplenia",
        "cirrhosis",
        "irak4_myd88_deficiency",
        "corticosteroids",
        "anti_tnf",
        "tocilizumab",
        "dysphagia",
        "intubation",
        "proton_pump_inhibition",
        "diabetes",
    }
    assert set(ROWS) == asked
    assert len(EXPECTED.exposures) == 8
    for row in EXPECTED.conditions:
        for cell in row.cells.values():
            assert cell.why
            assert (cell.source or row.source) in EXPECTED.sources


def test_exposures_and_rows_exist_in_the_rule_book() -> None:
    scenarios = immunity.load().book.entries["scenario"]
    assert all(exposure.scenario in scenarios for exposure in (*EXPECTED.exposures, *EXPECTED.beside))
    assert all(known(row) for row in EXPECTED.conditions if row.id != "cyclic_neutropenia")
    unknown = Condition.model_validate({"id": "x", "name": "x", "deficiencies": ("x",), "source": "x", "cells": {}})
    assert not known(unknown)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("medicine: much worse", "medicine: terrible"),
        ("    cells:\n      staph_scrape:", "    cells:\n      staph_scrap:"),
        ("source: rosenberg2006", "source: nobody1900"),
        ("through: {pneumo_lung: pneumo_throat}", "through: {pneumo_lung: pneumo_thorax}"),
        ("conditions:\n", "conditoins:\n"),
    ],
)
def test_a_spoilt_file_is_refused(tmp_path: Path, old: str, new: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    spoilt = tmp_path / "spoilt.yaml"
    spoilt.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=r"spoilt\.yaml"):
        read_expectations(spoilt)


@pytest.mark.parametrize("start", [0.0, 4.0, 9.0])
def test_the_search_finds_where_half_fail(start: float) -> None:
    found = find_half(
        lambda dose: 1 / (1 + math.exp(-3 * (dose - 5.2))), start=start, lowest=0.0, highest=10.0, width=0.3
    )
    assert found.log10 == pytest.approx(5.2, abs=0.05)
    assert found.beyond == 0


def test_the_search_says_when_half_fail_nowhere_or_everywhere() -> None:
    assert find_half(lambda _: 0.4, start=5.0, lowest=0.0, highest=10.0, width=0.3) == HalfDose(10.0, 1)
    assert find_half(lambda _: 0.6, start=5.0, lowest=0.0, highest=10.0, width=0.3) == HalfDose(0.0, -1)


def reference(column: str, row: str | None = None) -> float:
    """The dose from which the reference host fails."""
    exposure: Exposure = EXPECTED.exposure(column).model_copy(update={"sharp": True})
    return half_dose(exposure, ROWS[row] if row else None, start=None).log10


@pytest.mark.parametrize(
    ("column", "row"),
    [
        ("staph_scrape", "lad1"),
        ("staph_scrape", "c6_to_c9_deficiency"),
        ("ecoli_blood", "mbl_deficiency"),
        ("tb_alveoli", "diabetes"),
    ],
)
def test_some_cells_of_the_reference_host_agree(column: str, row: str) -> None:
    shift = reference(column) - reference(column, row)
    assert agrees(classify(shift), ROWS[row].cells[column])


def test_the_page_shows_agreement_and_disagreement() -> None:
    page = write_page(EXPECTED, [planted("cgd", "staph_scrape", 2.0), planted("cgd", "pneumo_blood", 2.0)], [])
    assert "1 of 2 cells agree (50%)" in page
    assert "+2.0 much worse =" in page
    assert "**+2.0 much worse; medicine: same**" in page
    assert "**Chronic granulomatous disease, S. pneumoniae in the blood**" in page


def test_what_was_measured_is_complete_and_agrees_with_medicine() -> None:
    table = kept()
    rows = {measured.row for measured in table}
    assert rows >= set(ROWS) - {"cyclic_neutropenia"}
    assert len(table) == len(EXPECTED.exposures) * len(rows)
    assert judge(EXPECTED, table).passed


def test_what_disagrees_has_a_reason() -> None:
    wrong = [m for m in kept() if not agrees(m.happens, ROWS[m.row].cells[m.column])]
    assert all(ROWS[m.row].cells[m.column].gap for m in wrong)


def test_what_is_kept_is_read_back(tmp_path: Path) -> None:
    table = [planted("cgd", "staph_scrape", 2.0, beyond=-1), planted("asplenia", "pneumo_blood", 0.5)]
    keep(table, tmp_path / "measured.json")
    assert kept(tmp_path / "measured.json") == table
    assert kept(tmp_path / "nothing.json") == []
