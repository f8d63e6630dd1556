"""Dengue: antibody that does not keep a virus out leads it in, and that which does keeps its own kind out."""

from __future__ import annotations

import numpy as np

import immunity as im


def virus(scenario: str, changes: dict | None = None) -> np.ndarray:
    return im.run(scenario, days=12, record_pools=False, changes=changes)["blood.dengue"].values


def test_the_second_serotype_is_led_in_and_the_first_is_kept_out() -> None:
    second = virus("dengue_second").max()
    not_led = virus("dengue_second", {"numbers.dengue.enhanced": "1"}).max()
    again = virus("dengue_second", {"exposures.0.threat": "dengue_1"}).max()
    assert second > not_led + 0.3
    assert again < second - 1.0
