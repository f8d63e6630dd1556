"""The command life: one person, or many, through years of exposures and vaccines."""

from __future__ import annotations

import sys
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.text import Text

from immunity import beside, experiments
from immunity.arguments import check_count, parse_assignments
from immunity.cli.files import REPORT, check_writable, write_text
from immunity.cli.options import Book, Decimal, Some, Whole, Words
from immunity.cli.tables import NOTE, output, print_rows

if TYPE_CHECKING:
    from immunity.lifetime import Life, Lives

BOOK = Book()


def register(app: App) -> None:
    app.command(life)


def life(
    *,
    to: str = experiments.LIFE["to"],
    world: str = experiments.LIFE["world"],
    schedule: str = experiments.LIFE["schedule"],
    host: Words = None,
    changes: Annotated[list[str] | None, Parameter(name="--with", consume_multiple=True, negative=())] = None,
    other_host: Words = None,
    other_with: Words = None,
    hosts: Some = None,
    workers: Whole = 1,
    seed: Whole = 0,
    stochastic: bool = False,
    vary: bool = False,
    rtol: Decimal = experiments.LIFE_RTOL,
    out: Path | None = None,
    resume: bool = False,
    json: bool = False,
    book: Book = BOOK,
) -> int:
    """Follow one person from birth, or from an age, to an age: exposures, infections, vaccines.

    Parameters
    ----------
    to
        Age at which the life is left: "7 y".
    world
        What comes to meet it: a name from `immunity list worlds`, or a file.
    schedule
        Vaccines: a name from `immunity list schedules`, a file, or none.
    host
        Attributes of the host: age="0 d" deficiencies=[xla].
    changes
        household=day_care, born="90 d", also=NAME, doses.VACCINE="skip 2; late 60 d; extra 30 y",
        treatments.THERAPY="400 mg/kg every 28 d from 4 y", or keys of a scenario.
    other_host
        Attributes of a second life beside it, with the same luck.
    other_with
        Changes of the second life alone.
    hosts
        So many lives of people who differ, of which episodes are kept and counted by age.
    workers
        Local processes for many lives.
    seed
        Of all random numbers: the same seed is the same luck.
    stochastic
        Draw events instead of following expectations.
    vary
        Draw this host from the variation between people.
    rtol
        Relative accuracy of the results.
    out
        Folder for life.json, episodes.csv and report.html.
    resume
        Go on with the lives in that folder, or add some.
    json
        Print what was counted as JSON.
    """
    check_writable(out)
    who, said = parse_assignments(host or [], option="--host"), parse_assignments(changes or [], option="--with")
    beside.begin(stochastic=stochastic)
    rules = book.load()
    asked = {"world": world, "schedule": schedule, "to": to, "seed": seed, "stochastic": stochastic, "rtol": rtol}
    if hosts is not None:
        check_count(hosts, "--hosts")
        check_count(workers, "--workers")
        many = experiments.lives(
            hosts=hosts,
            host=who,
            changes=said,
            workers=workers,
            out=out,
            resume=resume,
            progress=not json,
            book=rules,
            **asked,
        )
        if out is not None:
            write_text(out / "lives.json", dumps(many.summary, indent=2) + "\n")
            write_text(out / "episodes.csv", many.to_dataframe().to_csv(index=False))
        _say(many.summary, json, lambda console: lives_table(console, many))
        return 0
    one = experiments.life(host=who, changes=said, vary=vary, book=rules, **asked)
    two = None
    if other_host or other_with:
        two = experiments.life(
            host={**who, **parse_assignments(other_host or [], option="--other-host")},
            changes={**said, **parse_assignments(other_with or [], option="--other-with")},
            vary=vary,
            book=rules,
            **asked,
        )
    told = one.summary if two is None else {"first": one.summary, "second": two.summary}
    if out is not None:
        from immunity.report.from_life import page_of_life

        write_text(out / "life.json", dumps(told, indent=2, default=str) + "\n")
        write_text(out / "episodes.csv", one.to_dataframe().to_csv(index=False))
        write_text(out / REPORT, page_of_life(one, two))
    _say(told, json, lambda console: [life_table(console, each) for each in (one, two) if each is not None])
    if out is not None and not json:
        Console(stderr=True, soft_wrap=True, highlight=False).print(f"Report: {out / REPORT}", markup=False)
    return 0


def life_table(console: Console, made: Life) -> None:
    """Episodes, and counts by year of age."""
    from immunity.lifetime import tell

    console.print(Text(tell.headline(made)), style="bold")
    print_rows(console, tell.EPISODE_HEADER, [tell.episode_row(each) for each in made.episodes])
    console.print()
    print_rows(console, tell.YEAR_HEADER, list(tell.year_rows(made)))
    for warning in made.run.record.warnings:
        console.print(Text(f"Mind: {warning}."))
    console.print(Text(NOTE), style="dim")


def lives_table(console: Console, made: Lives) -> None:
    """Counts by age, per person and year, and by agent."""
    from immunity.lifetime import tell

    console.print(Text(f"{len(made)} lives, {made.plan.world.record.title}, per person and year"), style="bold")
    print_rows(console, tell.BAND_HEADER, list(tell.band_rows(made)))
    console.print()
    rows = [
        (agent.replace("_", " "), f"{row['infections']:.0f}", f"{row['ill_first']:.0%}", f"{row['ill_later']:.0%}")
        for agent, row in made.agents.items()
    ]
    print_rows(console, ("agent", "infections", "ill the first time", "later"), rows)
    console.print(Text(NOTE), style="dim")


def _say(summary: object, as_json: bool, table: object) -> None:
    if as_json:
        sys.stdout.write(dumps(summary, indent=2, default=str) + "\n")
    elif callable(table):
        table(output())
