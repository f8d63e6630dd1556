"""Nothing comes from nowhere: what a run of the body ends with is what it began with, plus all that is booked."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import immunity
from immunity.engine import prepare, run_host, settle
from tests.engine.checks import check_ledger


@pytest.mark.parametrize("stochastic", [False, True], ids=["expected", "drawn"])
@pytest.mark.parametrize("scenario", ["cut_finger", "endotoxin_2ng_per_kg", "pneumococcal_pneumonia"])
def test_the_ledger_of_a_body_closes(scenario: str, stochastic: bool) -> None:
    made = immunity.case(scenario)
    tables = made.model.tables
    net = prepare(tables)
    start, status, _ = settle(net, made.theta, tables.initial, tables.settle_days)
    run = run_host(net, made.theta, start, made.events, made.out_times, stochastic=stochastic, seed=2)
    assert status == run.status == 0
    told = dataclasses.replace(tables, theta=made.theta)
    check_ledger(told, start, run)
    lost = dataclasses.replace(
        run, fired=run.fired * np.where(np.arange(tables.n_flow) == np.argmax(run.fired), 0.9, 1.0)
    )
    with pytest.raises(AssertionError, match="ledger"):
        check_ledger(told, start, lost)
