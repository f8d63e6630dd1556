"""The judge of the stochastic suite passes what is right and fails what is wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from verification.dsmts import BOOKS, CASES, SEED, judge
from verification.moments import immigration_death
from verification.rule_books import run_book

DAYS = np.arange(51.0)
THEORY = immigration_death(DAYS, immigration=10.0, death=0.1)


def draw_poisson(mean: np.ndarray, hosts: int = 4000) -> np.ndarray:
    return np.random.Generator(np.random.Philox(7)).poisson(mean[:, None], (len(mean), hosts)).astype(float)


def test_right_numbers_pass() -> None:
    assert judge("poisson", "x", draw_poisson(THEORY.mean), THEORY).passed


def test_a_wrong_mean_fails() -> None:
    verdict = judge("poisson", "x", draw_poisson(1.02 * THEORY.mean), THEORY)
    assert not verdict.passed
    assert verdict.z_outside > 2


def test_a_wrong_spread_fails() -> None:
    values = THEORY.mean[:, None] + 0.9 * (draw_poisson(THEORY.mean) - THEORY.mean[:, None])
    verdict = judge("poisson", "x", values, THEORY)
    assert not verdict.passed
    assert verdict.y_outside > 2


def test_a_wrong_start_fails() -> None:
    values = draw_poisson(THEORY.mean)
    values[0, 0] = 1.0
    assert not judge("poisson", "x", values, THEORY).passed


def test_not_a_number_fails() -> None:
    values = draw_poisson(THEORY.mean)
    values[3:, 0] = np.nan
    assert not judge("poisson", "x", values, THEORY).passed


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.book}.{case.scenario}")
def test_every_case_is_near_theory_with_few_hosts(case) -> None:
    days, values = run_book(BOOKS / f"{case.book}.yaml", case.scenario, hosts=150, seed=SEED, rtol=case.rtol)
    for readout, theory in case.reference(days).items():
        assert judge(case.book, readout, values[readout], theory).passed


def test_a_planted_wrong_rate_fails(tmp_path: Path) -> None:
    text = (BOOKS / "immigration_death.yaml").read_text()
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(text.replace('hazard: "0.1 1/day"', 'hazard: "0.11 1/day"'))
    assert wrong.read_text() != text
    days, values = run_book(wrong, "ten", hosts=500, seed=SEED)
    assert not judge("wrong", "x", values["dish.bacillus"], immigration_death(days, immigration=10, death=0.1)).passed
