"""Similarity of members: from positions or groups, sparse, and linear where spaces do not meet."""

from __future__ import annotations

import numpy as np
import pytest

from immunity.compiler.similarity import neighbours_of
from tests.compiler.books import PLAIN, compiled, signal_value


def book(members: str, similarity: str = "{by: b_cell, width: 2, least: 0.01}") -> str:
    return (
        PLAIN
        + f"""
---
kind: set
id: strain
members: [{members}]
similarity: {{likeness: {similarity}}}
---
kind: molecule
id: antibody
unit: pmol
over: [strain]
lives_in: {{blood: []}}
signals:
  - id: seen
    of: each strain
    sum: [{{of: "at blood [*strain as other]", weight: {{use: "strain.likeness[strain, other]"}}}}]
    unit: pmol
readouts: [{{id: seen_a, signal: "seen [a]", unit: pmol}}]
"""
    )


def at(id: str, *spot: float, space: str = "s") -> str:
    return f"{{id: {id}, epitopes: {{b_cell: {{space: {space}, at: {list(spot)}}}}}}}"


def groups(id: str, held: str) -> str:
    return f"{{id: {id}, epitopes: {{b_cell: {{groups: {held}}}}}}}"


def likeness(text: str) -> dict[str, float]:
    made = compiled(text)
    return {row.name.partition("[")[2].rstrip("]"): row.value for row in made.numbers.rows if "likeness" in row.name}


def test_positions_in_one_space_are_alike_by_distance() -> None:
    found = likeness(book(", ".join([at("a", 0, 0), at("b", 1, 1), at("far", 9, 9)])))
    assert found == {"a,a": 1.0, "b,b": 1.0, "far,far": 1.0, "a,b": pytest.approx(np.exp(-0.5)), "b,a": found["a,b"]}


def test_other_spaces_and_members_without_epitopes_are_not_alike() -> None:
    found = likeness(book(", ".join([at("a", 0), at("b", 0, space="t"), "bare"])))
    assert found == {"a,a": 1.0, "b,b": 1.0, "bare,bare": 1.0}


def test_groups_are_alike_by_the_share_that_the_other_has() -> None:
    found = likeness(
        book(", ".join([groups("a", "[x, y, z, w]"), groups("b", "{x: 1}"), groups("c", "{y: 0.5, q: 1.5}")]))
    )
    assert found["a,b"] == 0.25
    assert found["b,a"] == 1.0
    assert found["a,c"] == 0.125
    assert found["c,a"] == 0.25
    assert "b,c" not in found


def test_a_sum_runs_over_those_alike_only() -> None:
    made = compiled(book(", ".join([at("a", 0), at("b", 1), at("c", 50)])))
    rows = {row.name: row for row in made.signals.rows}
    assert len(rows["seen[a]"].terms) == 2
    amounts = {"blood.antibody[a]": 10.0, "blood.antibody[b]": 4.0, "blood.antibody[c]": 1000.0}
    assert signal_value(made, "seen[a]", amounts) == pytest.approx(10.0 + 4.0 * np.exp(-0.25))


def test_what_stands_first_may_be_what_is_summed() -> None:
    text = book(", ".join([groups("a", "[x, y]"), groups("b", "[x]")])).replace("[strain, other]", "[other, strain]")
    assert signal_value(compiled(text), "seen[a]", {"blood.antibody[b]": 2.0}) == 2.0  # all of b is in a


def test_pairs_grow_with_the_members_not_with_their_square() -> None:
    def spread(n: int) -> str:
        return book(", ".join(at(f"m{k}" if k else "a", 10.0 * (k // 4)) for k in range(n)))

    assert [len(likeness(spread(n))) for n in (20, 40)] == [80, 160]


def test_neighbours_are_listed_both_ways() -> None:
    near = neighbours_of({("a", "a"): 1.0, ("a", "b"): 0.5})
    assert near.of == {"a": ["a", "b"]}
    assert near.to == {"a": ["a"], "b": ["a"]}
