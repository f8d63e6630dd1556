"""The command why."""

from __future__ import annotations

import sys
from json import dumps
from typing import Annotated

from cyclopts import App, Parameter

from immunity import api
from immunity.cli.options import Book, Setting, Whole, read_decimal
from immunity.cli.tables import output
from immunity.language.errors import fail

BOOK, SETTING = Book(), Setting()


def register(app: App) -> None:
    app.command(why)


def why(
    scenario: str,
    readout: str,
    *,
    day: Annotated[float | None, Parameter(converter=read_decimal)] = None,
    stochastic: bool = False,
    seed: Whole = 0,
    json: bool = False,
    setting: Setting = SETTING,
    book: Book = BOOK,
) -> int:
    """Say why a readout stands where it stands: the flows that moved it, what drove these, and so on back.

    Shares are of all that moved it the same way since it began to move; what works against it is not told. What stands
    in brackets can be given to `immunity explain`.

    Parameters
    ----------
    scenario
        A name from `immunity list scenarios`, or a path.
    readout
        A name from `immunity list readouts`.
    day
        The day that is asked about; that of the largest change if not given.
    stochastic
        Draw events instead of following expectations.
    seed
        Of all random numbers.
    json
        Print as JSON.
    """
    from immunity.results.present import UnknownName

    made = api.run(
        scenario,
        host=setting.host_words(),
        changes=setting.change_words(),
        days=setting.days,
        stochastic=stochastic,
        seed=seed,
        book=book.load(),
    )
    try:
        found = made.why(readout, day)
    except UnknownName:
        raise fail("E610", text=readout, known=made.readouts) from None
    if json:
        sys.stdout.write(dumps(found.to_dict(), indent=2) + "\n")
    else:
        output().print(repr(found), markup=False, highlight=False, soft_wrap=True)
    return 0 if made.summary.get("status", "ok") == "ok" else 1
