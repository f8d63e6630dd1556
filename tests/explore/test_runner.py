"""Questions that become stale are answered so, and take nobody who waits for them along."""

from __future__ import annotations

import asyncio
import threading

import pytest

from immunity.explore import runner as runners
from immunity.explore.runner import Runner, Stale


@pytest.mark.parametrize("how", ["asked again", "dropped", "closed"])
def test_a_question_that_still_waits_is_told_that_it_is_stale(how: str) -> None:
    runner, go_on, busy = Runner(), threading.Event(), threading.Event()

    def work() -> None:
        busy.set()
        go_on.wait(5.0)

    async def ask() -> str:
        first = runner.submit("", work)
        busy.wait(5.0)
        waiting = asyncio.wrap_future(runner.submit("page", lambda: "old"))
        if how == "asked again":
            newer = asyncio.wrap_future(runner.submit("page", lambda: "new"))
        elif how == "dropped":
            runner.drop("page")
        else:
            threading.Thread(target=runner.close).start()
        with pytest.raises(Stale):
            await waiting
        go_on.set()
        await asyncio.wrap_future(first)
        return await newer if how == "asked again" else ""

    try:
        assert asyncio.run(ask()) == ("new" if how == "asked again" else "")
    finally:
        runner.close()


def test_at_rest_it_gives_back_what_is_free_once(monkeypatch: pytest.MonkeyPatch) -> None:
    given = threading.Semaphore(0)
    monkeypatch.setattr(runners, "REST", 0.01)
    monkeypatch.setattr(runners, "give_back", given.release)
    runner = Runner()
    assert not given.acquire(timeout=0.05)  # before any work there is nothing
    runner.submit("", lambda: None).result(5)
    assert given.acquire(timeout=5) and not given.acquire(timeout=0.1)
    runner.close()
