"""An interruption that says what is kept."""

from __future__ import annotations


class CohortInterrupted(KeyboardInterrupt):
    """Ctrl-C during a cohort. The text says what is kept and how to go on."""
