"""Reading SBML: what there is, how it begins, and by which formulas it changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from immunity.interop.algebra import Formula, NoSuchShape, multiplied, named, never_negative, number
from immunity.interop.sbml_math import formula_of, value_of
from immunity.interop.sbml_model import Amount, Change, Document, Happening
from immunity.language.errors import Location, fail

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
        for function in _each(self.model, "FunctionDefinition"):
            names = [function.getArgument(k).getName() for k in range(function.getNumArguments())]
            if len(set(names)) < len(names):
                raise self._refused(function, "two arguments of one name")

    def read(self) -> Document:
        """Read everything; what is not understood is refused where it stands."""
        model = self.model
        packages = [model.getPlugin(k).getPackageName() for k in range(model.getNumPlugins())]
        strange = [name for name in packages if name in ("comp", "fbc", "qual", "multi", "spatial", "distrib", "dyn")]
        for name in strange:
            raise self._refused(model, f"the package {name}")
        if model.getNumConstraints():
            raise self._refused(model.getConstraint(0), "a constraint")
        counted = model.getSubstanceUnits() == "item"
        document = Document(
            _id(model) or self.path.stem, model.getName() or _id(model) or self.path.stem, self._unit_of_time(), counted
        )
        self.rules = {rule.getVariable(): rule for rule in _each(model, "Rule")}
        for rule in _each(model, "Rule"):
            if rule.isAlgebraic():
                raise self._refused(rule, "an algebraic rule")
        self._starts()
        self._names(document)
        for key, rule in self.rules.items():
            if rule.isAssignment():
                document.follows[key] = self._formula(rule, rule.getMath(), document)
        for key, rule in self.rules.items():
            if rule.isRate():
                size = document.amounts[key].size
                rate = multiplied(number(size), self._formula(rule, rule.getMath(), document))
                document.changes.append(Change(f"rule_{key}", f"Rate of {key}", rate, {key: 1.0}))
        for reaction in _each(model, "Reaction"):
            self._reaction(document, reaction)
        for event in _each(model, "Event"):
            self._event(document, event)
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
        sizes = {}
        for compartment in _each(model, "Compartment"):
            sizes[_id(compartment)] = compartment.getSize() if compartment.isSetSize() else 1.0
        values |= sizes
        for parameter in _each(model, "Parameter"):
            if parameter.isSetValue():
                values[_id(parameter)] = parameter.getValue()
        waiting = {each.getSymbol(): each.getMath() for each in _each(model, "InitialAssignment")}
        waiting |= {key: rule.getMath() for key, rule in self.rules.items() if rule.isAssignment()}
        for species in _each(model, "Species"):
            key = _id(species)
            if key not in waiting:
                amount = species.isSetInitialAmount()
                start = species.getInitialAmount() if amount else species.getInitialConcentration()
                size = sizes[species.getCompartment()]
                plain = species.getHasOnlySubstanceUnits()
                values[key] = start * (1.0 if amount == plain else size if plain else 1.0 / size)
        for reaction in _each(model, "Reaction"):
            if reaction.getKineticLaw() is not None:
                waiting.setdefault(_id(reaction), reaction.getKineticLaw().getMath())
        waiting = {key: each for key, each in waiting.items() if each is not None}
        for key in waiting:
            values.pop(key, None)
        while waiting:
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

    def _names(self, document: Document) -> None:
        """Tell what changes, what follows and what is constant."""
        model = self.model
        changing = {key for key, rule in self.rules.items() if rule.isRate()}
        self.moved = {
            assignment.getVariable()
            for event in _each(model, "Event")
            for assignment in _each(event, "EventAssignment")
        }
        for compartment in _each(model, "Compartment"):
            key = _id(compartment)
            if key in self.rules or key in self.moved:
                raise self._refused(compartment, "a compartment that changes its size")
            document.constants[key] = self._start(compartment)
        for species in _each(model, "Species"):
            key = _id(species)
            plain = species.getHasOnlySubstanceUnits()
            size = 1.0 if plain else self.values[species.getCompartment()]
            if species.isSetConversionFactor() or model.isSetConversionFactor():
                raise self._refused(species, "a conversion factor")
            document.shown.append(key)
            if key not in self.rules or key in changing:
                self._amount(document, species, size)
        for parameter in _each(model, "Parameter"):
            key = _id(parameter)
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
            raise self._refused(thing, f"an amount below zero, {start:g}")
        document.amounts[_id(thing)] = Amount(_id(thing), thing.getName() or _id(thing), start * size, size)

    def _start(self, thing: Any) -> float:
        value = self.values.get(_id(thing))
        if value is None or value != value:
            raise self._refused(thing, "no value at the start")
        return value

    def _formula(self, thing: Any, math: Any, document: Document) -> Formula:
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
            raise self._refused(thing, "no formula")
        try:
            return formula_of(math, resolve, document.constants)
        except NoSuchShape as shape:
            raise self._refused(thing, f"a formula that cannot be written: {shape}") from None
        except RecursionError:
            raise self._refused(thing, "a formula that goes round in a circle") from None

    def _reaction(self, document: Document, reaction: Any) -> None:
        if reaction.getLevel() < 3 and reaction.isSetFast() and reaction.getFast():
            raise self._refused(reaction, "a fast reaction")
        if reaction.getKineticLaw() is None:
            raise self._refused(reaction, "a reaction without a rate")
        rate = self._formula(reaction, reaction.getKineticLaw().getMath(), document)
        net: dict[str, float] = {}
        for sign, held in ((-1.0, "Reactant"), (1.0, "Product")):
            for reference in _each(reaction, held):
                species = self.model.getSpecies(reference.getSpecies())
                if reference.isSetStoichiometryMath() or (reference.isSetId() and reference.getId() in self.rules):
                    raise self._refused(reaction, "a stoichiometry that changes")
                count = self.values.get(reference.getId()) if reference.isSetId() else None
                count = reference.getStoichiometry() if count is None else count
                if count != count:
                    raise self._refused(reaction, "no stoichiometry")
                if not (species.getBoundaryCondition() or species.getConstant()):
                    net[_id(species)] = net.get(_id(species), 0.0) + sign * count
        net = {key: count for key, count in net.items() if count}
        if net and rate:
            document.changes.append(Change(_id(reaction), reaction.getName() or _id(reaction), rate, net))

    def _event(self, document: Document, event: Any) -> None:
        import libsbml as sbml

        if event.isSetPriority():
            raise self._refused(event, "an event with a priority")
        trigger = event.getTrigger().getMath() if event.getTrigger() is not None else None
        ways = {
            sbml.AST_RELATIONAL_GT: "above",
            sbml.AST_RELATIONAL_GEQ: "above",
            sbml.AST_RELATIONAL_LT: "below",
            sbml.AST_RELATIONAL_LEQ: "below",
        }
        if trigger is None or trigger.getType() not in ways or trigger.getNumChildren() != 2:
            raise self._refused(event, "an event that waits for more than one thing to pass a level")
        way, left, right = ways[trigger.getType()], trigger.getChild(0), trigger.getChild(1)
        if right.getType() in (sbml.AST_NAME, sbml.AST_NAME_TIME):
            way, left, right = {"above": "below", "below": "above"}[way], right, left
        if left.getType() not in (sbml.AST_NAME, sbml.AST_NAME_TIME):
            raise self._refused(event, "an event that waits for a formula")
        level = self._constant(event, right, document)
        delay = self._constant(event, event.getDelay().getMath(), document) if event.isSetDelay() else 0.0
        sets = {
            each.getVariable(): self._formula(event, each.getMath(), document)
            for each in _each(event, "EventAssignment")
        }
        if left.getType() == sbml.AST_NAME_TIME:
            if way == "above" and level > 0.0:
                document.happenings.append(Happening(_id(event), level + delay, None, 0.0, sets))
            return  # true from the start: never becomes so
        name = left.getName()
        if name not in document.shown:
            raise self._refused(event, f"an event that waits for {name!r}, which does not change")
        begins = self.values.get(name, 0.0)
        if begins > level if way == "above" else begins < level:
            raise self._refused(event, "an event whose trigger is true at the start")
        document.happenings.append(Happening(_id(event), None, (name, way, level), delay, sets))

    def _constant(self, thing: Any, math: Any, document: Document) -> float:
        formula = self._formula(thing, math, document)
        names = {factor.name for term in formula for factor, _ in term.factors}
        if names - set(document.constants):
            raise self._refused(thing, "a level or a delay that changes")
        return value_of(math, self.values)

    def _refused(self, thing: Any, what: str) -> Exception:
        said = f"{thing.getElementName()} {_id(thing)}".strip()
        return fail("E716", at=Location(str(self.path), thing.getLine()), text=said, reason=what)


def _each(holder: Any, what: str) -> list[Any]:
    many = {"Species": "getNumSpecies"}.get(what, f"getNum{what}s")
    return [getattr(holder, f"get{what}")(k) for k in range(getattr(holder, many)())]


def _id(thing: Any) -> str:
    return thing.getId() if thing.isSetId() else ""
