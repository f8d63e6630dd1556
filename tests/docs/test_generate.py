"""Generated pages are what would be generated, and the check notices when they are not."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.docs.pages import DOCS


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    sys.path.insert(0, str(DOCS))
    try:
        spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(DOCS))
    return module


@pytest.fixture(scope="module")
def made(generate: ModuleType) -> list[tuple[Path, str]]:
    return list(generate.static_pages())


def test_pages_are_up_to_date(generate: ModuleType, made: list[tuple[Path, str]]) -> None:
    assert generate.stale_pages(iter(made)) == []


def test_every_entry_readout_number_and_paper_is_told(generate: ModuleType, made: list[tuple[Path, str]]) -> None:
    pages = {file.name: text for file, text in made}
    compiled = generate.load()
    for info in compiled.model.readouts:
        assert f"`{info.id}`" in pages["readouts.md"]
    for name in compiled.model.parameter_sources:
        assert f"`{name}`" in pages["numbers.md"]
    for key in compiled.model.sources:
        assert f'<a id="{key}">' in pages["sources.md"]
    for kind, page in (("cell", "cells.md"), ("place", "places.md"), ("scenario", "scenarios.md")):
        for id in compiled.book.entries[kind]:
            assert f'<a id="{id}">' in pages[page]


def test_a_planted_edit_is_noticed(generate: ModuleType, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("as generated\n", encoding="utf-8")
    assert generate.stale_pages(iter([(page, "as generated\n")])) == []
    page.write_text("as generated, and edited by hand\n", encoding="utf-8")
    assert generate.stale_pages(iter([(page, "as generated\n")])) == [page]
    assert generate.stale_pages(iter([(tmp_path / "missing.md", "x")])) == [tmp_path / "missing.md"]


def test_the_findings_table_and_outputs_are_put_where_they_belong(generate: ModuleType, tmp_path: Path) -> None:
    from pages import runs  # type: ignore[import-not-found]  # found through the fixture

    page = tmp_path / "page.md"
    page.write_text("a\n<!-- output: immunity --version -->\n```text\nold\n```\nb\n", encoding="utf-8")
    ((file, text),) = runs.pages_with_outputs([page])
    assert file == page
    assert "old" not in text
    assert text.startswith("a\n<!-- output: immunity --version -->\n```text\n")
    assert text.endswith("```\nb\n")
    with pytest.raises(ValueError, match="exit code 2"):
        runs.output_of("immunity explain no_such_thing")


def test_the_readme_counts_by_topic_and_names_what_is_missed(generate: ModuleType) -> None:
    from pages import runs  # type: ignore[import-not-found]  # found through the fixture

    from immunity.api import HERE
    from immunity.validate import Verdict, load_findings

    some = [each.finding for each in load_findings([HERE / "findings"])][:6]
    verdicts = [Verdict(each, "reproduced", "1", "", "linear", ()) for each in some]
    assert runs.share(verdicts) == "6 of 6"
    assert "Not reproduced" not in runs.short_table(verdicts)
    verdicts[0] = Verdict(some[0], "missed", "1", "", "linear", ())
    table = runs.short_table(verdicts)
    assert runs.share(verdicts) == "5 of 6"
    assert f"| `{some[0].id}` |" in table and f"| `{some[1].id}` |" not in table


def test_one_command_draws_every_picture(capsys: pytest.CaptureFixture[str]) -> None:
    spec = importlib.util.spec_from_file_location("renew", DOCS / "renew.py")
    assert spec is not None and spec.loader is not None
    renew = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(renew)
    made = {name for names in renew.STEPS for name in names}
    assert made == {file.name for file in (DOCS / "images").iterdir()} | {"notebooks"}
    for names, (script, *rest) in renew.STEPS.items():
        file = DOCS.parent / (f"{rest[0].replace('.', '/')}.py" if script == "-m" else script)
        text = file.read_text(encoding="utf-8")
        assert all(name in text for name in names if name.endswith(".png") and not name.startswith("explore"))
    assert renew.chosen(["leukaemia.png"]) == [("cancer.png", "leukaemia.png")]
    assert not any(set(names) & set(renew.LONG) for names in renew.chosen([]))
    assert renew.main(["no_such.png"]) == 2 and "no_such.png" in capsys.readouterr().err
