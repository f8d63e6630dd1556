"""The phrases that sentences about rules are made of: names, places, numbers, laws."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from immunity.language.errors import RuleError
from immunity.language.models import Curve, Entity, Flow, Number, Term, WithLaws
from immunity.language.references import Index, Part, Reference, parse_reference
from immunity.language.verbs import VERBS

_PER = re.compile(r"(?<![\w.])1/(\w+)\Z")
_RATES = {
    "hazard": "at {}",
    "half_life": "with a half-life of {}",
    "mean_time": "after {} on average",
    "doubling_time": "doubling every {}",
}
_UNITS_IN_WORDS = {"d": "day", "h": "hour", "min": "minute", "s": "second", "y": "year"}


def course_of(curve: Curve, signal: str) -> str:
    """How a factor goes with a signal, as the end of a sentence."""
    if curve.wave:
        wave = curve.wave
        return f"swings by {wave.swing} either way every {wave.period} of {signal}, highest at {wave.peak}"
    if curve.fades:
        return f"fades with {signal}, by a mean time of {curve.fades}"
    points = ", ".join(f"{y} at {x}" for x, y in curve.points)
    again = f", again every {curve.repeats}" if curve.repeats else ""
    return f"follows {signal} ({points}{again})"


@dataclass(frozen=True)
class Speaker:
    """Whose rules are told: the entity they belong to, and the display names of everything in the book.

    Attributes
    ----------
    id : str or None          the entity, None for rules that belong to none
    record : Entity or None
    names : mapping           id -> display name
    numbers : mapping         name -> the number an entry declares under that name; rules that use it tell its value
    proper : set of str       ids whose names keep their capital in the middle of a sentence, as species do
    """

    id: str | None = None
    record: Any = None
    names: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, Number] = field(default_factory=dict)
    proper: frozenset[str] = frozenset()

    def resolve(self, number: Number) -> Number:
        """The number that ``use`` names, where it is that of one known entry; a formula is told by its name."""
        if number.use is None:
            return number
        name = number.use if "." in number.use else f"{self.id}.{number.use}"
        found = self.numbers.get(name)
        if found is None:
            return number
        if found.derived is None:
            return found
        return found.model_copy(update={"value": name, "derived": None, "status": found.status or "derived"})

    @property
    def states(self) -> frozenset[str]:
        if not isinstance(self.record, Entity):
            return frozenset()
        return frozenset(state for states in self.record.lives_in.values() for state in states)


def number_phrase(number: Number, *, evidence: bool = True) -> str:
    """Tell a number: its value or formula, then its status and sources in brackets."""
    if number.derived is not None:
        where = ", ".join(f"{name} = {text}" for name, text in number.where.items())
        text = f"{number.derived}" + (f" (where {where})" if where else "")
    elif number.values is not None:
        text = f"{', '.join(_quantity(each) for each in number.values)} (one for each {words(number.by or '')})"
    elif number.use is not None:
        owner, _, key = number.use.partition(".")
        text = f"the {words(key)} of the {words(owner)}" if key else f"its {words(owner)}"
    else:
        text = _quantity(number.value or "")
    return text + (evidence_of(number) if evidence else "")


class Teller:
    """Turns the parts of one rule into phrases; it knows whose rule it is and which variables are bound."""

    def __init__(self, speaker: Speaker, bound: frozenset[str]) -> None:
        self.speaker = speaker
        self.bound = bound

    def number(self, number: Number, *, evidence: bool = True) -> str:
        """Tell a number; one that is declared elsewhere is told with its value."""
        return number_phrase(self.speaker.resolve(number), evidence=evidence)

    def fold(self, number: Number) -> str:
        found = self.speaker.resolve(number)
        return f"{number_phrase(found, evidence=False)}-fold{evidence_of(found)}"

    def half(self, law: Any) -> str:
        hill = f", Hill {self.number(law.hill)}" if law.hill.value not in ("1", "1.0") else ""
        return f"(half at {self.number(law.half)}{hill})"

    # what happens ------------------------------------------------------------------------------

    def event(self, flow: Flow) -> str:
        """Subject, verb and what it acts on."""
        verb = VERBS.get(flow.verb)
        english = verb.english if verb else flow.verb
        primary = verb.primary if verb else None
        to = " and ".join(self.thing(each) for each in flow.to)
        if primary == "from" and flow.from_:
            subject = self.name(flow.from_)
            ends = " and ".join(self.spot(each, than=subject) for each in flow.to)
            return f"{capital(subject)} {english} from {self.spot(flow.from_, than=subject)} to {ends}"
        if primary in ("by", None):
            by = f" by {self.thing(flow.by)}" if flow.by else ""
            return f"{capital(to or self.own(flow))} {english}{by}"
        subject = capital(self.thing(flow.target) if primary == "target" and flow.target else self.own(flow))
        text = f"{subject} {english}"
        if flow.partner:
            text += f" {self.thing(flow.partner)}"
        if flow.by:
            text += f" by {self.thing(flow.by)}"
        if primary == "target" and verb and verb.partner == "of":
            text += f" by {self.own(flow)}" + (", which is left" if flow.spares else "")
        if to:
            text += f" {'giving' if flow.partner else 'into'} {to}"
        return text + (f", becoming {self.thing(flow.into)}" if flow.into else "")

    def own(self, flow: Flow) -> str:
        """The pool a flow is about where `of` may be left out."""
        if flow.of:
            return self.thing(flow.of)
        own = self.label(self.speaker.id) if self.speaker.id else "it"
        return f"{own} in {self.place_text(flow.at)}" if flow.at else own

    def rate(self, flow: Flow) -> Iterator[str]:
        """How often it happens."""
        for key, phrase in _RATES.items():
            number = getattr(flow, key)
            if number is not None:
                yield phrase.format(self.number(number, evidence=False))
        if flow.yields is not None:
            yield f"(each makes {self.number(flow.yields)})"

    def rate_evidence(self, flow: Flow) -> str:
        """Status and sources of the rate; a rate that names none is an assumption."""
        given = [number for key in _RATES if (number := getattr(flow, key)) is not None]
        found = [self.speaker.resolve(each) for each in given]
        return "".join(evidence_of(each) or ("" if each.use else " [assumed]") for each in found)

    def side_effect(self, pool: str, amount: Number) -> str:
        text = self.number(amount)
        if text.startswith("-"):
            return f"{self.thing(pool)} falls by {text[1:]}"
        return f"{self.thing(pool)} rises by {text}"

    # laws --------------------------------------------------------------------------------------

    def laws(self, rule: WithLaws) -> Iterator[str]:
        """What changes it."""
        for text in rule.with_:
            yield f"in proportion to {self.thing(text)}"
        for law in rule.rises_with:
            yield f"up to {self.fold(law.up_to)} as {self.thing(law.signal)} rises {self.half(law)}"
        for law in rule.needs:
            yield f"only as far as there is {self.thing(law.signal)} {self.half(law)}"
        for law in rule.falls_with:
            rest = self.number(law.down_to)
            end = "to nothing" if law.down_to.value in ("0", "0.0") else f"to {rest} of that"
            yield f"falling {end} as {self.thing(law.signal)} rises {self.half(law)}"
        for law in rule.saturates:
            half = self.number(law.half)
            yield f"limited by {self.thing(law.killers)} when {self.thing(law.targets)} outnumber them (half at {half})"
        for each in rule.divided_by:
            yield f"divided by {self.thing(each)}"
        for law in rule.power:
            to = self.number(law.exponent)
            yield f"with the power {to} of {self.thing(law.signal)} (in units of {self.number(law.of)})"
        for law in rule.log:
            yield f"with the logarithm of {self.thing(law.signal)} (in units of {self.number(law.of)})"
        for law in rule.exp:
            yield f"with the exponential of {self.thing(law.signal)} (in units of {self.number(law.of)})"
        for law in rule.curve:
            yield f"times a factor that {course_of(law, self.thing(law.signal))}{evidence_of(law)}"
        for text in getattr(rule, "times", ()):
            yield f"times {self.number(Number(use=text))}"

    def total(self, terms: list[Term], constant: Number | None, per: str | None) -> str:
        """A sum over a volume."""
        parts = [self.number(constant)] if constant is not None else []
        for term in terms:
            weight = f"{self.number(term.weight)} times " if term.weight is not None else ""
            parts.append(weight + self.thing(term.of))
        text = " plus ".join(parts) or "1"
        if per is None:
            return text
        owner = per.removeprefix("volume").removeprefix(" of ").strip()
        return f"{text}, per volume" + (f" of {self.label(owner)}" if owner else "")

    def unit(self, unit: str) -> str:
        return f" (in {unit})" if unit != "1" else ""

    # names -------------------------------------------------------------------------------------

    def label(self, id: str) -> str:
        """The display name of an id, in the middle of a sentence."""
        if id in self.bound:
            return f"the {words(id)}"
        name = self.speaker.names.get(id) or words(id)
        if id in self.speaker.proper:
            return name
        return name[:1].lower() + name[1:] if re.fullmatch(r"[A-Z][a-z]+( [a-z]+)*", name) else name

    def name(self, text: str) -> str:
        """The entity a reference is about."""
        reference = self._parse(text)
        if reference is None:
            return text
        entity, _ = self._split(reference)
        return entity

    def spot(self, text: str, *, than: str) -> str:
        """Where a pool is; the entity is named only where it is another than the subject."""
        reference = self._parse(text)
        if reference is None:
            return text
        entity, state = self._split(reference)
        place = self._place(reference.place) if reference.place else ""
        indices = self._indices(reference.indices)
        if entity != than:
            return f"{_article(state)}{entity}" + (f" in {place}" if place else "") + indices
        if not place:
            return (words(state) or entity) + indices
        return place + (f" ({words(state)})" if state else "") + indices

    def thing(self, text: str | None) -> str:
        """A pool or a signal, with its place."""
        if text is None:
            return "it"
        reference = self._parse(text)
        if reference is None:
            return text
        entity, state = self._split(reference)
        place = f" in {self._place(reference.place)}" if reference.place else ""
        return f"{_article(state)}{entity}{place}{self._indices(reference.indices)}"

    def place_text(self, text: str) -> str:
        reference = self._parse(f"at {text}")
        return self._place(reference.place) if reference and reference.place else text

    def _parse(self, text: str) -> Reference | None:
        try:
            return parse_reference(text)
        except RuleError:
            return None

    def _split(self, reference: Reference) -> tuple[str, str]:
        """Display name and state; a lone word that is a state of the own entity is its state."""
        part = reference.entity
        own = self.label(self.speaker.id) if self.speaker.id else "it"
        if part is None:
            return own, ""
        if part.tail is None and not part.each and part.name in self.speaker.states and part.name not in self.bound:
            return own, part.name
        return (f"each {words(part.name)}" if part.each else self.label(part.name)), part.tail or ""

    def _place(self, part: Part) -> str:
        name = f"each {words(part.name)}" if part.each else self.label(part.name)
        return f"the {words(part.tail)} of {name}" if part.tail else name

    def _indices(self, indices: tuple[Index, ...] | None) -> str:
        if not indices:
            return ""
        return f" ({', '.join(self._index(each) for each in indices)})"

    def _index(self, index: Index) -> str:
        if index.name is None:
            return "all"
        name = f"each {words(index.name)}" if index.each else words(index.name)
        if index.step:
            return f"{'next' if index.step > 0 else 'previous'} {name}"
        return name


def evidence_of(number: Any) -> str:
    """Status and sources, as ``[measured; li2002critical p. 8]``."""
    status = number.status or ("derived" if getattr(number, "derived", None) else "")
    source = ", ".join(number.source)
    page = f" p. {number.page}" if getattr(number, "page", None) is not None and source else ""
    inside = "; ".join(part for part in (status, source + page) if part)
    return f" [{inside}]" if inside else ""


def _quantity(text: str) -> str:
    """Write ``0.02 1/day`` as ``0.02 per day``."""
    number, _, unit = text.strip().partition(" ")
    found = _PER.match(unit)
    if found:
        return f"{number} per {_UNITS_IN_WORDS.get(found[1], found[1])}"
    return text


def bound_in(rule: Any) -> frozenset[str]:
    """Variables that a rule binds by ``each``; later mentions of them read "the ..."."""
    texts: list[str] = []
    for key in ("at", "of", "from_", "to", "by", "target", "partner", "into"):
        given = getattr(rule, key, None) or ()
        texts += [given] if isinstance(given, str) else list(given)
    found = (re.findall(r"each\s+(\w+)(?:\s+as\s+(\w+))?", text) for text in texts)
    return frozenset(alias or name for pairs in found for name, alias in pairs)


def _article(state: str) -> str:
    return f"{words(state)} " if state else ""


def words(id: str) -> str:
    return id.replace("_", " ")


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    return capital(" ".join(text.split())).rstrip(".") + "."
