"""The Python face: short to look at, complete, and plain about mistakes."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

import immunity as im
from immunity.cli.main import run_command
from immunity.results import Cohort, Pair, Run
from tests.results.records import record, with_death

LIMIT = 3000  # letters
DRAWN = 8000  # with a small drawing in each row
BOOK = """
{kind: place, id: dish, name: Dish, volume: {value: "1 L", status: assumed}}
---
{kind: molecule, id: dye, name: Dye, unit: mg, lives_in: {dish: []},
 flows: [{verb: decay, of: at dish, half_life: {value: "6 h", status: measured, source: smith2001}}],
 readouts: [{id: dish.dye, name: Dye, sum: [at dish], per: volume of dish, unit: mg/L}]}
---
{kind: sources, id: papers, sources: {smith2001: {cite: Smith 2001}}}
---
{kind: scenario, id: fade, title: A dye fades, days: 2, every: "6 h",
 events: [{at: "0 d", pool: dye at dish, add: "8 mg"}]}
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> object:
    file = tmp_path_factory.mktemp("book") / "book.yaml"
    file.write_text(BOOK, encoding="utf-8")
    return im.load(file)


def test_a_bare_result_is_short_and_says_what_became_of_whom(book: object) -> None:
    one, dead = Run(record(1)), Run(with_death(record(1), 0, 4.5))
    many = Cohort(with_death(record(500), 3, 4.5))
    for shown in (one, dead, many, Pair(one, dead), im.run("fade", book=book), book):
        assert 20 < len(repr(shown)) < LIMIT
        assert len(getattr(shown, "_repr_html_", str)()) < DRAWN
    assert one._repr_html_().count("<polyline") == len(one.record.show)
    assert "dead on day 4.50" in repr(dead) and "dead on day 4.50" in dead._repr_html_()
    assert "1 dead" in repr(many)
    assert "<b>" not in Run(record(1))._repr_html_()


def test_values_are_shown_as_a_laboratory_reports_them() -> None:
    from dataclasses import replace

    shown = repr(Run(replace(record(1), show=("decay", "tent"))))
    assert "log10 TCID50/mL" in shown and "5.268e+05" not in shown
    assert shown.splitlines()[2].split()[-1] == "2.99"  # of 977 TCID50/mL
    assert shown.splitlines()[3].split()[-1] == "1"  # the limit of detection


def test_a_title_cannot_write_into_a_notebook() -> None:
    from dataclasses import replace

    shown = Run(replace(record(1), title="<script>x</script>"))._repr_html_()
    assert "<script" not in shown and "&lt;script" in shown


def test_names_are_offered() -> None:
    assert Run(record(1))._ipython_key_completions_() == ["line", "tent", "decay"]
    known = dir(im)
    wanted = {"list", "explain", "trace", "validate", "check", "cite", "export", "number", "run", "compare", "cohort"}
    assert wanted <= set(known)
    assert {"import_module", "annotations", "TYPE_CHECKING", "Any"}.isdisjoint(known)
    assert all(callable(getattr(im, name)) for name in wanted)


def test_readouts_are_attributes_for_the_tabulator_key(book: object) -> None:
    run = im.run("fade", book=book)
    assert "dish" in dir(run) and dir(run.dish) == ["dye"]
    assert run.dish.dye.equals(run["dish.dye"]) and "dish.dye" in repr(run.dish)
    with pytest.raises(AttributeError, match=r"did you mean 'dish\.dye'"):
        _ = run.dish.die
    with pytest.raises(AttributeError):
        _ = run._no_such_thing
    assert pickle.loads(pickle.dumps(run)).outcome == run.outcome


