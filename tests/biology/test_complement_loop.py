"""The amplification loop of C3: what it leaves where its brakes are missing, weak or whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.biology.hasty import hasty_run


def _c3(changes: dict[str, Any] | None = None, deficiencies: tuple[str, ...] = ()) -> float:
    run = hasty_run(
        "healthy_adult", changes=changes or {}, host={"deficiencies": list(deficiencies)}, days=1, record_pools=False
    )
    return float(np.asarray(run["blood.c3"]).ravel()[0])


def test_without_brakes_c3_burns_to_one_level_whatever_the_liver_makes() -> None:
    assert _c3() == pytest.approx(1.2, rel=0.02)
    without = _c3(deficiencies=("factor_i_deficiency",))
    assert without == pytest.approx(0.36, rel=0.1)
    twice = _c3({"numbers.c3.produce.hazard": "2.8 g/day"}, ("factor_i_deficiency",))  # 1.38 g/day in health
    assert twice < 1.15 * without
    assert _c3({"numbers.c3.produce.hazard": "2.8 g/day"}) > 2.2


def test_half_the_brakes_are_enough_and_a_fiftieth_is_not() -> None:
    half = _c3({"numbers.complement_brakes.produce.hazard": "25 mg/day"})  # 50 mg/day in health
    assert 0.9 < half / _c3() < 0.995
    assert _c3(deficiencies=("factor_h_deficiency",)) < 0.5
