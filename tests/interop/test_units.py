"""No unit of an exported book is left unchecked or wrong: areas, masses, items, temperatures, and all laws."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sbml_nets import make_events

from immunity.compiler.build import Compiled, compile_book
from immunity.engine import prepare, run_host
from immunity.interop.sbml import to_sbml
from immunity.language.load import load_book
from tests.elsewhere import simulate

libsbml = pytest.importorskip("libsbml")

BOOK = """
{kind: place, id: skin, volume: "2 mL"}
---
kind: cell
id: sheep
lives_in: {skin: [healthy, sick]}
initial: {"healthy at skin": "1000 cell", "sick at skin": "10 cell"}
signals:
  - {id: flock, at: skin, sum: [sheep at skin], per: volume, unit: cell/mL}
  - {id: room, at: skin, log: {signal: flock at skin, of: "1e6 cell/mL"}}
  - {id: space_left, at: skin, sum: [{of: room at skin, weight: "-1"}], unit: "1"}
  - {id: heat, sum: [{of: alarm at skin, weight: "0.01 degC/ng"}], unit: degC}
flows:
  - verb: infect
    target: healthy at skin
    of: sick at skin
    into: sick at skin
    spares: true
    hazard: "1 1/day"
    divided_by: flock at skin
  - {verb: divide, of: healthy at skin, hazard: "0.1 1/day", curve: {signal: space_left at skin, points: [["0", "0"], ["99", "99"]]}}
  - verb: die
    of: sick at skin
    hazard: "1 1/day"
    power: {signal: flock at skin, of: "1000 cell/mL", exponent: 0.75}
    exp: {signal: time, of: "10 day"}
    curve: {signal: time, points: [["0 day", "1"], ["1 day", "2"], ["3 day", "1.5"]]}
readouts:
  - {id: skin.sick, sum: [sick at skin], per: volume of skin, unit: "1e3 cell/mL"}
  - {id: body.temperature, signal: heat, offset: "37 degC", unit: degC}
---
kind: molecule
id: alarm
unit: ng
lives_in: {skin: []}
flows:
  - {verb: secrete, by: sheep.sick at skin, to: at skin, hazard: "2 ng/cell/day", falls_with: {signal: alarm at skin, half: "9 ng/mL"}}
  - {verb: clear, hazard: "3 1/day", also: [{pool: wound at skin, amount: "1e-6 cm2/ng"}]}
---
kind: molecule
id: wound
unit: cm2
lives_in: {skin: []}
initial: {"at skin": "1 cm2"}
flows:
  - {verb: heal, half_life: "2 day", saturates: {killers: sheep.healthy at skin, targets: sheep.sick at skin, half: "5 cell/mL"}}
  - {verb: produce, to: at skin, hazard: "0.01 cm2/day"}
---
{kind: scenario, id: s, title: Everything, days: 3, every: "1 d"}
"""  # noqa: E501


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    path: Path = tmp_path_factory.mktemp("book") / "book.yaml"
    path.write_text(BOOK)
    return compile_book(load_book([path]))


@pytest.fixture(scope="module")
def document(book: Compiled) -> str:
    tables = book.model.tables
    wound = tables.names.pool.index("skin.wound")
    events = make_events([(1.0, 0, wound, 0.02), (2.0, 2, 0, 0.5)])
    return to_sbml(tables, tables.theta, tables.initial, events, title="Everything")


def complaints(document: str) -> list[str]:
    read = libsbml.readSBMLFromString(document)
    read.setConsistencyChecks(libsbml.LIBSBML_CAT_MODELING_PRACTICE, True)
    read.checkConsistency()
    return [f"{read.getError(i).getErrorId()} {read.getError(i).getMessage()}" for i in range(read.getNumErrors())]


def test_libsbml_has_nothing_to_say(document: str) -> None:
    assert complaints(document) == []


def test_it_would_see_a_wrong_unit(document: str) -> None:
    assert 'units="unit_ng_per_cell_per_day"' in document
    wrong = document.replace('units="unit_ng_per_cell_per_day"', 'units="unit_ng"', 1)
    assert any(complaint.startswith("105") for complaint in complaints(wrong))


def test_it_runs_elsewhere_as_here(book: Compiled, document: str) -> None:
    tables = book.model.tables
    days = np.linspace(0.0, 3.0, 7)
    names = [name.replace(".", "_") for name in tables.names.pool]
    theirs = simulate(document, days, names, relative=1e-11, absolute=1e-11)
    wound = tables.names.pool.index("skin.wound")
    events = make_events([(1.0, 0, wound, 0.02), (2.0, 2, 0, 0.5)])
    run = run_host(
        prepare(tables), tables.theta, tables.initial.copy(), events, days, stochastic=False, seed=0, host=0,
        rtol=1e-8, record_pools=True,
    )  # fmt: skip
    before = ~np.isin(days, (1.0, 2.0))  # on a day of an event the two show either side of it
    assert run.pools is not None
    assert theirs[before] == pytest.approx(run.pools[before], rel=1e-5, abs=1e-6)
