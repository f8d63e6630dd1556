"""Built-in scenarios in which things happen by themselves, run in, or happened long ago."""

from __future__ import annotations

import pytest

from tests.biology.hasty import hasty_run


def test_a_fever_calls_for_the_drug() -> None:
    run = hasty_run("fever_treated_at_once", days=3.0, record_pools=False)
    (began,) = run.summary["happened"]
    temperature = run["body.temperature"]
    before = temperature.values[temperature.time.values < began["day"] - 1.0 / 24.0]
    assert began["what"] == "ceftriaxone began" and 0.1 < began["day"] < 1.0
    assert before.max() < 38.4 and not run["blood.ceftriaxone"].values[: len(before)].any()
    assert run["blood.ceftriaxone"].values.max() > 100.0


def test_who_has_no_fever_gets_no_drug() -> None:
    run = hasty_run("fever_treated_at_once", days=3.0, record_pools=False, changes={"exposures.0.dose": "100 CFU"})
    assert run.summary["happened"] == [] and not run["blood.ceftriaxone"].values.any()


def test_drugs_given_long_ago_are_gone_and_recent_ones_are_not() -> None:
    def level(before: str) -> float:
        given = [{"before": before, "therapies": [{"therapy": "ceftriaxone", "dose": "2 g"}]}]
        run = hasty_run("healthy_adult", days=0.1, record_pools=False, changes={"host.history": given})
        return float(run["blood.ceftriaxone"].values[0])

    recent, old = level("8 h"), level("400 d")
    assert recent == pytest.approx(100.0, rel=0.4) and old < 1e-3


def test_an_infused_drug_holds_its_level() -> None:
    rate = [{"therapy": "ceftriaxone", "rate": "50 mg/h", "loading": "500 mg", "lasting": "3 d"}]
    run = hasty_run("healthy_adult", days=3.0, record_pools=False, changes={"therapies": rate, "every": "6 h"})
    level = run["blood.ceftriaxone"].values
    assert level[6:-1].std() < 0.05 * level[6:-1].mean()