def test_results_are_tables(book: object) -> None:
    run, pair = im.run("fade", book=book), im.compare("fade", {"events.0.add": "80 mg"}, book=book)
    table = run.to_dataframe()
    assert table["dish.dye"].tolist() == run["dish.dye"].values.tolist() and table.index.name == "day"
    assert table.attrs["units"] == {"dish.dye": "mg/L"}
    assert pair.to_dataframe().loc["80 mg"].max().item() == pytest.approx(10 * table.max().item())
    many = im.cohort("fade", hosts=3, book=book, progress=False)
    frame = many.to_dataframe("dish.dye")
    assert frame.index.names == ["host", "day"] and len(frame) == 3 * len(table)
    assert frame.loc[2]["dish.dye"].tolist() == many["dish.dye"].sel(host=2).values.tolist()
    with pytest.raises(KeyError, match="did you mean"):
        run.to_dataframe("dish.die")


def test_a_pair_is_two_runs(book: object) -> None:
    pair = im.compare("fade", {"events.0.add": "80 mg"}, book=book)
    one, two = pair
    assert pair.labels == ("8 mg", "80 mg")
    assert float(two["dish.dye"].max()) == pytest.approx(10 * float(one["dish.dye"].max()))


def test_a_number_is_read_in_parts(book: object) -> None:
    found = im.number("dye.decay.half_life", book=book)
    assert (found.value, found.unit, found.status, found.source) == (6.0, "h", "measured", ("smith2001",))
    assert float(found) == 6.0
    assert im.list("numbers", book=book)["dye.decay.half_life"] == found
    with pytest.raises(im.RuleError, match=r"E614.*dye\.decay\.half_life"):
        im.number("dye.decay.half_lif", book=book)


def test_the_command_line_lists_numbers_in_parts_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "book.yaml").write_text(BOOK, encoding="utf-8")
    assert run_command(["list", "numbers", "--json", "--biology", str(tmp_path / "book.yaml")]) == 0
    told = json.loads(capsys.readouterr().out)["dye.decay.half_life"]
    assert (told["value"], told["unit"], told["status"], told["source"]) == (6.0, "h", "measured", ["smith2001"])
    assert run_command(["list", "numbers", "--biology", str(tmp_path / "book.yaml")]) == 0
    assert "6 h  [measured] smith2001" in capsys.readouterr().out


def test_a_book_is_asked(book: object, tmp_path: Path) -> None:
    assert "dish.dye" in im.list("readouts", book=book) and "Dye" in repr(im.list("readouts", book=book))
    assert "Smith 2001" in im.explain("dye", book=book) and repr(im.explain("dye", book=book)).startswith("Dye")
    assert "half_life" in im.trace("dish.dye", book=book)
    assert "ok: " in repr(im.check(book=book)) and im.check(book=book).statuses["measured"] == 1
    text = im.export("fade", book=book, out=tmp_path / "fade.xml")
    assert text.startswith("<?xml") and (tmp_path / "fade.xml").read_text(encoding="utf-8") == text
    assert im.cite(im.run("fade", book=book))[0]["key"] == "smith2001"


MISTAKES = [
    lambda book: im.run("fad", book=book),
    lambda book: im.cohort("fade", hosts="many", book=book),  # type: ignore[arg-type]
    lambda book: im.cohort("fade", hosts=2.5, book=book),  # type: ignore[arg-type]
    lambda book: im.run("fade", changes={"events.0.add": "8 kelvins"}, book=book),
    lambda book: im.explain("nothing", book=book),
    lambda book: im.run("fade", book=book)["dish.dy"],
]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_in_few_lines(mistake: object, book: object) -> None:
    with pytest.raises((im.RuleError, im.RuleErrors, KeyError)) as caught:
        mistake(book)  # type: ignore[operator]
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert len(frames) <= 4, [frame.name for frame in frames]  # two of them here
    assert caught.value.__suppress_context__ and caught.value.__cause__ is None
    shown = caught.value._render_traceback_()  # type: ignore[union-attr]
    assert 1 <= len(shown) <= 8


def test_a_plot_is_a_picture_without_pyplot() -> None:
    pytest.importorskip("matplotlib")
    script = """
import sys
from tests.results.records import record
from immunity.results import Cohort, Pair, Run
for shown in (Run(record(1)), Cohort(record(3)), Pair(Run(record(1)), Run(record(1)))):
    assert shown.plot("line")._repr_png_()[:4] == b"\\x89PNG"
assert "matplotlib.pyplot" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
