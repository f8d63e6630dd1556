"""IgE, its receptors on basophils, and the antibody that holds it."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

import immunity as im
from tests.biology.hasty import hasty_run

FREE, ALL, RECEPTORS = "serum.free_ige", "serum.ige", "blood.basophil_fceri"


@cache
def treated(dose: str, deficiency: str = "atopy", days: int = 56) -> im.Run:
    therapy: dict[str, Any] = {"therapy": "omalizumab", "dose": dose, "every": "28 d", "until": "28 d"}
    changes = {"therapies": [therapy], "every": "1 d"}
    return hasty_run("omalizumab_monthly", days=days, host={"deficiencies": [deficiency]}, changes=changes)


def at(run: im.Run, readout: str, day: float) -> float:
    return float(np.interp(day, run.record.time, np.asarray(run[readout]).ravel()))


def test_free_ige_falls_while_all_of_it_rises() -> None:
    run = treated("300 mg")
    assert at(run, FREE, 0) == pytest.approx(at(run, ALL, 0))
    assert at(run, FREE, 3) < 0.05 * at(run, FREE, 0)
    assert 3.0 < at(run, ALL, 28) / at(run, ALL, 0) < 7.0
    assert at(run, RECEPTORS, 28) < 0.2 * at(run, RECEPTORS, 0)


def test_the_more_of_the_drug_the_less_is_free() -> None:
    free = [at(treated(dose), FREE, 7) / at(treated(dose), FREE, 0) for dose in ("0.3 mg", "3 mg", "30 mg", "3 g")]
    assert free == sorted(free, reverse=True)
    assert free[0] > 0.9  # one drug molecule holds one of IgE at the most
    assert free[-1] < 0.01


def test_who_makes_no_antibody_has_none_and_few_receptors() -> None:
    without, atopic = treated("300 mg", "xla"), treated("300 mg")
    assert at(without, FREE, 0) < 1e-3 * at(atopic, FREE, 0)
    assert at(without, RECEPTORS, 0) < 0.05 * at(atopic, RECEPTORS, 0)
