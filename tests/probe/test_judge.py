"""Each kind of invariant sees a planted violation, and passes what is right."""

from __future__ import annotations

import math

import numpy as np
import pytest

from immunity.probe.design import Trial
from immunity.probe.judge import BOUND, ENDING, FAILED, ORDER, Trace, judge_trials
from immunity.probe.load import Invariants
from immunity.probe.models import Bound, Design, Ending, Excuse, Order

DESIGN = Design(
    factors=[0.1, 1.0], hosts={"adult": {}}, adult="adult", rest="1 d", microbes="germs", survival="alive", clean=0.0
)
BOUNDS = (Bound(readout="fever", lo="35", hi="42", why="-", status="assumed"),)
ENDINGS = (Ending(readout="fever", within=1.01, slack=0.2, why="-"),)
WORSE = {
    "id": "worse",
    "claim": "-",
    "along": "dose",
    "of": ["germ"],
    "statistic": "minimum",
    "never": "rises",
    "why": "-",
}
ORDERS = (Order.model_validate(WORSE | {"readout": "alive", "slack": 0.1}),)
QUIET = Trial("nothing", "s", 1.0)
LESS = Trial("less", "s", 1.0, untouched="nothing")
MORE = Trial("more", "s", 1.0, along=(("dose", "germ", "less"),), untouched="nothing")


def trace(*, fever=(37.0, 38.0, 37.0), alive=1.0, germs=0.0, stopped=math.nan, failed=""):
    def numbers(first, top, last):
        return {
            "baseline": first,
            "last": last,
            "maximum": top,
            "minimum": min(first, last),
            "rise": top - first,
            "area": 0.0,
        }

    values = {"fever": numbers(*fever), "alive": numbers(1.0, 1.0, alive), "germs": numbers(0.0, 5.0, germs)}
    return Trace(values, dict.fromkeys(values, "1"), stopped, failed)


def judge(less=None, more=None, *, quiet=None, excuses=(), orders=ORDERS):
    held = Invariants(DESIGN, BOUNDS, orders, ENDINGS, tuple(excuses))
    traces = {"nothing": quiet or trace(fever=(37.0, 37.0, 37.0)), "less": less or trace(), "more": more or trace()}
    return judge_trials(
        [QUIET, LESS, MORE],
        traces,
        held,
        within=lambda subject, names: subject in names,
        subjects={"s": ["germ"]},
        to_unit=lambda text, _: float(text),
    )


def kinds(judged):
    return [violation.kind for violation in judged.violations]


def test_what_is_right_passes_every_check() -> None:
    judged = judge()
    assert kinds(judged) == []
    assert judged.checks == {FAILED: 3, BOUND: 3, ORDER: 1, ENDING: 2}


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        (trace(fever=(37, 42.1, 37)), BOUND),
        (trace(fever=(37, 38, 37.5)), ENDING),
        (trace(fever=(37, 38, 36.5)), ENDING),
        (trace(failed="step too small"), FAILED),
    ],
)
def test_a_planted_violation_is_seen(more: Trace, kind: str) -> None:
    (violation,) = judge(more=more).violations
    assert (violation.kind, violation.trial) == (kind, "more")
    assert violation.commands[-1] == MORE.command


def test_bounds_hold_below_as_well() -> None:
    assert BOUND in kinds(judge(more=trace(fever=(34.0, 37.0, 37.0))))


def test_more_of_a_dose_may_not_do_good() -> None:
    (violation,) = judge(less=trace(alive=0.3)).violations
    assert (violation.kind, violation.invariant, len(violation.commands)) == (ORDER, "worse", 2)
    assert kinds(judge(less=trace(alive=0.95))) == []  # within the slack
    assert kinds(judge(more=trace(alive=0.3))) == []  # the right way round
    other = ORDERS[0].model_copy(update={"only_with": ["worm"]})
    assert kinds(judge(less=trace(alive=0.3), orders=(other,))) == []


def test_an_order_may_say_never_falls() -> None:
    order = ORDERS[0].model_copy(update={"never": "falls"})
    assert kinds(judge(more=trace(alive=0.3), orders=(order,))) == [ORDER]


def test_nothing_has_ended_in_the_dead_or_the_infected() -> None:
    assert kinds(judge(more=trace(fever=(37, 39, 39), stopped=3.0))) == []
    assert kinds(judge(more=trace(fever=(37, 39, 39), germs=4.0))) == []


def test_what_failed_is_compared_with_nothing() -> None:
    assert kinds(judge(less=trace(failed="x", alive=0.1))) == [FAILED]


def test_an_excuse_is_counted_apart() -> None:
    excuse = Excuse(invariant="fever", trial="mor*", reason="a sauna")
    judged = judge(more=trace(fever=(37, 43, 37)), excuses=[excuse])
    assert (judged.count(BOUND), judged.count(BOUND, excused=True)) == (0, 1)
    assert judged.violations[0].excuse == "a sauna"


def test_values_are_numbers() -> None:
    assert np.isfinite(list(trace().values["fever"].values())).all()


def test_the_end_is_held_against_the_same_host_who_met_nothing() -> None:
    grown = trace(fever=(37.0, 37.0, 36.4))
    assert kinds(judge(less=trace(fever=(37, 38, 36.4)), more=trace(fever=(37, 38, 36.4)), quiet=grown)) == []
    assert kinds(judge(less=trace(fever=(37, 38, 36.4)), more=trace(fever=(37, 38, 37)), quiet=grown)) == [ENDING]


def test_who_dies_first_need_not_have_had_the_most() -> None:
    growth = {"readout": "fever", "statistic": "maximum", "unless_cut_short": True}
    falls, rises = (ORDERS[0].model_copy(update={**growth, "never": never}) for never in ("falls", "rises"))
    high, low, dead = (37, 41, 37), (37, 38, 37), (37, 38, 37)
    assert kinds(judge(less=trace(fever=high), more=trace(fever=low), orders=(falls,))) == [ORDER]
    assert kinds(judge(less=trace(fever=high), more=trace(fever=dead, stopped=2.0), orders=(falls,))) == []
    assert kinds(judge(less=trace(fever=high, stopped=1.0), more=trace(fever=dead, stopped=2.0), orders=(falls,))) == [
        ORDER
    ]
    assert kinds(judge(less=trace(fever=dead, stopped=2.0), more=trace(fever=high), orders=(rises,))) == []
    assert kinds(judge(less=trace(fever=low), more=trace(fever=high, stopped=2.0), orders=(rises,))) == [ORDER]


def test_the_dead_are_dead_however_their_last_row_reads() -> None:
    dead = trace(alive=0.6, stopped=2.0)
    assert kinds(judge(less=trace(alive=0.45, stopped=3.0), more=dead)) == []
    assert kinds(judge(less=dead, more=trace(alive=0.6))) == [ORDER]
