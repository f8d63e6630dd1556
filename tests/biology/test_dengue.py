"""Dengue: antibody that does not keep a virus out leads it in."""

from __future__ import annotations

import numpy as np

import immunity as im


def virus(scenario: str, changes: dict | None = None) -> np.ndarray:
    return im.run(scenario, days=12, record_pools=False, changes=changes)["blood.dengue"].values


def test_antibody_of_the_first_leads_the_second_in() -> None:
    second = virus("dengue_second").max()
    not_led = virus("dengue_second", {"numbers.dengue.enhanced": "1"}).max()
    assert second > not_led + 0.3
