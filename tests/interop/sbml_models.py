"""Small models in SBML, of the kinds that are published, written for these tests."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Toy:
    """A model in one compartment; formulas in the infix that libSBML reads.

    Attributes
    ----------
    species : dict         id -> amount at the start; ``boundary`` names those that reactions leave alone
    reactions : dict       id -> (reactants, products, modifiers, rate); ``{"a": 2}`` are stoichiometries
    assigned, rated : dict id -> formula of an assignment or a rate rule
    events : list          (trigger, {id: formula}, delay)
    """

    species: dict[str, float]
    parameters: dict[str, float] = field(default_factory=dict)
    reactions: dict[str, tuple[dict[str, float], dict[str, float], list[str], str]] = field(default_factory=dict)
    assigned: dict[str, str] = field(default_factory=dict)
    rated: dict[str, str] = field(default_factory=dict)
    starts: dict[str, str] = field(default_factory=dict)
    events: list[tuple[str, dict[str, str], str | None]] = field(default_factory=list)
    functions: dict[str, str] = field(default_factory=dict)
    boundary: tuple[str, ...] = ()
    size: float = 1.0
    amounts: bool = True
    local: dict[str, dict[str, float]] = field(default_factory=dict)
    until: float = 10.0


def written(toy: Toy, unit_of_time: str = "second") -> str:
    """The document of a model."""
    import libsbml as sbml

    document = sbml.SBMLDocument(3, 2)
    model = document.createModel()
    model.setId("toy")
    model.setTimeUnits(unit_of_time)
    room = model.createCompartment()
    room.setId("room")
    room.setConstant(True)
    room.setSize(toy.size)
    room.setSpatialDimensions(3.0)
    for key, text in toy.functions.items():
        function = model.createFunctionDefinition()
        function.setId(key)
        function.setMath(sbml.parseL3Formula(text))
    for key, amount in toy.species.items():
        species = model.createSpecies()
        species.setId(key)
        species.setCompartment("room")
        species.setConstant(False)
        species.setBoundaryCondition(key in toy.boundary or key in toy.assigned or key in toy.rated)
        species.setHasOnlySubstanceUnits(toy.amounts)
        if key not in toy.assigned:
            species.setInitialAmount(amount)
    for key, value in toy.parameters.items():
        parameter = model.createParameter()
        parameter.setId(key)
        changes = key in toy.assigned or key in toy.rated or any(key in sets for _, sets, _ in toy.events)
        parameter.setConstant(not changes)
        if key not in toy.assigned:
            parameter.setValue(value)
    for key, text in toy.starts.items():
        start = model.createInitialAssignment()
        start.setSymbol(key)
        start.setMath(sbml.parseL3Formula(text))
    for key, text in toy.assigned.items():
        rule = model.createAssignmentRule()
        rule.setVariable(key)
        rule.setMath(sbml.parseL3Formula(text))
    for key, text in toy.rated.items():
        rule = model.createRateRule()
        rule.setVariable(key)
        rule.setMath(sbml.parseL3Formula(text))
    for key, (reactants, products, modifiers, rate) in toy.reactions.items():
        reaction = model.createReaction()
        reaction.setId(key)
        reaction.setReversible(False)
        for make, held in ((reaction.createReactant, reactants), (reaction.createProduct, products)):
            for name, count in held.items():
                reference = make()
                reference.setSpecies(name)
                reference.setStoichiometry(count)
                reference.setConstant(True)
        for name in modifiers:
            reaction.createModifier().setSpecies(name)
        law = reaction.createKineticLaw()
        law.setMath(sbml.parseL3Formula(rate))
        for name, value in toy.local.get(key, {}).items():
            local = law.createLocalParameter()
            local.setId(name)
            local.setValue(value)
    for k, (trigger, sets, delay) in enumerate(toy.events):
        event = model.createEvent()
        event.setId(f"event_{k}")
        event.setUseValuesFromTriggerTime(True)
        begins = event.createTrigger()
        begins.setPersistent(True)
        begins.setInitialValue(True)
        begins.setMath(sbml.parseL3Formula(trigger))
        if delay is not None:
            event.createDelay().setMath(sbml.parseL3Formula(delay))
        for name, text in sets.items():
            assignment = event.createEventAssignment()
            assignment.setVariable(name)
            assignment.setMath(sbml.parseL3Formula(text))
    return sbml.writeSBMLToString(document)


def _r(
    reactants: str, products: str, rate: str, modifiers: str = ""
) -> tuple[dict[str, float], dict[str, float], list[str], str]:
    def counted(text: str) -> dict[str, float]:
        found: dict[str, float] = {}
        for word in text.split():
            count, _, name = word.rpartition("*")
            found[name] = float(count or 1)
        return found

    return counted(reactants), counted(products), modifiers.split(), rate


TOYS: dict[str, Toy] = {
    "decay": Toy({"a": 10}, {"k": 0.3}, {"r": _r("a", "", "k*a")}),
    "reversible": Toy({"a": 10, "b": 1}, {"f": 0.5, "g": 0.2}, {"r": _r("a", "b", "f*a - g*b")}),
    "binding": Toy(
        {"a": 3, "b": 2, "c": 0}, {"f": 0.5, "g": 0.1}, {"on": _r("a b", "c", "f*a*b"), "off": _r("c", "a b", "g*c")}
    ),
    "dimer": Toy({"a": 5, "d": 0}, {"f": 0.1}, {"r": _r("2*a", "d", "f*a^2")}),
    "enzyme": Toy({"s": 10, "p": 0, "e": 0.5}, {"vmax": 4, "km": 2}, {"r": _r("s", "p", "vmax*e*s/(km + s)", "e")}),
    "hill": Toy(
        {"s": 5, "p": 0},
        {"v": 2, "k": 1.5, "n": 4},
        {"make": _r("", "p", "v*s^n/(k^n + s^n)", "s"), "lose": _r("p", "", "0.4*p")},
    ),
    "inhibited": Toy(
        {"i": 2, "p": 0.1},
        {"v": 3, "k": 0.7},
        {"make": _r("", "p", "v/(1 + (i/k)^2)", "i"), "lose": _r("p", "", "0.5*p")},
    ),
    "concentrations": Toy({"a": 8, "b": 0}, {"f": 0.5}, {"r": _r("a", "b", "f*a*room")}, size=4.0, amounts=False),
    "crowded": Toy(
        {"a": 8, "b": 3, "c": 0}, {"f": 0.05}, {"r": _r("a b", "c", "room*f*a*b")}, size=0.25, amounts=False
    ),
    "logistic": Toy({"n": 1}, {"r": 1.2, "cap": 50}, {"grow": _r("", "n", "r*n*(1 - n/cap)")}),
    "prey_and_hunters": Toy(
        {"x": 10, "y": 4},
        {"a": 0.8, "b": 0.1, "c": 0.05, "d": 0.4},
        {
            "birth": _r("", "x", "a*x"),
            "hunt": _r("x", "", "b*x*y", "y"),
            "feed": _r("", "y", "c*x*y", "x"),
            "death": _r("y", "", "d*y"),
        },
    ),
    "epidemic": Toy(
        {"s": 990, "i": 10, "r": 0},
        {"beta": 1.5, "gamma": 0.5},
        {"infect": _r("s", "i", "beta*s*i/(s + i + r)", "r"), "recover": _r("i", "r", "gamma*i")},
    ),
    "target_cells": Toy(
        {"t": 4e8, "i": 0, "v": 0.1},
        {"beta": 2.7e-5, "delta": 4.0, "p": 0.012, "c": 3.0},
        {
            "infect": _r("t", "i", "beta*t*v", "v"),
            "die": _r("i", "", "delta*i"),
            "shed": _r("", "v", "p*i", "i"),
            "clear": _r("v", "", "c*v"),
        },
    ),
    "total": Toy(
        {"a": 6, "b": 2, "all": 0},
        {"f": 0.3, "g": 0.05},
        {"r": _r("a", "b", "f*a/(1 + g*all)", "all")},
        assigned={"all": "a + 2*b"},
    ),
    "difference": Toy(
        {"a": 6, "b": 2},
        {"f": 0.3, "gap": 0},
        {"r": _r("a", "b", "f*a*(5 + gap)")},
        assigned={"gap": "a - b"},
        until=3.0,
    ),
    "rates": Toy({"a": 4}, {"x": 1, "k": 0.2}, {"r": _r("a", "", "k*x*a")}, rated={"x": "1 - 0.5*x"}),
    "function": Toy(
        {"s": 10, "p": 0}, {"v": 3}, {"r": _r("s", "p", "v*mm(s, 2)")}, functions={"mm": "lambda(x, k, x/(k + x))"}
    ),
    "local": Toy(
        {"a": 10, "b": 0},
        {"k": 9},
        {"r": _r("a", "b", "k*a"), "s": _r("b", "a", "k*b")},
        local={"r": {"k": 0.3}, "s": {"k": 0.1}},
    ),
    "begins": Toy({"a": 0, "b": 1}, {"k": 0.3, "start": 7}, {"r": _r("a", "b", "k*a")}, starts={"a": "2*start + 1"}),
    "cooling": Toy({"a": 10}, {"k": 0.4, "q": 0.3}, {"r": _r("a", "", "k*a*exp(-q*time)")}),
    "roots": Toy({"a": 9, "b": 1}, {"k": 0.2}, {"r": _r("a", "b", "k*a*sqrt(b)")}),
    "fed": Toy({"food": 5, "n": 1}, {"k": 0.1}, {"r": _r("food", "n", "k*food*n")}, boundary=("food",)),
    "dosed": Toy(
        {"a": 10},
        {"k": 0.5},
        {"r": _r("a", "", "k*a")},
        events=[("time > 2.5", {"a": "a + 7"}, None), ("time >= 6", {"a": "0.5*a"}, None)],
    ),
    "switched": Toy({"a": 10}, {"k": 0.1}, {"r": _r("a", "", "k*a")}, events=[("time >= 4", {"k": "1.5"}, None)]),
    "topped_up": Toy({"a": 10}, {"k": 0.5}, {"r": _r("a", "", "k*a")}, events=[("a < 2", {"a": "8"}, None)]),
    "from_a_time": Toy({"a": 10}, {"k": 0.3}, {"r": _r("a", "", "a*k*piecewise(1, time > 3, 0.2)")}),
    "in_between": Toy(
        {"a": 10, "b": 0},
        {"k": 0.3},
        {"r": _r("a", "b", "a*k*piecewise(0.1, (a > 8) || (a < 2), 1, !(time >= 5), 2)")},
    ),
    "zero_order": Toy({"a": 10, "b": 0}, {"k": 0.5}, {"r": _r("a", "b", "k")}),
    "both_by_one": Toy({"a": 5, "b": 9, "c": 0}, {"k": 0.1}, {"r": _r("a b", "c", "k*a")}),
    "over_a_difference": Toy({"a": 5, "b": 1}, {"k": 0.1}, {"r": _r("", "a", "k/(a - b)^2", "b")}),
    "over_a_fall": Toy({"a": 5, "b": 8, "c": 9}, {"k": 1}, {"r": _r("c", "", "-k*c/(a - b)", "a b")}),
    "gompertz": Toy({"n": 90}, {"r": 0.4, "cap": 20}, {"grow": _r("", "n", "r*n*ln(cap/n)")}),
    "least_and_most": Toy(
        {"a": 9, "b": 1}, {"k": 0.3}, {"r": _r("a", "b", "k*min(a, 4)"), "s": _r("b", "a", "k*max(b - 5, 0)")}
    ),
    "sizes": Toy(
        {"a": 9, "b": 4}, {"k": 0.1}, {"r": _r("", "b", "k*abs(b - a)", "a"), "s": _r("a", "", "k*a*tanh(b)")}
    ),
    "constants_with_a_sign": Toy(
        {"a": 9}, {"low": 1, "high": 4}, {"r": _r("a", "", "a*exp(2/(low - high))*(1 + 0.1*(low - high))")}
    ),
    "set_by_parameters": Toy(
        {"a": 10},
        {"k": 0.5, "top": 3},
        {"r": _r("a", "", "k*a")},
        events=[("time > 2.1", {"a": "a + 2*top"}, None), ("time > 6.1", {"a": "top^2"}, None)],
    ),
    "sets_two": Toy(
        {"a": 10, "b": 1}, {"k": 0.5}, {"r": _r("a", "b", "k*a")}, events=[("time > 3.1", {"b": "2", "a": "b"}, None)]
    ),
    "again_and_again": Toy(
        {"a": 1, "b": 2, "c": 1},
        {"f": 0.75, "g": 0.25},
        {"on": _r("a b", "c", "f*a*b"), "off": _r("c", "a b", "g*c")},
        events=[("a < 0.75", {"b": "1"}, None)],
    ),
    "begins_in_a_room": Toy(
        {"a": 4}, {"k": 0.3, "p": 1.5}, {"r": _r("a", "", "room*k*a")}, starts={"room": "2*p"}, amounts=False
    ),
    "clock_alone": Toy({}, {"p": 0}, assigned={"p": "max(5, time)"}),
    "words_and_dust": Toy(
        {"a": 10, "few": 1e-9},
        {"lambda": 0.3, "as": 1e-15, "k": 0.2},
        {"r": _r("a", "", "lambda*a + as*a^2"), "s": _r("", "few", "k*few")},
    ),
    "stiff": Toy(
        {"a": 1e4, "b": 0}, {"k": 2e10, "m": 3e3}, {"bind": _r("a b", "", "k*a*b"), "make": _r("", "b", "m*1.001^time")}
    ),
    "Capitals": Toy({"A": 10, "a": 1}, {"K": 0.3, "k": 0.1}, {"R": _r("A", "a", "K*A"), "r": _r("a", "", "k*a")}),
}

REFUSED: dict[str, tuple[Toy, str]] = {
    "equality": (Toy({"a": 1}, {}, {"r": _r("a", "", "a*piecewise(1, a == 3, 2)")}), "whether two things are equal"),
    "faster the less": (Toy({"a": 1}, {"k": 1}, {"r": _r("a", "", "k/a^2")}), "the faster the less there is"),
    "two of a name": (
        Toy({"a": 1}, {"k": 1}, {"r": _r("a", "", "f(k, a, 1)")}, functions={"f": "lambda(x, y, x, x*y)"}),
        "two arguments of one name",
    ),
    "exchange": (
        Toy({"a": 1, "b": 2}, {"k": 1}, {"r": _r("a", "", "k*a")}, events=[("time > 1", {"a": "b", "b": "a"}, None)]),
        "exchanges what it sets",
    ),
    "stood before": (
        Toy({"a": 1}, {"k": 1}, {"r": _r("a", "", "k*a")}, events=[("time > 1", {"a": "2*a"}, "2")]),
        "what stood before",
    ),
    "delay": (Toy({"a": 1}, {"k": 1}, {"r": _r("a", "", "k*a*delay(a, 2)")}), "a delay"),
    "sine": (Toy({"a": 1}, {"k": 1}, {"r": _r("a", "", "k*a*sin(time)")}), "sin"),
    "below zero": (Toy({"a": -1}, {"k": 1}, {"r": _r("a", "", "k*a")}), "below zero"),
    "two at once": (
        Toy({"a": 1, "b": 1}, {"k": 1}, {"r": _r("a", "", "k*a")}, events=[("(a < 1) && (b > 2)", {"a": "3"}, None)]),
        "more than one thing",
    ),
    "by a formula": (
        Toy({"a": 1}, {"k": 1}, {"r": _r("a", "", "k*a")}, events=[("time > 1", {"a": "a^2"}, None)]),
        "more than a sum",
    ),
}
