"""What a readout is to the story, told from its unit and panel alone."""

from __future__ import annotations

import re
from functools import lru_cache

from immunity.report.model import Curve

_MICROBE_UNITS = {"CFU", "virion", "PFU", "TCID50"}
_MASSES = {"pg", "ng", "ug", "mg", "g"}
_SYMPTOM_PANELS = {"symptoms", "body"}
_HOME_PANELS = {"blood", "marrow"}


def is_microbe(curve: Curve) -> bool:
    """Whether it counts microbes; what is weighed, such as endotoxin, are their products."""
    words = _words(curve.unit)
    return bool(_MICROBE_UNITS & words) or (curve.panel == "microbes" and not _MASSES & words)


def is_symptom(curve: Curve) -> bool:
    """Whether it is something the person feels or shows."""
    return curve.panel in _SYMPTOM_PANELS or curve.unit == "degC"


def is_arrival(curve: Curve) -> bool:
    """Whether a rise means that cells came from elsewhere: cells, counted where they are neither made nor carried."""
    return bool({"cell", "cells"} & _words(curve.unit)) and curve.panel not in _HOME_PANELS


@lru_cache(maxsize=512)
def _words(unit: str) -> frozenset[str]:
    return frozenset(re.split(r"[\s/]+", unit))
