"""Scans of a dish in which germs grow: axes, points, what is looked at, the same hosts everywhere, going on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import immunity as im
from immunity.cohorts import CohortInterrupted
from immunity.language.errors import RuleError
from immunity.scans import Scan, read_axes, read_reads
from immunity.scans.points import grid, sobol
from tests.trials.cases import book

GROWTH, DOSE = "numbers.germ.growth", "exposures.0.dose"
READ = ("dish.count maximum", "outcome is dead", "dish.germs last")


def scan(**said) -> Scan:
    given = {"over": {GROWTH: ["0.5 1/day", "1 1/day"], DOSE: "10 CFU to 40 CFU in 3 log"}, "read": READ}
    return im.scan("growth", **{"book": book(), "progress": False, **given, **said})


@pytest.mark.parametrize(
    ("said", "values", "log"),
    [
        ("1 mg to 9 mg in 5", ("1 mg", "3 mg", "5 mg", "7 mg", "9 mg"), False),
        ("1e3 to 1e9 CFU in 3 log", ("1000 CFU", "1e+06 CFU", "1e+09 CFU"), True),
        ("2 to 6 in 3", (2, 4, 6), False),
        (["20 y", "80 y"], ("20 y", "80 y"), False),
        (["1e3 CFU", "1e6 CFU"], ("1e3 CFU", "1e6 CFU"), True),
        ([[], ["cgd"]], ([], ["cgd"]), False),
    ],
)
def test_axes(said, values, log: bool) -> None:
    (axis,) = read_axes({"key": said})
    assert (axis.values, axis.log) == (values, log)
    assert (axis.numbers is None) == isinstance(values[0], list)


@pytest.mark.parametrize(
    "said", ["1 mg", "1 mg to 1 mg", "0 mg to 1 mg in 3 log", "1 mg to 2 g", "1 mg to 9 mg in 1", ["1 mg"], 3]
)
def test_what_is_no_axis_is_refused(said) -> None:
    with pytest.raises(RuleError) as caught:
        read_axes({"key": said})
    assert caught.value.code == "E852" and "key" in str(caught.value)


@pytest.mark.parametrize("text", ["blood.crp maximun", "blood.crp at peak", ""])
def test_what_cannot_be_looked_at_is_refused(text: str) -> None:
    with pytest.raises(RuleError) as caught:
        read_reads([text])
    assert caught.value.code == "E852"


def test_sobol_points_fill_every_half_alike() -> None:
    axes = read_axes({"a": "0 to 1 in 2", "b": "1 to 100 in 2 log", "c": [["x"], ["y"]]})
    points = sobol(axes, 16)
    assert sum(a < 0.5 for a, _, _ in points) == sum(b < 10 for _, b, _ in points) == 8
    assert sum(c == ["x"] for *_, c in points) == 8
    assert len(grid(axes)) == 8
    with pytest.raises(RuleError, match="power of two"):
        sobol(axes, 12)


def test_one_host_is_the_reference_and_every_point_is_a_run() -> None:
    made = scan()
    assert made.dataset["dish.count maximum"].dims == (GROWTH, DOSE, "host")
    assert made.dataset[DOSE].values.tolist() == [10, 20, 40]
    for k, (growth, dose) in enumerate(made.found.points):
        run = im.run("growth", changes={GROWTH: growth, DOSE: dose}, book=book())
        assert made.found.values[k, 0, 0] == run.summary["readouts"]["dish.count"]["maximum"]
        assert made.found.values[k, 0, 1] == (run.outcome == "dead")
    assert made.to_dataframe().shape == (6, 5)
    assert made.dataset["dish.count maximum"].attrs["units"] == "CFU"


def test_the_same_hosts_are_at_every_point_from_any_number_of_processes() -> None:
    one, two = scan(hosts=6, seed=2), scan(hosts=6, seed=2, workers=2)
    assert np.array_equal(one.found.values, two.found.values)
    changes = {GROWTH: "1 1/day", DOSE: "20 CFU"}
    cohort = im.cohort("growth", hosts=6, seed=2, changes=changes, book=book(), progress=False)
    point = one.found.points.index(("1 1/day", "20 CFU"))
    assert one.found.values[point, :, 0].tolist() == cohort["dish.count"].max("time").values.tolist()
    shares = one.to_dataframe()["outcome is dead"]
    assert shares.between(0, 1).all() and shares[point] == cohort.outcomes.get("dead", 0) / 6


def test_an_interrupted_scan_goes_on(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        if done >= 4:
            raise KeyboardInterrupt

    with pytest.raises(CohortInterrupted):
        scan(hosts=3, out=tmp_path / "out", progress=stop)
    runs: list[int] = []
    made = scan(hosts=3, out=tmp_path / "out", resume=True, progress=lambda done, _: runs.append(done))
    assert runs[0] > 4 and np.array_equal(made.found.values, scan(hosts=3).found.values)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "parts", "report.html", "scan.csv", "scan.json", "scan.zarr"
    ]  # fmt: skip
    with pytest.raises(RuleError) as caught:
        scan(hosts=3, seed=9, out=tmp_path / "out", resume=True)
    assert caught.value.code == "E724"


def test_what_is_too_large_is_refused_with_how_long_it_would_take() -> None:
    with pytest.raises(RuleError, match="hours on one core") as caught:
        scan(over={DOSE: "1 CFU to 99 CFU in 5000"}, hosts=10)
    assert caught.value.code == "E853" and "50000 runs" in str(caught.value)
    with pytest.raises(RuleError, match="6 runs, more than 5"):
        scan(at_most=5)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"read": ["dish.counts maximum"]}, "E852"),
        ({"read": ["dish.count > 3 mg"]}, "E809"),
        ({"over": {"exposures.7.dose": ["1 CFU", "2 CFU"]}}, "E608"),
        ({"over": {}}, "E852"),
    ],
)
def test_faults_have_codes(said, code: str) -> None:
    with pytest.raises(RuleError) as caught:
        scan(**said)
    assert caught.value.code == code


def test_sobol_points_stand_in_one_dimension() -> None:
    made = scan(over={GROWTH: "0.5 1/day to 1 1/day", DOSE: "10 CFU to 40 CFU"}, sobol=8)
    assert made.dataset["outcome is dead"].dims == ("point", "host") and len(made.found.points) == 8
    assert made.dataset[DOSE].values.min() >= 10


def test_it_shows_itself_and_is_drawn() -> None:
    made, single = scan(), scan(over={DOSE: ["10 CFU", "40 CFU"]}, hosts=4)
    assert "6 points" in repr(made) and "<svg" in made._repr_html_()
    pytest.importorskip("matplotlib")
    assert made.plot().axes and single.plot("outcome is dead").axes and scan(sobol=2).plot().axes
    with pytest.raises(RuleError):
        made.plot("nothing")
