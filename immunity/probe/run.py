"""Run the stress suite of a rule book, and judge it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from immunity.cohorts import CohortOutcome, HostBatch, Options, Wanted, run_several
from immunity.compiler.case import Case, ReadoutInfo
from immunity.language.errors import RuleError, RuleErrors, fail
from immunity.language.load import Book
from immunity.probe.design import Trial, gathered, items_of, pairs_of, trials_of, with_untouched
from immunity.probe.judge import Judged, Trace, judge_trials, trace_of
from immunity.probe.load import Invariants
from immunity.results import collect_cohort
from immunity.results.convert import presented_value
from immunity.validate.expectation import read_value

QUICK_PAIRS = 40  # every so manieth pair is tried when it has to be quick


class BuildCase(Protocol):
    """Builds a host in a scenario; see :func:`immunity.case`."""

    def __call__(
        self, scenario: str, *, host: Mapping[str, Any], changes: Mapping[str, Any], days: float | None
    ) -> Case: ...


def plan_trials(
    book: Book, invariants: Invariants, *, only: Sequence[str] = (), quick: bool = False, pairs: int = 1
) -> list[Trial]:
    """Every trial of a rule book, each once.

    Parameters
    ----------
    only : sequence of str    scenarios to push; all of them, and their pairs, if none is named
    quick : bool              the ends of the doses and the extremes of age, and few pairs
    pairs : int               every so manieth pair of scenarios

    Raises
    ------
    RuleError
        E601 for a scenario, or a history, that the book does not have.
    """
    known = book.entries.get("scenario", {})
    for name in (*only, *invariants.design.histories):
        if name not in known:
            raise fail("E601", text=name, known=known)
    scenarios = {
        name: entry.document.data for name, entry in sorted(known.items()) if name not in invariants.design.leave_out
    }
    lacking = tuple(sorted(book.entries.get("deficiency", {})))
    chosen = {name: data for name, data in scenarios.items() if not only or name in only}
    trials: list[Trial] = []
    for name, data in chosen.items():
        trials += trials_of(name, data, invariants.design, deficiencies=lacking, quick=quick)
    if not only:
        trials += pairs_of(scenarios, invariants.design, every=QUICK_PAIRS if quick else pairs)
    return gathered(with_untouched(trials, scenarios))


def run_trials(
    trials: Sequence[Trial],
    build_case: BuildCase,
    *,
    workers: int = 1,
    stochastic: bool = False,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Trace]:
    """Run trials, and keep a few numbers of each.

    A trial that is refused, as a newborn of 140 kg is, has no trace.
    """
    wanted, kept = [], []
    for trial in trials:
        try:
            case = build_case(trial.scenario, host=trial.host, changes=trial.changes, days=trial.days)
        except (RuleError, RuleErrors):
            continue
        wanted.append(Wanted(case, Options(seed, stochastic, vary=False, record_pools=False, rtol=1e-3), 1))
        kept.append(trial.id)
    traces: dict[str, Trace] = {}

    def finished(task: int, batch: HostBatch, _: float) -> None:
        each = wanted[task]
        traces[kept[task]] = trace_of(collect_cohort(CohortOutcome(each.case, each.options, batch)).record)

    if wanted:
        run_several(wanted, workers=workers, finished=finished, progress=progress)
    return traces


def judge_book(
    book: Book, infos: Iterable[ReadoutInfo], trials: Sequence[Trial], traces: Mapping[str, Trace], held: Invariants
) -> Judged:
    """Hold a rule book's invariants against its trials."""
    classes = _classes(book)
    scenarios = book.entries.get("scenario", {})
    subjects = {name: [item.subject for item in items_of(entry.document.data)] for name, entry in scenarios.items()}
    shown = {info.id: info for info in infos}

    def within(subject: str, names: Iterable[str]) -> bool:
        mine = {subject, "*"} | classes.get(subject, set())
        return any(name in mine for name in names)

    def to_unit(text: str, readout: str) -> float:
        number, unit = read_value(text)
        return presented_value(number, unit.text, shown[readout])

    unknown = [bound.readout for bound in held.bounds if bound.readout not in shown]
    unknown += [order.readout for order in held.orders if order.readout not in shown]
    unknown += [ending.readout for ending in held.endings if ending.readout not in shown]
    if unknown:
        raise fail("E811", reason=f"the rule book has no readout {unknown[0]!r}")
    return judge_trials(trials, traces, held, within=within, subjects=subjects, to_unit=to_unit)


def _classes(book: Book) -> dict[str, set[str]]:
    """What each entity belongs to."""
    found: dict[str, set[str]] = {}
    for kind in ("cell", "molecule", "threat", "therapy"):
        for name, entry in book.entries.get(kind, {}).items():
            found[name] = set(getattr(entry.record, "is_", None) or ())
    return found
