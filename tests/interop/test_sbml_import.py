"""Models of others run here as they do elsewhere, and what has no words here is refused by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import immunity as im
from immunity.cli.main import run_command
from immunity.interop.sbml_import import import_sbml
from immunity.language.errors import RuleError
from tests.elsewhere import simulate
from tests.interop.sbml_models import REFUSED, TOYS, Toy, written

pytest.importorskip("libsbml")
WITHIN = 1e-4
PER_DAY = {"second": 86400.0}


def run_here(toy: Toy, folder: Path, unit: str = "second") -> dict[str, np.ndarray]:
    """Curves by SBML's ids."""
    file = folder / "toy.xml"
    file.write_text(written(toy, unit), encoding="utf-8")
    book = im.load(import_sbml(file, folder / "book", span=toy.until, step=toy.until / 50.0))
    run = im.run("as_published", book=book, rtol=1e-8)
    times = run.curve(book.model.readouts[0].id).time.values * PER_DAY[unit]
    grid = np.linspace(0.0, toy.until, 51)
    rows = np.searchsorted(times, grid + 1e-9 * toy.until, side="right") - 1  # after what happens then
    return {info.name or info.id: run.curve(info.id).values[rows] for info in book.model.readouts}


def run_elsewhere(toy: Toy) -> dict[str, np.ndarray]:
    shown = [*toy.species, *toy.rated, *toy.assigned, *(key for _, sets, _ in toy.events for key in sets)]
    names = [key if toy.amounts or key not in toy.species else f"[{key}]" for key in dict.fromkeys(shown)]
    found = simulate(written(toy), np.linspace(0.0, toy.until, 51), names, absolute=1e-14)
    return {name.strip("[]"): found[:, k] for k, name in enumerate(names)}


@pytest.mark.parametrize("name", TOYS)
def test_it_runs_as_elsewhere(name: str, tmp_path: Path) -> None:
    here, elsewhere = run_here(TOYS[name], tmp_path), run_elsewhere(TOYS[name])
    assert set(here) == set(elsewhere)
    for key, expected in elsewhere.items():
        size = np.abs(expected).max() or 1.0
        assert np.abs(here[key] - expected).max() <= WITHIN * size, key


def test_a_wrong_number_is_seen(tmp_path: Path) -> None:
    toy = TOYS["decay"]
    here = run_here(Toy(toy.species, {"k": 0.303}, toy.reactions), tmp_path)
    assert np.abs(here["a"] - run_elsewhere(toy)["a"]).max() > WITHIN * 10.0


def test_a_unit_of_time_is_kept(tmp_path: Path) -> None:
    here = run_here(TOYS["decay"], tmp_path, "second")
    assert here["a"][-1] == pytest.approx(10.0 * np.exp(-3.0), rel=1e-5)
    text = (tmp_path / "book" / "model.yaml").read_text(encoding="utf-8")
    assert "1 1/s" in text and "every: 0.2 s" in text


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_words_is_refused_by_name(name: str, tmp_path: Path) -> None:
    toy, said = REFUSED[name]
    file = tmp_path / "toy.xml"
    file.write_text(written(toy), encoding="utf-8")
    with pytest.raises(RuleError, match=said) as caught:
        import_sbml(file, tmp_path / "book")
    assert caught.value.code == "E716"
    assert not (tmp_path / "book").exists()


@pytest.mark.parametrize(("text", "code"), [("no document", "E715"), ("<sbml/>", "E715")])
def test_what_is_no_document_is_refused(text: str, code: str, tmp_path: Path) -> None:
    (tmp_path / "toy.xml").write_text(text, encoding="utf-8")
    with pytest.raises(RuleError) as caught:
        import_sbml(tmp_path / "toy.xml", tmp_path / "book")
    assert caught.value.code == code


def test_no_book_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "toy.xml").write_text(written(TOYS["decay"]), encoding="utf-8")
    import_sbml(tmp_path / "toy.xml", tmp_path)
    with pytest.raises(RuleError, match="E706"):
        import_sbml(tmp_path / "toy.xml", tmp_path)


def test_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, book = tmp_path / "toy.xml", tmp_path / "book"
    file.write_text(written(TOYS["decay"]), encoding="utf-8")
    assert run_command(["import", str(file), "--out", str(book), "--span", "10"]) == 0
    assert f"immunity run as_published --biology {book}" in capsys.readouterr().out.replace("\n", "")
    assert run_command(["run", "as_published", "--biology", str(book)]) == 0
    assert run_command(["import", str(tmp_path / "no.xml"), "--out", str(book)]) == 2
    assert "E101" in capsys.readouterr().err
