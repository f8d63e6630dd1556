"""What happened, in words: every rule with planted data."""

from __future__ import annotations

import dataclasses

import numpy as np
from lxml import html

from immunity.report import render
from immunity.report.contrast import contrasts
from immunity.report.excursions import cleared, excursions, onset
from immunity.report.model import Curve, ReportInput
from immunity.report.story import headline, tell

from . import made_up

DAYS = np.arange(0.0, 11.0)


def curve(values: list[float], panel: str = "blood", **more: object) -> Curve:
    base = Curve("c", "Quantity", "mg/L", panel, "linear", np.array(values, dtype=float))
    return dataclasses.replace(base, **more)


def report(*curves: Curve, **more: object) -> ReportInput:
    return made_up.healed(curves=curves, times=DAYS, places=(), **more)


def texts(made: ReportInput) -> list[str]:
    return [beat.text for beat in tell(made)]


def differences(*curves: Curve) -> list[str]:
    """What is said of a second run, its end aside."""
    made = report(*curves, second=report(*(dataclasses.replace(c, values=c.second) for c in curves)))
    return [beat.text for beat in contrasts(made)[:-1]]


TENT = [0, 0, 10, 20, 30, 20, 10, 0, 0, 0, 0]
BUGS = [100, 1e4, 1e6, 1e4, 100, 1, 0, 0, 0, 0, 0]
BUGS_GROW = [100 * 10.0 ** (i / 2) for i in range(11)]


def bugs(values: list[float], **more: object) -> Curve:
    return curve(values, "microbes", name="Bacteria", unit="CFU", limit_of_detection=10.0, **more)


def test_an_excursion_knows_its_crossings_and_extreme() -> None:
    (trip,) = excursions(curve(TENT, healthy=(-1.0, 5.0)), DAYS)
    assert (trip.above, trip.start, trip.back, trip.extreme, trip.extreme_day) == (True, 1.5, 6.5, 30.0, 4.0)
    assert not trip.from_start and trip.strength == 6.0


def test_both_sides_of_a_range_are_watched() -> None:
    wave = [5, 9, 5, 1, 5, 5, 5, 5, 5, 5, 5]
    low, high = excursions(curve(wave, healthy=(2.0, 8.0)), DAYS)
    assert (low.above, low.extreme, high.above, high.extreme) == (False, 1.0, True, 9.0)


def test_a_trip_that_never_ends_has_no_return() -> None:
    (trip,) = excursions(curve([*range(11)], healthy=(-1.0, 5.5)), DAYS)
    assert trip.back is None


def test_inside_the_range_nothing_is_told() -> None:
    assert texts(report(curve([3.0] * 11, healthy=(0.0, 5.0)))) == ["Healthy on day 10."]


def test_a_readout_with_a_range_is_told_when_it_leaves() -> None:
    told = texts(report(curve(TENT, healthy=(0.0, 5.0))))
    assert told[0] == (
        "Quantity rises above the healthy range (5 mg/L), up to 30 mg/L on day 4; back in range on day 6.5."
    )


def test_a_readout_that_falls_and_stays_low() -> None:
    told = texts(report(curve([5, 4, 3, 2, 1, 1, 1, 1, 1, 1, 1], healthy=(2.5, 9.0), name="Platelets")))
    assert "Platelets fall below the healthy range (2.5 mg/L), down to 1 mg/L on day 4" in told[0]
    assert "still below it at the end" in told[0]


def test_low_from_the_start() -> None:
    told = texts(report(curve([1.0] * 11, healthy=(2.5, 9.0))))
    assert told[0].startswith("Quantity is below the healthy range (2.5 mg/L) from the start, at 1 mg/L;")


def test_a_trip_hardly_outside_is_not_worth_a_sentence_unless_a_symptom() -> None:
    barely = [5, 5, 5.1, 5, 5, 5, 5, 5, 5, 5, 5]
    assert len(texts(report(curve(barely, healthy=(0.0, 5.0))))) == 1
    assert len(texts(report(curve(barely, "symptoms", healthy=(0.0, 5.0))))) == 2


def test_fever_from_and_to() -> None:
    values = [36.8, 37, 38, 39, 38, 37, 36.8, 36.8, 36.8, 36.8, 36.8]
    told = texts(report(curve(values, "symptoms", unit="degC", name="temperature", healthy=(36.0, 37.5))))
    assert told[0] == "Fever begins: temperature above 37.5 °C until day 4.5, highest 39.0 °C on day 3."


