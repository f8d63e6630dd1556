"""Models of others, read from SBML into a rule book that runs here."""

from __future__ import annotations

import tempfile
from importlib.util import find_spec
from pathlib import Path

from immunity.compiler.cache import load_compiled
from immunity.compiler.tries import review_of
from immunity.interop.sbml_book import rule_book
from immunity.interop.sbml_read import read_document
from immunity.language.errors import Location, RuleError, RuleErrors, fail

FILE = "model.yaml"


def import_sbml(path: str | Path, out: str | Path, *, span: float | None = None, step: float | None = None) -> Path:
    """Read a file of SBML (core, level 2 or 3), and write it as a rule book of its own.

    Parameters
    ----------
    path : path
    out : path                        a folder; its file ``model.yaml`` must not be there yet
    span, step : float, optional      of the scenario ``as_published``, in the model's unit of time (100, a hundredth)

    Returns
    -------
    Path
        The file that was written. The book has been compiled once, so that it runs.

    Raises
    ------
    RuleError
        E704 without the library for SBML, E101 without the file, E706 if the rule book is there already, E715 for what
        is no SBML, E716 for what the rule language has no words for, by name, and what compiling finds.
    """
    if find_spec("libsbml") is None:
        raise fail("E704", text="python-libsbml")
    source, folder = Path(path), Path(out)
    if not source.is_file():
        raise fail("E101", text=str(source))
    file = folder / FILE
    if file.exists():
        raise fail("E706", text=str(file))
    text = rule_book(read_document(source), source, span, step)
    check_book(text, source)
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def check_book(text: str, source: Path) -> None:
    """Compile the rule book that a document became.

    Raises
    ------
    RuleError
        E716 with the first fault.
    """
    with tempfile.TemporaryDirectory() as tried:
        book = Path(tried) / FILE
        book.write_text(text, encoding="utf-8")
        try:
            review_of(load_compiled([book], cached=False))
        except (RuleError, RuleErrors) as fault:
            error = fault.errors[0] if isinstance(fault, RuleErrors) else fault
            reason = f"its rule book has a fault, {error.code}: {error.message.rstrip('.')}"
            raise fail("E716", at=Location(str(source), 0), text=source.name, reason=reason) from None
