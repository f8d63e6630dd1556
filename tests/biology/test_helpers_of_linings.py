"""Helper T cells in linings: they end an infection where killers are missing, by interferon gamma and by killing."""

import numpy as np
import pytest

from tests.biology.hasty import hasty_run


def _days_above(scenario: str, readout: str, level: float, days: float, *lacks: str) -> float:
    host = {"deficiencies": list(lacks)} if lacks else {}
    found = hasty_run(scenario, host=host, days=days, record_pools=False)[readout]
    return float(np.trapezoid((found.values > level).astype(float), found[found.dims[0]].values))


@pytest.mark.parametrize(
    ("scenario", "readout", "level", "days"),
    [("rotavirus_in_an_infant", "stool.rotavirus", 7.0, 42.0), ("rsv_in_infant", "nose.virus", 1.0, 35.0)],
)
def test_without_cd8_cells_an_infection_of_a_lining_ends_later_and_without_helpers_too_it_does_not(
    scenario: str, readout: str, level: float, days: float
) -> None:
    healthy, no_killers, neither = (
        _days_above(scenario, readout, level, days, *lacks)
        for lacks in ((), ("cd8_deficiency",), ("cd8_deficiency", "mhc_ii_deficiency"))
    )
    assert healthy + 1.0 < no_killers < healthy + 10.0
    assert neither > no_killers + 7.0


def test_helpers_end_it_by_interferon_gamma() -> None:
    asked = ("rotavirus_in_an_infant", "stool.rotavirus", 7.0, 42.0, "cd8_deficiency")
    assert _days_above(*asked, "ifngr1_deficiency") > _days_above(*asked) + 7.0


def test_helpers_do_not_go_where_cells_show_them_nothing() -> None:
    run = hasty_run("yellow_fever_vaccine", days=14)
    amounts = dict(zip(run.record.pool_names, np.asarray(run.record.pool)[:, 0, :].T, strict=True))
    there = [name for name in amounts if name.startswith("blood_phagocytes.t_helper_clone.effector")]
    assert there
    assert max(float(amounts[name].max()) for name in there) == 0.0
