"""Progenitors that leave the marrow: what holds them there, and what lets them go."""

from __future__ import annotations

import numpy as np
import pytest

from tests.biology.hasty import hasty_run

CD34 = "blood.cd34"


def most(scenario: str, *, days: float = 6.0, dose: str | None = None, host: dict[str, str] | None = None) -> float:
    changes = {"therapies.0.dose": dose} if dose else None
    return float(np.max(hasty_run(scenario, days=days, host=host, changes=changes)[CD34]))


def test_two_that_loosen_them_multiply() -> None:
    rest = 2.2
    gcsf, plerixafor, both = map(most, ("donor_of_stem_cells", "plerixafor_240ug", "donor_of_stem_cells_plerixafor"))
    assert rest * 10 < plerixafor < gcsf < both < 170 * rest
    assert both > 2.5 * gcsf


def test_dose_counts_and_all_of_them_come_home() -> None:
    doses = [
        most("plerixafor_240ug", days=1.0, dose=dose) for dose in ("2.4 ug/kg", "24 ug/kg", "240 ug/kg", "2.4 mg/kg")
    ]
    assert doses == sorted(doses)
    assert doses[0] < 3.0 and doses[-1] > 2.0 * doses[-2]
    run = hasty_run("donor_of_stem_cells_plerixafor", days=14)
    assert np.ravel(run[CD34])[-1] == pytest.approx(2.2, abs=0.2)


def test_small_and_large_people_have_as_many_in_a_drop() -> None:
    small, large = (most("donor_of_stem_cells", host={"weight": weight}) for weight in ("45 kg", "140 kg"))
    assert small == pytest.approx(large, rel=0.2)


def test_a_marrow_without_progenitors_makes_nothing_and_one_with_few_grows() -> None:
    """Conditioning and a graft, a hundredth of a graft, and none."""
    grafts = {"none": "0 cell", "few": "3.5e6 cell", "usual": "3.5e8 cell"}
    events = {
        name: hasty_run("stem_cell_transplantation", days=60, changes={"events.0.scale": "0", "events.12.add": dose})
        for name, dose in grafts.items()
    }
    neutrophils = {name: np.ravel(run["blood.neutrophils"]) for name, run in events.items()}
    back = {
        name: int(np.argmax(counts[3:] > 0.5)) + 1 if np.max(counts[3:]) > 0.5 else None
        for name, counts in neutrophils.items()
    }
    assert back["none"] is None
    assert back["usual"] is not None and back["few"] is not None
    assert 9 < back["usual"] < 18 < back["few"] < 40
