"""What carriage, ears and birth must do, whatever their numbers become."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pytest

import immunity as im


def _carried(*deficiencies: str) -> Any:
    host = {"age": "2 y", "deficiencies": list(deficiencies)}
    return im.run("pneumococcal_carriage", host=host, days=45, record_pools=False, rtol=1e-2)


@lru_cache(maxsize=1)
def _cold() -> Any:
    return im.run("cold_in_a_carrier", days=20, record_pools=False, rtol=1e-2)


def _grown(run: Any, readout: str, since: float, until: float) -> float:
    """Most of it between two days, CFU; the readout is a logarithm."""
    time = run[readout].time.values
    return float(10.0 ** run[readout].values[(time >= since) & (time <= until)].max())


def test_helper_cells_end_carriage() -> None:
    usual, alone = _carried(), _carried("digeorge_complete")
    assert _grown(usual, "nose.bacteria", 5, 20) > 1e5
    assert _grown(usual, "nose.bacteria", 44, 45) < 100
    assert _grown(alone, "nose.bacteria", 44, 45) > 1e5


def test_an_ear_empties_itself_unless_a_cold_shuts_its_tube() -> None:
    assert 10 < _grown(_cold(), "ear.bacteria", 12, 12.6) < 1e4
    assert _grown(_cold(), "ear.bacteria", 13.5, 16.5) < 2
    assert 1e5 < _grown(_cold(), "ear.bacteria", 17, 20) < 1e8  # a mL of effusion holds 1e6 to 1e8, an ear half of one


def test_an_ear_that_is_infected_leaves_the_blood_all_but_clean() -> None:
    assert _grown(_cold(), "blood.bacteria", 17, 20) < 1  # in a mL, of which a culture takes one or two


def test_a_cold_feeds_what_is_carried() -> None:
    assert _grown(_cold(), "nose.bacteria", 16, 18) > 1.5 * _grown(_cold(), "nose.bacteria", 13, 14)


@pytest.mark.parametrize("weeks", [28, 40])
def test_mothers_give_most_in_the_last_weeks(weeks: int) -> None:
    run = im.run("healthy_adult", host={"age": "0 d", "gestation": f"{weeks} week"}, days=0.5, record_pools=False)
    told = 13.564 - 1.094 * weeks + 0.026 * weeks**2
    assert np.asarray(run["serum.maternal_igg"])[0] == pytest.approx(told, rel=0.1)
