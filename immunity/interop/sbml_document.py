"""Thin functions over libSBML: add one element to a model, and fail loudly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

from immunity.interop.sbml_names import unique_ids
from immunity.interop.sbml_units import SbmlUnit, as_items, dimension_of, is_substance, sbml_unit
from immunity.language.quantity import CELL, DIMENSIONLESS, Dimension, base_unit

COMPARTMENT = "body"
NAMESPACES = {"cl": "CL", "uberon": "UBERON", "chebi": "CHEBI", "uniprot": "uniprot", "taxonomy": "taxonomy"}
ALIASES = {"ncbi_taxonomy": "taxonomy", "ncbitaxon": "taxonomy", "ncbi": "taxonomy"}


@dataclass(frozen=True)
class Sheet:
    """A document under construction: the library, its objects, and the identifiers in use."""

    libsbml: Any
    document: Any
    model: Any
    taken: set[str] = field(default_factory=lambda: {COMPARTMENT})


def start_document() -> Sheet:
    """Open an empty Level 3 Version 2 document: days, items, and one compartment of a litre."""
    try:
        import libsbml
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("SBML export needs python-libsbml: pip install python-libsbml") from error
    document = libsbml.SBMLDocument(3, 2)
    sheet = Sheet(libsbml, document, document.createModel())
    model = sheet.model
    model.setTimeUnits(define_unit(sheet, "day"))
    model.setSubstanceUnits(define_unit(sheet, "cell"))
    model.setExtentUnits(define_unit(sheet, "cell"))
    model.setVolumeUnits("litre")
    body = model.createCompartment()
    body.setId(COMPARTMENT)
    body.setConstant(True)
    body.setSpatialDimensions(3)
    body.setSize(1.0)
    body.setUnits("litre")
    return sheet


def describe(sheet: Sheet, title: str, note: str) -> None:
    """Give the model its name and its note."""
    sheet.model.setId(unique_ids([title], sheet.taken)[0])
    sheet.model.setName(title)
    body = f'<body xmlns="http://www.w3.org/1999/xhtml"><p>{escape(note)}</p></body>'
    _check(sheet, sheet.model.setNotes(body))


def define_unit(sheet: Sheet, text: str, *, base: bool = True) -> str | None:
    """Define a unit once; return its identifier (None: SBML has no such unit)."""
    unit = sbml_unit(text, base=base)
    return None if unit is None else _defined(sheet, unit)


def define_size(sheet: Sheet, size: float) -> str:
    """Define a pure number as a unit: how many base units one of a readout's own unit is."""
    if size == 1.0:
        return "dimensionless"
    name = f"times_{size:.17g}"
    return _defined(sheet, SbmlUnit(re.sub(r"\W", "_", name), name, (("dimensionless", 0, size, 1.0),)))


def _defined(sheet: Sheet, unit: SbmlUnit) -> str:
    if unit.factors and sheet.model.getUnitDefinition(unit.id) is None:
        definition = sheet.model.createUnitDefinition()
        definition.setId(unit.id)
        definition.setName(unit.name)
        for kind, scale, multiplier, exponent in unit.factors:
            part = definition.createUnit()
            part.setKind(sheet.libsbml.UnitKind_forName(kind))
            part.setScale(scale)
            part.setMultiplier(multiplier)
            part.setExponent(exponent)
    return unit.id


def add_species(sheet: Sheet, sid: str, name: str, unit: str, amount: float, references: Mapping[str, str]) -> None:
    """Add a pool: an amount in the one compartment."""
    species = sheet.model.createSpecies()
    species.setId(sid)
    species.setName(name)
    species.setCompartment(COMPARTMENT)
    species.setInitialAmount(amount)
    species.setHasOnlySubstanceUnits(True)
    species.setBoundaryCondition(False)
    species.setConstant(False)
    found = dimension_of(unit)
    counted = found is not None and is_substance(found[1])
    if (unit_id := define_unit(sheet, unit if counted else "1")) is not None:
        species.setSubstanceUnits(unit_id)
        dimension = as_items(found[1]) if counted and found else DIMENSIONLESS
        if dimension != CELL:  # reactions count items
            species.setConversionFactor(one(sheet, dimension / CELL))
    terms = [(ALIASES.get(key.lower(), key.lower()), value) for key, value in references.items()]
    for key, value in terms:
        if key in NAMESPACES:
            _annotate(sheet, species, key, value)


