"""Commands that look at a rule book: list, explain, trace, check, show."""

from __future__ import annotations

import sys
from json import dumps
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from immunity import ask
from immunity.cli.options import Book
from immunity.language.errors import fail

BOOK = Book()


def register(app: App) -> None:
    for command in (list_kind, explain, trace, check, show):
        app.command(command, name="list" if command is list_kind else command.__name__)


def _print(text: str) -> None:
    Console(soft_wrap=True, highlight=False).print(text, markup=False)


def list_kind(kind: str, *, json: Annotated[bool, Parameter(negative=())] = False, book: Book = BOOK) -> int:
    """List what a rule book holds.

    Parameters
    ----------
    kind
        places, classes, sets, cells, molecules, threats, therapies, deficiencies, hosts, scenarios, readouts,
        signals, flows, pools, numbers, findings or trials; or a set, whose members are listed with who brings them.
    json
        Print as JSON.
    """
    found = ask.list_names(kind, book=None if kind in ("findings", "trials") else book.load())
    if json:
        told = {name: ask.as_json(said) for name, said in found.items()}
        sys.stdout.write(dumps(told, indent=2) + "\n")
        return 0
    width = max((len(name) for name in found), default=0)
    for name, said in found.items():
        _print(f"{name:<{width}}  {ask.told(said)}".rstrip())
    return 0


def explain(name: str, *, book: Book = BOOK) -> int:
    """Say in English what an entry, rule, readout, number or paper is, with its numbers and papers.

    Parameters
    ----------
    name
        Such as neutrophil, skin, severe_congenital_neutropenia, neutrophil_traffic.extravasate, blood.neutrophils, or
        the key of a paper.
    """
    _print(ask.explain(name, book=book.load()))
    return 0


def trace(readout: str, *, book: Book = BOOK) -> int:
    """Print every flow in and out of the pools behind a readout, with each number, unit, status and source.

    Parameters
    ----------
    readout
        A readout such as blood.neutrophils, or a pool.
    """
    _print(ask.trace(readout, book=book.load()))
    return 0


def check(
    path: Path | None = None,
    *,
    alone: bool = False,
    json: Annotated[bool, Parameter(negative=())] = False,
    book: Book = BOOK,
) -> int:
    """Check a rule book, and list what it forgot: pools nothing reaches, numbers nobody uses, signals nobody senses.

    Parameters
    ----------
    path
        A folder or file laid over the built-in book, of which then only what is new is noted.
    alone
        Check the path as a rule book of its own.
    json
        Print as JSON.
    """
    from dataclasses import asdict

    from immunity.compiler.tries import review_of

    below = None
    if path is not None:
        below = None if alone else book
        book = Book(biology=path) if alone else Book(biology=book.biology, overlay=[*book.overlay, path])
    compiled = book.load()
    if json:
        sys.stdout.write(dumps(asdict(review_of(compiled)), indent=2) + "\n")
        return 0
    _print(repr(ask.checked(compiled, None if below is None else below.load())))
    return 0


def show(stage: str, *, book: Book = BOOK) -> int:
    """Print a stage of the compiler, one row a line.

    Parameters
    ----------
    stage
        entries, pools, numbers, signals, flows or readouts.
    """
    from immunity.compiler.host import whole
    from immunity.compiler.show import STAGES, show_stage

    if stage not in STAGES:
        raise fail("E613", text=stage, known=STAGES)
    for line in show_stage(whole(book.load()), stage):
        _print(line)
    return 0
