"""A model read from SBML as a rule book: molecules for what changes, signals for formulas, flows for rates."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from immunity.interop.algebra import (
    Formula,
    NoSuchShape,
    Product,
    above_zero,
    added,
    multiplied,
    named,
    negated,
    never_negative,
    number,
    raised,
    split,
    without_logs,
    worked_out,
)
from immunity.interop.sbml_model import Change, Document, Happening
from immunity.interop.sbml_signals import OWNER, PLACE, FormulaWriter
from immunity.language.errors import Location, fail

_PAST = 1e-9  # of a level: how far beyond it something has been when it may pass it again
_NONE = 1e-15  # of the largest amount at the start: nobody tells that from none


def rule_book(document: Document, path: Path, days: float | None = None, step: float | None = None) -> str:
    """Write a document as the text of one file of rules.

    Parameters
    ----------
    days, step : float, optional      span and output step of the scenario, in the model's unit of time

    Raises
    ------
    RuleError
        E716 for a rate that may fall below zero in a way that no second flow the other way round can stand for.
    """
    writer = _Writer(document, path)
    entries = writer.entries(100.0 if days is None else days, step)
    return in_yaml(writer.head(), entries)


def entries_of(document: Document, path: Path) -> tuple[str, list[dict[str, Any]], dict[str, str]]:
    """The head of the file, its entries, and SBML's names with those that they have there."""
    writer = _Writer(document, path)
    entries = writer.entries(100.0, None)
    return writer.head(), entries, writer.ids


def in_yaml(head: str, entries: list[dict[str, Any]]) -> str:
    """Entries as the text of one file."""
    return head + "---\n".join(
        yaml.dump(each, Dumper=_Quoting, sort_keys=False, allow_unicode=True, width=120) for each in entries
    )


