"""Files that commands write: all of them, or none."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from immunity.language.errors import fail

if TYPE_CHECKING:
    from immunity.results import Cohort, Run

REPORT = "report.html"


def write_run(run: Run, out: Path, page: Callable[[], str]) -> None:
    """Write result, summary and report of a run into a folder."""
    from immunity.results import all_or_nothing, write_files

    with all_or_nothing(out) as staging:
        write_files(run.record, run.summary, staging)
        (staging / REPORT).write_text(page(), encoding="utf-8")


def write_pair(one: Run, two: Run, out: Path, page: Callable[[], str]) -> None:
    """Write both results, each in a folder of its own, and one report."""
    from immunity.results import all_or_nothing, write_files

    with all_or_nothing(out) as staging:
        for name, run in (("first", one), ("second", two)):
            (staging / name).mkdir()
            write_files(run.record, run.summary, staging / name)
        (staging / REPORT).write_text(page(), encoding="utf-8")


def write_page(cohort: Cohort, out: Path, page: Callable[[Cohort], str]) -> None:
    """Lay the report of a cohort beside its result."""
    write_text(out / REPORT, page(cohort))


def write_text(file: Path, text: str) -> None:
    """Write one file of text, whole or not at all; see :func:`write_bytes`."""
    write_bytes(file, text.encode("utf-8"))


def write_bytes(file: Path, content: bytes) -> None:
    """Write one file, whole or not at all.

    Raises
    ------
    RuleError
        E701, E702 if it cannot be written.
    """
    from immunity.cohorts.batch import cannot_write

    staging = file.with_name(f".{file.name}.writing")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        staging.write_bytes(content)
        staging.replace(file)
    except OSError as error:
        staging.unlink(missing_ok=True)
        raise cannot_write(file, error) from error


def check_writable(out: Path | None) -> None:
    """Refuse, before anything is simulated, a folder that cannot be written.

    Raises
    ------
    RuleError
        E701.
    """
    if out is None:
        return
    nearest = out
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    if not nearest.is_dir():
        raise fail("E701", text=str(out), reason=f"{nearest} is not a folder")
    try:
        with tempfile.TemporaryDirectory(dir=nearest, prefix=".writing-"):
            pass
    except OSError as error:
        from immunity.cohorts.batch import cannot_write

        raise cannot_write(out, error) from error
