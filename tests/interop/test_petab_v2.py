"""A problem of PEtab format 2 comes in as the same one in format 1 does; what is not understood is refused by name."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import immunity as im
from immunity.interop.petab import import_petab
from immunity.language.errors import RuleError
from tests.interop import test_petab as first
from tests.interop.sbml_models import written

pytest.importorskip("libsbml")

TABLES = {
    "conditions.tsv": "conditionId\ttargetId\ttargetValue\nfull\tA\t20\nslow\tk\t1\n",
    "experiments.tsv": "experimentId\ttime\tconditionId\nlow\t0\t\nhigh\t0\tfull\nhigh\t0\tslow\n",
    "observables.tsv": "observableId\tobservableFormula\tobservablePlaceholders\tnoiseFormula\tnoisePlaceholders\t"
    "noiseDistribution\nseen\tscale * A + offset\toffset\t0.1 + 0.1\t\tnormal\n"
    "logged\tA\t\tspread\tspread\tlog-normal\n",
    "parameters.tsv": "parameterId\tlowerBound\tupperBound\tnominalValue\testimate\tpriorDistribution\t"
    "priorParameters\na0\t0.1\t1000\t10\ttrue\t\t\nk\t0.001\t200\t1\ttrue\tuniform\t0.01;100\n"
    "scale\t0\t10\t2\tfalse\t\t\nsigma\t0\t1\t0.1\ttrue\t\t\n",
    "measurements.tsv": first.TABLES["measurements.tsv"].replace("simulationConditionId", "experimentId"),
    "problem.yaml": "format_version: 2.0.0\nmodel_files: {toy: {location: model.xml, language: sbml}}\n"
    "parameter_files: [parameters.tsv]\ncondition_files: [conditions.tsv]\nexperiment_files: [experiments.tsv]\n"
    "measurement_files: [measurements.tsv]\nobservable_files: [observables.tsv]\n",
}


def write(folder: Path, **instead: tuple[str, str]) -> Path:
    """A problem, where ``name=(old, new)`` changes a table."""
    folder.mkdir(exist_ok=True)
    (folder / "model.xml").write_text(written(first.TOY, "day"))
    for name, text in TABLES.items():
        old, new = instead.get(name.partition(".")[0], ("", ""))
        assert old in text
        (folder / name).write_text(text.replace(old, new) if old else text)
    return folder / "problem.yaml"


def test_it_is_the_same_problem_as_in_format_1(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    one = import_petab(first.write(tmp_path / "one"), tmp_path / "1")
    two = import_petab(write(tmp_path / "two"), tmp_path / "2")
    assert two.numbers.read_text() == one.numbers.read_text()  # the uniform prior cuts the bounds to those of format 1
    assert two.data.read_text() == one.data.read_text()
    books = [im.load(made.book) for made in (one, two)]
    for name in ("low", "high"):
        curves = [im.run(name, book=book)["model.logged"].values for book in books]
        assert curves[0] == pytest.approx(curves[1], rel=1e-12)


def test_what_is_measured_in_no_experiment_is_measured_in_the_model_as_it_is(tmp_path: Path) -> None:
    made = import_petab(write(tmp_path / "two", measurements=("\tlow\t", "\t\t")), tmp_path / "out")
    assert {row["scenario"] for row in csv.DictReader(made.data.open())} == {"as_published", "high"}
    run = im.run("as_published", book=im.load(made.book))
    assert run["model.seen"].values[0] == pytest.approx(21.0, rel=1e-5)


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ({"problem": ("2.0.0", "3.0.0")}, "E716", "format 3.0.0"),
        ({"problem": ("language: sbml", "language: pysb")}, "E716", "one model in SBML"),
        ({"problem": ("observable_files: [obs", "mapping_files: [m.tsv]\nobservable_files: [obs")}, "E716", "mappings"),
        ({"problem": ("observable_files", "observables")}, "E715", "observable_files"),
        ({"experiments": ("high\t0\tfull", "high\t-inf\tfull")}, "E716", "preequilibration"),
        ({"experiments": ("high\t0\tslow", "high\t1\tslow")}, "E716", "begins at time 1"),
        ({"experiments": ("\tslow", "\tquick")}, "E715", "no condition"),
        ({"experiments": ("low\t0", "slow\t0")}, "E715", "no experiment"),
        ({"parameters": ("uniform\t0.01;100", "normal\t1;2")}, "E716", "prior that is normal"),
        ({"observables": ("log-normal", "laplace")}, "E716", "laplace"),
        ({"conditions": ("k\t1", "k\t2 * sigma")}, "E716", "sets it to"),
    ],
)
def test_what_is_not_understood_is_refused(tmp_path: Path, change: dict, code: str, said: str) -> None:
    with pytest.raises(RuleError, match=said) as caught:
        import_petab(write(tmp_path / "two", **change), tmp_path / "out")
    assert caught.value.code == code
    assert not (tmp_path / "out").exists()
