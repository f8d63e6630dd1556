"""The page of a trial: who was asked what, who was in it, what came out, how sure."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from markupsafe import Markup

from immunity.report import trial_charts as draw
from immunity.report import trial_hosts as every
from immunity.report.model import Paper
from immunity.report.render import doi_link, page_of, provenance_sections
from immunity.report.trial_charts import Line
from immunity.report.words import Clock, clock, unit_text
from immunity.results import DISCLAIMER
from immunity.results.protocol import done_words, host_line
from immunity.trials import tell
from immunity.trials.analyse import Effect, Estimate
from immunity.trials.cox import PROPORTIONAL
from immunity.trials.models import SAME, Group
from immunity.trials.ranks import LOGRANK
from immunity.trials.result import ALL, Compared, Findings, Found

BAND = (0.05, 0.5, 0.95)
SAID_OF_PAIRS = ("paired", "pairs", "by host", "McNemar")
RATIOS = ("hazard ratio", "risk ratio", "ratio of geometric means")


def page_of_trial(findings: Findings) -> str:
    """The whole page as text; no request leaves it, and it needs no script."""
    trial = findings.plan.trial
    time = clock(findings.days)
    arms = list(findings.arms.values())
    return page_of(
        "trial.html.j2",
        styles=("report.css", "trial.css"),
        title=trial.title,
        question=trial.question,
        note=trial.note,
        results=[_sentence(findings, name) for name in trial.endpoints],
        facts=_facts(findings),
        disclaimer=DISCLAIMER,
        warnings=findings.warnings,
        arms=[
            {"title": arm.title, "style": k % draw.STYLES, "flow": arm.flow, "done": _done(arm.record)}
            for k, arm in enumerate(arms)
        ],
        same=trial.allocation == SAME,
        eligible=trial.enrolment.eligible,
        primary=_title(findings, trial.primary_id()),
        endpoints=[_endpoint(findings, name, time) for name in trial.endpoints],
        forests=_forests(findings),
        curves=_curves(findings, time),
        power=_power(findings),
        confidence=f"{100 * trial.confidence:.3g} %",
        papers=[
            (paper, doi_link(paper))
            for paper in sorted(
                (Paper(str(p.get("cite") or p["key"]), p.get("doi")) for p in findings.papers),
                key=lambda p: p.cite.lower(),
            )
        ],
        provenance=provenance_sections(dict(findings.provenance)),
    )


def _title(findings: Findings, endpoint: str) -> str:
    return findings.plan.trial.endpoints[endpoint].title or endpoint.replace("_", " ")


def _done(record: Any) -> list[str]:
    """What an arm was given and met, in sentences."""
    return [] if record is None else [line for lines in done_words(record).values() for line in lines]


def _facts(findings: Findings) -> list[tuple[str, list[str]]]:
    trial = findings.plan.trial
    record = next(iter(findings.arms.values())).record
    who = host_line(record) if record is not None and len(trial.people) < 2 else ""
    groups = [f"{name.replace('_', ' ')}: {_said(group)}" for name, group in trial.people.items()]
    same = "the same hosts in every arm, each with the same luck"
    varied = "as people do" if trial.vary else "not at all"
    told = [
        ("scenario", [trial.scenario]),
        ("hosts", groups or [who]),
        ("hosts vary", [varied + (", and chance" if trial.stochastic else "")]),
        ("allocation", [same if trial.allocation == SAME else "randomised in blocks"]),
        ("follow-up", [f"{findings.days - findings.plan.enrol_day:g} days"]),
    ]
    if findings.plan.enrol_day > 0.0:
        told.append(("enrolled on day", [f"{findings.plan.enrol_day:g}"]))
    if trial.enrolment.eligible:
        told.append(("eligible", [trial.enrolment.eligible]))
    if any(findings.plan.dropout.values()):
        told.append(("dropout", [trial.dropout or "by arm"]))
    return [*told, ("seed", [str(trial.seed)])]


def _said(group: Group) -> str:
    parts = [f"{key} {value}" for key, value in group.host.items()]
    if group.ages is not None:
        ages = group.ages
        about = f", normal about {ages.mean} (sd {ages.sd})" if ages.mean else ", evenly"
        parts.insert(0, f"ages {ages.from_} to {ages.to}{about}, in {ages.classes} classes")
    return ", ".join(parts) or "as the scenario says"


def _sentence(findings: Findings, name: str) -> dict[str, Any]:
    """What came out for an endpoint: each arm, and the difference with its interval."""
    arms = [
        {"title": findings.arms[f.arm].title, "style": k % draw.STYLES, "said": _plain(f)}
        for k, f in enumerate(tell.of_all(findings, name))
    ]
    rows = [c for c in findings.compared if c.endpoint == name and c.group == ALL]
    alpha = 1.0 - findings.plan.trial.confidence
    effects = [
        f"{findings.arms[c.arm].title + ': ' if len(rows) > 1 else ''}{_effect_words(c, alpha)}"
        for c in rows
        if c.effects
    ]
    primary = name == findings.plan.trial.primary_id()
    return {"title": _title(findings, name), "arms": arms, "effects": effects, "primary": primary}


def _plain(found: Found) -> str:
    percent = found.what in ("share", "share by the end")
    said = tell.number(found.estimate.value, percent=percent)
    if found.events is not None:
        return f"{said} ({found.events} of {found.n})"
    return f"{said} {found.unit}".strip()


def _effect_words(compared: Compared, alpha: float) -> str:
    told = [effect for effect in compared.effects if tell.say_effect(effect) != tell.interval(Estimate(None))]
    tests = [effect for effect in compared.effects if effect.p is not None and effect.measure != PROPORTIONAL]
    changes = [e for e in compared.effects if e.measure == PROPORTIONAL and e.p is not None and e.p < alpha]
    parts = [f"{effect.measure} {tell.say_effect(effect)}" for effect in told]
    tests.sort(key=lambda effect: effect.measure != LOGRANK)  # of times the test of times, where there is one
    parts += [f"p {tell.p_text(tests[0].p)} ({tests[0].test})"] if tests else []
    parts += [f"the ratio of hazards changes with time (p {tell.p_text(e.p)}): see the curves" for e in changes]
    return "; ".join(parts)


def _endpoint(findings: Findings, name: str, time: Clock) -> dict[str, Any]:
    trial = findings.plan.trial
    endpoint = trial.endpoints[name]
    found = tell.of_all(findings, name)
    title = _title(findings, name)
    said = f"{title}: " + "; ".join(f"{findings.arms[f.arm].title} {tell.say_found(f)}" for f in found)
    header = ["Arm", "Among", "What", f"Value ({100 * trial.confidence:.3g} % interval)", "Hosts", "Without a value"]
    rows = [
        [
            findings.arms[f.arm].title,
            "all" if f.group == ALL else f.group.replace("_", " "),
            f.what + (f", {f.unit}" if f.unit else ""),
            tell.interval(f.estimate, percent=f.what in ("share", "share by the end")),
            str(f.n) if f.events is None else f"{f.events} of {f.n}",
            str(f.left_out),
        ]
        for f in findings.found
        if f.endpoint == name
    ]
    effects = [
        [
            findings.arms[c.arm].title,
            "all" if c.group == ALL else c.group.replace("_", " "),
            e.measure,
            tell.say_effect(e),
            tell.p_text(e.p),
            f"{e.test}{', pairs' if e.paired and not any(word in e.test for word in SAID_OF_PAIRS) else ''}",
        ]
        for c in findings.compared
        if c.endpoint == name
        for e in c.effects
    ]
    definition = endpoint.time_to or endpoint.response
    if definition is None:
        where = f" from {' to '.join(endpoint.between)}" if endpoint.between else ""
        where = f" at {endpoint.at}" if endpoint.at else where
        unit = f", {found[0].unit}" if found and found[0].unit else ""
        definition = f"{(endpoint.statistic or '').replace('_', ' ')} of {endpoint.readout}{where}{unit}"
    return {
        "title": title,
        "primary": name == trial.primary_id(),
        "definition": definition,
        "kind": "time to" if endpoint.time_to else "response" if endpoint.response else "value",
        "svg": _drawn(findings, name, found, time, said),
        "hosts": every.hosts_of(findings, name, title, time),
        "header": header,
        "rows": rows,
        "effects_header": ["Arm", "Among", "Measure", "Value (interval)", "p", "Test"],
        "effects": effects,
        "median_days": [
            (findings.arms[f.arm].title, time.stamp(f.median_day)) for f in found if f.median_day is not None
        ],
    }


def _drawn(findings: Findings, name: str, found: list[Found], time: Clock, said: str) -> Markup | None:
    endpoint = findings.plan.trial.endpoints[name]
    if endpoint.time_to is not None:
        arms = [f.steps for f in found if f.steps is not None]
        last = findings.days - findings.plan.enrol_day
        return draw.survival(arms, last, time, rising=endpoint.better == "more", said=said) if arms else None
    if endpoint.response is not None:
        bars = [(findings.arms[f.arm].title, f.estimate.value, f.estimate.low, f.estimate.high) for f in found]
        return draw.shares(bars, said=said)
    log = found[0].what == "geometric mean"
    unit_log = findings.units[endpoint.readout or ""][1].startswith("log10 ")
    columns = []
    for f in found:
        arm = findings.arms[f.arm]
        values = np.asarray(arm.rows[f"value {name}"], float)
        shown = 10.0**values if log and unit_log else values
        columns.append((shown[np.isfinite(shown)], f.estimate.value, f.estimate.low, f.estimate.high))
    return draw.values(columns, log=log, said=said)


def _forests(findings: Findings) -> list[dict[str, Any]]:
    """A forest plot for each arm: all endpoints that have a ratio, the primary one by group too."""
    trial = findings.plan.trial
    forests = []
    for arm in trial.arms:
        lines = []
        for compared in findings.compared:
            if compared.arm != arm or (compared.group != ALL and compared.endpoint != trial.primary_id()):
                continue
            for effect in _ratio_of(compared):
                if effect.estimate.value is not None:
                    inner = compared.group != ALL
                    label = f"   {compared.group.replace('_', ' ')}" if inner else _title(findings, compared.endpoint)
                    e = effect.estimate
                    lines.append(Line(label, tell.interval(e), e.value or 0.0, e.low, e.high, inner))
        if lines:
            title, other = findings.arms[arm].title, findings.arms[trial.reference_arm()].title
            said = f"Ratios, {title} to {other}: " + "; ".join(f"{line.label.strip()} {line.said}" for line in lines)
            svg = draw.forest(lines, said=said, favours=(f"less with {title}", "more"))
            rows = [[line.label.strip(), line.said] for line in lines]
            forests.append({"title": f"{title} against {other}", "svg": svg, "rows": rows})
    return forests


def _ratio_of(compared: Compared) -> list[Effect]:
    """The ratio to draw: that of hazards where the endpoint is a time."""
    ratios = {effect.measure: effect for effect in compared.effects}
    return [ratios[measure] for measure in RATIOS if measure in ratios][:1]


def _curves(findings: Findings, time: Clock) -> list[dict[str, Any]]:
    names = [key.removeprefix("curve ") for key in next(iter(findings.arms.values())).rows if key.startswith("curve ")]
    found = []
    for name in names:
        title, unit = findings.units[name]
        bands = [_band(arm.rows[f"curve {name}"]) for arm in findings.arms.values()]
        log = unit.startswith("log10 ")
        svg = draw.bands(findings.time, bands, time, log=log, said=f"{title} over time, median and spread by arm")
        found.append({"title": title, "unit": unit_text(unit.removeprefix("log10 ")), "svg": svg})
    return found


def _band(curves: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Quantiles over hosts that are there; a curve ends where fewer than half are left."""
    values = np.where(np.isfinite(curves), curves.astype(float), np.nan)
    left = np.isfinite(values).sum(axis=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        edges = np.nanquantile(values, BAND, axis=0)
    edges[:, left < max(1, len(values) / 2)] = np.nan
    return edges[0], edges[1], edges[2]


def _power(findings: Findings) -> dict[str, Any] | None:
    primary = findings.plan.trial.primary_id()
    rows = [each for each in findings.powered if each.endpoint == primary and each.by_size]
    if not rows:
        return None
    sizes = [f"{size}" for size, _ in rows[0].by_size]
    table = [[findings.arms[each.arm].title, *(f"{100 * share:.0f} %" for _, share in each.by_size)] for each in rows]
    needed = [
        [findings.arms[each.arm].title, *("more than ten million" if n is None else f"{n:,}" for _, n in each.size_for)]
        for each in rows
    ]
    said = f"Power by hosts per arm: {'; '.join(' '.join(row) for row in table)}"
    return {
        "svg": draw.power([each.by_size for each in rows], said=said),
        "header": ["Arm", *sizes],
        "rows": table,
        "needed_header": ["Arm", *(f"{100 * wanted:.0f} % power" for wanted, _ in rows[0].size_for)],
        "needed": needed,
        "test": rows[0].test,
        "styles": [(findings.arms[each.arm].title, (k + 1) % draw.STYLES) for k, each in enumerate(rows)],
    }
