"""An archive names what it holds, and its simulation run elsewhere is the run as it is shown here."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import immunity as im
from immunity.cli.main import run_command
from immunity.compiler.case import Case
from immunity.interop.archive import FORMATS, archive_of_case
from immunity.interop.sedml import NAMESPACE, SBML, sedml_of_case
from tests.elsewhere import simulate

libsbml = pytest.importorskip("libsbml")
TAG = f"{{{NAMESPACE}}}"
LIMIT = 0.5
BOOK = """{kind: place, id: dish, volume: "2 mL"}
---
kind: molecule
id: sugar
name: Sugar & salt
unit: ng
lives_in: {dish: []}
initial: {"at dish": "8 ng"}
flows: [{verb: decay, hazard: "2 1/day"}]
readouts:
  - {id: dish.sugar, signal: sugar at dish, unit: ng/mL, limit_of_detection: "0.5 ng/mL", name: Sugar in the dish}
  - {id: dish.log, signal: sugar at dish, unit: pg/mL, scale: log10, name: Its logarithm}
---
{kind: scenario, id: rest, title: Sugar < salt, days: 2, every: "6 h", show: [dish.sugar, dish.log]}
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Case, dict[str, str]]:
    path = tmp_path / "book.yaml"
    path.write_text(BOOK)
    book = im.load(path)
    case = im.case("rest", book=book)
    content = archive_of_case(case, book)
    assert content == archive_of_case(case, book)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return case, {name: archive.read(name).decode() for name in archive.namelist()}


def test_the_manifest_names_every_file(files) -> None:
    _, held = files
    rows = ElementTree.fromstring(held["manifest.xml"])
    named = {row.get("location", "").removeprefix("./"): row for row in rows}
    assert named.keys() == FORMATS.keys() and held.keys() == FORMATS.keys() - {"."}
    assert [name for name, row in named.items() if row.get("master") == "true"] == ["simulation.sedml"]
    assert "Sugar &lt; salt" in held["metadata.rdf"]
    ElementTree.fromstring(held["metadata.rdf"])


def test_references_of_the_simulation_lead_somewhere(files) -> None:
    _, held = files
    root = ElementTree.fromstring(held["simulation.sedml"])
    ids = [each.get("id") for each in root.iter() if each.get("id") and each.tag.startswith(TAG)]
    assert len(ids) == len(set(ids))
    for each in root.iter():
        for key, value in each.attrib.items():
            if key.endswith("Reference"):
                assert value in ids, (each.tag, key, value)
    model = next(root.iter(f"{TAG}model"))
    document = ElementTree.fromstring(held[model.get("source")])
    for variable in root.iter(f"{TAG}variable"):
        if target := variable.get("target"):
            assert document.findall(target.replace("/sbml:sbml/", "./"), {"sbml": SBML})
    course = next(root.iter(f"{TAG}uniformTimeCourse"))
    assert (course.get("outputEndTime"), course.get("numberOfPoints")) == ("2", "8")
    assert len(list(root.iter(f"{TAG}plot2D"))) == 2 and len(list(root.iter(f"{TAG}dataSet"))) == 3


def generators(simulation: str) -> dict[str, tuple[str, str]]:
    """What each readout is read from, and its formula."""
    found = {}
    for generator in ElementTree.fromstring(simulation).iter(f"{TAG}dataGenerator"):
        target = next(generator.iter(f"{TAG}variable")).get("target")
        if target:
            formula = libsbml.readMathMLFromString(
                ElementTree.tostring(generator.find("{http://www.w3.org/1998/Math/MathML}math"), encoding="unicode")
            )
            name = re.search(r"@id='(\w+)'", target)[1]  # type: ignore[index]
            found[str(generator.get("id"))] = (name, libsbml.formulaToL3String(formula))
    return found


def test_elsewhere_it_runs_as_here(files) -> None:
    case, held = files
    read = generators(held["simulation.sedml"])
    assert read["dish_sugar"][1] == f"piecewise(dish_sugar_v, dish_sugar_v >= {LIMIT}, {LIMIT})"
    assert read["dish_log"][1] == "log10(dish_log_v)"
    times = np.linspace(0.0, 2.0, 9)
    assert times == pytest.approx(case.out_times)
    there = simulate(held["model.xml"], times, [read[key][0] for key in ("dish_sugar", "dish_log")])
    expected = 4.0 * np.exp(-2.0 * times)
    assert np.column_stack([expected, 1e3 * expected]) == pytest.approx(there, rel=1e-6)
    run = im.run("rest", book=im.load(case.asked["files"][0]), rtol=1e-6)
    assert run["dish.sugar"].values == pytest.approx(np.maximum(there[:, 0], LIMIT), rel=1e-4)
    assert run["dish.log"].values == pytest.approx(np.log10(there[:, 1]), rel=1e-4)


def test_a_readout_that_the_model_lacks_is_not_asked_for(files) -> None:
    case, held = files
    without = re.sub(r'<parameter id="dish_log".*?/>', "", held["model.xml"])
    assert set(generators(sedml_of_case(case, without, source="model.xml"))) == {"dish_sugar"}


def test_the_command_writes_it(files, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    biology = ["--biology", str(tmp_path / "book.yaml")]
    assert run_command(["export", "rest", "--out", str(tmp_path / "rest.omex"), *biology]) == 0
    assert zipfile.is_zipfile(tmp_path / "rest.omex")
    assert run_command(["export", "rest", "--to", "sbml", "--out", str(tmp_path / "odd.omex"), *biology]) == 0
    assert (tmp_path / "odd.omex").read_text().startswith("<?xml")
    assert run_command(["export", "rest", "--to", "omex", *biology]) == 2
    assert "FILE.omex" in capsys.readouterr().err
