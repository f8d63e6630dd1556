"""What goes wrong, said kindly: a code, a place, what was found, the nearest right thing, and how to mend it.

Every message of the package comes from the catalogue (`catalogue/`); the console and the documentation
are both written from it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from itertools import islice
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from immunity.language.catalogue import CATALOGUE, RANGES, ErrorKind

__all__ = [
    "CATALOGUE",
    "ErrorKind",
    "Location",
    "RuleError",
    "RuleErrors",
    "catalogue_markdown",
    "fail",
    "located",
    "near_miss",
    "plainly",
    "render",
]

P = ParamSpec("P")
T = TypeVar("T")
SHOWN_CHOICES = 12
SHOWN_TEXT = 120
SHOWN_LINE = 160
SHOWN_ERRORS = 20
_DIGITS = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class Location:
    """A place in a file. Lines and columns count from 1; 0 means that it is not known."""

    file: str
    line: int
    column: int = 0

    def __str__(self) -> str:
        line = f":{self.line}" if self.line else ""
        column = f":{self.column}" if self.line and self.column else ""
        return f"{self.file}{line}{column}"


class RuleError(Exception):
    """One fault in what a user wrote or asked for. Made by `fail`.

    Attributes
    ----------
    code : str                    key of `CATALOGUE`
    message : str                 what is wrong
    location : Location or None   where
    text : str or None            the offending text
    suggestion : str or None      the valid name nearest to it
    mend : str                    how to put it right
    known : tuple of str          valid names, when they are few
    """

    def __init__(
        self,
        code: str,
        message: str,
        location: Location | None = None,
        text: str | None = None,
        suggestion: str | None = None,
        mend: str = "",
        known: tuple[str, ...] = (),
    ) -> None:
        # all fields go to Exception.args, so that the error survives the way back from a worker process
        super().__init__(code, message, location, text, suggestion, mend, known)
        self.code = code
        self.message = message
        self.location = location
        self.text = text
        self.suggestion = suggestion
        self.mend = mend
        self.known = known

    def __str__(self) -> str:
        where = f"{self.location}: " if self.location else ""
        hint = f" Did you mean {self.suggestion!r}?" if self.suggestion else ""
        return f"{self.code} {where}{self.message}{hint}"

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: the message and how to mend it, not the way to it."""
        return render(self).splitlines()


class RuleErrors(Exception):
    """Several faults, found in one go."""

    def _render_traceback_(self) -> list[str]:
        return render(self).splitlines()

    def __init__(self, errors: Iterable[RuleError]) -> None:
        self.errors: tuple[RuleError, ...] = tuple(errors)
        super().__init__(self.errors)

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)


