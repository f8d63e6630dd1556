"""Write the parts of the documentation that come from the program itself.

python docs/generate.py             everything
python docs/generate.py pages       the catalogue, the errors, the command line: no simulation
python docs/generate.py runs        what simulations give: the table of findings, the outputs shown in pages
python docs/generate.py runs --kept=FOLDER    the same, with verdicts that `immunity validate --kept FOLDER` left there
python docs/generate.py table --kept=FOLDER   the table of findings alone, of verdicts as they lie there: no simulation
python docs/generate.py --check     write nothing; exit code 1 if a page is not what would be written
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from pages.catalogue import catalogue_pages
from pages.command_line import command_line_page
from pages.influence import influence_page
from pages.runs import as_they_lie, pages_with_outputs, with_findings

from immunity import load
from immunity.cli.main import app
from immunity.language.errors import catalogue_markdown

DOCS = Path(__file__).parent
README = DOCS.parent / "README.md"
FINDINGS = DOCS / "catalogue" / "findings.md"
WIDTH = "110"

Pages = Callable[[], Iterator[tuple[Path, str]]]


def static_pages() -> Iterator[tuple[Path, str]]:
    """Pages made from the rule book and the program, each with its file."""
    compiled = load()
    for name, text in catalogue_pages(compiled):
        yield DOCS / "catalogue" / name, text
    yield DOCS / "catalogue" / "influence.md", influence_page(compiled)
    yield DOCS / "reference" / "errors.md", catalogue_markdown()
    commands = {name: app[name].default_command for name in sorted(app) if not name.startswith("-")}
    yield DOCS / "reference" / "cli.md", command_line_page(commands)


def simulated_pages(kept: Path | None = None) -> Iterator[tuple[Path, str]]:
    """Pages that show what simulations give."""
    yield from with_findings(README, FINDINGS, kept)
    yield from pages_with_outputs([README, *sorted(DOCS.rglob("*.md"))])


def stale_pages(pages: Iterator[tuple[Path, str]]) -> list[Path]:
    """Pages that differ from what would be written."""
    return [file for file, text in pages if not file.is_file() or file.read_text(encoding="utf-8") != text]


def main(arguments: list[str]) -> int:
    """Write the pages, or check them."""
    kept = next((Path(word.removeprefix("--kept=")) for word in arguments if word.startswith("--kept=")), None)
    arguments = [word for word in arguments if not word.startswith("--kept=")]
    known: dict[str, Pages] = {"pages": static_pages, "runs": partial(simulated_pages, kept)}
    usual = list(known)
    if kept:
        known["table"] = partial(as_they_lie, README, FINDINGS, kept)
    chosen = [name for name in arguments if name in known] or usual
    if unknown := [word for word in arguments if word not in known and word != "--check"]:
        sys.stderr.write(f"unknown: {' '.join(unknown)}\n{__doc__}")
        return 2
    os.environ["COLUMNS"] = WIDTH  # tables are cut for the page, whatever the terminal
    if "--check" in arguments:
        stale = [file for name in chosen for file in stale_pages(known[name]())]
        for file in stale:
            print(f"{file.relative_to(DOCS.parent)} is not up to date: run python docs/generate.py")
        return 1 if stale else 0
    for name in chosen:
        for file, text in known[name]():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