def one(sheet: Sheet, dimension: Dimension) -> str:
    """Return the identifier of the number one in a base unit, by which unlike things are made alike."""
    unit = base_unit(dimension)
    unit_id = define_unit(sheet, unit) or "dimensionless"
    sid = f"one_{unit_id.removeprefix('unit_')}"
    if sheet.model.getParameter(sid) is None:
        sheet.taken.add(sid)
        _add_quantity(sheet, sid, f"1 {unit}", unit_id, constant=True).setValue(1.0)
    return sid


def add_parameter(sheet: Sheet, sid: str, name: str, unit: str, *, value: float, constant: bool) -> None:
    """Add a number."""
    _add_quantity(sheet, sid, name, define_unit(sheet, unit), constant=constant).setValue(value)


def add_rule(sheet: Sheet, sid: str, name: str, unit: str, formula: str, *, base: bool = True) -> None:
    """Add a quantity that always equals a formula; ``base``: in base units, whatever unit it is declared in."""
    _add_quantity(sheet, sid, name, define_unit(sheet, unit, base=base), constant=False)
    rule = sheet.model.createAssignmentRule()
    rule.setVariable(sid)
    _set_math(sheet, rule, formula)


def add_reaction(sheet: Sheet, name: str, formula: str, changes: Mapping[str, float], modifiers: list[str]) -> None:
    """Add a reaction; ``changes`` holds the amount of each species that one firing adds (or, negative, takes)."""
    reaction = sheet.model.createReaction()
    reaction.setId(unique_ids([name], sheet.taken)[0])
    reaction.setName(name)
    reaction.setReversible(False)
    for species, amount in changes.items():
        reference = reaction.createReactant() if amount < 0 else reaction.createProduct()
        reference.setSpecies(species)
        reference.setStoichiometry(abs(amount))
        reference.setConstant(True)
    for species in modifiers:
        reaction.createModifier().setSpecies(species)
    _set_math(sheet, reaction.createKineticLaw(), formula)


def add_event(sheet: Sheet, name: str, condition: str, assignments: Mapping[str, str]) -> None:
    """Add an event that happens once its condition has become true."""
    event = sheet.model.createEvent()
    event.setId(unique_ids([name], sheet.taken)[0])
    event.setUseValuesFromTriggerTime(True)
    trigger = event.createTrigger()
    trigger.setInitialValue(True)
    trigger.setPersistent(True)
    _set_math(sheet, trigger, condition)
    for sid, formula in assignments.items():
        assignment = event.createEventAssignment()
        assignment.setVariable(sid)
        _set_math(sheet, assignment, formula)


def write_document(sheet: Sheet) -> str:
    """Return the document as text."""
    return sheet.libsbml.writeSBMLToString(sheet.document)


def _add_quantity(sheet: Sheet, sid: str, name: str, unit_id: str | None, *, constant: bool) -> Any:
    parameter = sheet.model.createParameter()
    parameter.setId(sid)
    parameter.setName(name)
    parameter.setConstant(constant)
    if unit_id is not None:
        parameter.setUnits(unit_id)
    return parameter


def _annotate(sheet: Sheet, element: Any, key: str, value: str) -> None:
    libsbml = sheet.libsbml
    if not element.isSetMetaId():
        element.setMetaId(f"meta_{element.getId()}")
    term = libsbml.CVTerm()
    term.setQualifierType(libsbml.BIOLOGICAL_QUALIFIER)
    term.setBiologicalQualifierType(libsbml.BQB_OCCURS_IN if key == "uberon" else libsbml.BQB_IS)
    term.addResource(f"https://identifiers.org/{NAMESPACES[key]}:{value.split(':')[-1]}")
    _check(sheet, element.addCVTerm(term))


def _set_math(sheet: Sheet, element: Any, formula: str) -> None:
    tree = sheet.libsbml.parseL3Formula(formula)
    if tree is None:
        raise ValueError(f"not a formula: {formula}: {sheet.libsbml.getLastParseL3Error()}")
    _check(sheet, element.setMath(tree))


def _check(sheet: Sheet, code: int) -> None:
    if code != sheet.libsbml.LIBSBML_OPERATION_SUCCESS:
        raise ValueError(f"libSBML refused an element (code {code})")
