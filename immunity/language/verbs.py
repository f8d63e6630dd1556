"""The closed list of verbs. One verb, one stoichiometry."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Verb:
    """What a flow of this verb names, consumes and makes.

    Attributes
    ----------
    primary : str or None       the key whose pool undergoes the event; None: ``by`` if given, else a source
    consumes, makes : tuple     keys whose pools lose or gain one per firing
    partner : str or None       the key whose concentration multiplies the hazard
    needs, may : tuple          keys that must, or may, be given
    moves_on : bool             from a staged state it runs through the chain
    english : str               third-person phrase for ``immunity explain``
    """

    primary: str | None
    consumes: tuple[str, ...]
    makes: tuple[str, ...]
    needs: tuple[str, ...]
    english: str
    may: tuple[str, ...] = ()
    partner: str | None = None
    moves_on: bool = False


def _transition(english: str) -> Verb:
    return Verb("from", ("from",), ("to",), ("from", "to"), english, may=("yields",), moves_on=True)


def _loss(english: str) -> Verb:
    return Verb("of", ("of",), ("into",), (), english, may=("of", "into", "by"))


def _killing(english: str) -> Verb:
    return Verb("target", ("target",), ("into",), ("target", "by"), english, may=("into",))


def _growth(english: str) -> Verb:
    return Verb("of", (), ("of",), (), english, may=("of",))


def _making(english: str) -> Verb:
    return Verb("by", (), ("to",), ("by",), english, may=("to",))


VERBS: dict[str, Verb] = {
    "produce": Verb(None, (), ("to",), (), "is produced", may=("to", "by")),
    "secrete": _making("is secreted"),
    "shed": _making("is shed"),
    "divide": _growth("divides"),
    "replicate": _growth("replicates"),
    "mature": _transition("matures"),
    "differentiate": _transition("differentiates"),
    "activate": _transition("is activated"),
    "deactivate": _transition("is deactivated"),
    "mutate": _transition("mutates"),
    "egress": _transition("leaves"),
    "home": _transition("homes"),
    "recirculate": _transition("recirculates"),
    "extravasate": _transition("extravasates"),
    "marginate": _transition("marginates"),
    "drain": _transition("drains"),
    "spread": _transition("spreads"),
    "enter": _transition("enters"),
    "absorb": _transition("is absorbed"),
    "distribute": _transition("distributes"),
    "bind": Verb("of", ("of", "partner"), ("to",), ("partner", "to"), "binds", may=("of",), partner="partner"),
    "release": Verb("of", ("of",), ("to",), ("to",), "comes apart", may=("of",)),
    "infect": Verb("target", ("target", "of"), ("into",), ("target", "into"), "is infected", may=("of",), partner="of"),
    "phagocytose": _killing("is engulfed"),
    "kill": _killing("is killed"),
    "take_up": _loss("is taken up"),
    "decay": _loss("decays"),
    "clear": _loss("is cleared"),
    "die": _loss("dies"),
    "heal": _loss("heals"),
}

SUBJECT_KEYS = ("of", "from", "to", "by", "target", "partner", "into")
RATE_KEYS = ("hazard", "half_life", "mean_time", "doubling_time")
