"""A problem of PEtab comes in as a book, a table and bounds, and is fitted; what is not understood is refused."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

import immunity as im
from immunity.cli.main import run_command
from immunity.interop.petab import import_petab
from immunity.language.errors import RuleError
from tests.interop.sbml_models import Toy, written

pytest.importorskip("libsbml")

TOY = Toy(
    species={"A": 0.0},
    parameters={"a0": 1.0, "k": 1.0},
    reactions={"loss": ({"A": 1}, {}, [], "k * A")},
    starts={"A": "a0"},
)
TABLES = {
    "conditions.tsv": "conditionId\tconditionName\tk\tA\nlow\tslow\t\t\nhigh\t\t\t20\n",
    "observables.tsv": "observableId\tobservableFormula\tobservableTransformation\tnoiseFormula\n"
    "seen\tscale * A + observableParameter1_seen\tlin\t0.1 + 0.1\nlogged\tA\tlog10\tnoiseParameter1_logged\n",
    "parameters.tsv": "parameterId\tparameterScale\tlowerBound\tupperBound\tnominalValue\testimate\n"
    "a0\tlog10\t0.1\t1000\t10\t1\nk\tlog10\t0.01\t100\t1\t1\nscale\tlin\t0\t10\t2\t0\nsigma\tlin\t0\t1\t0.1\t1\n",
    "measurements.tsv": "observableId\tsimulationConditionId\ttime\tmeasurement\tobservableParameters\t"
    "noiseParameters\n"
    "seen\tlow\t0\t17\t1\t\nseen\tlow\t1\t10.704490555402132\t1\t\nseen\tlow\t1\t12.704490555402132\t3\t\n"
    "logged\thigh\t1\t12.2\t\tsigma\nlogged\thigh\t2\t7.3\t\tsigma\n",
    "problem.yaml": "format_version: 1\nparameter_file: parameters.tsv\nproblems:\n"
    "- {sbml_files: [model.xml], condition_files: [conditions.tsv], measurement_files: [measurements.tsv],"
    " observable_files: [observables.tsv]}\n",
}


def write(folder: Path, **instead: tuple[str, str]) -> Path:
    """A problem, where ``name=(old, new)`` changes a table."""
    (folder / "model.xml").write_text(written(TOY, "day"))
    for name, text in TABLES.items():
        old, new = instead.get(name.partition(".")[0], ("", ""))
        assert old in text
        (folder / name).write_text(text.replace(old, new) if old else text)
    return folder / "problem.yaml"


def test_a_problem_runs_as_it_says(tmp_path: Path) -> None:
    made = import_petab(write(tmp_path), tmp_path / "out")
    book = im.load(made.book)
    low, high = (im.run(name, book=book, rtol=1e-7) for name in ("low", "high"))
    assert low["model.seen"].values[[0, -1]] == pytest.approx([21.0, 2 * 10 * 0.36787944 + 1], rel=1e-5)
    assert low["model.seen_2"].values[0] == pytest.approx(23.0, rel=1e-5)
    assert high["model.logged"].values[[0, -1]] == pytest.approx([1.30103, 1.30103 - 0.8685890], rel=1e-4)
    moved = im.run("low", book=book, changes={"numbers.model.a0": 5.0})
    assert moved["model.a"].values[0] == pytest.approx(5.0)


def test_tables_are_written(tmp_path: Path) -> None:
    made = import_petab(write(tmp_path), tmp_path / "out")
    rows = list(csv.DictReader(made.data.open()))
    assert [row["readout"] for row in rows] == ["model.seen", "model.seen", "model.seen_2"] + ["model.logged"] * 2
    assert [row["sd"] for row in rows] == ["0.2", "0.2", "0.2", "", ""] and rows[3]["scenario"] == "high"
    assert made.numbers.read_text() == "number,least,most\nmodel.a0,0.1,1000.0\nmodel.k,0.01,100.0\n"
    assert made.left_at_zero == ()


def test_it_is_fitted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """a0 = 8 and k = 0.5 were planted in one condition, k alone in the other."""
    assert run_command(["import", str(write(tmp_path)), "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    command = next(line for line in said.splitlines() if line.startswith("immunity fit")).split()
    assert run_command([*command[1:], "--json", "--out", str(tmp_path / "fit")]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == json.loads((tmp_path / "fit" / "fit.json").read_text())
    found = {row["number"]: row for row in told["numbers"]}
    assert found["model.a0"]["factor"] == pytest.approx(0.8, rel=0.01)
    assert found["model.k"]["fitted"].startswith("0.5") or found["model.k"]["fitted"].startswith("0.49")
    assert found["model.k"]["least"] < found["model.k"]["factor"] < found["model.k"]["most"]
    assert 0.0 < told["sizes"]["model.logged"] < 0.05 and "model.seen" not in told["sizes"]
    assert run_command(command[1:]) == 0
    assert "95 %" in capsys.readouterr().out


def test_what_begins_at_zero_is_left_there(tmp_path: Path) -> None:
    made = import_petab(write(tmp_path, parameters=("1000\t10\t1", "1000\t0\t1")), tmp_path / "out")
    assert made.left_at_zero == ("a0",) and "model.a0" not in made.numbers.read_text()


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ({"problem": ("format_version: 1", "version: 1")}, "E715", "format_version"),
        ({"problem": ("[model.xml]", "[model.xml, b.xml]")}, "E716", "more than one model"),
        ({"problem": ("conditions.tsv", "nothing.tsv")}, "E101", "nothing.tsv"),
        ({"measurements": ("\ttime\t", "\tday\t")}, "E715", "no column 'time'"),
        ({"measurements": ("low\t0\t17", "low\tinf\t17")}, "E716", "time inf"),
        ({"measurements": ("seen\tlow\t0\t17\t1", "seen\tlow\t0\t17\t")}, "E715", "leaves open"),
        ({"measurements": ("logged\thigh\t1", "other\thigh\t1")}, "E715", "no observable"),
        ({"observables": ("0.1 + 0.1", "0.1 * A")}, "E716", "errors that follow a formula"),
        ({"observables": ("log10", "logit")}, "E716", "logit"),
        ({"observables": ("scale * A", "scale * (A")}, "E716", "cannot be read"),
        ({"observables": ("logged\tA", "k\tA")}, "E715", "no observable"),
        ({"conditions": ("\t20", "\tsigma")}, "E716", "sets it to 'sigma'"),
        ({"conditions": ("conditionName\tk", "conditionName\troom"), "c": ("", "")}, "", ""),
        ({"conditions": ("slow\t\t", "slow\t-1e999x\t")}, "E716", "sets it to"),
        ({"parameters": ("0.01\t100\t1\t1", "0.01\t100\t-1\t1")}, "E716", "parameter of -1"),
    ],
)
def test_what_is_not_understood_is_refused(tmp_path: Path, change: dict, code: str, said: str) -> None:
    file = write(tmp_path, **change)
    if not code:  # a column for the size of the room, with nothing in it, changes nothing
        import_petab(file, tmp_path / "out")
        return
    with pytest.raises(RuleError, match=said) as caught:
        import_petab(file, tmp_path / "out")
    assert caught.value.code == code
    assert not (tmp_path / "out").exists()
