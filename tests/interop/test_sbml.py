"""The exported document means what the tables mean."""

from __future__ import annotations

import builtins
import dataclasses
import re

import numpy as np
import pytest
from sbml_nets import every_feature, integrate, make_events, signal_values

from bench.net import NetBuilder
from immunity.compiler.tables import EVENT_ADD, Events, Tables
from immunity.engine import prepare, run_host
from immunity.interop.sbml import to_sbml
from tests.elsewhere import simulate

libsbml = pytest.importorskip("libsbml")

DAYS = np.array([0.0, 0.5, 0.75, 1.25, 2.0, 3.0])


@pytest.fixture(scope="module")
def case() -> tuple[Tables, Events, str]:
    tables, events = every_feature()
    references = {"neutrophil at blood": {"cl": "CL:0000775", "uberon": "UBERON:0000178", "story": "x"}}
    references["germ at blood"] = {"ncbi_taxonomy": "1280"}
    references["alarm at blood"] = {"uniprot": "P05231", "chebi": "CHEBI:1"}
    document = to_sbml(tables, tables.theta, tables.initial, events, title="A & B", annotations=references)
    return tables, events, document


def species_ids(document: str) -> list[str]:
    return re.findall(r'<species [^>]*?\bid="(\w+)"', document)


def errors_of(document: str) -> list[tuple[int, int]]:
    read = libsbml.readSBMLFromString(document)
    read.checkConsistency()
    return [(read.getError(i).getSeverity(), read.getError(i).getErrorId()) for i in range(read.getNumErrors())]


def test_document_is_consistent(case: tuple[Tables, Events, str]) -> None:
    found = errors_of(case[2])
    assert [entry for entry in found if entry[0] >= libsbml.LIBSBML_SEV_ERROR] == []


def test_units_of_a_net_of_cells_are_consistent() -> None:
    net = NetBuilder()
    cell = net.pool("cell", 10.0)
    density = net.amount("density", cell, divisor=net.parameter("volume", 2.0, "volume"), unit="cell/L")
    up = net.hill("up", density, base=1.0, top=3.0, half=4.0, n=2.0, unit="cell/volume")
    net.flow("divide", cell, 0.1, [(cell, 1)], laws=[up], unit="1/time")
    net.flow("make", -1, 0.1, [(cell, 1)], unit="cell/time")
    tables, events = net.tables(), make_events([(1.0, EVENT_ADD, cell, -3.0)])
    document = to_sbml(tables, tables.theta, tables.initial, events, title="cells")
    assert errors_of(document) == []
    wrong = document.replace(
        'id="make_hazard" name="make.hazard" value="0.1" units="unit_cell_per_day"',
        'id="make_hazard" value="0.1" units="unit_day"',
    )
    assert {code for _, code in errors_of(wrong)} == {10503, 10541}


def test_consistency_check_sees_a_broken_document(case: tuple[Tables, Events, str]) -> None:
    broken = case[2].replace("<ci> blood_volume </ci>", "<ci> no_volume </ci>")
    assert any(severity >= libsbml.LIBSBML_SEV_ERROR for severity, _ in errors_of(broken))


def test_roadrunner_agrees_with_the_definition(case: tuple[Tables, Events, str]) -> None:
    tables, events, document = case
    found = simulate(document, DAYS, species_ids(document))
    assert found == pytest.approx(integrate(tables, events, DAYS), rel=1e-6, abs=1e-6)


def test_comparison_sees_a_wrong_number(case: tuple[Tables, Events, str]) -> None:
    tables, events, document = case
    theta = tables.theta.copy()
    theta[tables.names.parameter.index("kill.half")] *= 1.01
    wrong = to_sbml(tables, theta, tables.initial, events, title="wrong")
    found = simulate(wrong, DAYS, species_ids(document))
    assert found != pytest.approx(integrate(tables, events, DAYS), rel=1e-4, abs=1e-6)


def test_copasi_agrees_with_the_definition(case: tuple[Tables, Events, str]) -> None:
    basico = pytest.importorskip("basico")
    tables, events, document = case
    model = basico.load_model_from_string(document)
    try:
        frame = basico.run_time_course(
            values=[0.0, 1.25, 3.0],
            use_numbers=True,
            use_sbml_id=True,
            r_tol=1e-10,
            a_tol=1e-10,
            max_steps=1_000_000,
            model=model,
        )
    finally:
        basico.remove_datamodel(model)
    expected = integrate(tables, events, np.array([0.0, 1.25, 3.0]))
    assert frame[species_ids(document)].to_numpy() == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_signals_and_readouts_are_told(case: tuple[Tables, Events, str]) -> None:
    tables, _, document = case
    theta = tables.theta.copy()
    theta[tables.names.parameter.index("drift")] *= 1.2
    start = simulate(document, DAYS[:2], ["cells", "clock", "mixed", "blood_neutrophils", "temperature"])[0]
    initial = tables.initial.copy()
    initial[2] += 200.0
    cells, clock, mixed = signal_values(tables, theta, 0.0, initial)[[1, 3, 4]]
    assert start == pytest.approx([cells, clock, mixed, cells * 1e-9, clock + 37.0])


