"""Processes that are being started when Ctrl-C comes are ended as well."""

from __future__ import annotations

from typing import Any

import pytest

from immunity.cohorts import workers
from immunity.cohorts.batch import Options
from immunity.cohorts.tasks import Work
from tests.cohorts.cases import cells_and_drug


@pytest.mark.parametrize("interrupted", [1, 2])
@pytest.mark.parametrize("begun", [False, True], ids=["before it began", "when it had begun"])
def test_an_interrupt_while_processes_start_leaves_none(
    monkeypatch: pytest.MonkeyPatch, interrupted: int, begun: bool
) -> None:
    made: list[Any] = []

    class Interrupted(workers.Process):
        def start(self) -> None:
            made.append(self)
            if len(made) < interrupted or begun:
                super().start()
            if len(made) == interrupted:
                raise KeyboardInterrupt

    monkeypatch.setattr(workers, "Process", Interrupted)
    work = Work(((cells_and_drug(days=1.0), Options(0, False, False, False, 1e-3)),))
    with pytest.raises(KeyboardInterrupt):
        workers.run_on_processes(work, [(0, (host,)) for host in range(4)], workers=2, finished=lambda *_: None)
    assert len(made) == interrupted
    for process in made:
        assert not process._thread.is_alive()
        assert process._popen is None or process._popen.poll() is not None
