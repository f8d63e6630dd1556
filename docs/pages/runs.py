"""What simulations give: the table of findings, and outputs of commands shown in pages."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from immunity import api
from immunity.cli.main import run_command
from immunity.cli.validate_command import BUILT_IN
from immunity.cohorts import usable_cores
from immunity.compiler.case import Case
from immunity.validate import Verdict, headline, load_findings, run_findings, to_markdown
from immunity.validate.judge import NOT_JUDGED, REPRODUCED
from immunity.validate.kept import KeptVerdicts
from pages.links import cell

START, END = "<!-- findings:start -->", "<!-- findings:end -->"
OUTPUT = re.compile(r"(<!-- output: (?P<command>.+?) -->\n```text\n)(?P<text>.*?)(```)", re.DOTALL)
SIGNS = {"near": "near", "missed": "missed", "not measured": "not measured", "not judged": "not judged"}
GENERATED = "<!-- Written by docs/generate.py; edit the findings instead. -->"


def with_findings(readme: Path, page: Path, kept: Path | None = None) -> Iterator[tuple[Path, str]]:
    """The short table in the README, and the whole one on a page of its own."""
    yield from with_verdicts(readme, page, judge_all(kept))


def as_they_lie(readme: Path, page: Path, kept: Path) -> Iterator[tuple[Path, str]]:
    """The same of verdicts that lie in a folder, whatever has changed since; nothing is simulated."""
    yield from with_verdicts(readme, page, KeptVerdicts(kept).as_they_lie(load_findings([BUILT_IN])))


def with_verdicts(readme: Path, page: Path, verdicts: Sequence[Verdict]) -> Iterator[tuple[Path, str]]:
    """Both tables of some verdicts."""
    text = readme.read_text(encoding="utf-8")
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    yield readme, f"{before}{START}\n{short_table(verdicts)}\n{END}{after}"
    yield page, f"{GENERATED}\n\n# Findings\n\n{to_markdown(verdicts).rstrip()}\n"


def judge_all(kept: Path | None = None) -> list[Verdict]:
    """Simulate and judge all built-in findings, but those whose verdicts in a folder still hold."""
    book = api.load()

    def build_case(scenario: str, *, host: dict, with_: dict, days: float | None) -> Case:
        return api.case(scenario, host=host, changes=with_, days=days, book=book)

    return run_findings(load_findings([BUILT_IN]), build_case, workers=usable_cores(), kept=kept)


def short_table(verdicts: Sequence[Verdict]) -> str:
    """A line for each topic, and one for each finding that is not reproduced."""
    lines = [
        f"{headline(verdicts)}.",
        "",
        "| findings about | reproduced | of those never fitted to |",
        "| --- | --- | --- |",
    ]
    topics = sorted({verdict.finding.topic for verdict in verdicts})
    for topic in topics:
        about = [verdict for verdict in verdicts if verdict.finding.topic == topic]
        unseen = [verdict for verdict in about if verdict.finding.used_for == "validation"]
        lines.append(f"| {topic.replace('_', ' ')} | {share(about)} | {share(unseen)} |")
    misses = [verdict for verdict in verdicts if verdict.verdict not in (REPRODUCED, NOT_JUDGED)]
    if misses:
        lines += ["", "Not reproduced:", "", "| finding | what was found | here |", "| --- | --- | --- |"]
    for verdict in misses:
        finding = verdict.finding
        outcome = SIGNS[verdict.verdict] + (f": {finding.known_gap}" if finding.known_gap else "")
        lines.append(f"| `{finding.id}` | {cell(finding.claim)} | {cell(outcome)} |")
    return "\n".join(lines)


def share(verdicts: Sequence[Verdict]) -> str:
    """How many of some findings that were judged are reproduced: ``3 of 4``."""
    judged = [verdict for verdict in verdicts if verdict.verdict != NOT_JUDGED]
    return f"{sum(verdict.verdict == REPRODUCED for verdict in judged)} of {len(judged)}" if judged else ""


def pages_with_outputs(files: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Pages whose shown outputs are taken anew: a text block after ``<!-- output: immunity ... -->``."""
    for file in files:
        text = file.read_text(encoding="utf-8")
        if OUTPUT.search(text):
            yield file, OUTPUT.sub(lambda found: f"{found[1]}{output_of(found['command'])}{found[4]}", text)


def output_of(command: str) -> str:
    """What a command line prints."""
    program, *arguments = shlex.split(command)
    if program != "immunity":
        raise ValueError(f"not a command of this program: {command}")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = run_command(arguments)
    if code != 0:
        raise ValueError(f"{command} ends with exit code {code}")
    return "\n".join(line.rstrip() for line in printed.getvalue().splitlines()) + "\n"
