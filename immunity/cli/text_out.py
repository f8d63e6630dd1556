"""Text on its way out: to terminals that know few letters, and to devices that are full."""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
import unicodedata

_LIKE = {
    "–": "-",
    "—": "-",
    "−": "-",
    "×": "x",
    "µ": "u",
    "μ": "u",
    "…": "...",
    "“": '"',
    "”": '"',
    "’": "'",
    "≥": ">=",
}
_HANDLER = "nearest_letter"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG)


def nearest_letters(error: UnicodeError) -> tuple[str, int]:
    """Letters that an encoding lacks, by the nearest that it has: é as e, – as -, anything else as ?."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    said = error.object[error.start : error.end]
    return "".join(_nearest(letter) for letter in said), error.end


def _nearest(letter: str) -> str:
    return _LIKE.get(letter) or unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode() or "?"


def never_fail_on_letters() -> None:
    """Write what a stream's encoding lacks by its nearest letters."""
    codecs.register_error(_HANDLER, nearest_letters)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_HANDLER)


def give_up_stdout() -> None:
    """Point standard output at nothing, so that nothing more fails on it, the end of the program included."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
