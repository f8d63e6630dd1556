"""What HIV does to CD4 cells, and what a liver that is full of a virus does to its killers."""

from __future__ import annotations

import numpy as np

from tests.biology.hasty import hasty_run


def curves(scenario: str, *names: str, days: float, changes: dict | None = None) -> list[np.ndarray]:
    run = hasty_run(scenario, days=days, record_pools=False, changes=changes)
    return [run[name].values for name in names]


def test_cd4_cells_leave_the_blood_at_the_peak_of_hiv_and_a_part_of_them_never_comes_back() -> None:
    (cd4,) = curves("hiv_untreated", "blood.cd4", days=60)
    least, after = cd4[10:25].min() / cd4[0], cd4[60] / cd4[0]
    assert least < 0.6 < after < 0.9


def test_scars_leave_room_for_fewer_cd4_cells() -> None:
    (scarred,) = curves("hiv_untreated", "blood.cd4", days=400)
    never = {"numbers.node_scarring.scars_in": "1000 year"}
    (whole,) = curves("hiv_untreated", "blood.cd4", days=400, changes=never)
    assert scarred[-1] < whole[-1] - 15.0


def test_nobody_is_left_to_clear_a_liver_that_is_full_of_hepatitis_b() -> None:
    run = hasty_run("hepatitis_b_at_birth", days=200, record_pools=True)
    naive = run["body.t_killer_clone.naive[hbv_core]"].values
    assert run["blood.hbv"].values[-1] > 8.0
    assert naive[-1] < 0.2 * naive[0]
    assert run["all_nodes.t_killer_clone.progenitor[hbv_core]"].values[-1] < 1e5


def test_cells_around_hepatocytes_that_hepatitis_c_is_in_shut_and_keep_most_of_the_liver_free_of_it() -> None:
    (heard,) = curves("hepatitis_c", "liver.infected_by_hcv", days=365)
    (unheard,) = curves(
        "hepatitis_c", "liver.infected_by_hcv", days=365, changes={"numbers.liver_cells.half_beside": "1e9"}
    )
    assert 2.0 < heard[-1] < 108.0 < 140.0 < unheard[-1]


def test_a_carrier_of_hepatitis_c_lives_for_ten_years_with_it() -> None:
    rna, alive, tnf = curves("hepatitis_c", "blood.hcv", "body.survival", "blood.tnf", days=3650)
    assert 5.0 < rna[-1] < 7.5
    assert alive[-1] > 0.99
    assert tnf[-1] < 2.0 * tnf[0]
