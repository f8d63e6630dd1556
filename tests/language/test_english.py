"""Rules in English: every verb, law and form of a number has its words."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pytest

from immunity.compiler.build import Compiled, compile_book
from immunity.language.english import flow_sentence, signal_sentence
from immunity.language.explain import explain_entry
from immunity.language.load import load_book, validate_entry
from immunity.language.phrases import Speaker
from immunity.language.read import read_documents
from immunity.language.verbs import VERBS

from .judge import BODY

NAMES = {"neutrophil": "Neutrophil", "cxcl8": "CXCL8", "blood": "Blood", "coccus": "Staphylococcus aureus"}
PROPER = frozenset(["coccus"])  # species keep their capital


def cell_with(flow: str) -> Any:
    text = f"id: neutrophil\nlives_in: {{blood: [circulating, marginated], each site: []}}\nflows:\n  - {flow}\n"
    return validate_entry("cell", read_documents("made.yaml", content=text.encode())[0]).record


def tell(flow: str) -> str:
    record = cell_with(flow)
    return flow_sentence(record.flows[0], Speaker("neutrophil", record, NAMES, proper=PROPER))


@pytest.mark.parametrize(
    ("flow", "sentence"),
    [
        (
            '{verb: extravasate, from: circulating at blood, to: at each site, hazard: {value: "0.02 1/day", '
            "status: fitted, source: author2016word, page: 8}, "
            'rises_with: {signal: cxcl8 at site, half: "1 ug/L", hill: 2, up_to: 500}}',
            "Neutrophil extravasates from blood (circulating) to each site at 0.02 per day, up to 500-fold as CXCL8 in "
            "the site rises (half at 1 ug/L, Hill 2) [fitted; author2016word p. 8].",
        ),
        (
            '{verb: marginate, from: circulating at blood, to: marginated at blood, mean_time: "10 min"}',
            "Neutrophil marginates from blood (circulating) to blood (marginated) after 10 min on average [assumed].",
        ),
        (
            '{verb: die, of: circulating at blood, half_life: {derived: "t", where: {t: "7 h"}, source: a2001b}}',
            "Circulating neutrophil in blood dies with a half-life of t (where t = 7 h) [derived; a2001b].",
        ),
        (
            "{verb: phagocytose, target: each bacterium at each site, by: neutrophil at site, hazard: {use: "
            'bacterium.uptake}, with: neutrophil at site, falls_with: {signal: cxcl8 at site, half: "1 ug/L"}}',
            "Each bacterium in each site is engulfed by neutrophil in the site at the uptake of the bacterium, in "
            "proportion to neutrophil in the site, falling to nothing as CXCL8 in the site rises (half at 1 ug/L).",
        ),
        (
            '{verb: secrete, by: neutrophil at site, to: cxcl8 at each site, hazard: "1e-9 ug/cell/day"}',
            "CXCL8 in each site is secreted by neutrophil in the site at 1e-9 ug/cell/day [assumed].",
        ),
        (
            '{verb: produce, to: circulating at blood, hazard: "5e10 cell/day"}',
            "Circulating neutrophil in blood is produced at 5e10 cell/day [assumed].",
        ),
        (
            '{verb: divide, at: each site, doubling_time: "1 d", also: [{pool: cxcl8 at site, amount: "-2 ug/cell"}]}',
            "Neutrophil in each site divides doubling every 1 d [assumed]; each time CXCL8 in the site falls by 2 "
            "ug/cell.",
        ),
        (
            '{verb: differentiate, from: circulating at blood, to: macrophage at each site.node, mean_time: "1 d", '
            'yields: 2, curve: {signal: time, points: [["0 d", "1"], ["5 d", "0"]]}}',
            "Neutrophil differentiates from blood (circulating) to macrophage in the node of each site after 1 d on "
            "average (each makes 2), times a factor that follows time (1 at 0 d, 0 at 5 d) [assumed].",
        ),
        (
            '{verb: mutate, from: "at blood [each affinity]", to: "at blood [affinity+1]", hazard: "1 1/d", '
            'needs: {signal: cxcl8 at blood, half: "1 ug/L"}}',
            "Neutrophil mutates from blood (each affinity) to blood (next affinity) at 1 per day, only as far as there "
            "is CXCL8 in blood (half at 1 ug/L) [assumed].",
        ),
    ],
)
def test_sentences(flow: str, sentence: str) -> None:
    assert tell(flow) == sentence


KEYS = {"from": "circulating at blood", "to": "at each site", "by": "coccus at blood", "target": "coccus at blood"}


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_makes_a_sentence_that_names_all_it_was_given(verb: str) -> None:
    keys = {key: KEYS.get(key, "cxcl8 at blood") for key in VERBS[verb].needs}
    given = ", ".join(f"{key}: {text}" for key, text in keys.items())
    sentence = tell(f'{{verb: {verb}, {given}{", " if given else ""}hazard: "3 1/day"}}')
    assert VERBS[verb].english in sentence
    assert "3 per day" in sentence and sentence.endswith(".") and sentence[0].isupper()
    for key, named in {"by": "Staphylococcus aureus", "target": "Staphylococcus aureus", "partner": "CXCL8"}.items():
        assert key not in keys or named in sentence
    assert "None" not in sentence and "  " not in sentence


SIGNAL = """
id: alarm
signals:
  - id: fever_drive
    at: each place
    sum: [cxcl8 at place, {of: coccus at place, weight: "2 ug/CFU"}]
    constant: "1 ug"
    per: volume
    unit: ug/L
"""


def test_signals() -> None:
    record = validate_entry("rules", read_documents("made.yaml", content=SIGNAL.encode())[0]).record
    assert signal_sentence(record.signals[0], Speaker(None, record, NAMES, proper=PROPER)) == (
        "Fever drive in each place is 1 ug plus CXCL8 in the place plus 2 ug/CFU times Staphylococcus aureus in the "
        "place, per volume (in ug/L)."
    )


@lru_cache
def compiled_body() -> Compiled:
    return compile_book(load_book([BODY]))


def test_every_entry_of_a_book_can_be_explained() -> None:
    compiled = compiled_body()
    for kind, entries in compiled.book.entries.items():
        for id, entry in entries.items():
            lines = explain_entry(entry, compiled).lines()
            assert id in lines[0] and kind in lines[0]
            assert all("None" not in line and "=[" not in line for line in lines)


def test_an_explanation_tells_rules_of_others_and_papers() -> None:
    compiled = compiled_body()
    told = explain_entry(compiled.book.entries["molecule"]["cxcl8"], compiled)
    assert any("extravasates" in line and line.endswith("(neutrophil)") for line in told.elsewhere)
    assert any("One. Made up, 2001" in paper for paper in told.papers)
