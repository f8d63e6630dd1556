"""What a trial found as rows of tables and as plain data."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from immunity.results import DISCLAIMER
from immunity.trials.analyse import Effect, Estimate
from immunity.trials.result import ALL, ArmHosts, Compared, Findings, Found

REPEATED = 6  # significant digits in tables


def to_dict(findings: Findings) -> dict[str, Any]:
    """Everything that was found, for a program: the contents of ``trial.json``."""
    trial = findings.plan.trial
    return {
        "id": trial.id,
        "title": trial.title,
        "question": trial.question,
        "disclaimer": DISCLAIMER,
        "allocation": trial.allocation,
        "confidence": trial.confidence,
        "primary": trial.primary_id(),
        "reference": trial.reference_arm(),
        "enrolment_day": findings.plan.enrol_day,
        "days": findings.days,
        "arms": {name: {"title": arm.title, "flow": asdict(arm.flow)} for name, arm in findings.arms.items()},
        "endpoints": [_found(each) for each in findings.found],
        "effects": [row for each in findings.compared for row in _compared(each)],
        "power": [
            {
                "endpoint": each.endpoint,
                "arm": each.arm,
                "test": each.test,
                "by_hosts_per_arm": [{"hosts": size, "power": _short(value)} for size, value in each.by_size],
                "hosts_per_arm_for": [{"power": wanted, "hosts": size} for wanted, size in each.size_for],
            }
            for each in findings.powered
        ],
        "warnings": list(findings.warnings),
        "provenance": dict(findings.provenance),
    }


def _short(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(f"{value:.{REPEATED}g}")


def _estimate(estimate: Estimate) -> dict[str, float | None]:
    return {"value": _short(estimate.value), "low": _short(estimate.low), "high": _short(estimate.high)}


def _found(found: Found) -> dict[str, Any]:
    told: dict[str, Any] = {"endpoint": found.endpoint, "arm": found.arm, "group": found.group, "what": found.what}
    told |= {"unit": found.unit, **_estimate(found.estimate), "n": found.n, "events": found.events}
    return told | {"left_out": found.left_out, "median_days_since_enrolment": _short(found.median_day)}


def _compared(compared: Compared) -> list[dict[str, Any]]:
    head = {
        "endpoint": compared.endpoint,
        "arm": compared.arm,
        "reference": compared.reference,
        "group": compared.group,
    }
    return [head | _effect(effect) for effect in compared.effects]


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "measure": effect.measure,
        **_estimate(effect.estimate),
        "p": _short(effect.p),
        "test": effect.test,
        "n": effect.n,
        "n_reference": effect.n_reference,
        "paired": effect.paired,
    }


def effects_rows(findings: Findings) -> tuple[list[str], list[list[Any]]]:
    """``effects.csv``: a row for every comparison."""
    return _table([row for each in findings.compared for row in _compared(each)])


def endpoint_rows(findings: Findings) -> tuple[list[str], list[list[Any]]]:
    """``endpoints.csv``: a row for every endpoint in every arm."""
    return _table([_found(each) for each in findings.found])


def _table(rows: Sequence[dict[str, Any]]) -> tuple[list[str], list[list[Any]]]:
    header = list(rows[0]) if rows else []
    return header, [[row[key] for key in header] for row in rows]


def survival_rows(findings: Findings) -> tuple[list[str], list[list[Any]]]:
    """``survival.csv``: the steps of every Kaplan-Meier curve."""
    header = ["endpoint", "arm", "group", "days_since_enrolment", "free", "low", "high", "at_risk", "events"]
    rows: list[list[Any]] = []
    for each in findings.found:
        if each.steps is not None:
            s = each.steps
            for k in range(len(s.day)):
                numbers = (float(part[k]) for part in (s.day, s.free, s.low, s.high))
                rows.append(
                    [each.endpoint, each.arm, each.group, *map(_short, numbers), int(s.at_risk[k]), int(s.events[k])]
                )
    return header, rows


def host_rows(findings: Findings) -> tuple[list[str], list[list[Any]]]:
    """``hosts.csv``: a row for every enrolled host of every arm, with all its endpoints."""
    names = list(findings.plan.trial.endpoints)
    header = ["arm", "host", "group", "age", "outcome", "died_on_day", "dropped_out_on_day", *names]
    return header, [row for arm in findings.arms.values() for row in _hosts(arm, names)]


def _hosts(arm: ArmHosts, names: Sequence[str]) -> list[list[Any]]:
    columns = [np.asarray(arm.rows[f"value {name}"], np.float64) for name in names]
    days = [arm.rows["stopped_at"], arm.dropout]
    return [
        [
            arm.name,
            int(host),
            str(arm.group[row]),
            _short(float(arm.rows["age"][row])),
            str(arm.rows["outcome"][row]),
            *(_short(float(part[row])) for part in (*days, *columns)),
        ]
        for row, host in enumerate(arm.host)
    ]


def as_csv(table: tuple[list[str], list[list[Any]]]) -> str:
    """A table as text; what there is none of is empty."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(table[0])
    writer.writerows(["" if cell is None else cell for cell in row] for row in table[1])
    return stream.getvalue()


def number(value: float | None, *, percent: bool = False) -> str:
    """A number in three digits."""
    if value is None:
        return "–"
    if percent:
        return f"{100.0 * value:.3g} %" if abs(value) < 0.0995 else f"{100.0 * value:.0f} %"
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    return f"{value:.2e}"


def interval(estimate: Estimate, *, percent: bool = False) -> str:
    """A number with its interval; of a ratio that has no end where it begins."""
    if estimate.value is None:
        return "–" if estimate.low is None else f"above {number(estimate.low, percent=percent)}"
    if estimate.low is None or estimate.high is None:
        return number(estimate.value, percent=percent)
    low, high = (number(part, percent=percent) for part in (estimate.low, estimate.high))
    return f"{number(estimate.value, percent=percent)} ({low} to {high})"


def p_text(p: float | None) -> str:
    """A p value as journals print it."""
    return "–" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.01 else f"{p:.2f}"


def say_found(found: Found) -> str:
    """What an endpoint is in an arm, in a cell of a table."""
    percent = found.what in ("share", "share by the end")
    counted = f", {found.events} of {found.n}" if found.events is not None else f", n = {found.n}"
    unit = f" {found.unit}" if found.unit and not percent else ""
    return f"{interval(found.estimate, percent=percent)}{unit}{counted}"


def say_effect(effect: Effect) -> str:
    """A difference or ratio with its interval."""
    return interval(effect.estimate, percent=effect.measure == "risk difference")


def of_all(findings: Findings, endpoint: str) -> list[Found]:
    """What an endpoint is in each arm, among all."""
    return [each for each in findings.found if each.endpoint == endpoint and each.group == ALL]
