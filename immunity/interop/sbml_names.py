"""SBML identifiers from readable names."""

from __future__ import annotations

import re
from collections.abc import Iterable

# symbols and functions of SBML's formula language, and the ids this export itself defines
_WORDS = """
time avogadro pi exponentiale inf infinity nan notanumber true false delay rateof piecewise power pow root sqrt exp ln
log log10 abs ceil ceiling floor factorial min max quotient rem implies and or xor not eq neq lt leq gt geq sin cos tan
sec csc cot body
"""
RESERVED = frozenset(_WORDS.split())


def sanitise(name: str) -> str:
    """Turn a name into an SBML identifier (letters, digits, underscores; no digit first)."""
    words = re.sub(r"\+", "_plus_", name)
    text = re.sub(r"[^A-Za-z0-9]+", "_", words).strip("_") or "unnamed"
    return f"_{text}" if text[0].isdigit() or text.lower() in RESERVED else text


def unique_ids(names: Iterable[str], taken: set[str]) -> list[str]:
    """Give every name its own identifier; ``taken`` grows by what is handed out."""
    ids = []
    for name in names:
        stem = candidate = sanitise(name)
        number = 2
        while candidate in taken:
            candidate = f"{stem}_{number}"
            number += 1
        taken.add(candidate)
        ids.append(candidate)
    return ids
