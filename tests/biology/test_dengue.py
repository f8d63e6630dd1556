"""Dengue: antibody that does not keep a virus out leads it in; NS1 takes platelets and opens vessels."""

from __future__ import annotations

import numpy as np

from immunity.results import Run
from tests.biology.hasty import hasty_run


def infect(scenario: str, changes: dict | None = None) -> Run:
    return hasty_run(scenario, days=12, record_pools=False, changes=changes)


def test_antibody_of_the_first_leads_the_second_in_and_platelets_and_plasma_are_lost_after_the_fever() -> None:
    run = infect("dengue_second")
    not_led = infect("dengue_second", {"numbers.dengue.enhanced": "1"})
    second = run["blood.dengue"].values
    assert second.max() > not_led["blood.dengue"].values.max() + 0.3
    platelets, red_cells = run["blood.platelets"].values, run["blood.haematocrit"].values
    time = run["blood.dengue"].time.values
    hottest = time[run["body.temperature"].values.argmax()]
    assert np.isclose(platelets[0], 250, rtol=1e-3)
    assert platelets.min() < 100
    assert time[platelets.argmin()] > hottest + 1
    assert time[red_cells.argmax()] > hottest
    assert red_cells.max() > not_led["blood.haematocrit"].values.max() + 1
