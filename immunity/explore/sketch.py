"""A sketch of a run while a slider moves: coarser steps, fewer rows, the past of somebody of nearly the same age."""

from __future__ import annotations

import json
import math
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from immunity.cohorts import Begun, begin_host, settle_from, start_host
from immunity.compiler.case import Case
from immunity.compiler.tables import Floats
from immunity.engine.status import HALTED
from immunity.explore.asked import SKETCH, Asked
from immunity.language.errors import RuleError, RuleErrors
from immunity.language.quantity import parse_quantity
from immunity.results import Run, simulate

ROWS = 240
GRAIN = 1.5  # ages and weights of those whose past is lived for all that are near: each so many times the one before
KEPT = 24
_NEAR = (("host.age", "d"), ("host.weight", "ng"))  # with their base units


@dataclass(frozen=True)
class _Near:
    """Somebody whose rest and past stand for those of all who are near; not the case, which holds a whole book."""

    names: int  # of what there is in this body, hashed
    theta: Floats
    initial: Floats
    begun: Begun
    rest: Floats  # as it is without a past
    again: Floats  # what comes of that rest where it comes to rest once more

    def at_rest(self, case: Case) -> tuple[Floats, int]:
        """How another one is at rest, and a status: what that is to this one, both having begun from this one's rest.

        A third of the steps that it takes from the rule book's amounts, and what is slow drifts in both alike.
        """
        if np.array_equal(case.theta, self.theta):
            return self.rest, 0
        begins = self.rest * _ratio(case.model.tables.initial_for(case.theta), self.initial)
        state, status = settle_from(case, case.theta, begins, rtol=SKETCH)
        if status == HALTED:
            raise KeyboardInterrupt
        return self.rest * _ratio(state, self.again), status


class Sketches:
    """Sketches, and those whose rest and past stand for others'."""

    def __init__(self, case_of: Callable[[Asked], Case]) -> None:
        self._case_of = case_of
        self._known: OrderedDict[str, _Near] = OrderedDict()

    def run(self, case: Case, asked: Asked) -> Run:
        """What is asked, roughly."""
        every = math.ceil((len(case.out_times) - 1) / ROWS)
        rows = np.unique([*range(0, len(case.out_times), max(every, 1)), len(case.out_times) - 1])
        shared = case.past is None or (not case.past.chances and not asked.stochastic)
        begun = self._begun(case, asked) if shared else None
        few = replace(case, out_times=case.out_times[rows])
        return simulate(
            few,
            stochastic=asked.stochastic,
            seed=asked.seed,
            record_pools=True,
            rtol=SKETCH,
            begun=begun,
            papers=False,
        )

    def _begun(self, case: Case, asked: Asked) -> Begun | None:
        """Somebody whose past was that of a person of nearly the same age and weight, with this one's numbers.

        What the past left is carried over as its ratio to what each of the two has at rest: a few cells of marrow more
        or less can decide a pneumonia. None if either does not come to rest.
        """
        near = self._near(case, asked)
        state, status = near.at_rest(case)
        if status != 0:
            return None
        if case.past is None:
            return Begun(state, 0, case.theta, closer=near.begun.closer)
        begun, to = near.begun, _ratio(case.theta, near.theta)
        theta = np.where((near.theta == 0.0) & (begun.theta == 0.0), case.theta, begun.theta * to)
        return replace(begun, state=begun.state * _ratio(state, near.rest), theta=theta)

    def _near(self, case: Case, asked: Asked) -> _Near:
        """Who stands for somebody; worked out once."""
        person = {key: value for key, value in asked.changes.items() if key.startswith("host.")}
        near = rounded(person)
        key = json.dumps([asked.scenario, asked.text, {**person, **near}], sort_keys=True)
        known = self._known.get(key)
        names = hash(case.model.tables.names)
        if known is None or known.names != names:
            other = self._somebody(case, asked, near)
            _, rest, status, closer = start_host(other, other.theta, rtol=SKETCH)
            begun = Begun(rest, status, other.theta, closer=closer)
            if other.past is not None and status != HALTED:
                begun = begin_host(other, other.theta, rtol=SKETCH)
            again, ended = settle_from(other, other.theta, rest, rtol=SKETCH) if other is not case else (rest, status)
            if HALTED in (status, begun.status, ended):
                raise KeyboardInterrupt
            initial = other.model.tables.initial_for(other.theta)
            known = self._known[key] = _Near(names, other.theta, initial, begun, rest, again)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return known

    def _somebody(self, case: Case, asked: Asked, near: dict[str, str]) -> Case:
        """The case of who is near; the case itself if such a past does not fit into a life that is a little shorter."""
        with suppress(RuleError, RuleErrors):
            other = self._case_of(asked.model_copy(update={"changes": {**asked.changes, **near}})) if near else case
            if other.model.tables.names == case.model.tables.names:
                return other
        return case


def _ratio(one: Floats, other: Floats) -> Floats:
    return np.divide(one, other, out=np.ones_like(one), where=other > 0.0)


def rounded(person: Mapping[str, Any]) -> dict[str, str]:
    """Those changes to a host that can be rounded, so that people who are near one another are one."""
    found: dict[str, str] = {}
    for key, unit in _NEAR:
        try:
            amount = parse_quantity(person[key]).value
        except (KeyError, RuleError):
            continue
        if amount > 0.0:
            found[key] = f"{GRAIN ** round(math.log(amount, GRAIN)):.6g} {unit}"
    return found
