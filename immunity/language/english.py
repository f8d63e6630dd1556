"""Rules as English sentences, for `immunity explain` and for readers who review biology."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from immunity.language.models import AgeRange, Flow, Healthy, Modifier, Readout, Signal
from immunity.language.phrases import Speaker, Teller, bound_in, capital, number_phrase, sentence, words


def flow_sentence(flow: Flow, speaker: Speaker) -> str:
    """Tell a flow in one sentence.

    Parameters
    ----------
    flow : Flow
    speaker : Speaker

    Returns
    -------
    str
        For instance: "Neutrophil extravasates from blood (circulating) to each site at 0.02 per day, up to 500-fold as
        CXCL8 in the site rises (half at 1 ug/L, Hill 2) [fitted; author2016word]."
    """
    tell = Teller(speaker, bound_in(flow))
    parts = [tell.event(flow), *tell.rate(flow)]
    text = " ".join(part for part in parts if part)
    text += "".join(f", {law}" for law in tell.laws(flow))
    text += tell.rate_evidence(flow)
    text += "".join(f"; each time {tell.side_effect(effect.pool, effect.amount)}" for effect in flow.also)
    return sentence(text)


def signal_sentence(signal: Signal, speaker: Speaker) -> str:
    """Tell what a signal is made of."""
    tell = Teller(speaker, bound_in(signal))
    name = signal.name or words(signal.id)
    where = f" in {tell.place_text(signal.at)}" if signal.at else ""
    of_what = f" of {words(signal.of)}" if signal.of else ""
    text = f"{capital(name)}{of_what}{where} is {tell.total(signal.sum, signal.constant, signal.per)}"
    return sentence(text + "".join(f", {law}" for law in tell.laws(signal)) + tell.unit(signal.unit))


def modifier_sentence(modifier: Modifier, speaker: Speaker) -> str:
    """Tell how an entity changes a rule of others."""
    tell = Teller(speaker, frozenset())
    laws = ", ".join(tell.laws(modifier)) or "nothing"
    return sentence(f"The flow {modifier.flow} is changed: {laws}")


def readout_sentence(readout: Readout, speaker: Speaker) -> str:
    """Tell what a readout reports."""
    tell = Teller(speaker, frozenset())
    if readout.signal is not None:
        what = tell.thing(readout.signal)
    else:
        what = tell.total(readout.sum, readout.constant, readout.per)
    text = f"{readout.name or readout.id}: {what}"
    if readout.offset:
        text += f", added to {readout.offset}"
    text += tell.unit(readout.unit)
    if readout.limit_of_detection:
        text += f"; below {readout.limit_of_detection} it is not detected"
    if readout.healthy:
        text += f"; in health {_interval(readout.healthy)}"
        text += f" from the age of {readout.healthy.from_}" if readout.healthy.from_ else ""
        text += "".join(f", before the age of {each.until} {_interval(each)}" for each in readout.healthy.ages[::-1])
    return sentence(text)


def _interval(given: Healthy | AgeRange) -> str:
    return f"{given.lo} to {given.hi}" + (f" [{', '.join(given.source)}]" if given.source else "")


def describe_rules(record: Any, speaker: Speaker) -> list[str]:
    """Tell all rules of an entry, one sentence each."""
    return [tell(each, speaker) for key, tell in TELLERS.items() for each in getattr(record, key, ())]


def describe_numbers(id: str, record: Any) -> list[str]:
    """Tell the numbers that an entry declares for rules to use, by the names they are changed by."""
    lines = []
    for key, number in getattr(record, "numbers", {}).items():
        if isinstance(number, str):
            continue  # what a scenario overrides is told with the scenario
        note = f" {capital(number.note)}" if number.note else ""
        lines.append(f"{id}.{key} = {number_phrase(number)}." + (f"{note}." if note else ""))
    return lines


TELLERS: dict[str, Callable[[Any, Speaker], str]] = {
    "flows": flow_sentence,
    "signals": signal_sentence,
    "modifies": modifier_sentence,
    "readouts": readout_sentence,
}