class _Quoting(yaml.SafeDumper):
    """Writes everything in full, and text that is a number in quotes: 1e-15 is text in YAML 1.1 alone."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    try:
        float(text)
    except ValueError:
        return dumper.represent_str(text)
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="'")


_Quoting.add_representer(str, _text)


class _Writer(FormulaWriter):
    def __init__(self, document: Document, path: Path) -> None:
        super().__init__(document)
        self.path = path
        self.largest = max((amount.start for amount in document.amounts.values()), default=1.0) or 1.0
        self.until_none: set[str] = set()  # flows

    def entries(self, days: float, step: float | None) -> list[dict[str, Any]]:
        """All that the file holds."""
        document = self.document
        entries: list[dict[str, Any]] = [{"kind": "place", "id": PLACE, "volume": "1 mL"}]
        for key, amount in document.amounts.items():
            entry: dict[str, Any] = {
                "kind": "cell" if document.counted else "molecule",
                "id": self.ids[key],
                "name": amount.name,
                "unit": self.unit,
                "lives_in": {PLACE: []},
            }
            if amount.begins is not None:
                begins = replace(amount.begins, coefficient=amount.begins.coefficient * amount.size)
                entry["initial"] = {f"at {PLACE}": self.fixed(begins, self.unit)}
            elif amount.start:
                entry["initial"] = {f"at {PLACE}": f"{amount.start!r} {self.unit}"}
            if not document.counted:
                entry["floor"] = f"{_NONE * self.largest!r} {self.unit}"
            entries.append(entry)
        for key in document.amounts:
            self.level(key)
        for key, formula in document.follows.items():
            self.signal(f"value_of_{self.ids[key]}", formula)
        flows = [flow for change in document.changes for flow in self._flows(change)]
        scenario = self._scenario(days, step)
        readouts = [
            {
                "id": f"{OWNER}.{self.ids[key]}",
                "name": self.named(key),
                "signal": self.signal_of(key),
                "unit": "1",
                "panel": OWNER,
            }
            for key in document.shown
        ]
        rules = {
            "kind": "rules",
            "id": OWNER,
            "name": document.title,
            "numbers": {self.ids[key]: repr(value) for key, value in document.constants.items()},
            "signals": self.signals,
            "flows": flows,
            "readouts": readouts,
        }
        entries += [{key: value for key, value in rules.items() if value}, scenario]
        return entries

    def head(self) -> str:
        """What stands above the entries, once they are made."""
        said = (
            f"# From {self.path.name}. A day here is a day; the model's unit of time is {self.document.unit_of_time}.\n"
        )
        if self.until_none:
            said += (
                f"# Goes on until next to nothing is left, whatever is there: {', '.join(sorted(self.until_none))}.\n"
            )
        return said

    # flows -----------------------------------------------------------------------------------------

    def _flows(self, change: Change) -> list[dict[str, Any]]:
        """A flow for each term of a rate; what is taken off goes the other way round.

        Where some of that would go on when nothing is left, it is set against what is brought, before it takes.
        """
        turned = {key: -count for key, count in change.net.items()}
        rows, loose = [], []
        for term in added(*map(without_logs, change.rate)):
            net = change.net if term.coefficient > 0.0 else turned
            losers = [key for key, count in net.items() if count < 0.0]
            if losers and all(term.without(key) is not None for key in losers):
                rows.append((replace(term, coefficient=abs(term.coefficient)), net))
            else:
                loose.append(term)
        signs = {term.coefficient > 0.0 for term in loose}
        if len(signs) == 2 and min(change.net.values()) * max(change.net.values()) >= 0.0:
            for formula, net in ((tuple(loose), change.net), (negated(tuple(loose)), turned)):
                rows += [(term, net) for term in above_zero(formula)]
        else:
            rows += [
                (replace(term, coefficient=abs(term.coefficient)), change.net if term.coefficient > 0.0 else turned)
                for term in loose
            ]
        found = []
        for position, (term, net) in enumerate(rows):
            id = self.ids[change.id] + (f"_{position + 1}" if len(rows) > 1 else "")
            try:
                found.append(self._flow(id, term, net))
            except NoSuchShape as shape:
                raise fail("E716", at=Location(str(self.path), 0), text=change.name, reason=str(shape)) from None
        return found

    def _flow(self, id: str, term: Product, net: dict[str, float]) -> dict[str, Any]:
        if not never_negative((term,)):
            raise NoSuchShape("a rate that may fall below zero")
        losers = [key for key, count in net.items() if count < 0.0]
        per_time = f"1/{self.document.unit_of_time}"
        if not losers:
            first = next(iter(net))
            others = {key: count / net[first] for key, count in net.items() if key != first}
            rate = replace(term, coefficient=term.coefficient * net[first])
            row: dict[str, Any] = {"verb": "produce", "id": id, "to": f"{self.ids[first]} at {PLACE}"}
            hazard = f"{self.unit}/{self.document.unit_of_time}"
        else:
            first, rate = self._taken(term, losers, id)
            others = {key: count / -net[first] for key, count in net.items() if key != first}
            rate = replace(rate, coefficient=rate.coefficient * -net[first] / self.document.amounts[first].size)
            row = {"verb": "decay", "id": id, "of": f"{self.ids[first]} at {PLACE}"}
            hazard = per_time
        fixed, moving = split(rate, self.variable)
        row["hazard"] = self.fixed(fixed, hazard)
        row |= self.laws(moving)
        if others:
            row["also"] = [
                {"pool": f"{self.ids[key]} at {PLACE}", "amount": repr(count)} for key, count in others.items()
            ]
        return row

    def _taken(self, term: Product, losers: list[str], flow: str) -> tuple[str, Product]:
        """What is taken, and by how much of itself; a rate that would go on without it ends with the last of it."""
        for key in losers:
            if term.without(key) is None:
                self.until_none.add(f"{flow} ({key})")
                least = number(_NONE * self.largest / self.document.amounts[key].size)
                end = multiplied(named(key), raised(added(named(key), least), -1.0))
                term = multiplied((term,), end)[0]
        key = losers[0]
        rate = term.without(key)
        if rate is None:
            raise NoSuchShape(f"it takes {key!r} the faster the less there is")
        return key, rate

    # what happens ----------------------------------------------------------------------------------

    def _scenario(self, days: float, step: float | None) -> dict[str, Any]:
        unit = self.document.unit_of_time
        share = {"s": 86400.0, "min": 1440.0, "h": 24.0, "day": 1.0}[unit]
        row: dict[str, Any] = {
            "kind": "scenario",
            "id": "as_published",
            "title": self.document.title,
            "days": days / share,
            "every": f"{step or days / 100.0!r} {unit}",
        }
        events = [event for happening in self.document.happenings for event in self._events(happening)]
        if events:
            row["events"] = events
        return row

    def _events(self, happening: Happening) -> list[dict[str, Any]]:
        unit = self.document.unit_of_time
        if happening.level is None:
            when: dict[str, Any] = {"at": f"{happening.at!r} {unit}"}
        else:
            name, way, level = happening.level
            crossing: dict[str, Any] = {
                "readout": f"{OWNER}.{self.ids[name]}",
                way: repr(level),
                "at_most": 1000,
                "rearm": repr(level + (1.0 if way == "below" else -1.0) * _PAST * (abs(level) or 1.0)),
            }
            if happening.delay:
                crossing["delay"] = f"{happening.delay!r} {unit}"
            when = {"when": crossing}
        return [{**when, **self._set(happening, key, formula)} for key, formula in happening.sets.items()]

    def _set(self, happening: Happening, key: str, formula: Formula) -> dict[str, Any]:
        constant = 0.0
        document = self.document
        if key not in document.amounts:
            raise self._refused(happening, f"that sets {key!r}, which follows from others")
        size = document.amounts[key].size
        pool = f"{self.ids[key]} at {PLACE}"
        sums = []
        for term in formula:
            fixed, moving = split(term, self.variable)
            if not moving.factors:
                constant += worked_out((term,), document.constants)
                continue
            factor, exponent = moving.factors[0]
            alone = len(moving.factors) == 1 and exponent == 1.0 and factor.name in document.amounts
            if not alone:
                raise self._refused(happening, "that sets something by more than a sum of amounts")
            other = document.amounts[factor.name]
            times = worked_out((fixed,), document.constants)
            sums.append((other.id, times * size / other.size))
        if not sums:
            return {"pool": pool, "set": f"{constant * size!r} {self.unit}"}
        if sums == [(key, 1.0)] and constant > 0.0:
            return {"pool": pool, "add": f"{constant * size!r} {self.unit}"}
        if constant:
            raise self._refused(happening, "that adds a number to more than itself")
        if [name for name, _ in sums] == [key]:
            return {"pool": pool, "scale": repr(sums[0][1])}
        return {
            "pool": pool,
            "set_from": [{"of": f"{self.ids[name]} at {PLACE}", "times": repr(value)} for name, value in sums],
        }

    def _refused(self, happening: Happening, what: str) -> Exception:
        return fail("E716", at=Location(str(self.path), 0), text=f"event {happening.id}", reason=f"an event {what}")
