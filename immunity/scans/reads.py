"""What a scan looks at: a statistic of a readout, or the share of hosts of which a condition holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from immunity.arguments import check_text
from immunity.compiler.case import Case
from immunity.compiler.tables import Floats
from immunity.language.errors import fail, near_miss
from immunity.results import Record, UnknownName, host_failed
from immunity.results.condition import OPERATORS, Compare, Condition, NotCovered, hosts_true, parse_condition
from immunity.results.convert import presented_value
from immunity.results.curves import list_rows
from immunity.results.present import find_readout, present_unit
from immunity.results.summary import STATISTICS, statistics_of
from immunity.trials.check import comparisons


@dataclass(frozen=True)
class Read:
    """One thing that is looked at.

    Attributes
    ----------
    text : str                     as it was asked for, and what the result calls it
    readout, statistic : str       empty for a condition
    """

    text: str
    readout: str = ""
    statistic: str = ""
    condition: Condition | None = None

    @property
    def is_share(self) -> bool:
        """Whether it is a share of hosts."""
        return self.condition is not None

    def readouts(self) -> set[str]:
        """The readouts that it needs."""
        if self.condition is None:
            return {self.readout}
        return {each.readout for each in comparisons(self.condition)}

    def values(self, record: Record) -> Floats:
        """Of each host the statistic, or 1 where the condition holds and 0 where not; NaN where its numbers failed."""
        failed = np.array([host_failed(int(code)) for code in record.status], dtype=bool)
        if self.condition is None:
            index = find_readout(record.infos, self.readout)
            found = statistics_of(record, index, list_rows(record))[self.statistic]
        else:
            try:
                found = hosts_true(self.condition, record).astype(np.float64)
            except NotCovered as fault:
                raise fail("E852", reason=f"{self.text!r}: {fault}") from None
        return np.where(failed, np.nan, found)

    def unit(self, case: Case) -> str:
        """The unit of the values."""
        if self.condition is not None:
            return "share of hosts"
        unit = present_unit(case.model.readouts[find_readout(case.model.readouts, self.readout)])
        return "day" if self.statistic.endswith("_day") else f"{unit} day" if self.statistic == "area" else unit


def read_reads(texts: Sequence[str]) -> tuple[Read, ...]:
    """Read what is to be looked at: ``"blood.crp maximum"`` or ``"outcome is dead"``.

    Raises
    ------
    RuleError
        E852 for a statistic that there is not, E806 for a condition that is none.
    """
    if not texts:
        raise fail("E852", reason="nothing to look at is given")
    return tuple(_read(check_text(str(text)).strip()) for text in texts)


def _read(text: str) -> Read:
    words = text.split()
    if words[:1] in (["outcome"], ["not"]) or any(sign in text for sign in OPERATORS):
        return Read(text, condition=parse_condition(text))
    if len(words) == 1:
        words.append("maximum")
    if len(words) != 2 or words[1] not in STATISTICS:
        near = near_miss(words[-1], STATISTICS) if words else None
        known = f"did you mean {near!r}?" if near else f"statistics are {', '.join(STATISTICS)}"
        raise fail("E852", reason=f"{text!r} is neither a readout with a statistic nor a condition; {known}")
    return Read(text, words[0], words[1])


def check_reads(reads: Sequence[Read], case: Case) -> None:
    """Refuse readouts and units that a case does not have.

    Raises
    ------
    RuleError
        E852, or E809 for a unit that does not fit.
    """
    infos = case.model.readouts
    for read in reads:
        for name in sorted(read.readouts()):
            try:
                find_readout(infos, name)
            except UnknownName as unknown:
                raise fail("E852", reason=str(unknown)) from None
        for each in _compares(read):
            presented_value(each.number, each.unit, infos[find_readout(infos, each.readout)])


def _compares(read: Read) -> list[Compare]:
    return [] if read.condition is None else list(comparisons(read.condition))
