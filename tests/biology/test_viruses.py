"""A virus in a lining, whatever its numbers become: who stops it, when, and what a second meeting is like."""

from __future__ import annotations

from functools import cache

import numpy as np

import immunity as im
from tests.biology.hasty import hasty_run

NAIVE, VOLUNTEER, AGAIN = "influenza_in_the_naive", "influenza_in_adult", "influenza_twice"
DEAF = (("numbers.ifn_alpha_beta.shuts", "1e-6 mL/ng"), ("numbers.ifn_lambda.shuts", "1e-6 mL/ng"))
NO_KILLERS = (("numbers.t_killer_clone.supply", "1e-12 1/day"),)


@cache
def met(scenario: str, changes: tuple[tuple[str, str], ...] = (), lacks: str = "", days: float = 16) -> im.Run:
    host = {"deficiencies": [lacks]} if lacks else {}
    return hasty_run(scenario, host=host, changes=dict(changes), days=days, record_pools=False)


def titre(run: im.Run) -> np.ndarray:
    """Decadic logarithm of the nasal titre, hour by hour."""
    return run["nose.virus"].values


def last_day_shed(run: im.Run) -> float:
    shed = titre(run) > titre(run).min() + 0.05
    return float(np.flatnonzero(shed)[-1]) / 24 if shed.any() else 0.0


def test_the_titre_rises_a_thousandfold_and_the_virus_is_gone_within_two_weeks() -> None:
    curve = titre(met(NAIVE))
    assert 5.0 < curve.max() < 7.5
    assert 1.0 < np.argmax(curve) / 24 < 4.0
    assert curve[-1] == curve.min()


def test_cells_are_shut_before_all_are_infected_and_the_lining_is_whole_again() -> None:
    run = met(NAIVE, days=40)
    lining = run["nose.open_cells"].values
    assert lining.min() < 0.2 * lining[0]
    assert lining[-1] > 0.8 * lining[0]


def test_without_interferon_more_is_shed_at_once() -> None:
    early = slice(0, 4 * 24)
    assert titre(met(NAIVE, DEAF))[early].max() > titre(met(NAIVE))[early].max() + 0.3


def test_without_killers_it_begins_alike_and_lasts_longer() -> None:
    with_them, without = met(NAIVE), met(NAIVE, NO_KILLERS)
    assert abs(titre(with_them)[72] - titre(without)[72]) < 0.05
    assert last_day_shed(without) > last_day_shed(with_them) + 1.0


def test_who_has_met_another_strain_is_done_with_it_sooner() -> None:
    assert last_day_shed(met(VOLUNTEER)) < last_day_shed(met(NAIVE)) - 1.0


def test_the_same_strain_finds_antibody_unless_there_are_no_b_cells() -> None:
    assert titre(met(AGAIN))[24:].max() < 2.0  # once what was given is swept away
    assert titre(met(AGAIN, lacks="xla")).max() > 4.0
    assert (
        abs(titre(met(NAIVE, lacks="xla"))[48] - titre(met(NAIVE))[48]) < 0.01
    )  # at the first meeting they are not missed


def test_a_hundredth_of_the_dose_gives_the_same_peak_later() -> None:
    less = met(VOLUNTEER, (("exposures.0.dose", "160 TCID50"),))
    assert abs(titre(less).max() - titre(met(VOLUNTEER)).max()) < 0.5
    assert np.argmax(titre(less)) > np.argmax(titre(met(VOLUNTEER))) + 6


def test_one_infectious_unit_mostly_infects_nobody() -> None:
    one = {"exposures.0.dose": "1 TCID50"}
    drawn = [hasty_run(NAIVE, changes=one, days=5, stochastic=True, seed=seed) for seed in range(6)]
    assert sum(titre(run).max() > 2.0 for run in drawn) <= 2


def test_oseltamivir_stops_it_while_it_is_taken() -> None:
    treated, untreated = titre(met("influenza_on_oseltamivir", days=6)), titre(met(VOLUNTEER))
    assert abs(treated[24] - untreated[24]) < 0.01
    assert treated[3 * 24] < untreated[3 * 24] - 2.0


def test_what_t_cells_know_of_a_virus_is_there_only_where_it_is_met() -> None:
    known = [hasty_run(scenario, days=1).record.pool_names for scenario in ("healthy_adult", NAIVE)]
    healthy, ill = (any("killer_clone" in name for name in names) for names in known)
    assert ill and not healthy


def test_linings_and_drugs_are_there_only_where_a_virus_is_met() -> None:
    healthy, ill = (hasty_run(scenario, days=1).record.pool_names for scenario in ("healthy_adult", NAIVE))
    for name in ("epithelial_cell", "bronchi.", "lung_lining.", "influenza_a"):
        assert any(name in pool for pool in ill)
        assert not any(name in pool for pool in healthy)
    for name in ("liver_cells.", "hiv_1", "dexamethasone", "respiratory_syncytial_virus"):
        assert not any(name in pool for pool in ill)
