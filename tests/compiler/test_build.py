"""What goes with the tables: sources, variation between people, places, provenance."""

from __future__ import annotations

import numpy as np
import pytest

from tests.compiler.books import compiled, refused

BOOK = """
{kind: sources, id: papers, sources: {one2001: {cite: One, doi: 10.1/x}}}
---
kind: cell
id: rod
lives_in: {blood: [], skin: []}
numbers: {a: {value: "2", status: measured, source: one2001, page: 3, note: why}, b: "3"}
flows: [{verb: die, hazard: "1 1/day", times: [a, b]}]
---
{kind: threat, id: germ, lives_in: {skin: []}}
---
kind: host
id: adult
attributes: {weight: "70 kg"}
variation: [{number: rod.a, gsd: "2", source: one2001}, {number: rod.b, gsd: "1.5"}]
correlations: [{between: [rod.a, rod.b], r: "0.5"}]
"""


def test_every_number_keeps_its_evidence() -> None:
    model = compiled(BOOK).model
    assert model.parameter_sources["rod.a"] == {
        "status": "measured",
        "source": ["one2001"],
        "value": "2",
        "page": "3",
        "note": "why",
    }
    assert model.parameter_sources["rod.b"]["status"] == "assumed"
    assert "1" not in model.parameter_sources
    assert model.sources["one2001"]["doi"] == "10.1/x"


def test_variation_is_lognormal_with_correlated_logarithms() -> None:
    model = compiled(BOOK).model
    names = model.tables.names.parameter
    assert [(names[s.parameter], s.sigma) for s in model.spreads] == [("rod.a", np.log(2.0)), ("rod.b", np.log(1.5))]
    assert model.correlation.tolist() == [[1.0, 0.5], [0.5, 1.0]]


def test_an_entry_says_how_people_differ_in_its_own_numbers() -> None:
    own = BOOK.replace("\nflows:", '\nvariation: [{number: rod.b, gsd: "1.5"}]\nflows:', 1)
    own = own.replace(', {number: rod.b, gsd: "1.5"}]\ncorr', "]\ncorr")
    model = compiled(own).model
    names = model.tables.names.parameter
    assert sorted((names[s.parameter], s.sigma) for s in model.spreads) == [
        ("rod.a", np.log(2.0)),
        ("rod.b", np.log(1.5)),
    ]
    assert (model.correlation == [[1.0, 0.5], [0.5, 1.0]]).all()
    refused(own.replace("number: rod.a, gsd", "number: rod.b, gsd"), "E413", line="variation")


def test_places_know_their_cells_and_microbes() -> None:
    book = compiled(BOOK)
    names = book.model.tables.names.pool
    skin = book.model.places["skin"]
    assert ([names[i] for i in skin["cells"]], [names[i] for i in skin["microbes"]]) == (["skin.rod"], ["skin.germ"])
    assert skin["classes"] == ["site"]


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("source: one2001, page", "source: one2002, page", "E412", "numbers"),
        ("source: one2001}, {number", "source: one2002}, {number", "E412", "variation"),
        ("number: rod.a,", "number: rod.aa,", "E410", "variation"),
        ("number: rod.a,", "number: '1',", "E410", "variation"),
        ("number: rod.a,", "number: host.weight,", "E410", "variation"),
        ('gsd: "2"', 'gsd: "0.5"', "E514", "variation"),
        ("number: rod.b, gsd", "number: rod.a, gsd", "E413", "variation"),
        ("between: [rod.a, rod.b]", "between: [rod.a, rod.a]", "E415", "correlations"),
        ("between: [rod.a, rod.b]", "between: [rod.a, rod.c]", "E410", "correlations"),
        ('r: "0.5"', 'r: "1.5"', "E515", "correlations"),
    ],
)
def test_faults_of_sources_and_variation(old: str, new: str, code: str, line: str) -> None:
    assert old in BOOK
    refused(BOOK.replace(old, new, 1), code, line=line)


def test_two_sources_of_one_key_are_refused() -> None:
    refused(BOOK + "---\n{kind: sources, id: more, sources: {one2001: {cite: Two}}}", "E413", line="id: more")


def test_a_source_of_a_curve_or_a_host_is_looked_up_too() -> None:
    host = BOOK.replace("variation:", "changes: [{number: rod.a, multiply: {value: '2', source: one2002}}]\nvariation:")
    refused(host, "E412", line="changes")
    curve = "curve: {signal: time, points: [['0 day', '1'], ['1 day', '2']], source: one2002}"
    refused(BOOK.replace("times: [a, b]", f"times: [a, b], {curve}"), "E412", line="curve")
