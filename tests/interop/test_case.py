"""Built-in scenarios, exported and run elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

import immunity
from immunity.compiler.case import Case
from immunity.compiler.tables import EVENT_AGE, EVENT_AGE_SET, Events
from immunity.engine import prepare, run_host, settle
from immunity.interop import case as interop_case
from immunity.interop.case import sbml_of_case
from immunity.interop.sbml_events import Change, group_moments
from immunity.language.errors import RuleError
from tests.elsewhere import simulate

libsbml = pytest.importorskip("libsbml")
WITHIN = 5e-3


def export(scenario: str, days: float | None = None) -> tuple[Case, str]:
    book = immunity.load()
    made = immunity.case(scenario, days=days, book=book)
    return made, sbml_of_case(made, book)


@pytest.fixture(scope="module")
def exported() -> tuple[Case, str]:
    return export("cut_finger", days=2.0)


@pytest.fixture(scope="module")
def elsewhere(exported: tuple[Case, str]) -> np.ndarray:
    return run_elsewhere(*exported)


def run_elsewhere(made: Case, document: str) -> np.ndarray:
    """Return pools [time, pool] by libRoadRunner at 1e-8.

    Its absolute tolerances follow the amounts at the start; of what rests at next to nothing CVODE would be asked more
    than it can give. A hundred-thousandth of what anybody can tell from none is enough.
    """
    read = libsbml.readSBMLFromString(document).getModel()
    species = [read.getSpecies(k).getId() for k in range(read.getNumSpecies())]
    floors = dict(zip(species, (1e-5 * made.model.tables.floor).tolist(), strict=True))
    return simulate(document, made.out_times, species, relative=1e-8, absolute=floors, optimised=False)


def worst_difference(made: Case, theta: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest relative difference of a pool above its floor."""
    tables = made.model.tables
    net = prepare(tables)
    state, status, _ = settle(net, made.theta, tables.initial, tables.settle_days)
    run = run_host(net, theta, state, made.events, made.out_times, record_pools=True)
    assert status == run.status == 0
    assert run.pools is not None
    compared = ~np.isin(made.out_times, made.events.time)  # there the engine shows the state before the event
    pools, expected = run.pools[compared], expected[compared]
    above = expected > tables.floor
    assert above.mean() > 0.2  # the rest: what nobody here meets
    return float(np.max(np.abs(pools - expected)[above] / expected[above]))


def test_engine_agrees_with_roadrunner(exported: tuple[Case, str], elsewhere: np.ndarray) -> None:
    made, _ = exported
    assert worst_difference(made, made.theta, elsewhere) < WITHIN


@pytest.mark.parametrize("scenario", ["endotoxin_2ng_per_kg", "campylobacter_in_milk"])
def test_engine_agrees_with_roadrunner_on_others(scenario: str) -> None:
    made, document = export(scenario, days=1.0)
    assert worst_difference(made, made.theta, run_elsewhere(made, document)) < WITHIN


def test_comparison_sees_a_wrong_number(exported: tuple[Case, str], elsewhere: np.ndarray) -> None:
    made, _ = exported
    theta = made.theta.copy()
    theta[made.model.tables.names.parameter.index("crp.clear.half_life")] *= 1.02
    assert worst_difference(made, theta, elsewhere) > WITHIN


def test_document_has_no_errors(exported: tuple[Case, str]) -> None:
    read = libsbml.readSBMLFromString(exported[1])
    read.setConsistencyChecks(libsbml.LIBSBML_CAT_UNITS_CONSISTENCY, False)  # slow, and of warnings only
    read.checkConsistency()
    severities = [read.getError(k).getSeverity() for k in range(read.getNumErrors())]
    assert max(severities, default=0) < libsbml.LIBSBML_SEV_ERROR


def test_pools_carry_identifiers(exported: tuple[Case, str]) -> None:
    for reference in ("CL:0000775", "UBERON:0000178", "uniprot:P05231", "taxonomy:1280"):
        assert f'rdf:resource="https://identifiers.org/{reference}"' in exported[1]


def test_missing_library_is_a_located_error(exported: tuple[Case, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interop_case, "find_spec", lambda name: None)
    with pytest.raises(RuleError, match="E704"):
        sbml_of_case(exported[0])


SEEN = {"readout": "dish.bacillus", "above": "1e3 cell"}


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"ends_when": [{**SEEN, "outcome": "seen"}]}, "end points"),
        ({"events": [{"pool": "bacillus at dish", "set": "1 cell", "when": SEEN}]}, "crosses a level"),
    ],
)
def test_what_waits_to_be_seen_is_not_exported_without_a_word(changes: dict[str, object], what: str) -> None:
    book = immunity.load("examples/birth_death.yaml")
    made = immunity.case("growth", book=book, changes=changes)
    with pytest.raises(RuleError, match=what) as caught:
        sbml_of_case(made, book)
    assert caught.value.code == "E709"


def test_ageing_is_exported_as_changes_of_numbers() -> None:
    age, start = (EVENT_AGE, 2.0), (EVENT_AGE_SET, 3.0)
    assert Change().then(*age) == Change(2.0, 0.0) and Change(1.0, 5.0).then(*start) == Change(0.0, 3.0)
    events = Events(np.zeros(1), np.array([EVENT_AGE], np.uint8), np.zeros(1, np.int32), np.full(1, 2.0))
    assert group_moments(events)[0].parameters == {0: Change(2.0, 0.0)}
