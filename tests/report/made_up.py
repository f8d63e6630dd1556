"""A made-up but lifelike run: bacteria in a scrape, the cells that come, and what a laboratory would see."""

from __future__ import annotations

import dataclasses

import numpy as np

from immunity.report import Curve, Paper, PlaceSeries, Point, ReportInput
from immunity.report.model import Floats

TIMES = np.linspace(0.0, 10.0, 241)


def bump(peak_day: float, width: float, rest: float, top: float, *, times: Floats = TIMES, slow: float = 2.0) -> Floats:
    """A rise to `top` on `peak_day` and a slower fall back to `rest`."""
    spread = np.where(times < peak_day, width, slow * width)
    shape = np.exp(-(((times - peak_day) / spread) ** 2))
    start = float(shape[0])
    return rest + (top - rest) * np.clip((shape - start * np.exp(-times)) / (1 - start * np.exp(-peak_day)), 0, None)


def bacteria(*, times: Floats = TIMES, dose: float = 1e5, peak: float = 3e7, day: float = 0.9) -> Floats:
    rise = np.log10(dose) + (np.log10(peak) - np.log10(dose)) * np.minimum(times / day, 1.0) ** 0.8
    return 10.0 ** np.where(times < day, rise, np.log10(peak) - 1.9 * np.maximum(times - day, 0.0) ** 1.15)


def curves() -> tuple[Curve, ...]:
    rng = np.random.default_rng(1)
    bugs = bacteria()
    return (
        Curve("skin.s_aureus", "Staphylococcus aureus in skin", "CFU", "microbes", "log10", bugs, None, 10.0,
              (Point(1.0, 2e7, 5e6, 8e7, "Author et al. 2001"), Point(3.0, 4e5, 6e4, 2e6, "Author et al. 2001"))),
        Curve("blood.s_aureus", "Staphylococcus aureus in blood", "CFU/mL", "microbes", "log10",
              np.full_like(TIMES, 1e-4), None, 1.0),
        Curve("skin.neutrophils", "Neutrophils in the wound", "cell", "site", "log10",
              bump(1.6, 0.7, 2.1e4, 6.3e7), None, 1e3),
        Curve("skin.macrophages", "Macrophages in the wound", "cell", "site", "linear", bump(4.0, 1.8, 1.1e6, 5.2e6)),
        Curve("skin.damage", "Damaged tissue", "mg", "site", "linear", bump(1.9, 0.8, 0.0, 22.0, slow=3)),
        Curve("blood.neutrophils", "Neutrophils in blood", "1e9 cell/L", "blood", "linear",
              bump(1.4, 0.7, 4.1, 13.6) + rng.normal(0, 0.05, len(TIMES)), (1.8, 7.5), None,
              (Point(1.5, 12.1, 9.5, 15.0, "Writer & Scribe 1987"),)),
        Curve("blood.monocytes", "Monocytes in blood", "1e9 cell/L", "blood", "linear",
              bump(2.6, 1.0, 0.45, 0.83), (0.2, 0.8)),
        Curve("blood.crp", "C-reactive protein", "mg/L", "blood", "linear", bump(2.2, 0.9, 0.8, 84.0), (0.0, 5.0), 0.3),
        Curve("skin.cxcl8", "CXCL8 in the wound", "ug/L", "signals", "log10", bump(1.1, 0.6, 0.02, 34.0), None, 0.01),
        Curve("blood.il6", "Interleukin-6 in blood", "ng/L", "signals", "log10",
              bump(1.2, 0.6, 1.2, 180.0), (0.0, 7.0), 0.5),
        Curve("body.temperature", "body temperature", "degC", "symptoms", "linear",
              bump(1.5, 0.8, 36.8, 38.7), (36.1, 37.5)),
    )  # fmt: skip


def places() -> tuple[PlaceSeries, ...]:
    none = np.zeros_like(TIMES)
    return (
        PlaceSeries("blood", "Blood", 50, 27, bump(1.4, 0.7, 2e10, 6.1e10), none + 1e-4),
        PlaceSeries("bone_marrow", "Bone marrow", 36, 66, 4e11 - bump(1.4, 0.9, 0.0, 1.5e11), none),
        PlaceSeries("skin", "Skin of the forearm", 88, 46, bump(1.7, 0.7, 1.2e6, 6.6e7), bacteria()),
        PlaceSeries("axillary_node", "Axillary node", 72, 25.5, bump(3.5, 1.3, 8e8, 2.4e9), bacteria() * 3e-5),
        PlaceSeries("liver", "Liver", 43, 34.5, bump(2, 1, 2.1e10, 2.6e10), none),
        PlaceSeries("spleen", "Spleen", 62, 35, bump(2, 1, 9e10, 1.1e11), none),
    )


