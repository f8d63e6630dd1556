"""The command validate: published findings judged by code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from immunity import api, beside
from immunity.cli.options import Book, Some
from immunity.cli.tables import output
from immunity.compiler.case import Case

BOOK = Book()
BUILT_IN = api.HERE / "findings"
UNEXPECTED = 1


def register(app: App) -> None:
    app.command(validate)


def validate(
    *ids: str,
    findings: Annotated[list[Path] | None, Parameter(negative=())] = None,
    touching: str | None = None,
    workers: Some = None,
    quick: bool = False,
    kept: Path | None = None,
    strict: bool = False,
    json: bool = False,
    markdown: bool = False,
    book: Book = BOOK,
) -> int:
    """Judge published findings against the model. Reds stay visible, with the reason where it is known.

    Parameters
    ----------
    ids
        Findings or topics; all if none is named.
    findings
        Folder or file of findings instead of the built-in ones; may be given several times.
    touching
        Only findings whose measure, scenario or text mentions this name.
    workers
        Local processes; as many as there are cores if not given. The verdicts do not depend on it.
    quick
        Leave out findings on many hosts, which then count as "not judged". All others are judged as in a full run.
    kept
        Folder in which each verdict is kept as it is reached. What has not changed since is not simulated again:
        an interrupted run goes on, and after a change only what it touches is judged anew.
    strict
        Exit code 1 if anything that is not a known gap is not reproduced.
    json
        Print as JSON.
    markdown
        Print as a Markdown table.
    """
    from immunity.cohorts import usable_cores
    from immunity.progress import progress_bar
    from immunity.validate import headline, load_findings, run_findings, to_json, to_markdown, to_table, unexpected

    published = load_findings(findings or [BUILT_IN])
    if touching is not None:
        published = tuple(p for p in published if touching in str(p.finding.model_dump()))
    beside.begin(stochastic=True)
    compiled = book.load()

    def build_case(scenario: str, *, host: dict[str, Any], with_: dict[str, Any], days: float | None) -> Case:
        return api.case(scenario, host=host, changes=with_, days=days, book=compiled)

    if workers is None:
        workers = usable_cores()
    with progress_bar("hosts simulated", 1, quiet=json or markdown) as update:
        verdicts = run_findings(
            published,
            build_case,
            ids=list(ids) or None,
            workers=workers,
            quick=quick,
            progress=update,
            kept=kept,
        )
    if json:
        sys.stdout.write(to_json(verdicts) + "\n")
    elif markdown:
        sys.stdout.write(to_markdown(verdicts) + "\n")
    else:
        console = output()
        console.print(to_table(verdicts))
        console.print(headline(verdicts), markup=False, highlight=False)
    drifted = unexpected(verdicts) if strict else ()
    if drifted:
        told = ", ".join(f"{v.finding.id} ({v.verdict})" for v in drifted)
        said = f"Not reproduced, and no known gap says why: {told}"
        output(stderr=True).print(said, markup=False, highlight=False, soft_wrap=True)
    return UNEXPECTED if drifted else 0
