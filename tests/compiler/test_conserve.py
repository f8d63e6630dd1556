"""Conserved sums are found, and a planted leak ends them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from immunity.compiler.conserve import invariants, stoichiometry
from tests.compiler.books import compiled, example

BINDING = """
{kind: molecule, id: key, unit: pmol, lives_in: {blood: []}}
---
{kind: molecule, id: lock, unit: pmol, lives_in: {blood: []}}
---
{kind: molecule, id: pair, unit: pmol, lives_in: {blood: []}}
---
kind: rules
id: r
flows:
  - {verb: bind, of: key at blood, partner: lock at blood, to: pair at blood, hazard: "1 L/pmol/day"}
  - {verb: release, of: pair at blood, to: [key at blood, lock at blood], hazard: "1 1/day"}
"""
LEAK = '  - {verb: decay, of: pair at blood, hazard: "1 1/day"}\n'


def sums(text: str) -> list[dict[str, float]]:
    return invariants(compiled(text).model.tables)


def test_binding_keeps_each_partner() -> None:
    tables = compiled(BINDING).model.tables
    found = invariants(tables)
    assert len(found) == 2
    for weights in found:
        vector = np.array([weights.get(name, 0.0) for name in tables.names.pool])
        assert np.all(vector @ stoichiometry(tables) == 0.0)
    span = np.array([[w.get(f"blood.{n}", 0.0) for n in ("key", "lock", "pair")] for w in found])
    assert np.linalg.matrix_rank(np.vstack([span, [1, 0, 1], [0, 1, 1]])) == 2


def test_a_planted_leak_is_seen() -> None:
    found = sums(BINDING + LEAK)
    assert len(found) == 1
    assert found[0] == {"blood.key": 1.0, "blood.lock": -1.0}  # only what is left of the two differs no more


def test_yields_count_with_their_weight() -> None:
    text = """
{kind: cell, id: rod, lives_in: {blood: [young, old]}, flows: [
  {verb: mature, from: young at blood, to: old at blood, yields: 4, hazard: "1 1/day"}]}
"""
    assert sums(text) == [{"blood.rod.young": 1.0, "blood.rod.old": 0.25}]


def test_what_nothing_touches_is_conserved_alone() -> None:
    assert sums("{kind: cell, id: rod, lives_in: {blood: []}}") == [{"blood.rod": 1.0}]


def test_mutation_between_classes_conserves_cells() -> None:
    book = example("germinal_centre.yaml")
    tables = book.model.tables
    matrix = stoichiometry(tables)
    cells = np.array([name.startswith("node.b_germinal_centre") for name in tables.names.pool], float)
    change = cells @ matrix
    verbs = {row.verb: change[i] for i, row in enumerate(book.flows) if row.rule.startswith("b_germinal_centre")}
    assert verbs == {"divide": 1.0, "die": -1.0, "mutate": 0.0, "differentiate": -1.0}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=8), st.booleans())
def test_random_nets_of_moves_conserve_their_total_and_no_leaking_net_does(
    moves: list[tuple[int, int]], leaks: bool
) -> None:
    moves = [(a, b) for a, b in moves if a != b] or [(0, 1)]
    rules = [
        f"  - {{verb: mature, id: m{k}, from: s{a} at blood, to: s{b} at blood, hazard: '1 1/day'}}"
        for k, (a, b) in enumerate(moves)
    ]
    if leaks:
        rules += [f"  - {{verb: die, id: d{a}, of: s{a} at blood, hazard: '1 1/day'}}" for a in range(4)]
    text = "kind: cell\nid: rod\nlives_in: {blood: [s0, s1, s2, s3]}\nflows:\n" + "\n".join(rules)
    found = sums(text)
    if leaks:
        assert found == []
        return
    total = np.ones(4)
    basis = np.array([[weights.get(f"blood.rod.s{k}", 0.0) for k in range(4)] for weights in found])
    assert np.linalg.lstsq(basis.T, total, rcond=None)[1].sum() == pytest.approx(0.0, abs=1e-20)
    assert np.all(total @ stoichiometry(compiled(text).model.tables) == 0.0)