def healed(**changes: object) -> ReportInput:
    """An adult who heals."""
    report = ReportInput(
        title="A scrape with Staphylococcus aureus",
        scenario="cut_finger",
        host={"age": "35 years", "sex": "male", "weight": "70 kg"},
        mode="deterministic",
        seed=None,
        days=10.0,
        outcome="healthy",
        stopped_at=None,
        times=TIMES,
        curves=curves(),
        places=places(),
        papers=(
            Paper("Author A, Second B. Neutrophil kinetics in man. Journal of Examples 2001;1:1-9.", "10.1000/xyz123"),
            Paper("Writer C, Scribe D. A chapter that has no DOI. 1987."),
        ),
        provenance={
            "scenario": "cut_finger", "mode": "deterministic", "seed": None, "version": "0.1.0",
            "rule_book_hash": "9f2c" * 16,
            "filled": {"days": "10 d", "every": "1 h", "host": {"age": "35 y", "sex": "male", "deficiencies": []},
                       "exposures": [{"threat": "staphylococcus_aureus", "site": "skin", "dose": "1e5 CFU"}]},
            "changed": {"neutrophil.egress.hazard": "0.5 1/day (reference 0.2 1/day)"},
        },
    )  # fmt: skip
    return dataclasses.replace(report, **changes)


def died() -> ReportInput:
    """A neutropenic adult who dies on day 4.3; nothing is known after that."""
    stop = 4.3
    gone = stop < TIMES
    growth = np.minimum(1e5 * 10.0 ** (1.6 * TIMES), 4e11)
    changed = {
        "skin.s_aureus": growth,
        "blood.s_aureus": growth * 1e-7,
        "blood.neutrophils": np.full_like(TIMES, 0.1),
        "body.temperature": 36.8 + 3.4 * (1 - np.exp(-TIMES / 1.5)),
    }
    cut = tuple(
        dataclasses.replace(c, values=np.where(gone, np.nan, changed.get(c.id, c.values)), points=()) for c in curves()
    )
    spots = tuple(
        dataclasses.replace(
            p,
            cells=np.where(gone, np.nan, p.cells * (0.05 if p.id == "blood" else 1.0)),
            microbes=np.where(gone, np.nan, {"skin": growth, "blood": growth * 5e-4}.get(p.id, p.microbes)),
        )
        for p in places()
    )
    return healed(
        title="The same scrape without neutrophils", outcome="dead", stopped_at=stop, curves=cut, places=spots,
        host={"age": "35 years", "sex": "male", "weight": "70 kg", "deficiencies": "severe congenital neutropenia"},
        mode="stochastic", seed=3, warnings=("12 numbers of this run have no source.",),
    )  # fmt: skip


def compared() -> ReportInput:
    """The healed run beside one with a hundred times the dose."""
    larger = {"skin.s_aureus": bacteria(dose=1e7, peak=9e9, day=1.4), "body.temperature": bump(1.9, 1.0, 36.8, 39.6)}
    theirs = tuple(dataclasses.replace(c, values=larger.get(c.id, c.values * 1.05)) for c in curves())
    both = tuple(dataclasses.replace(c, second=other.values) for c, other in zip(curves(), theirs, strict=True))
    second = healed(curves=theirs, label="1e7 CFU", host={"age": "70 years", "sex": "male", "weight": "70 kg"})
    return healed(curves=both, label="1e5 CFU", second=second, again=("immunity compare cut_finger cut_finger",))


def cohort() -> ReportInput:
    """Two hundred hosts, median and spread."""
    spread = tuple(dataclasses.replace(c, points=(), band=(c.values * 0.7, c.values * 1.35)) for c in curves()[:-1])
    return healed(title="Two hundred scrapes", curves=spread, outcomes={"healthy": 188, "dead": 12}, seed=1)
