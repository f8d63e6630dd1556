"""What several tests of cohorts need."""

from __future__ import annotations

import pytest

from immunity.cohorts import process as process_module
from immunity.cohorts import workers as workers_module


@pytest.fixture
def started(monkeypatch):
    """The worker processes that were started."""
    seen = []

    class Seen(process_module.Process):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            seen.append(self)

    monkeypatch.setattr(workers_module, "Process", Seen)
    return seen
