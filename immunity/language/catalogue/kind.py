"""One row of the catalogue of errors."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ErrorKind:
    """One row of the catalogue.

    Attributes
    ----------
    code : str           'E' and three digits
    title : str          a few words
    message : str        template: what is wrong
    mend : str           template: how to put it right
    explanation : str    for the documentation: when it appears and why it is refused
    """

    code: str
    title: str
    message: str
    mend: str
    explanation: str