def test_hill_of_a_negative_signal_is_its_base() -> None:
    net = NetBuilder()
    minus = net.signal("minus", [], constant=net.parameter("minus one", -1.0))
    pool = net.pool("pool", 0.0)
    net.flow("make", -1, 1.0, [(pool, 1)], laws=[net.hill("h", minus, base=2.0, top=9.0, half=1.0, n=1.5)])
    tables = net.tables()
    document = to_sbml(tables, tables.theta, tables.initial, make_events([]), title="negative")
    assert simulate(document, np.array([0.0, 1.0]), ["pool"])[-1] == pytest.approx([2.0])


def test_hazards_stop_at_zero_as_in_the_engine() -> None:
    net = NetBuilder()
    minus, pool, other = net.parameter("minus two", -2.0), net.pool("pool", 0.0), net.pool("other", 1.0)
    low = net.signal("low", [("pool", other, 1.0, -1)], constant=minus)
    lower = net.signal("lower", [("signal", low, 3.0, -1)])
    one = net.amount("one", other)
    net.flow("pair", other, 5.0, [(pool, 1)], laws=[net.proportional(lower)])
    net.flow("share", other, 5.0, [(pool, 1)], laws=[net.saturating("share", low, one, 0.5)])
    net.flow("kill", other, 5.0, [(pool, 1)], laws=[net.saturating("kill", one, low, 0.5)])
    net.flow("age", other, 5.0, [(pool, 1)], laws=[net.curve(one, [(0.0, 1.0), (1.0, -1.0)])])
    net.flow("fall", other, 5.0, [(pool, 1)], laws=[net.hill("fall", one, base=1.0, top=-9.0, half=1.0, n=1.0)])
    tables = net.tables()
    document = to_sbml(tables, tables.theta, tables.initial, make_events([]), title="floor")
    made = simulate(document, np.array([0.0, 1.0]), ["pool"])[-1]
    assert made == pytest.approx([5.0 * 1.0 / 1.5])
    basico = pytest.importorskip("basico")
    model = basico.load_model_from_string(document)
    frame = basico.run_time_course(values=[0.0, 1.0], use_sbml_id=True, model=model)
    basico.remove_datamodel(model)
    assert frame["pool"].iloc[-1] == pytest.approx(made[0])


def test_what_happens_at_day_0_is_in_the_initial_values(case: tuple[Tables, Events, str]) -> None:
    assert 'id="germ_at_blood" name="germ at blood" compartment="body" initialAmount="500"' in case[2]
    assert [float(x) for x in re.findall(r'<event id="at_day_(\w+)"', case[2].replace(".", "_"))[:1]] == [1.0]


def test_names_units_and_references_are_told(case: tuple[Tables, Events, str]) -> None:
    document = case[2]
    assert "not medical advice" in document
    assert 'id="_time" name="time"' in document
    assert 'id="alarm_at_blood_2" name="alarm at blood"' in document
    for reference in ("CL:0000775", "UBERON:0000178", "taxonomy:1280", "uniprot:P05231", "CHEBI:1"):
        assert f'rdf:resource="https://identifiers.org/{reference}"' in document
    assert "identifiers.org/x" not in document
    assert re.search(r'<parameter id="blood_volume"[^>]* units="unit_L"', document)
    assert re.search(r'<parameter id="blood_neutrophils"[^>]* units="unit_1e9_cell_per_L"', document)
    assert re.search(r'<parameter id="temperature"[^>]* units="unit_degC"', document)
    assert re.search(r'<unitDefinition id="unit_degC".*?kind="kelvin"', document, re.DOTALL)


def test_primary_that_is_not_changed_is_a_modifier(case: tuple[Tables, Events, str]) -> None:
    secretion = case[2].split('<reaction id="secrete')[1].split("</reaction>")[0]
    assert '<modifierSpeciesReference species="neutrophil_at_blood"/>' in secretion


def test_halt_is_told_in_the_notes() -> None:
    tables, events = every_feature()
    stopped = dataclasses.replace(tables, stop=dataclasses.replace(tables.stop, signal=1, below=0.5, outcome="dead"))
    document = to_sbml(stopped, tables.theta, tables.initial, events, title="halt")
    assert "a host halts (dead) once cells falls below 0.5" in document


def test_missing_library_is_said_clearly(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *args: object, **kwargs: object) -> object:
        if name == "libsbml":
            raise ModuleNotFoundError(name)
        return real(name, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", refuse)
    tables, events = every_feature()
    with pytest.raises(ModuleNotFoundError, match="pip install python-libsbml"):
        to_sbml(tables, tables.theta, tables.initial, events, title="x")


def test_unknown_event_is_refused() -> None:
    tables, _ = every_feature()
    with pytest.raises(ValueError, match="unknown event kind 99"):
        to_sbml(tables, tables.theta, tables.initial, make_events([(1.0, 99, 0, 1.0)]), title="x")


def test_engine_agrees_with_roadrunner(case: tuple[Tables, Events, str]) -> None:
    tables, events, document = case
    between = DAYS[~np.isin(DAYS, events.time)]  # at the moment of an event the engine shows the state before it
    run = run_host(prepare(tables), tables.theta, tables.initial, events, between, record_pools=True)
    expected = simulate(document, np.array([0.0, *between]), species_ids(document))[1:]
    assert run.pools is not None
    above = expected > tables.floor
    assert above.sum() > 12
    assert run.pools[above] == pytest.approx(expected[above], rel=5e-3)
