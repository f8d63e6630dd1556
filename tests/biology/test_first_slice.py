"""What the first slice of biology must do, whatever its numbers become."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import immunity as im

NEUTROPENIC = {"deficiencies": ["severe_congenital_neutropenia"]}
RESTING = ("blood.neutrophils", "blood.monocytes", "blood.crp", "blood.c3", "marrow.mitotic", "marrow.postmitotic")


def _outcome(run: im.Run) -> str:
    return str(run.summary["outcome"])


def _last(run: im.Run, name: str) -> float:
    values = np.asarray(run[name]).ravel()
    return float(values[~np.isnan(values)][-1])


def _highest(run: im.Run, name: str) -> float:
    return float(np.nanmax(np.asarray(run[name])))


def test_a_resting_adult_stands_still() -> None:
    run = im.run("healthy_adult", rtol=1e-5)
    for name in RESTING:
        values = np.asarray(run[name]).ravel()
        assert np.abs(values / values[0] - 1.0).max() < 0.01, name


def test_the_same_inoculum_heals_in_health_and_kills_in_severe_neutropenia() -> None:
    healthy, neutropenic = im.compare("cut_finger", "cut_finger", second_host=NEUTROPENIC)
    assert _outcome(healthy) == "healthy"
    assert _outcome(neutropenic) == "dead"
    assert _last(healthy, "skin.bacteria") == pytest.approx(1.0)  # the limit of detection


def test_flucloxacillin_rescues_the_neutropenic() -> None:
    run = im.run("cut_finger_flucloxacillin")
    assert _outcome(run) != "dead"
    assert _last(run, "liver.bacteria") == pytest.approx(0.0)  # the limit of detection


def test_dose_decides() -> None:
    few = im.run("cut_finger", changes={"exposures.0.dose": "1e3 CFU"})
    many = im.run("cut_finger", changes={"exposures.0.dose": "1e9 CFU"})
    assert _highest(few, "skin.bacteria") < 5.0
    assert _last(few, "skin.bacteria") == pytest.approx(1.0)
    assert _highest(many, "skin.damage") > 50 * _highest(few, "skin.damage")
    assert _highest(many, "skin.neutrophils") > 10 * _highest(few, "skin.neutrophils")
    assert _last(many, "skin.bacteria") == pytest.approx(1.0)  # what surrounds the patch goes on calling neutrophils


def test_what_was_cleared_does_not_grow_back() -> None:
    run = im.run("cut_finger", days=120)
    curve = np.asarray(run["skin.bacteria"]).ravel()
    assert curve[len(curve) // 4 :].max() == pytest.approx(1.0)


def test_without_engulfing_neutrophils_the_cut_does_not_heal() -> None:
    run = im.run("cut_finger", changes={"numbers": {"neutrophil_killing.ingestion": "1e-9 1/min"}})
    assert _outcome(run) == "dead" or _last(run, "skin.bacteria") > 4.0


def test_a_new_bacterium_meets_every_old_cell(tmp_path: Path) -> None:
    (tmp_path / "threats").mkdir()
    (tmp_path / "threats" / "newcomer.yaml").write_text(
        """id: newcomer
name: Newcomer
is: [bacterium, extracellular_bacterium]
carries: {microbial_pattern: "1"}
lives_in: {each surface: [], each guarded: []}
enters: {each guarded_site: at guarded_site.surface}
numbers: {growth: "8 1/day", film_growth: "2 1/day", uptake: "1", toxicity: "1 1/day"}
""",
        encoding="utf-8",
    )
    book = im.load(overlays=[tmp_path])
    run = im.run("cut_finger", changes={"exposures.0.threat": "newcomer"}, book=book)
    assert _highest(run, "skin.neutrophils") > 3.0 * float(np.asarray(run["skin.neutrophils"]).ravel()[0])
    assert _highest(run, "skin.bacteria") > 4.0
    assert _last(run, "skin.bacteria") == pytest.approx(1.0)
