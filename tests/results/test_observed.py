"""Tables of observed values: both common shapes, single subjects, limits, missing values, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from immunity.language.errors import RuleError
from immunity.report import from_run, render
from immunity.results import Run
from immunity.results.observed import ObservedData, read_observed

from .records import INFOS, record


def read(folder: Path, text: str, **more: str) -> ObservedData:
    file = folder / "data.csv"
    file.write_text(text, encoding="utf-8")
    return read_observed(file, INFOS, **more)


def test_a_long_table(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "# from a trial\nsubject,time,value,unit,readout,lod\n"
        "a,48 ,2,g/L,tent,\nb,2,NA,mg/L,tent,\na,24,3000,ug/mL,tent,\nb,1,0.5,mg/L,tent,2\nb,3,<4,mg/L,tent,\n",
        time="h",
    )
    first, second = found.of("tent")
    assert (first.subject, first.time.tolist(), first.value.tolist()) == ("a", [1.0, 2.0], [3000.0, 2000.0])
    np.testing.assert_allclose(second.time, [1 / 24, 3 / 24])
    assert second.value.tolist() == [2.0, 4.0] and second.below.tolist() == [True, True]
    assert found.skipped == 1
    assert found.in_words("tent") == "observed (data.csv): 4 values, 2 subjects, 2 below detection"


def test_a_table_as_nonmem_reads_it(tmp_path: Path) -> None:
    text = "ID TIME AMT WT DV MDV EVID\n1 0 25 1.4 . 1 1\n1 2 . 1.4 17.3 0 0\n1 112.5 . 1.4 31 0 0\n"
    text += "2 0 15 1.5 0 1 1\n2 2 . 1.5 9.7 0 0\n"
    found = read(tmp_path, text, readout="tent", unit="mg/L")
    assert [(s.subject, len(s.time)) for s in found.series] == [("1", 2), ("2", 1)]
    np.testing.assert_allclose(found.series[0].time, [2 / 24, 112.5 / 24])
    assert found.skipped == 2


@pytest.mark.parametrize("header", ["time_h", "time (h)", "Time [h]", "TIME_HOURS"])
def test_a_header_may_name_its_unit(tmp_path: Path, header: str) -> None:
    found = read(tmp_path, f"{header};value [g/L]\n12;3\n", readout="tent")
    assert found.series[0].time[0] == 0.5 and found.series[0].value[0] == pytest.approx(3000.0)


def test_days_are_days_and_a_logarithm_becomes_an_amount(tmp_path: Path) -> None:
    found = read(tmp_path, "time\tvalue\tunit\tname\n2\t3\tlog10 TCID50/mL\tdecay\n")
    assert found.series[0].time[0] == 2.0 and found.series[0].value[0] == 1000.0


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("time,amount\n1,2\n", "E708", 1),
        ("time,value\n1,2\n", "E708", 2),
        ("time,value,readout\n1,2,tents\n", "E610", 2),
        ("time,value,readout,unit\n1,2,tent,mL\n", "E809", 2),
        ("time,value,readout,unit\n1,2,tent,florps\n", "E304", 2),
        ("time,value,readout\n1,two,tent\n", "E708", 2),
        ("time,value,readout\n1,2,tent\n,5,tent\n", "E708", 3),
        ("time,value,readout\n1,inf,tent\n", "E708", 2),
        ("time_mg,value,readout\n1,NA,tent\n", "E708", 1),
    ],
)
def test_what_is_refused_and_where(tmp_path: Path, text: str, code: str, line: int) -> None:
    with pytest.raises(RuleError) as caught:
        read(tmp_path, text)
    assert caught.value.code == code
    assert caught.value.location is not None and caught.value.location.line == line


def test_no_file_and_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="E101"):
        read_observed(tmp_path / "none.csv", INFOS)
    with pytest.raises(RuleError, match="E708"):
        read(tmp_path, "\n")


def test_a_report_and_a_figure_show_every_subject(tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    file.write_text("time,value,readout,subject\n1,5,tent,a\n2,60,tent,a\n3,<2,tent,b\n", encoding="utf-8")
    page = Run(record(1)).report(tmp_path / "r.html", data=file).read_text(encoding="utf-8")
    assert page.count('class="observed" data-x=') == 3 and page.count('class="subject"') == 1
    assert "observed (data.csv): 3 values, 2 subjects, 1 below detection" in page
    assert render(from_run.from_run(Run(record(1)))).count('class="observed" data-x=') == 0
    figures = pytest.importorskip("matplotlib.figure")
    figure = Run(record(1)).plot(data=file)
    assert isinstance(figure, figures.Figure) and len(figure.axes) == 1
    assert figure.axes[0].dataLim.y1 == 60.0