def plainly(function: Callable[P, T]) -> Callable[P, T]:
    """Let a fault of the user's leave a function without the way that it took inside the package."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            if not isinstance(error, (RuleError, RuleErrors)) and not getattr(error, "users_fault", False):
                raise
            raise error.with_traceback(None) from None

    return call


class _Fields(dict[str, Any]):
    """Fields of a template; one that was not given shows its name, since an error must never hide behind another."""

    def __missing__(self, key: str) -> str:
        return f"<{key}>"


def shorten(text: str, limit: int = SHOWN_TEXT) -> str:
    """Cut a long text and make control characters visible, so that it is safe to print."""
    cut = text if len(text) <= limit else text[: limit - 3] + "..."
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in cut)


def say_value(value: object, write: Callable[[object], str] = str) -> str:
    """Write any value as text, even one that is nested too deeply to be written."""
    try:
        return write(value)
    except (RecursionError, ValueError):  # ValueError: a whole number of thousands of digits
        return f"a {type(value).__name__} too large to show"


def near_miss(text: str, known: Iterable[str], *, exact: bool = False) -> str | None:
    """Find the valid name nearest to a misspelt one.

    Names with other digits in them (il6, il1) are other things, and never near.

    Parameters
    ----------
    text : str                   what was written
    known : iterable of str      the valid names
    exact : bool
        Whether only capitals, blanks and hyphens may differ, and only one name may fit: for drugs and units, where a
        guess can be another substance or a thousandfold.

    Returns
    -------
    str or None                  None where nothing is near
    """
    names = [name for name in known if name != text]
    folded: dict[str, str] = {}
    twice: set[str] = set()
    for name in names:
        if folded.setdefault(name.casefold(), name) != name:
            twice.add(name.casefold())
    wanted = text.strip().casefold()[:SHOWN_TEXT]
    for spelling in (wanted, wanted.replace("-", "_").replace(" ", "_")):
        if spelling in folded and not (exact and spelling in twice):
            return folded[spelling]
    if exact:
        return None
    digits = _DIGITS.findall(wanted)
    folded = {key: name for key, name in folded.items() if not digits or _DIGITS.findall(key) == digits}
    for cutoff in (0.75, 0.6):
        close = difflib.get_close_matches(wanted, folded, n=1, cutoff=cutoff)
        if close:
            return folded[close[0]]
    return None


def fail(
    code: str,
    *,
    at: Location | None = None,
    text: object = None,
    known: Iterable[str] | None = None,
    exact: bool = False,
    **fields: Any,
) -> RuleError:
    """Make the error of a code; the caller raises it.

    Parameters
    ----------
    code : str                   key of `CATALOGUE`
    at : Location, optional      where it is
    text : object, optional      the offending text; templates see it as ``{text}``
    known : iterable of str      valid names, for the near miss
    exact : bool                 whether a near miss may differ in capitals, blanks and hyphens only
    **fields                     further fields of the templates
    """
    kind = CATALOGUE[code]
    names = sorted({str(name) for name in known}) if known is not None else []
    said = None if text is None else say_value(text)
    shown = None if said is None else shorten(said)
    values = _Fields(fields, text=shown if shown is not None else "", choices=_choices(names))
    return RuleError(
        code,
        kind.message.format_map(values),
        at,
        shown,
        near_miss(said, names, exact=exact) if said is not None and names else None,
        kind.mend.format_map(values),
        tuple(names) if len(names) <= SHOWN_CHOICES else (),
    )


def located(error: RuleError, at: Location | None) -> RuleError:
    """Give the same error with a place."""
    return RuleError(error.code, error.message, at, error.text, error.suggestion, error.mend, error.known)


def _choices(names: list[str]) -> str:
    if len(names) <= SHOWN_CHOICES:
        return ", ".join(names)
    return ", ".join(names[:SHOWN_CHOICES]) + f" and {len(names) - SHOWN_CHOICES} more"


def render(error: RuleError | RuleErrors) -> str:
    """Write an error for the console: place, line of source with a caret, message, near miss, mend."""
    if isinstance(error, RuleErrors):
        parts = [render(each) for each in error.errors[:SHOWN_ERRORS]]
        left = len(error.errors) - len(parts)
        return "\n\n".join([*parts, f"... and {left} more."] if left else parts)
    head = f"{error.code} {CATALOGUE[error.code].title}" if error.code in CATALOGUE else error.code
    lines = [head]
    if error.location is not None:
        lines[0] += f"\n  {error.location}"
        lines += _source_lines(error.location)
    lines.append(f"  {error.message}")
    if error.suggestion:
        lines.append(f"  Did you mean {error.suggestion!r}?")
    elif error.known:
        lines.append(f"  Known here: {', '.join(error.known)}.")
    if error.mend:
        lines.append(f"  To mend it: {error.mend}")
    return "\n".join(lines)


def _source_lines(location: Location) -> list[str]:
    """Give the line at fault with a caret under its column, or nothing where the file cannot be read."""
    if location.line < 1:
        return []
    try:
        path = Path(location.file)
        if not path.is_file():
            return []
        with path.open(encoding="utf-8", errors="replace") as stream:
            line = next(islice(stream, location.line - 1, None), None)
    except OSError:
        return []
    if line is None:
        return []
    line = line.rstrip("\r\n").replace("\t", " ")
    start = max(0, location.column - SHOWN_LINE // 2) if location.column > SHOWN_LINE else 0
    shown = "".join(c if c.isprintable() else "?" for c in line[start : start + SHOWN_LINE])
    gutter = f"  {location.line} | "
    caret = [" " * (len(gutter) - 2) + "| " + " " * (location.column - 1 - start) + "^"] if location.column else []
    return [gutter + shown, *caret]


def catalogue_markdown() -> str:
    """Write the whole catalogue as a page of Markdown, for `docs/errors.md`."""
    parts = [
        "# Errors",
        "",
        "Every message carries one of these codes. In the texts below, words in braces stand for what was found.",
    ]
    for start, title in RANGES.items():
        kinds = [kind for code, kind in sorted(CATALOGUE.items()) if code[1] == start[1]]
        if not kinds:
            continue
        parts += ["", f"## {start}: {title}"]
        for kind in kinds:
            parts += ["", f"### {kind.code}: {kind.title}", "", f"> {kind.message}", "", kind.explanation]
            parts += ["", f"To mend it: {kind.mend}"]
    return "\n".join(parts).replace("!r}", "}") + "\n"
