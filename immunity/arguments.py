"""What stands in arguments: words of the command line and values from Python, checked before they are used."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from immunity.language.errors import Location, RuleError, fail, located, say_value, shorten
from immunity.language.read import MAX_DEPTH, MAX_NODES, read_documents

MAX_SEED = 2**64 - 1  # the key of the random numbers has 64 bits; a larger seed would be another one's twin
MAX_COUNT = 10_000_000  # hosts of a cohort
SHOWN_VALUE = 60

_INTEGER = re.compile(r"[-+]?[0-9]{1,300}\Z")
_DECIMAL = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?\Z")
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Word(str):
    """A key that remembers which option gave it, so that a fault in its value is told there."""

    option: str

    def __new__(cls, text: str, option: str = "") -> Word:
        word = super().__new__(cls, text)
        word.option = option
        return word


def under(parent: str, key: str) -> Word:
    """The dotted key of an attribute: ``host`` and ``age`` make ``host.age``; the option it came by is kept."""
    return Word(f"{parent}.{key}", getattr(key, "option", ""))


def label_of(key: str, value: Any) -> str:
    """Say where a changed value was given: ``--host age='70 y'``, or ``host.age='70 y'`` from Python."""
    option = getattr(key, "option", "")
    shown = shorten(say_value(value, repr), SHOWN_VALUE)
    if option == "--days":
        return f"{option} {shown}"
    name = str(key).removeprefix("host.") if option.endswith("host") else str(key)
    return f"{option} {shorten(name)}={shown}".strip()


def check_text(text: str, *, at: Location | None = None) -> str:
    """Hand a text back if it can be written.

    Raises
    ------
    RuleError
        E120 for half a character (a lone surrogate) or a control character.
    """
    if _UNWRITABLE.search(text):
        raise fail("E120", at=at, text=text)
    return text


def plain_data(value: Any, *, at: Location | None = None) -> Any:
    """Values as a file could hold them: text, numbers, lists and mappings of these.

    Raises
    ------
    RuleError
        E203 for other objects, E302 for a number that is not finite, E115 and E119 for too deep and too much, E120.
    """
    count = 0

    def walk(given: Any, depth: int) -> Any:
        nonlocal count
        count += 1
        if depth > MAX_DEPTH:
            raise fail("E115", at=at, limit=MAX_DEPTH)
        if count > MAX_NODES:
            raise fail("E119", at=at, count=MAX_NODES, what="values")
        if given is None or isinstance(given, bool):
            return given
        if isinstance(given, str):
            return check_text(str(given), at=at)
        if isinstance(given, int | float):
            if isinstance(given, float) and not math.isfinite(given):
                raise fail("E302", at=at, text=given)
            return given
        if isinstance(given, Mapping):
            return {check_text(str(key), at=at): walk(each, depth + 1) for key, each in given.items()}
        if isinstance(given, list | tuple):
            return [walk(each, depth + 1) for each in given]
        if callable(getattr(given, "item", None)):  # a number of NumPy
            return walk(given.item(), depth + 1)
        raise fail(
            "E203", at=at, key="a value", expected="text, a number, a list or a mapping", found=type(given).__name__
        )

    return walk(value, 0)


def parse_assignments(given: Sequence[str], prefix: str = "", *, option: str = "") -> dict[str, Any]:
    """Read ``key=value`` words; a value is a YAML scalar or flow list, anything else is text.

    Parameters
    ----------
    option : str      the option of the command line that the words follow, for the place of errors

    Raises
    ------
    RuleError
        E608 for a word without ``=``, and the reader's errors for values that are not YAML.
    """
    changes: dict[str, Any] = {}
    for word in given:
        at = Location(f"{option} {shorten(word, SHOWN_VALUE)}".strip(), 0) if option else None
        check_text(word, at=at)
        key, equals, text = word.partition("=")
        if not equals or not key.strip():
            raise fail("E608", at=at, text=word, reason="it has no '='")
        name = Word(prefix + key.strip(), option)
        if name in changes:
            raise fail("E608", at=at, text=word, reason=f"{key.strip()!r} is given twice")
        changes[name] = _value(text, at)
    return changes


def _value(text: str, at: Location | None) -> Any:
    stripped = text.strip()
    if stripped[:1] not in "[{" or not stripped:
        return int(stripped) if _INTEGER.match(stripped) else stripped
    try:
        return read_documents("(command line)", content=stripped.encode())[0].data
    except RuleError as error:
        raise located(error, at or error.location) from None


def whole_number(text: str, option: str) -> int:
    """Read a whole number in plain digits, as it stands on the command line.

    Raises
    ------
    RuleError
        E626 for anything else: 2.5, 1e3, 1_000, digits of another script.
    """
    if not _INTEGER.match(text):
        raise fail("E626", at=Location(option, 0), text=text, what="a whole number", example="1000")
    return int(text)


def decimal_number(text: str, option: str) -> float:
    """Read a number in plain digits, as it stands on the command line.

    Raises
    ------
    RuleError
        E626 for anything else: nan, inf, 1_000, digits of another script.
    """
    value = float(text) if _DECIMAL.match(text) else math.inf
    if not math.isfinite(value):
        raise fail("E626", at=Location(option, 0), text=text, what="a number", example="2.5")
    return value


def check_seed(seed: Any) -> int:
    """Hand a seed back if it is one.

    Raises
    ------
    RuleError
        E625 for what is not a whole number from 0 to 2**64 - 1.
    """
    whole = isinstance(seed, int) and not isinstance(seed, bool)
    if not whole and callable(getattr(seed, "__index__", None)) and not isinstance(seed, bool):
        seed, whole = int(seed), True
    if not whole or not 0 <= seed <= MAX_SEED:
        raise fail("E625", text=seed)
    return seed


def check_count(count: Any, what: str) -> int:
    """Hand a number of hosts or workers back if it is one.

    Raises
    ------
    RuleError
        E612 for what is not a whole number from 1 to ten million.
    """
    whole = callable(getattr(count, "__index__", None)) and not isinstance(count, bool)
    if not whole or not 1 <= int(count) <= MAX_COUNT:
        raise fail("E612", text=f"{what} {say_value(count)}")
    return int(count)


def check_rtol(rtol: Any) -> float:
    """Hand a relative accuracy back if it is one.

    Raises
    ------
    RuleError
        E627 for what is not a number from 1e-10 to 0.1.
    """
    number = isinstance(rtol, (int, float)) and not isinstance(rtol, bool)
    if not number or not 1e-10 <= rtol <= 0.1:
        raise fail("E627", text=rtol)
    return float(rtol)
