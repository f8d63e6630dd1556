"""Reading SBML: what there is, how it begins, and by which formulas it changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from immunity.interop.algebra import Formula, NoSuchShape, multiplied, named, names_in, never_negative, number
from immunity.interop.sbml_happenings import happening_of
from immunity.interop.sbml_math import formula_of, value_of
from immunity.interop.sbml_model import Amount, Change, Document, each_of, id_of
from immunity.language.errors import Location, RuleError, fail

UNITS_OF_TIME = {1.0: "s", 60.0: "min", 3600.0: "h", 86400.0: "day"}

_DUST = 1e-20  # what is left of rounding where somebody else's run was written down as a start


def read_document(path: Path) -> Document:
    """Read a file of SBML, level 2 or 3, core.

    Raises
    ------
    RuleError
        E715 for a file that is no such document, E716 for what it says that the rule language does not, by name.
    """
    import libsbml as sbml

    found = sbml.readSBMLFromFile(str(path))
    faults = [found.getError(k) for k in range(found.getNumErrors())]
    fatal = [each for each in faults if each.getSeverity() >= sbml.LIBSBML_SEV_ERROR]
    if fatal or found.getModel() is None:
        reason = " ".join(fatal[0].getShortMessage().split()) if fatal else "there is no model in it"
        at = Location(str(path), fatal[0].getLine() if fatal else 0)
        raise fail("E715", at=at, text=str(path), reason=reason)
    reader = _Reader(found.getModel(), path)
    reader.check_functions()
    for conversion in ("expandFunctionDefinitions", "promoteLocalParameters"):
        properties = sbml.ConversionProperties()
        properties.addOption(conversion, True)
        found.convert(properties)
    return reader.read()


class _Reader:
    def __init__(self, model: Any, path: Path) -> None:
        self.model, self.path = model, path
        self.values: dict[str, float] = {}
        self.moved: set[str] = set()

    def check_functions(self) -> None:
        """Refuse what programs put in differently, before functions are put in."""
        for function in each_of(self.model, "FunctionDefinition"):
            names = [function.getArgument(k).getName() for k in range(function.getNumArguments())]
            if len(set(names)) < len(names):
                raise self.refused(function, "two arguments of one name")

    def read(self) -> Document:
        """Read everything; what is not understood is refused where it stands."""
        model = self.model
        packages = [model.getPlugin(k).getPackageName() for k in range(model.getNumPlugins())]
        strange = [name for name in packages if name in ("comp", "fbc", "qual", "multi", "spatial", "distrib", "dyn")]
        for name in strange:
            raise self.refused(model, f"the package {name}")
        if model.getNumConstraints():
            raise self.refused(model.getConstraint(0), "a constraint")
        counted = model.getSubstanceUnits() == "item"
        document = Document(
            id_of(model) or self.path.stem,
            model.getName() or id_of(model) or self.path.stem,
            self._unit_of_time(),
            counted,
        )
        self.rules = {rule.getVariable(): rule for rule in each_of(model, "Rule")}
        references = {
            reference.getId()
            for reaction in each_of(model, "Reaction")
            for held in ("Reactant", "Product")
            for reference in each_of(reaction, held)
            if reference.isSetId()
        }
        for key, rule in self.rules.items():
            if key in references:
                raise self.refused(rule, "a stoichiometry that changes")
        for rule in each_of(model, "Rule"):
            if rule.isAlgebraic():
                raise self.refused(rule, "an algebraic rule")
        self._starts()
        self._names(document)
        for key, rule in self.rules.items():
            if rule.isAssignment():
                document.follows[key] = self.formula(rule, rule.getMath(), document)
        self._begins(document)
        for key, rule in self.rules.items():
            if rule.isRate():
                size = document.amounts[key].size
                rate = multiplied(number(size), self.formula(rule, rule.getMath(), document))
                document.changes.append(Change(f"rule_{key}", f"Rate of {key}", rate, {key: 1.0}))
        for reaction in each_of(model, "Reaction"):
            self._reaction(document, reaction)
        for event in each_of(model, "Event"):
            document.happenings += happening_of(self, document, event)
        return document

    def _unit_of_time(self) -> str:
        given = self.model.getTimeUnits()
        if given == "second":
            return "s"
        definition = self.model.getUnitDefinition(given or "time")
        if definition is None or definition.getNumUnits() != 1:
            return "s" if definition is None and self.model.getLevel() < 3 else "day"
        unit = definition.getUnit(0)
        seconds = (unit.getMultiplier() * 10.0 ** unit.getScale()) ** unit.getExponentAsDouble()
        return UNITS_OF_TIME.get(round(seconds, 6), "day")

    def _starts(self) -> None:
        """Values at the start, of all names, in whatever order they need each other."""
        values, model = self.values, self.model
        for compartment in each_of(model, "Compartment"):
            values[id_of(compartment)] = compartment.getSize() if compartment.isSetSize() else 1.0
        for parameter in each_of(model, "Parameter"):
            if parameter.isSetValue():
                values[id_of(parameter)] = parameter.getValue()
        waiting = {each.getSymbol(): each.getMath() for each in each_of(model, "InitialAssignment")}
        waiting |= {key: rule.getMath() for key, rule in self.rules.items() if rule.isAssignment()}
        given = {id_of(species): species for species in each_of(model, "Species") if id_of(species) not in waiting}
        for reaction in each_of(model, "Reaction"):
            if reaction.getKineticLaw() is not None:
                waiting.setdefault(id_of(reaction), reaction.getKineticLaw().getMath())
        waiting = {key: each for key, each in waiting.items() if each is not None}
        for key in waiting:
            values.pop(key, None)
        while waiting or given:
            for key, species in list(given.items()):
                if species.getCompartment() in values:
                    values[key] = self._given(given.pop(key))
            done = []
            for key, math in waiting.items():
                try:
                    values[key] = value_of(math, values)
                except NoSuchShape:
                    continue
                done.append(key)
            if not done:
                break  # what needs them will say so
            for key in done:
                del waiting[key]

    def _begins(self, document: Document) -> None:
        """What begins as a product of constants follows them."""
        for given in each_of(self.model, "InitialAssignment"):
            amount, math = document.amounts.get(given.getSymbol()), given.getMath()
            if amount is None or math is None or amount.start <= 0.0:
                continue
            try:
                formula = self.formula(given, math, document)
            except (NoSuchShape, RuleError):
                continue  # a number does
            if len(formula) == 1 and (names := names_in(formula)) and names <= document.constants.keys():
                document.amounts[amount.id] = replace(amount, begins=formula[0])

    def _given(self, species: Any) -> float:
        """What a name means at the start, by the amount or the concentration that is given."""
        amount = species.isSetInitialAmount()
        start = species.getInitialAmount() if amount else species.getInitialConcentration()
        size = self.values[species.getCompartment()]
        plain = species.getHasOnlySubstanceUnits()
        return start * (1.0 if amount == plain else size if plain else 1.0 / size)

    def _names(self, document: Document) -> None:
        """Tell what changes, what follows and what is constant."""
        model = self.model
        changing = {key for key, rule in self.rules.items() if rule.isRate()}
        self.moved = {
            assignment.getVariable()
            for event in each_of(model, "Event")
            for assignment in each_of(event, "EventAssignment")
        }
        for compartment in each_of(model, "Compartment"):
            key = id_of(compartment)
            if key in self.rules or key in self.moved:
                raise self.refused(compartment, "a compartment that changes its size")
            document.constants[key] = self._start(compartment)
        for species in each_of(model, "Species"):
            key = id_of(species)
            plain = species.getHasOnlySubstanceUnits()
            size = 1.0 if plain else self.values[species.getCompartment()]
            if species.isSetConversionFactor() or model.isSetConversionFactor():
                raise self.refused(species, "a conversion factor")
            document.shown.append(key)
            if key not in self.rules or key in changing:
                self._amount(document, species, size)
        for parameter in each_of(model, "Parameter"):
            key = id_of(parameter)
            if key in changing or key in self.moved:
                document.shown.append(key)
                self._amount(document, parameter, 1.0)
            elif key in self.rules:
                document.shown.append(key)
            else:
                document.constants[key] = self._start(parameter)

    def _amount(self, document: Document, thing: Any, size: float) -> None:
        start = self._start(thing)
        if -_DUST < start < 0.0:
            start = 0.0
        if start < 0.0:
            raise self.refused(thing, f"an amount below zero, {start:g}")
        document.amounts[id_of(thing)] = Amount(id_of(thing), thing.getName() or id_of(thing), start * size, size)

    def _start(self, thing: Any) -> float:
        value = self.values.get(id_of(thing))
        if value is None or value != value:
            raise self.refused(thing, "no value at the start")
        return value

    def formula(self, thing: Any, math: Any, document: Document) -> Formula:
        """A formula; what follows stands as a name where it is never negative, and is put in where it may be."""

        def resolve(name: str) -> Formula:
            if name in document.amounts:
                return named(name)
            if name in document.constants:
                value = document.constants[name]
                return named(name) if value > 0.0 else number(value)
            rule = self.rules.get(name)
            if rule is not None and rule.isAssignment():
                inside = formula_of(rule.getMath(), resolve, document.constants)
                return named(name) if never_negative(inside) and inside else inside
            reaction = self.model.getReaction(name)
            if reaction is not None and reaction.getKineticLaw() is not None:
                return formula_of(reaction.getKineticLaw().getMath(), resolve, document.constants)
            raise NoSuchShape(f"{name!r} has no value")

        if math is None:
            raise self.refused(thing, "no formula")
        try:
            return formula_of(math, resolve, document.constants)
        except NoSuchShape as shape:
            raise self.refused(thing, f"a formula that cannot be written: {shape}") from None
        except RecursionError:
            raise self.refused(thing, "a formula that goes round in a circle") from None

    def _reaction(self, document: Document, reaction: Any) -> None:
        if reaction.isSetFast() and reaction.getFast() and (reaction.getLevel(), reaction.getVersion()) < (3, 2):
            raise self.refused(reaction, "a fast reaction")
        if reaction.getKineticLaw() is None:
            raise self.refused(reaction, "a reaction without a rate")
        rate = self.formula(reaction, reaction.getKineticLaw().getMath(), document)
        net: dict[str, float] = {}
        for sign, held in ((-1.0, "Reactant"), (1.0, "Product")):
            for reference in each_of(reaction, held):
                species = self.model.getSpecies(reference.getSpecies())
                key = id_of(reference)
                if reference.isSetStoichiometryMath() or key in self.rules or key in self.moved:
                    raise self.refused(reaction, "a stoichiometry that changes")
                if key and key not in self.values and self.model.getInitialAssignmentBySymbol(key) is not None:
                    raise self.refused(reaction, "a stoichiometry that begins by a formula that cannot be written")
                count = self.values.get(key) if key else None
                count = reference.getStoichiometry() if count is None else count
                if count != count:
                    raise self.refused(reaction, "no stoichiometry")
                if not (species.getBoundaryCondition() or species.getConstant()):
                    net[id_of(species)] = net.get(id_of(species), 0.0) + sign * count
        net = {key: count for key, count in net.items() if count}
        if net and rate:
            document.changes.append(Change(id_of(reaction), reaction.getName() or id_of(reaction), rate, net))

    def refused(self, thing: Any, what: str) -> Exception:
        said = f"{thing.getElementName()} {id_of(thing)}".strip()
        return fail("E716", at=Location(str(self.path), thing.getLine()), text=said, reason=what)
