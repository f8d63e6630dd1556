"""What the server holds: a rule book, runs asked for lately, and how a question becomes a run."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from immunity import api
from immunity.cohorts.host import warm_up
from immunity.compiler.build import Compiled
from immunity.compiler.case import Case
from immunity.compiler.host import keep_met
from immunity.engine import halt
from immunity.explore.asked import MAX_SECONDS, Asked, check_size
from immunity.explore.sketch import Sketches
from immunity.language.errors import fail
from immunity.language.load import Entry, validate_entry
from immunity.language.read import read_documents
from immunity.report.published import readable_findings
from immunity.results import Run, simulate
from immunity.scenario import find_scenario

if TYPE_CHECKING:
    from immunity.validate import Published
    from immunity.why import Course

KEPT = 5  # runs, 8 to 20 MB each
SKETCHES_KEPT = 2
BOOKS_KEPT = 4  # as scenarios meet them: 10 to 20 MiB each, and a page looks at few at a time
COURSES = 2  # runs ready to be asked why: 10 to 20 MB each
MOMENTS = 240  # of a run that is asked why
PAGE = "(page)"


@dataclass(frozen=True)
class Made:
    """A run, what was asked, and how long each part took, in seconds."""

    id: str
    asked: Asked
    run: Run
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def course(self) -> Course:
        """The run ready to be asked why; some tenths of a second, and kept for the runs that were asked about last."""
        from immunity.results.why import course_of_host

        if id(self) not in _courses:
            while len(_courses) >= COURSES:
                _courses.popitem(last=False)
            _courses[id(self)] = self, course_of_host(self.run.record, MOMENTS)
        _courses.move_to_end(id(self))
        return _courses[id(self)][1]


_courses: OrderedDict[int, tuple[Made, Course]] = OrderedDict()  # with the run, so that its id is not another's


class Session:
    """One rule book and the runs made of it lately."""

    def __init__(self, book: Compiled, own: str | None = None) -> None:
        self.book = book
        self.scenarios: dict[str, Entry] = dict(book.book.entries.get("scenario", {}))
        self.first = (
            "pneumococcal_pneumonia" if "pneumococcal_pneumonia" in self.scenarios else next(iter(self.scenarios), "")
        )
        if own is not None:
            entry = find_scenario(book, own)
            self.scenarios[entry.id] = entry
            self.first = entry.id
        self._kept: OrderedDict[str, Made] = OrderedDict()
        self._sketches = Sketches(self.case)
        self._lock = threading.Lock()

    @cached_property
    def _findings(self) -> dict[str, list[Published]]:
        """Published findings, by the scenario they are about."""
        found: dict[str, list[Published]] = {}
        for each in readable_findings():
            about = each.finding.runs.get(each.finding.measure.run or "")
            if about is not None:
                found.setdefault(about.scenario, []).append(each)
        return found

    def findings_about(self, scenario: str) -> tuple[Published, ...]:
        """Published findings, for the points behind curves of a scenario."""
        return tuple(self._findings.get(scenario, ()))

    def entry(self, asked: Asked) -> Entry:
        """The scenario that is asked for: a known one, or one written in the page. No file is opened.

        Raises
        ------
        RuleError, RuleErrors
            E601 for a name that is none; whatever is wrong with the text.
        """
        if asked.text is not None:
            documents = read_documents(PAGE, content=asked.text.encode())
            if len(documents) != 1:
                raise fail("E601", text=PAGE, known=())
            return validate_entry("scenario", documents[0])
        if asked.scenario not in self.scenarios:
            raise fail("E601", text=asked.scenario, known=self.scenarios)
        return self.scenarios[asked.scenario]

    def case(self, asked: Asked) -> Case:
        """The host of a question, ready to run; what is too large is refused before it is compiled."""
        said: dict[str, Any] = dict(asked.changes) | ({} if asked.days is None else {"days": asked.days})
        return self.case_of(self.entry(asked), said)

    def case_of(self, entry: Entry, said: dict[str, Any] | None = None) -> Case:
        """The host of a scenario, ready to run."""
        made = api.case(entry, changes=said, book=self.book)
        keep_met(BOOKS_KEPT)
        check_size(len(made.out_times), made.model.tables.n_pool, made.days)
        return made

    def run(self, asked: Asked) -> Made:
        """Run what is asked for, or hand back a run that was made lately."""
        id = hashlib.sha256(asked.content().encode()).hexdigest()[:24]
        kept = self.kept(id)
        if kept is not None:
            return kept
        begun = perf_counter()
        case = self.case(asked)
        built = perf_counter()
        with limited(case, stochastic=asked.stochastic):
            if asked.sketch:
                run = self._sketches.run(case, asked)
            else:
                run = simulate(case, stochastic=asked.stochastic, seed=asked.seed, record_pools=True)
        made = Made(id, asked, run, {"compile": built - begun, "run": perf_counter() - built})
        with self._lock:
            self._kept[id] = made
            for sketch, most in ((True, SKETCHES_KEPT), (False, KEPT)):
                alike = [key for key, each in self._kept.items() if each.asked.sketch == sketch]
                for key in alike[: max(len(alike) - most, 0)]:
                    del self._kept[key]
        return made

    def kept(self, id: str) -> Made | None:
        """A run made lately."""
        with self._lock:
            if id in self._kept:
                self._kept.move_to_end(id)
            return self._kept.get(id)


@contextmanager
def limited(case: Case, *, stochastic: bool) -> Iterator[None]:
    """Halt what is run within, in a thread that can be halted, after MAX_SECONDS; kernels may compile before that.

    Raises
    ------
    RuleError
        E731 if it was halted for this.
    """
    warm_up(case, stochastic=stochastic)
    late: list[bool] = []
    me = threading.get_ident()

    def stop() -> None:
        late.append(True)
        halt.halt(me)

    timer = threading.Timer(MAX_SECONDS, stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    except KeyboardInterrupt:
        if late:
            raise fail("E731", text=f"a run of more than {MAX_SECONDS:g} s", limit=f"{MAX_SECONDS:g} s") from None
        raise
    finally:
        timer.cancel()


def open_session(book: Compiled, scenario: str | Path | None) -> Session:
    """A session that begins with a scenario, of the book or of a file that was named on the command line."""
    return Session(book, None if scenario is None else str(scenario))
