"""A sketch of a run while a slider moves: coarser steps, fewer rows, the past of somebody of nearly the same age."""

from __future__ import annotations

import json
import math
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from immunity.cohorts import Begun, begin_host, start_host
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


class Sketches:
    """Sketches, and the pasts that were lived for them."""

    def __init__(self, case_of: Callable[[Asked], Case]) -> None:
        self._case_of = case_of
        self._pasts: OrderedDict[str, tuple[Case, Begun, Floats]] = OrderedDict()

    def run(self, case: Case, asked: Asked) -> Run:
        """What is asked, roughly."""
        every = math.ceil((len(case.out_times) - 1) / ROWS)
        rows = np.unique([*range(0, len(case.out_times), max(every, 1)), len(case.out_times) - 1])
        shared = case.past is not None and not case.past.chances and not asked.stochastic
        begun = self._begun(case, asked) if shared else None
        few = replace(case, out_times=case.out_times[rows])
        return simulate(few, stochastic=asked.stochastic, seed=asked.seed, record_pools=True, rtol=SKETCH, begun=begun)

    def _begun(self, case: Case, asked: Asked) -> Begun:
        """Somebody whose past was that of a person of nearly the same age and weight, with this one's numbers.

        What the past left is carried over as its ratio to what each of the two has at rest: a few cells of marrow more
        or less can decide a pneumonia.
        """
        person = {key: value for key, value in asked.changes.items() if key.startswith("host.")}
        near = rounded(person)
        key = json.dumps([asked.scenario, asked.text, {**person, **near}], sort_keys=True)
        known = self._pasts.get(key)
        if known is None or known[0].model.tables.names != case.model.tables.names:
            other = self._somebody(case, asked, near)
            begun = begin_host(other, other.theta, rtol=SKETCH)
            if begun.status == HALTED:
                raise KeyboardInterrupt
            known = self._pasts[key] = other, begun, _at_rest(other)
            while len(self._pasts) > KEPT:
                self._pasts.popitem(last=False)
        self._pasts.move_to_end(key)
        other, begun, rest = known
        to = _ratio(case.theta, other.theta)
        theta = np.where((other.theta == 0.0) & (begun.theta == 0.0), case.theta, begun.theta * to)
        return replace(begun, state=begun.state * _ratio(_at_rest(case), rest), theta=theta)

    def _somebody(self, case: Case, asked: Asked, near: dict[str, str]) -> Case:
        """The case of who is near; the case itself if such a past does not fit into a life that is a little shorter."""
        with suppress(RuleError, RuleErrors):
            other = self._case_of(asked.model_copy(update={"changes": {**asked.changes, **near}})) if near else case
            if other.model.tables.names == case.model.tables.names:
                return other
        return case


def _at_rest(case: Case) -> Floats:
    """A host as it is on day 0 without a past."""
    _, state, status, _ = start_host(case, case.theta, rtol=SKETCH)
    if status == HALTED:
        raise KeyboardInterrupt
    return state


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
