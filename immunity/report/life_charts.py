"""Drawings of a life: who came when, and how many in each year."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from immunity.lifetime import Life

YEAR = 365.25
WIDTH, LEFT, RIGHT, LANE, TOP = 720, 178, 708, 20, 8
SHORT = 3.0  # px, at least, so that a short illness is seen
TICKS = (0.25, 0.5, 1, 2, 5, 10, 20)
MOST_TICKS = 12


def timeline(life: Life) -> Markup:
    """A lane for each agent with its episodes, and one for each vaccine with its doses."""
    names = dict.fromkeys(each.name for each in life.episodes)
    vaccines = dict.fromkeys(dose.therapy for dose in life.plan.doses)
    lanes = [*names, *(name.replace("_", " ") for name in vaccines)]
    height = TOP + LANE * max(len(lanes), 1) + 26
    first, last = life.plan.start, life.plan.end
    marks = [*_ages(first, last, height), *(_lane(k, name) for k, name in enumerate(lanes))]
    for episode in life.episodes:
        row = list(names).index(episode.name)
        x = _x(episode.start, first, last)
        width = max(SHORT, _x(episode.start + episode.days, first, last) - x)
        kind = "carried" if episode.carried else episode.severity
        said = f"{episode.what}, {episode.days:.0f} days{'' if episode.carried else ', ' + episode.severity}"
        told = escape(f"{episode.name}: {said}, at {episode.start / YEAR:.2f} years")
        thick = 6 if episode.carried else 13
        y = TOP + LANE * row + (LANE - thick) / 2
        marks.append(
            f'<rect class="episode {kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{thick}">'
            f"<title>{told}</title></rect>"
        )
    for dose in life.plan.doses:
        row = len(names) + list(vaccines).index(dose.therapy)
        x, y = _x(dose.age, first, last), TOP + LANE * row
        told = escape(f"{dose.therapy.replace('_', ' ')}, {dose.dose}, at {dose.age / YEAR:.2f} years")
        marks.append(f'<path class="dose" d="M{x:.1f} {y + 3:.1f}v14"><title>{told}</title></path>')
    if life.lived.died:
        x = _x(life.lived.ended, first, last)
        marks.append(f'<path class="death" d="M{x:.1f} {TOP}V{height - 24}"><title>death</title></path>')
    label = f"Timeline: {sum(not e.carried for e in life.episodes)} infections, {len(life.plan.doses)} doses of vaccine"
    return Markup(
        f'<svg class="life" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{label}">{"".join(marks)}</svg>'
    )


def year_bars(life: Life) -> Markup:
    """Illnesses in each year of age, and infections that nobody noticed above them."""
    years, height, base = life.years, 150, 124
    top = max([year.infections for year in years] or [1]) or 1
    first, last = life.plan.start, life.plan.end
    marks = _ages(first, last, height)
    for year in years:
        x0, x1 = _x(max(year.age * YEAR, first), first, last), _x(min((year.age + 1) * YEAR, last), first, last)
        width = max(1.0, x1 - x0 - 1.5)
        for count, low, kind in (
            (year.illnesses, 0, "mild"),
            (year.infections - year.illnesses, year.illnesses, "silent"),
        ):
            tall = count / top * (base - 14)
            y = base - low / top * (base - 14) - tall
            if count:
                words = "illnesses" if kind == "mild" else "infections that nobody noticed"
                told = f"year {year.age + 1}: {count} {words}"
                marks.append(
                    f'<rect class="episode {kind}" x="{x0:.1f}" y="{y:.1f}" width="{width:.1f}" height="{tall:.1f}">'
                    f"<title>{told}</title></rect>"
                )
    marks.append(f'<text class="name" x="{LEFT - 8}" y="22" text-anchor="end">{top} a year</text>')
    return Markup(
        f'<svg class="life" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="Infections in each year of age, at most {top}">{"".join(marks)}</svg>'
    )


def _x(age: float, first: float, last: float) -> float:
    return LEFT + (age - first) / (last - first) * (RIGHT - LEFT)


def _lane(row: int, name: str) -> str:
    y = TOP + LANE * row + LANE / 2
    return (
        f'<path class="rule" d="M{LEFT} {y:.1f}H{RIGHT}"/>'
        f'<text class="name" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{escape(_short(name))}</text>'
    )


def _short(name: str) -> str:
    return name if len(name) <= 24 else f"{name[:23]}…"


def _ages(first: float, last: float, height: int) -> list[str]:
    """Years along the bottom."""
    step = next((tick for tick in TICKS if (last - first) / YEAR / tick <= MOST_TICKS), TICKS[-1]) * YEAR
    count = int(-(-first // step))
    marks = []
    while count * step <= last:
        x = _x(count * step, first, last)
        age = count * step / YEAR
        said = f"{age:g}{'' if marks else ' y'}"
        marks.append(
            f'<path class="grid" d="M{x:.1f} {TOP}V{height - 24}"/>'
            f'<text class="tick" x="{x:.1f}" y="{height - 8}" text-anchor="middle">{said}</text>'
        )
        count += 1
    return marks
