"""Every error the package can report: one code, one title, one message, one way to mend it.

Texts are templates for ``str.format``. ``{text}`` is what was found, ``{choices}`` the names that are valid.
"""

from __future__ import annotations

from immunity.language.catalogue import judging, meaning, running, writing
from immunity.language.catalogue.kind import ErrorKind

__all__ = ["CATALOGUE", "RANGES", "ErrorKind"]

RANGES = {
    "E1xx": "files and YAML",
    "E2xx": "keys and values",
    "E3xx": "quantities and units",
    "E4xx": "names and references",
    "E5xx": "rules, laws and signals",
    "E6xx": "scenarios and hosts",
    "E7xx": "running and writing",
    "E8xx": "findings, physiology, calibration",
    "E9xx": "numerical and internal",
}

KINDS = (*writing.KINDS, *meaning.KINDS, *running.KINDS, *judging.KINDS)
CATALOGUE: dict[str, ErrorKind] = {kind.code: kind for kind in KINDS}
