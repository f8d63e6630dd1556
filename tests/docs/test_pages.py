"""Links resolve, and pages name nothing that is not there."""

from __future__ import annotations

import inspect
import re
from functools import cache
from pathlib import Path

import pytest

import immunity
from immunity.cli.main import app
from immunity.compiler.space import rule_entries
from tests.docs.pages import DOCS, HAND_WRITTEN, ROOT, anchors, blocks, broken_links, commands, ticked

GENERATED = DOCS / "catalogue"
# dotted names that are no names of the rule book: files, and things of Python
_FILES = re.compile(r".*\.(yaml|html|json|csv|zarr|md|py|xml|cff|toml)$")
_DOTTED = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$")
_INDENTED = re.compile(r"^    (immunity .*?)(?:\s+#.*)?$", re.MULTILINE)
# pages that speak of rule books in general use made-up names
GENERAL = {"language.md", "architecture.md", "findings.md", "results.md", "numerics.md", "python.md"}


@cache
def known_names() -> frozenset[str]:
    compiled = immunity.load()
    names = compiled.model.tables.names
    readouts = [each.id for entry in rule_entries(compiled.book) for each in entry.record.readouts]
    entries = [id for group in compiled.book.entries.values() for id in group]
    return frozenset(
        [*readouts, *names.pool, *compiled.numbers.index, *(rule.name for rule in compiled.rules), *entries]
    )


def unknown_names(text: str) -> list[str]:
    """Dotted names in backticks that neither the rule book nor the scenario keys know."""
    found = [tick for tick in ticked(text) if _DOTTED.match(tick) and not _FILES.match(tick)]
    keys = ("exposures.", "therapies.", "host.", "numbers.", "im.")
    return [name for name in found if name not in known_names() and not name.startswith(keys)]


def unknown_commands(text: str) -> list[str]:
    """Commands and options, in backticks, in shell blocks or indented, that the command line does not know."""
    lines = [tick for tick in ticked(text) if tick.startswith("immunity ")]
    lines += [each for line in _INDENTED.findall(text) for each in line.split(" ; ")]
    lines += [line for block in blocks(text) if block.language == "bash" for line in commands(block.text)]
    return [line for line in lines if line.startswith("immunity ") and not _known(line)]


def _known(line: str) -> bool:
    name = line.split()[1]
    if name.startswith("--"):
        return name in ("--help", "--version")
    if not name.isupper() and name not in list(app):
        return False
    options = set(re.findall(r"(?<!\S)--[a-z-]+", line))
    return name.isupper() or options <= {"--help", *_options(name)}


def _options(name: str) -> set[str]:
    return {option for each in app[name].assemble_argument_collection() for option in each.names}


@pytest.mark.parametrize("page", HAND_WRITTEN, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_pages_name_what_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    missing = broken_links(page, text)
    if not (GENERATED / "findings.md").is_file():  # made by docs/generate.py
        missing = [target for target in missing if "catalogue/" not in target]
    assert not missing
    assert not unknown_commands(text)
    if page.name not in GENERAL:
        assert not unknown_names(text)


def test_planted_mistakes_are_noticed() -> None:
    page = ROOT / "README.md"
    assert broken_links(page, "[a](docs/no_such_page.md)") == ["docs/no_such_page.md"]
    assert broken_links(page, "[a](LICENSE#part)") == []
    assert broken_links(page, "[a](#no-such-heading)") == ["#no-such-heading"]
    assert unknown_commands("`immunity dance`") == ["immunity dance"]
    assert unknown_commands("```bash\nimmunity run cut_finger --sideways\n```") == [
        "immunity run cut_finger --sideways"
    ]
    assert unknown_commands("`immunity run cut_finger --days 3`") == []
    assert unknown_commands("\n    immunity run cut_finger ; immunity compare a b --other-with x=1      # why\n") == [
        "immunity compare a b --other-with x=1"
    ]
    assert unknown_names("`blood.neutrofils` and `blood.neutrophils`") == ["blood.neutrofils"]


def test_every_page_is_reached_from_the_index() -> None:
    index = DOCS / "README.md"
    indices = [index, DOCS / "decisions" / "README.md"]
    reached = {(each.parent / target.partition("#")[0]).resolve() for each in indices for target in _targets(each)}
    pages = {page for page in HAND_WRITTEN if page.is_relative_to(DOCS) and page != index}
    assert not {page.relative_to(DOCS).as_posix() for page in pages - reached}


def _targets(page: Path) -> list[str]:
    return re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))


def test_the_python_reference_lists_every_public_name() -> None:
    text = (DOCS / "reference" / "python.md").read_text(encoding="utf-8")
    for name in immunity.__all__:
        assert f"`{name}" in text or f"`im.{name}" in text, name
    for name in ("load", "case", "run", "compare", "cohort", "trial", "scan"):
        for parameter in inspect.signature(getattr(immunity, name)).parameters:
            assert f"`{parameter}`" in text, f"{name}: {parameter}"


def test_anchors_follow_headings() -> None:
    assert anchors('## immunity run\n<a id="x.y"></a>\n### Laws (any number)') == {
        "immunity-run",
        "x.y",
        "laws-any-number",
    }