def test_cells_arrive_at_a_site() -> None:
    values = [10, 10, 500, 1000, 800, 300, 10, 10, 10, 10, 10]
    made = report(curve(values, "site", name="Neutrophils in skin", unit="cell"))
    first = tell(made)[0]
    assert first.text == (
        "Neutrophils in skin start to arrive; their peak is 1\u202f000 cells on day 3, 100 times the amount at rest."
    )
    assert 1.0 < first.day < 1.5


def test_onset_is_a_tenth_of_the_way() -> None:
    assert onset(np.array([0.0, 0.0, 10.0, 20.0]), np.array([0.0, 1.0, 2.0, 3.0])) == 1.2


def test_a_loss_of_half_without_a_range_is_told() -> None:
    told = texts(report(curve([10, 8, 6, 4, 3, 3, 3, 3, 3, 3, 3])))
    assert told[0] == "Quantity falls from 10 mg/L to 3 mg/L."


def test_microbes_peak_and_go() -> None:
    made = report(bugs(BUGS))
    assert texts(made)[:3] == [
        "Bacteria start at 100 CFU.",
        "Bacteria peak at 10⁶ CFU, 10\u202f000 times the start.",
        "Bacteria fall below the limit of detection.",
    ]
    assert cleared(bugs(BUGS), DAYS).day == tell(made)[2].day
    assert headline(made).startswith("Recovered on day 4.9: microbes below detection since day 4.9")


def test_microbes_given_at_the_start_start_at_what_was_given() -> None:
    both_sides = np.concatenate([[0.0], DAYS])
    made = made_up.healed(curves=(bugs([0, *BUGS]),), times=both_sides, places=())
    assert texts(made)[:2] == ["Bacteria start at 100 CFU.", "Bacteria peak at 10⁶ CFU, 10\u202f000 times the start."]


def test_microbes_that_only_decline() -> None:
    told = texts(report(bugs([100, 50, 20, 1, 0, 0, 0, 0, 0, 0, 0])))
    assert told[0] == "Bacteria start at 100 CFU and never multiply beyond 100 CFU."


def test_microbes_that_appear_later() -> None:
    told = texts(report(bugs([0, 0, 1e3, 1e5, 1e3, 0, 0, 0, 0, 0, 0])))
    assert told[0] == "Bacteria become detectable and peak at 10⁵ CFU on day 3."


def test_not_recovered_names_what_is_left() -> None:
    made = report(bugs(BUGS_GROW), curve(TENT[:5] + [30] * 6, "symptoms", healthy=(0.0, 5.0), name="Pain"))
    assert headline(made) == ("Not recovered on day 10: Bacteria still at 10⁷ CFU; Pain still above its healthy range.")
    assert "Bacteria grow until the end, to 10⁷ CFU, 10⁵ times the start." in texts(made)


def test_the_dead_are_dead() -> None:
    values = np.array(BUGS_GROW)
    values[5:] = np.nan
    made = report(bugs(values.tolist()), outcome="dead", stopped_at=4.2)
    assert headline(made) == "Died on day 4.2. At the end: Bacteria at 10\u202f000 CFU."
    assert tell(made)[-1].day == 4.2


def test_a_failed_simulation_is_not_a_death() -> None:
    assert headline(report(curve(TENT), outcome="failed", stopped_at=1.0)).startswith("The simulation failed on day 1")


def test_recovery_does_not_hide_what_is_still_abnormal() -> None:
    made = report(bugs(BUGS), curve([*range(11)], healthy=(-1.0, 5.5), name="Platelets"))
    assert headline(made).endswith("Still outside the healthy range at the end: Platelets.")


def test_a_cohort_is_counted_and_its_spread_told() -> None:
    made = made_up.cohort()
    assert headline(made) == "Of 200 hosts, 188 healthy and 12 dead at the end."
    assert any("in 5 % to 95 % of hosts)" in text for text in texts(made))


def test_contrasts_say_what_the_second_run_changes() -> None:
    second = np.array(BUGS_GROW)
    assert differences(bugs(BUGS, second=second)) == [
        "Bacteria peak at 10⁷ CFU (day 10) instead of 10⁶ CFU (day 2) and are still there at the end instead of gone."
    ]
    assert differences(bugs(BUGS, second=np.array(BUGS, dtype=float))) == []
    assert contrasts(report(bugs(BUGS))) == ()


