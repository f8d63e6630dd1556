"""What was lived before day 0 is lived once by the same person, and anew by another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from immunity.calibrate import with_factors
from immunity.cohorts import host as hosts
from immunity.cohorts.host import run_case
from immunity.compiler.case import Case, Past
from immunity.compiler.tables import Events
from tests.calibrate.toy import book, case

__all__ = ["book", "case"]
NOTHING = Events(np.empty(0), np.empty(0, np.uint8), np.empty(0, np.int32), np.empty(0))


@pytest.fixture
def grown(case: Case) -> Case:
    for stochastic in (False, True):
        run_case(case, stochastic=stochastic)  # what is compiled at first runs once
    return replace(case, past=Past(100.0, case.theta, NOTHING, (), ()))


def levels(case: Case, *, stochastic: bool = False) -> np.ndarray:
    return run_case(case, stochastic=stochastic).run.readouts[:, 0]


def lived(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Tell, of each run to come, whether it was one of a past."""
    told: list[bool] = []
    run = hosts.run_host

    def listening(*given: object, **named: object) -> object:
        told.append(bool(named.get("earlier")))
        return run(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(hosts, "run_host", listening)
    return told


def test_it_is_lived_once_and_the_same(grown: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    told = lived(monkeypatch)
    first = levels(grown)
    again = levels(grown)
    assert told == [True, False, False]  # a past and two presents
    assert np.array_equal(first, again)


def test_another_person_and_a_longer_past_are_lived_anew(grown: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    levels(grown)
    told = lived(monkeypatch)
    assert grown.past is not None
    levels(replace(grown, past=replace(grown.past, days=50.0)))
    levels(with_factors(grown, {grown.model.tables.names.parameter.index("sugar.rate"): 2.0}))
    assert told == [True, False, True, False]


def test_what_is_drawn_is_lived_each_time(grown: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    told = lived(monkeypatch)
    for _ in range(2):
        levels(grown, stochastic=True)
    assert told == [True, False, True, False]


def test_few_are_kept(grown: Case) -> None:
    assert grown.past is not None
    for days in range(1, hosts.LIVED + 4):
        levels(replace(grown, past=replace(grown.past, days=float(days))))
    assert len(hosts._prepare_once(grown.model.tables).lived) == hosts.LIVED
