"""The body stands still when nothing happens, at every age and size, apart from ageing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import immunity as im

AGEING = (
    "marrow",
    "t_cells",
    "cd4",
    "cd8",
    "naive",
    "b_cells",
    "nk_cells",
    "thymus",
    "lymphocytes",
    "plasma",
    "skin.cxcl8",
    "skin.damage",
    "alveoli.damage",
    "lung.lost",
)


def drift(days: float, host: dict[str, Any], **more: Any) -> dict[str, float]:
    """Change of every readout over a run, relative to its start; those that start at zero are left out."""
    run = im.run("healthy_adult", host=host, days=days, **more)
    found = {}
    for name in run.readouts:
        values = np.asarray(run[name]).ravel()
        if values[0] > 0.0:
            found[name] = abs(values[-1] / values[0] - 1.0)
    return found


HOSTS = [{}, {"age": "70 y"}, {"sex": "female", "weight": "55 kg"}]


@pytest.mark.parametrize("host", HOSTS, ids=["man of 35", "man of 70", "woman"])
def test_nothing_drifts_by_a_percent_in_90_days_but_thymus_and_marrow(host: dict[str, Any]) -> None:
    silent = ("skin.cxcl8", "skin.damage", "alveoli.damage", "lung.lost")  # nearly nothing: the old are rarely quite so
    shrinking = ("thymus", "marrow", *silent)
    moved = {n: v for n, v in drift(90, host).items() if v > 0.01 and not any(word in n for word in shrinking)}
    assert moved == {}


def test_only_what_ages_drifts_in_ten_years() -> None:
    found = drift(3652, {}, changes={"every": "100 day"})
    assert {n: v for n, v in found.items() if v > 0.05 and not any(word in n for word in AGEING)} == {}
    assert found["thymus.immune_cells"] > 0.1


def test_a_body_that_is_not_at_rest_is_seen() -> None:
    planted = {"events": [{"at": "1 day", "number": "eosinophil.produce.hazard", "set": "1e8 cell/day"}]}
    assert drift(90, {}, changes=planted)["blood.eosinophils"] > 0.5


def test_count_and_size_of_the_body_follow_weight() -> None:
    whole, half = (im.run("healthy_adult", host={"weight": weight}, days=1) for weight in ("70 kg", "35 kg"))
    cells = [float(np.asarray(run["body.immune_cells"]).ravel()[0]) for run in (whole, half)]
    counts = [float(np.asarray(run["blood.leukocytes"]).ravel()[0]) for run in (whole, half)]
    assert cells[1] / cells[0] == pytest.approx(0.5, rel=0.01)
    assert counts[1] == pytest.approx(counts[0], rel=0.01)
