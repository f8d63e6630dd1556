"""What each endpoint is in each arm, and how the arms differ."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from immunity.compiler.tables import Floats
from immunity.trials import analyse as stats
from immunity.trials import power
from immunity.trials.analyse import Effect, Estimate, Truths
from immunity.trials.cox import Followed, adjusted_ratio, hazard_ratio, proportionality
from immunity.trials.endpoints import assessed_on
from immunity.trials.models import AGE, SAME, Endpoint
from immunity.trials.ranks import logrank, logrank_of_pairs, ratio_within_hosts
from immunity.trials.result import ALL, ArmHosts, Compared, Findings, Found, Powered
from immunity.validate.measure import WITH_LEVEL

DAY_STATISTICS = ("time_of_maximum", "time_of_minimum", "half_life", *WITH_LEVEL)
LN10 = math.log(10.0)


def analyse(findings: Findings) -> Findings:
    """Fill in what was found, how arms differ, and what power others would have."""
    trial = findings.plan.trial
    reference = trial.reference_arm()
    found, compared, powered = [], [], []
    groups = [ALL, *(trial.people if len(trial.people) > 1 else ())]
    for name, endpoint in trial.endpoints.items():
        one_of = _Endpoint(findings, name, endpoint)
        for group in groups:
            found += [one_of.found(arm, group) for arm in findings.arms.values()]
            for arm in trial.arms:
                if arm != reference:
                    effects = one_of.compare(findings.arms[arm], findings.arms[reference], group)
                    compared.append(Compared(name, arm, reference, group, effects))
        for arm in trial.arms:
            if arm != reference:
                powered.append(one_of.power(findings.arms[arm], findings.arms[reference]))
    primary = {row.arm: row.n for row in found if row.endpoint == trial.primary_id() and row.group == ALL}
    arms = {name: replace(arm, flow=replace(arm.flow, analysed=primary[name])) for name, arm in findings.arms.items()}
    return replace(findings, arms=arms, found=tuple(found), compared=tuple(compared), powered=tuple(powered))


class _Endpoint:
    """One endpoint, with how it is taken of an arm."""

    def __init__(self, findings: Findings, name: str, endpoint: Endpoint) -> None:
        trial = findings.plan.trial
        self.findings, self.name, self.endpoint = findings, name, endpoint
        self.confidence, self.alpha = trial.confidence, 1.0 - trial.confidence
        self.same = trial.allocation == SAME
        self.by = assessed_on(findings.plan, name, findings.days)
        self.start = findings.plan.enrol_day
        name_unit = findings.units.get(endpoint.readout or "", ("", ""))[1]
        in_days = endpoint.statistic in DAY_STATISTICS
        self.log10 = name_unit.startswith("log10 ") and endpoint.statistic in (
            "value_at", "baseline", "last", "maximum", "minimum", "mean"
        )  # fmt: skip
        geometric = self.log10 if endpoint.compare is None else endpoint.compare == "geometric_mean"
        self.geometric = geometric and endpoint.readout is not None
        self.unit = "day" if in_days else "" if endpoint.statistic == "fold_of_baseline" else name_unit
        if endpoint.statistic == "area":
            self.unit = f"{name_unit} day"
        if self.log10 and self.geometric:
            self.unit = name_unit.removeprefix("log10 ")

    def _chosen(self, arm: ArmHosts, group: str) -> Truths:
        return np.ones(len(arm), bool) if group == ALL else arm.group == group

    def values(self, arm: ArmHosts) -> Floats:
        """Of each host the number that is compared, NaN where there is none."""
        values = np.asarray(arm.rows[f"value {self.name}"], np.float64)
        values = np.where(arm.dropout < self.by, np.nan, values)
        if not self.geometric:
            return np.where(np.isfinite(values), values, np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = values * LN10 if self.log10 else np.log(np.where(values > 0.0, values, np.nan))
        return np.where(np.isfinite(logs), logs, np.nan)

    def _times(self, arm: ArmHosts) -> tuple[Floats, Truths]:
        """Days since enrolment, and whether the event came then; who dies of another cause is free of it to the end."""
        day = np.asarray(arm.rows[f"value {self.name}"], np.float64)
        end = min(self.by, self.findings.days)
        event = np.isfinite(day) & (np.nan_to_num(day, nan=np.inf) <= np.minimum(end, arm.dropout))
        time = np.where(event, day, np.minimum(end, arm.dropout))
        return np.maximum(time - self.start, 0.0), event

    def _followed(self, time: Floats, event: Truths) -> Truths:
        """Who did not leave before the end."""
        return event | (time >= min(self.by, self.findings.days) - self.start)

    def found(self, arm: ArmHosts, group: str) -> Found:
        chosen = self._chosen(arm, group)
        if self.endpoint.time_to is not None:
            time, event = self._times(arm)
            time, event = time[chosen], event[chosen]
            if not len(time):
                return Found(self.name, arm.name, group, "share by the end", "", Estimate(None), 0, 0)
            steps = stats.kaplan_meier(time, event, self.confidence)
            risk = Estimate(1.0 - float(steps.free[-1]), 1.0 - float(steps.high[-1]), 1.0 - float(steps.low[-1]))
            if self._followed(time, event).all():
                risk = stats.share(event, self.confidence)
            below = np.flatnonzero(steps.free <= 0.5)
            return Found(
                self.name, arm.name, group, "share by the end", "",
                risk, len(time), int(event.sum()),
                median_day=float(steps.day[below[0]]) if len(below) else None, steps=steps,
            )  # fmt: skip
        values = self.values(arm)[chosen]
        there = values[~np.isnan(values)]
        left_out = len(values) - len(there)
        if self.endpoint.response is not None:
            met = there > 0.5
            estimate = stats.share(met, self.confidence)
            return Found(self.name, arm.name, group, "share", "", estimate, len(there), int(met.sum()), left_out)
        estimate = stats.mean(there, self.confidence)
        if self.geometric:
            estimate = Estimate(
                *(None if part is None else math.exp(part) for part in (estimate.value, estimate.low, estimate.high))
            )
        what = "geometric mean" if self.geometric else "mean"
        return Found(self.name, arm.name, group, what, self.unit, estimate, len(there), None, left_out)

    def compare(self, arm: ArmHosts, other: ArmHosts, group: str) -> tuple[Effect, ...]:
        if self.endpoint.time_to is not None:
            return self._compare_times(arm, other, group)
        one, two = self.aligned(self.values(arm), self.values(other), arm, other, group)
        if self.endpoint.response is not None:
            return stats.compare_shares(one > 0.5, two > 0.5, self.confidence, paired=self.same)
        return (stats.compare_means(one, two, self.confidence, paired=self.same, ratio=self.geometric),)

    def aligned(self, one: Floats, two: Floats, arm: ArmHosts, other: ArmHosts, group: str) -> tuple[Floats, Floats]:
        """Values of both arms; of the same hosts those that have one in both, in the same order."""
        chosen, chosen_0 = self._chosen(arm, group) & ~np.isnan(one), self._chosen(other, group) & ~np.isnan(two)
        if not self.same:
            return one[chosen], two[chosen_0]
        both = np.intersect1d(arm.host[chosen], other.host[chosen_0])
        return one[np.searchsorted(arm.host, both)], two[np.searchsorted(other.host, both)]

    def _compare_times(self, arm: ArmHosts, other: ArmHosts, group: str) -> tuple[Effect, ...]:
        (time, event), (time_0, event_0) = self._times(arm), self._times(other)
        chosen, chosen_0 = self._chosen(arm, group), self._chosen(other, group)
        followed = [self._followed(time, event), self._followed(time_0, event_0)]
        if not chosen.any() or not chosen_0.any():
            return ()
        n, n_0 = int(chosen.sum()), int(chosen_0.sum())
        if followed[0][chosen].all() and followed[1][chosen_0].all():  # nobody left: the risks are shares
            values = [np.where(e, 1.0, 0.0) for e in (event, event_0)]
            one, two = self.aligned(values[0], values[1], arm, other, group)
            shares = stats.compare_shares(one > 0.5, two > 0.5, self.confidence, paired=self.same)
        else:
            curves = [
                stats.kaplan_meier(t[c], e[c], self.confidence)
                for t, e, c in ((time, event, chosen), (time_0, event_0, chosen_0))
            ]
            shares = stats.compare_curves(curves[0], curves[1], n, n_0, self.confidence)
        if self.same:
            both = np.intersect1d(arm.host[chosen], other.host[chosen_0])
            chosen, chosen_0 = chosen & np.isin(arm.host, both), chosen_0 & np.isin(other.host, both)
        return (*shares, *self._hazards([(arm, time, event, chosen), (other, time_0, event_0, chosen_0)]))

    def _hazards(self, sides: list[tuple[ArmHosts, Floats, Truths, Truths]]) -> Iterator[Effect]:
        """The ratio of hazards, each host at risk beside those of its group, and the test that goes with it."""
        names = self.endpoint.adjust
        parts = [(a.host[c], a.group[c], t[c], e[c], self._covariates(a)[c]) for a, t, e, c in sides]
        host, group, time, event, covariates = (np.concatenate(each) for each in zip(*parts, strict=True))
        stratum = np.unique(group, return_inverse=True)[1]
        hosts = Followed(time, event, np.arange(len(host)) < len(parts[0][0]), host, stratum)
        how = {"paired": self.same}
        made = [hazard_ratio(hosts, self.confidence, **how)]
        if names:
            made.append(adjusted_ratio(hosts, covariates, names, self.confidence, **how))
        if self.same:
            made += [ratio_within_hosts(hosts, self.confidence), logrank_of_pairs(hosts)]
        else:
            made.append(logrank(hosts))
        made.append(proportionality(hosts, **how))
        yield from (each for each in made if each is not None)

    def _covariates(self, arm: ArmHosts) -> Floats:
        """Of each host what its hazard is adjusted for: float64[host, covariate]."""
        found = np.zeros((len(arm), len(self.endpoint.adjust)))
        for k, name in enumerate(self.endpoint.adjust):
            if name == AGE:
                found[:, k] = arm.rows["age"]
            else:  # taken by the day of enrolment, so that who leaves has it too
                everybody = replace(arm, dropout=np.full(len(arm), np.inf))
                found[:, k] = _Endpoint(self.findings, name, self.findings.plan.trial.endpoints[name]).values(everybody)
        return found

    def power(self, arm: ArmHosts, other: ArmHosts) -> Powered:
        """Of a randomised trial with other people in each arm, if what was found here is true."""
        if self.endpoint.time_to is not None or self.endpoint.response is not None:
            risks = [self.found(each, ALL).estimate.value or 0.0 for each in (arm, other)]
            make = power.of_survival if self.endpoint.time_to is not None else power.of_shares
            of, test = (
                make(risks[0], risks[1], self.alpha),
                "log-rank" if self.endpoint.time_to is not None else "two proportions",
            )
        else:
            values = [self.values(each) for each in (arm, other)]
            one, two = (each[~np.isnan(each)] for each in values)
            if min(len(one), len(two)) < 2:
                return Powered(self.name, arm.name, "t", (), ())
            of, test = power.of_means(one, two, self.alpha), "t"
        return Powered(
            self.name, arm.name, test,
            tuple((size, of(size)) for size in power.SIZES),
            tuple((wanted, power.size_for(of, wanted)) for wanted in power.WANTED),
        )  # fmt: skip


def paired_gains(findings: Findings, name: str, arm: ArmHosts, reference: ArmHosts) -> tuple[Floats, bool]:
    """Of each host that has a value in both arms how much more it has; whether that is a ratio or a difference."""
    taken = _Endpoint(findings, name, findings.plan.trial.endpoints[name])
    one, two = taken.aligned(taken.values(arm), taken.values(reference), arm, reference, ALL)
    return (np.exp(one - two), True) if taken.geometric else (one - two, False)