def test_the_second_run_is_told_to_its_end_and_a_death_in_it_is_said() -> None:
    values = np.where(DAYS > 4, np.nan, np.array(BUGS_GROW))
    second = report(bugs(values.tolist()), outcome="dead", stopped_at=4.2, label="without")
    beats = contrasts(report(bugs(BUGS, second=values), label="with", second=second))
    assert beats[-1].text.startswith("Died on day 4.2.") and beats[-1].day == 4.2
    both = report(bugs(BUGS, second=values), label="with", second=second)
    first_lines = html.document_fromstring(render(both)).xpath("//header//p[contains(@class, 'headline')]")
    assert [line.text_content().strip()[:14] for line in first_lines] == ["with: Recovere", "without: Died "]


def test_what_nobody_could_measure_makes_no_difference_and_is_not_given_to_three_digits() -> None:
    dust = curve([1e-9] * 11, second=np.array([1e-9, 1e-5] * 5 + [0.0]))
    assert differences(dust) == []
    assert differences(bugs([1e-5] * 11, second=np.array(BUGS_GROW))) == [
        "Bacteria peak at 10⁷ CFU (day 10) instead of less than 10, the limit of detection."
    ]


def test_differences_are_ranked_by_what_is_healthy() -> None:
    crp = curve([1.0] * 11, healthy=(0.0, 5.0), name="CRP", id="crp", second=np.array(TENT, dtype=float) * 5)
    inside = curve([1.0] * 11, healthy=(0.0, 5.0), name="Other", id="x", second=np.full(11, 4.9))
    white = curve([4.0] * 11, healthy=(1.8, 8.0), name="Neutrophils", id="n", second=np.full(11, 0.018))
    assert differences(inside, crp, white) == [
        "Neutrophils lowest at 0.018 mg/L (0 h) instead of 4 mg/L (0 h).",
        "CRP peaks at 150 mg/L (day 4) instead of 1 mg/L (0 h).",
    ]


def test_microbes_that_nobody_could_detect_make_no_contrast() -> None:
    assert differences(bugs([0.1] * 11, second=np.full(11, 2.0))) == []


def test_the_rule_books_word_for_an_end_leads_the_first_line() -> None:
    grown = report(bugs(BUGS_GROW), outcome="carrier")
    assert headline(grown) == "Carrier as of day 10: Bacteria still at 10⁷ CFU."
    assert headline(report(curve(TENT), outcome="dead_of_sepsis", stopped_at=3.0)).startswith("Died of sepsis on day 3")
    assert headline(report(curve(TENT), outcome="organ failure", stopped_at=3.0)).startswith("Organ failure on day 3")


def test_sentences_start_with_a_capital_but_symbols_keep_theirs() -> None:
    assert texts(report(curve(TENT, name="bilirubin", healthy=(0.0, 5.0))))[0].startswith("Bilirubin rises")
    assert texts(report(curve(TENT, name="mRNA", healthy=(0.0, 5.0))))[0].startswith("mRNA rises")


def test_sentences_come_in_order_of_time_and_are_few() -> None:
    beats = tell(made_up.healed())
    assert [b.day for b in beats] == sorted(b.day for b in beats)
    many = tuple(curve(TENT, healthy=(0.0, 5.0), id=str(i)) for i in range(30))
    assert len(tell(report(*many))) == 4
    panels = tuple(curve(TENT, f"panel {i}", healthy=(0.0, 5.0), id=str(i), main=i % 2 == 0) for i in range(30))
    told = tell(report(*panels))
    assert len(told) == 14 and all(int(beat.curve) % 2 == 0 for beat in told[:-1])


def test_what_is_weighed_is_no_microbe() -> None:
    endotoxin = curve([0, 20, 10, 0.5, 0, 0, 0, 0, 0, 0, 0], "microbes", name="Endotoxin", unit="pg/mL")
    assert "microbes" not in headline(report(endotoxin))
    assert texts(report(endotoxin))[0].startswith("Endotoxin starts to rise; its peak is 20 pg/mL")


def test_amounts_that_nobody_could_measure_are_not_told_unless_asked_for() -> None:
    tiny = curve([1e-9, 1e-9, 5e-9, *[1e-9] * 8], "skin", unit="ng/mL", main=False)
    assert len(texts(report(tiny))) == 1
    assert len(texts(report(dataclasses.replace(tiny, main=True)))) == 2


def test_what_the_scenario_asks_for_is_told_first() -> None:
    found = [
        curve([1, 1, 10 + i, *[1] * 8], "cytokines", id=f"c{i}", name=f"Signal {i}", main=i == 0) for i in range(5)
    ]
    told = " ".join(texts(report(*found)))
    assert "Signal 0" in told and "Signal 4" in told and "Signal 1" not in told
