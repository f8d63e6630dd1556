"""Run a trial: screen, allocate, simulate, analyse."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from immunity._version import __version__
from immunity.cohorts import Job, Options, Rows, Store, describe_jobs, open_store, run_reduced
from immunity.cohorts.batch import join_batches
from immunity.cohorts.cohort import Progress
from immunity.compiler.case import Case
from immunity.language.errors import fail
from immunity.results import Record
from immunity.results.collect import label, papers_of_hosts
from immunity.results.present import present_unit
from immunity.trials.check import check_against, judged_readouts
from immunity.trials.compare import analyse
from immunity.trials.endpoints import drawn_rows, readouts_of, reduce_batch
from immunity.trials.load import Planned
from immunity.trials.models import SAME, Group
from immunity.trials.people import allocated, dropout_days, group_of, strata_of
from immunity.trials.result import ArmHosts, Findings, Flow, papers_of
from immunity.validate.plan import BuildCase

RTOL = 1e-3
SCREENED_PER_HOST = 50  # of those who are let in, at most, unless a trial says otherwise
NEXT_ROUND = 1.2  # more than seem to be needed, so that few rounds are


@dataclass(frozen=True)
class _Site:
    """What every round of simulation needs."""

    plan: Planned
    cases: Mapping[tuple[str, str], Case]
    options: Options
    show: tuple[str, ...]
    store: Store | None
    workers: int
    dask: str | None
    progress: Progress | None


def run_trial(
    plan: Planned,
    build_case: BuildCase,
    *,
    out: Path | None = None,
    resume: bool = False,
    workers: int = 1,
    dask: str | None = None,
    progress: Progress | None = None,
) -> Findings:
    """Simulate every arm of a trial and compare them.

    What is found depends on the trial and its seed alone: not on the number of processes, nor on where they are.

    Parameters
    ----------
    out : path, optional     folder in which finished hosts are kept, for ``resume``
    dask : str, optional     address of a Dask scheduler whose workers run the hosts

    Raises
    ------
    RuleError
        E850 where the trial asks for what its scenario cannot show, or nobody is eligible.
    CohortInterrupted
        After Ctrl-C; finished hosts are kept if there is a folder.
    """
    trial = plan.trial
    strata = strata_of(trial.people)
    cases = {(arm, s): _case(plan, arm, strata[s].people, build_case) for arm in trial.arms for s in strata}
    first = next(iter(cases.values()))
    show = readouts_of(plan, first.show)
    for case in cases.values():
        check_against(plan, case, show)
    options = Options(trial.seed, trial.stochastic, trial.vary, False, RTOL, judged_readouts(plan, first, show))
    jobs = [Job(f"{arm}.{stratum}", case, options, ()) for (arm, stratum), case in cases.items()]
    store = None if out is None else open_store(out, _described(plan, jobs), resume=resume)
    site = _Site(plan, cases, options, show, store, workers, dask, progress)
    screened, others = _screen(site)
    rows = {**screened, **_treat(site, screened, others)}
    arms = {arm: _arm(site, arm, rows[arm]) for arm in trial.arms}
    time = np.asarray(first.out_times, np.float64)
    infos = {info.id: info for info in first.model.readouts}
    return analyse(
        Findings(
            plan=plan,
            days=first.days,
            time=time[drawn_rows(len(time))],
            units={name: (infos[name].name, present_unit(infos[name])) for name in infos},
            arms=arms,
            found=(),
            compared=(),
            powered=(),
            warnings=tuple(dict.fromkeys([*_warnings(plan, rows, arms), *first.model.warnings, *first.warnings])),
            provenance=_provenance(plan, first, arms),
            papers=papers_of(arms.values()),
        )
    )


def _case(plan: Planned, arm: str, people: Group, build_case: BuildCase) -> Case:
    trial, own = plan.trial, plan.trial.arms[arm]
    return build_case(
        own.scenario or trial.scenario,
        host={**trial.host, **people.host, **own.host},
        with_={**trial.with_, **people.with_, **own.with_},
        days=trial.days,
    )


def _described(plan: Planned, jobs: list[Job]) -> dict[str, Any]:
    """What decides the rows that are kept: the cases, and what is asked of each host. More hosts may come."""
    leave = {"hosts", "title", "question", "note", "confidence", "primary", "dropout"}
    asked = plan.trial.model_dump_json(by_alias=True, exclude=leave | {"arms"}, exclude_defaults=False)
    return {**describe_jobs(jobs), "asked": hashlib.sha256(asked.encode()).hexdigest()[:16]}


def _screen(site: _Site) -> tuple[dict[str, Rows], list[str]]:
    """Screen until each arm has its hosts; of the same hosts in every arm only the reference has to be screened.

    Returns
    -------
    rows : dict          arm -> everybody who was screened for it
    others : list        arms for whose hosts the reference was screened
    """
    trial = site.plan.trial
    reference = trial.reference_arm()
    arms = [reference] if trial.allocation == SAME else list(trial.arms)
    candidates = _Candidates(arms, trial.seed)
    wanted = {arm: trial.arms[arm].hosts or trial.hosts for arm in arms}
    most = {arm: trial.enrolment.screen_at_most or SCREENED_PER_HOST * wanted[arm] for arm in arms}
    size = {arm: min(wanted[arm], most[arm]) for arm in arms}
    while True:
        rows = _simulate(site, {arm: candidates.first(arm, size[arm]) for arm in arms})
        short = {}
        for arm in arms:
            found = int(_let_in(rows[arm]).sum())
            if found < wanted[arm] and size[arm] < most[arm]:
                share = max(found, 1) / size[arm]
                short[arm] = min(most[arm], max(size[arm] + 1, int(NEXT_ROUND * wanted[arm] / share)))
        if not short:
            break
        size |= short
    for arm in arms:
        if not _let_in(rows[arm]).any():
            at = site.plan.at("enrolment")
            raise fail("E850", at=at, reason=f"none of {size[arm]} hosts screened for {arm!r} can be enrolled")
    return {arm: _until(rows[arm], wanted[arm]) for arm in arms}, [arm for arm in trial.arms if arm not in arms]


class _Candidates:
    """Hosts in the order in which each arm is offered them."""

    def __init__(self, arms: list[str], seed: int) -> None:
        self._stream: Iterator[tuple[int, str]] = allocated(arms, seed)
        self._hosts: dict[str, list[int]] = {arm: [] for arm in arms}

    def first(self, arm: str, count: int) -> tuple[int, ...]:
        while len(self._hosts[arm]) < count:
            host, its = next(self._stream)
            self._hosts[its].append(host)
        return tuple(self._hosts[arm][:count])


def _let_in(rows: Rows) -> np.ndarray:
    return rows["eligible"] & ~rows["failed"]


def _until(rows: Rows, wanted: int) -> Rows:
    """Everybody up to the last who is wanted."""
    inside = np.flatnonzero(_let_in(rows))
    end = int(inside[wanted - 1]) + 1 if len(inside) >= wanted else len(rows["host"])
    return {key: values[:end] for key, values in rows.items()}


def _treat(site: _Site, screened: Mapping[str, Rows], others: list[str]) -> dict[str, Rows]:
    """The same hosts in the other arms."""
    if not others:
        return {}
    rows = screened[site.plan.trial.reference_arm()]
    hosts = tuple(int(host) for host in rows["host"][_let_in(rows)])
    return _simulate(site, dict.fromkeys(others, hosts))


def _simulate(site: _Site, hosts: Mapping[str, tuple[int, ...]]) -> dict[str, Rows]:
    """Run some hosts of some arms, each in the case of its group and age."""
    strata = strata_of(site.plan.trial.people)
    shares = {name: stratum.people.share for name, stratum in strata.items()}
    jobs, whose = [], []
    for arm, numbers in hosts.items():
        for stratum in strata:
            mine = tuple(host for host in numbers if group_of(host, shares) == stratum)
            jobs.append(Job(f"{arm}.{stratum}", site.cases[arm, stratum], site.options, mine))
            whose.append((arm, stratum))

    reduce = partial(reduce_batch, site.plan, site.show)
    made = run_reduced(jobs, reduce, store=site.store, workers=site.workers, dask=site.dask, progress=site.progress)
    found: dict[str, list[Rows]] = {arm: [] for arm in hosts}
    for (arm, name), rows in zip(whose, made, strict=True):
        count = len(rows["host"])
        if count:
            said = {"group": np.full(count, strata[name].group), "age": np.full(count, strata[name].age)}
            found[arm].append({**rows, **said, "stratum": np.full(count, name)})
    return {arm: _joined(parts) for arm, parts in found.items()}


def _joined(parts: list[Rows]) -> Rows:
    joined = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    order = np.argsort(joined["host"], kind="stable")
    return {key: values[order] for key, values in joined.items()}


def _arm(site: _Site, name: str, everybody: Rows) -> ArmHosts:
    plan = site.plan
    trial, reference = plan.trial, plan.trial.reference_arm()
    same = trial.allocation == SAME and name != reference
    # who was let in under the reference is in every arm; who would not have been is told in a warning
    inside = ~everybody["failed"] if same else _let_in(everybody)
    rows = {key: values[inside] for key, values in everybody.items()}
    end = float(next(iter(site.cases.values())).days)
    dropout = dropout_days(rows["host"], trial.seed, plan.dropout[name], plan.enrol_day)
    left = dropout < np.minimum(end, np.where(np.isfinite(rows["stopped_at"]), rows["stopped_at"], end))
    ok = ~everybody["failed"]
    flow = Flow(
        screened=len(everybody["host"]),
        gone=0 if same else int((everybody["gone"] & ok).sum()),
        not_eligible=0 if same else int((~everybody["eligible"] & ~everybody["gone"] & ok).sum()),
        failed=int(everybody["failed"].sum()),
        enrolled=len(rows["host"]),
        dropped_out=int(left.sum()),
        died=int((np.isfinite(rows["stopped_at"]) & ~left).sum()),
        analysed=0,
    )
    group = rows.pop("group")
    return ArmHosts(
        name,
        trial.arms[name].title or name.replace("_", " "),
        rows["host"],
        group,
        np.where(left, dropout, np.inf),
        rows,
        flow,
        _described_arm(site, name, rows),
    )


def _described_arm(site: _Site, name: str, rows: Rows) -> Record:
    """The arm as a record without hosts, which says what was done, with the papers behind what happened in it."""
    papers: dict[str, dict[str, Any]] = {}
    record = None
    for (arm, stratum), case in site.cases.items():
        if arm != name:
            continue
        chosen = rows["stratum"] == stratum
        if chosen.any():
            found = papers_of_hosts(case, rows["ever_fired"][chosen], rows["left"][chosen])
            papers |= {str(paper["key"]): paper for paper in found}
        if record is None:
            record = label(case, join_batches([], case, site.options), site.options)
    assert record is not None
    return replace(record, papers=tuple(papers[key] for key in sorted(papers)))


def _warnings(plan: Planned, rows: Mapping[str, Rows], arms: Mapping[str, ArmHosts]) -> Iterator[str]:
    trial, reference = plan.trial, plan.trial.reference_arm()
    for name, arm in arms.items():
        wanted = trial.arms[name].hosts or trial.hosts
        if trial.allocation == SAME and name != reference:
            odd = int((~rows[name]["eligible"] & ~rows[name]["failed"]).sum())
            if odd:
                yield f"{odd} hosts of {arm.title} would not have been enrolled there: arms differ before enrolment"
        elif arm.flow.enrolled < wanted:
            yield f"{arm.title}: {arm.flow.enrolled} of {wanted} hosts, though {arm.flow.screened} were screened"
        if arm.flow.failed:
            yield f"{arm.title}: the numbers of {arm.flow.failed} hosts failed; they are left out"


def _provenance(plan: Planned, case: Case, arms: Mapping[str, ArmHosts]) -> dict[str, Any]:
    trial = plan.trial
    return {
        "version": __version__,
        "rule_book_hash": case.model.digest,
        "seed": trial.seed,
        "mode": "stochastic" if trial.stochastic else "deterministic",
        "rtol": RTOL,
        "days": case.days,
        "trial": trial.model_dump(mode="json", by_alias=True),
        "arms": {name: arm.record.filled for name, arm in arms.items() if arm.record is not None},
    }
