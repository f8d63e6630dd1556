"""Signals that nothing senses are tried as well, so that their faults are told."""

from __future__ import annotations

import copy

from immunity.compiler.bind import Scope
from immunity.compiler.faults import Faults
from immunity.compiler.signal_instances import every_instance
from immunity.compiler.signal_rows import Signals
from immunity.compiler.signals import signal_of
from immunity.compiler.space import NotMet
from immunity.language.errors import RuleError


def check_unsensed(signals: Signals) -> None:
    """Try the declared signals that nothing senses, so that faults in them are told too; nothing is kept of them.

    Raises
    ------
    RuleError
        What is wrong with a signal that cannot be made for any of its places and members.
    """
    made = {row.name.split(" at ")[0].split("[")[0] for row in signals.rows}
    all_faults = Faults()
    for id, (record, entry, path) in signals.declared.items():
        if id in made:
            continue
        trial = copy.copy(signals)
        trial.rows, trial.index, trial.open = list(signals.rows), dict(signals.index), []
        trial.numbers = copy.copy(signals.numbers)
        trial.numbers.rows, trial.numbers.index = list(signals.numbers.rows), dict(signals.numbers.index)
        trial.numbers.used, trial.numbers.formulas = set(), []
        trial.numbers.lowest, trial.numbers.frozen = {}, set()
        faults: list[RuleError] = []
        texts = list(every_instance(trial, record, entry.at(*path, "of" if record.of else "at")))
        for text in texts:
            try:
                signal_of(trial, text, Scope(None, {}), at=entry.at(*path))
            except NotMet:
                continue
            except RuleError as fault:
                faults.append(fault)
                trial.open.clear()
        if faults and len(faults) == len(texts):
            all_faults.found.append(faults[0])
    all_faults.settle()
