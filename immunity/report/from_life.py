"""The page of a life, or of two with the same luck: a timeline, what was given, curves and counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from immunity.report import chart
from immunity.report.life_charts import timeline, year_bars
from immunity.report.model import Curve
from immunity.report.render import page_of, provenance_sections
from immunity.report.words import clock, unit_text
from immunity.results import DISCLAIMER

if TYPE_CHECKING:
    from immunity.lifetime import Life

ANTIBODY = "antibody"  # the panel of readouts of antibody by antigen


def page_of_life(life: Life, beside: Life | None = None) -> str:
    """The whole page as text; no request leaves it, and it needs no script."""
    from immunity.lifetime import tell

    both = [each for each in (life, beside) if each is not None]
    record = life.run.record
    labels = _labels(both)
    return page_of(
        "life.html.j2",
        styles=("report.css", "trial.css", "life.css"),
        title="A life" if beside is None else "Two lives with the same luck",
        lives=[
            {
                "label": label,
                "headline": tell.headline(each),
                "timeline": timeline(each),
                "bars": year_bars(each),
                "episodes": [tell.episode_row(episode) for episode in each.episodes],
                "years": list(tell.year_rows(each)),
            }
            for label, each in zip(labels, both, strict=True)
        ],
        story=life.plan.world.record.story,
        facts=_facts(life),
        curves=_curves(life, beside),
        labels=labels,
        episode_header=[*tell.EPISODE_HEADER[:-1], "beside"],
        year_header=tell.YEAR_HEADER,
        disclaimer=DISCLAIMER,
        warnings=record.warnings,
        provenance=provenance_sections(record.provenance),
    )


def _labels(lives: list[Life]) -> list[str]:
    """What to call each of two: what the host lacks, or first and second."""
    if len(lives) == 1:
        return [""]
    lacking = [[*each.run.record.filled.get("host", {}).get("deficiencies", [])] for each in lives]
    if lacking[0] != lacking[1]:
        return [", ".join(each).replace("_", " ") or "nothing lacking" for each in lacking]
    return ["first", "second"]


def _facts(life: Life) -> list[tuple[str, str]]:
    plan = life.plan
    stages = [
        f"{plan.world.record.stages[stage]} from {age}" for age, stage in plan.world.record.households[plan.household]
    ]
    given = "none" if plan.schedule is None else f"{plan.schedule.record.title} ({len(plan.doses)} doses)"
    return [
        ("world", plan.world.record.title),
        ("stages", "; ".join(stages)),
        ("vaccines", given),
        ("seed", str(life.run.record.seed)),
    ]


def _curves(life: Life, beside: Life | None) -> list[dict[str, Any]]:
    """Antibody by antigen and what else is shown of a life, those of two over one another."""
    record = life.run.record
    time, scale = np.asarray(record.time), clock(record.days)
    found = []
    for info in record.infos:
        if info.id not in record.show and info.panel != ANTIBODY:
            continue
        values = life.run.raw(info.id).values.copy()
        second = None if beside is None else beside.run.raw(info.id).values.copy()
        curve = Curve(
            info.id,
            info.name,
            info.unit,
            info.panel,
            info.scale,
            values,
            healthy=info.healthy if info.panel != ANTIBODY else None,
            limit_of_detection=info.limit_of_detection,
            second=second,
        )
        if info.panel == ANTIBODY and not _ever(curve):
            continue
        found.append(
            {
                "name": info.name,
                "unit": unit_text(info.unit),
                "antibody": info.panel == ANTIBODY,
                "svg": chart.draw(curve, time, scale, stopped_at=()),
            }
        )
    return found


def _ever(curve: Curve) -> bool:
    """Whether there was ever something to be found."""
    limit = curve.limit_of_detection or 0.0
    return bool(np.nanmax(curve.values) > limit or (curve.second is not None and np.nanmax(curve.second) > limit))
