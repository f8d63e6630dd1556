"""JSON Schemas of every kind of file, for editors that complete and check YAML while it is written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from immunity.language.models import MODELS
from immunity.language.verbs import VERBS

DRAFT = "https://json-schema.org/draft/2020-12/schema"
WHOLE = "rule_book"

_ID = r"^[a-z][a-z0-9_]*$"
_DOTTED_ID = r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$"

# what an editor shows beside a key; keys not listed explain themselves
DESCRIPTIONS = {
    "also": "Side effects, per firing; a negative amount takes away.",
    "brings": "Set -> members that this carries: new ones, or those of others with the amount in this.",
    "by": "Who does it; under a number: the index set that 'values' runs over.",
    "carries": "Weight of this entity in the signal of a class.",
    "changes": "Numbers that are other than usual in this host.",
    "countable": "Whether members are drawn one by one in stochastic mode.",
    "grows": "Whether what is there grows while its host does, as the amount in `initial` would; for tissue.",
    "cite": "The reference as text.",
    "curve": "A factor that is piecewise linear in a signal, or a wave or a fading of time.",
    "since": "Of a host: the curve counts from where this attribute would have been so much, as age from the due date.",
    "repeats": "The period after which a curve of time or age begins again.",
    "wave": "1 + swing * cos(2 pi (time - peak) / period).",
    "fades": "The mean time with which the factor falls: exp(-time / mean time).",
    "swing": "By how much a wave rises above 1 and falls below it.",
    "typical": "What an attribute is that a scenario does not give, from the others.",
    "days": "How long the scenario lasts.",
    "derived": "A formula over the numbers under 'where'.",
    "divided_by": "Divided by these concentrations or signals; 0 where one is not positive.",
    "exp": "exp(signal / of)",
    "log": "ln(signal / of)",
    "power": "(signal / of)^exponent",
    "spares": "Whether what infects is left, so that it can infect again.",
    "doi": "Digital object identifier, without a prefix.",
    "dose": "An amount in the unit of what is given; for therapies also per kg of body weight.",
    "doubling_time": "Time in which the pool doubles.",
    "ends_when": "The run stops as soon as this signal falls below the value.",
    "ends_as": "What a doctor calls it when a host ends with the readout above or below a value.",
    "enters": "Where a dose goes: place -> pool.",
    "epitopes": "Kind -> position in a space ('space', 'at'), or 'groups'; by these members are alike.",
    "every": "Time between output points, or between doses.",
    "falls_with": "1 - (1 - down_to) * s^n / (half^n + s^n)",
    "flows": "What happens: kinds of event.",
    "for": "Only hosts with these attributes.",
    "from": "The pool that is left; in a therapy: the first day.",
    "given": "Routes: route -> pool.",
    "gsd": "Geometric standard deviation between people.",
    "half": "The value of the signal at which half of the effect is reached.",
    "half_life": "ln 2 / hazard.",
    "hazard": "How often it happens to one unit of the primary pool, per time.",
    "healthy": "The interval in health.",
    "hill": "Hill exponent, 1 if not given.",
    "initial": "Amounts before settling, pool -> amount; 0 if not given.",
    "into": "What the target or the lost unit becomes.",
    "is": "Classes that this belongs to.",
    "limits": "Least and greatest value of attributes, [lo, hi].",
    "links": "Named ways to other places, used as 'site.node'.",
    "lives_in": "Place -> states; 'each CLASS' for all places of a class.",
    "map": "Where the body map draws the place, [x, y].",
    "matrix": "Weights between the members of the set.",
    "mean_time": "1 / hazard; for a chain of stages that of the whole chain.",
    "meets": "Carriers or members of open sets that come into this though nothing else names them.",
    "members": "Names, or how many; members with numbers and epitopes are mappings.",
    "modifies": "Laws added to flows of others.",
    "needs": "s^n / (half^n + s^n)",
    "numbers": "Numbers that rules of others may use; in a scenario: overrides, name -> value.",
    "only_with": "Classes or entities without which this does not come into a run.",
    "open": "Whether a scenario has only those members that it meets.",
    "over": "Index sets of every pool, or set -> the places that know it; of a dose or an exposure: how long it takes.",
    "rate": "How much runs in per time, instead of a dose; of an exposure: how often it comes.",
    "by_age": "Factors of a rate: ages and values.",
    "by_season": "Factors of a rate: days of the year and values.",
    "strains": "Threats and weights, of which one is drawn each time.",
    "only_if": "Asked at every dose: what has to hold for it to be given.",
    "stop_when": "Ends the course at once.",
    "when": "Begins as soon as a readout crosses a level.",
    "rearm": "The level to which the readout has to come back before it may happen again.",
    "at_most": "How often it may happen.",
    "again_after": "How long to wait at least before it may happen again.",
    "set_from": "Pools whose sum a pool is set to, as they are before the event.",
    "add_from": "Pools whose sum is added to a pool.",
    "move_to": "The pool that a share of this one is moved to.",
    "share": "Which part is moved, 0 to 1; all of it if not given.",
    "delay": "How long after the crossing it begins.",
    "wait": "How long to put a dose off before asking again; without it the dose is left out.",
    "loading": "A first dose that is not like the others.",
    "lasting": "How long a course goes on.",
    "doses": "How many doses.",
    "per": "'volume', or 'volume of PLACE'.",
    "readouts": "What a laboratory would report.",
    "replace": "Replaces the entry of the same id in the rule book this is laid over.",
    "requires": "Numbers that every member must declare.",
    "rises_with": "1 + (up_to - 1) * s^n / (half^n + s^n)",
    "saturates": "killers / (half + killers + targets)",
    "settle": "Run undisturbed for this long before the scenario starts.",
    "similarity": "How alike members are, by their epitopes of one kind.",
    "signals": "What cells sense: sums of pools over a volume, times laws.",
    "source": "Key of an entry of kind sources, or several.",
    "stages": "State -> number of equal compartments that it is a chain of.",
    "status": "measured, derived, fitted (by a method, to data), tuned (by hand, against an outcome) or assumed.",
    "story": "One or two sentences for readers.",
    "times": "Numbers that multiply the hazard; of a pool that an event reads: a factor.",
    "unit": "Unit of the amount, or of the value.",
    "use": "A number declared under 'numbers' by the bound entity, such as target.uptake.",
    "value": "A number with its unit, such as '13 h'.",
    "variation": "Lognormal spread of numbers between people.",
    "with": "Proportional to these concentrations.",
    "xref": "Identifiers of authorities: cl, uberon, uniprot, hgnc, taxonomy, chebi, loinc.",
    "yields": "How many units each one becomes, 1 if not given.",
}


def json_schema(kind: str, model: type[BaseModel] | None = None) -> dict[str, Any]:
    """Make the JSON Schema of one kind of entry.

    Parameters
    ----------
    kind : str                  a key of `MODELS`
    model : type, optional      the model, for kinds that are declared elsewhere
    """
    schema = (model or MODELS[kind]).model_json_schema(by_alias=True)
    _simplify(schema)
    for owner in [schema, *schema.get("$defs", {}).values()]:
        for key, child in owner.get("properties", {}).items():
            if key in DESCRIPTIONS:
                child.setdefault("description", DESCRIPTIONS[key])
    flow = schema.get("$defs", {}).get("Flow")
    if flow:
        flow["properties"]["verb"] = {"enum": sorted(VERBS), "description": "What happens, from the closed list."}
    properties = schema["properties"]
    if "id" in properties:
        properties["id"] = {"type": "string", "pattern": _DOTTED_ID if kind in ("scenario", "finding") else _ID}
    properties["kind"] = {"const": kind}
    return {"$schema": DRAFT, "title": kind, **{key: value for key, value in schema.items() if key != "title"}}


def whole_schema(kinds: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Make the schema of a file in which every entry says its kind."""
    inner = {kind: {key: value for key, value in schema.items() if key != "$schema"} for kind, schema in kinds.items()}
    for kind, schema in inner.items():
        _redirect(schema, kind)
    return {
        "$schema": DRAFT,
        "title": WHOLE,
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"enum": sorted(inner)}},
        "allOf": [
            {"if": {"properties": {"kind": {"const": kind}}}, "then": {"$ref": f"#/$defs/{kind}"}} for kind in inner
        ],
        "$defs": inner,
    }


def schemas(further: Mapping[str, type[BaseModel]] | None = None) -> dict[str, dict[str, Any]]:
    """Make the schemas of all kinds, by name, and of whole rule books.

    Parameters
    ----------
    further : mapping, optional     kinds declared by later packages (findings) and their models
    """
    models: dict[str, type[BaseModel]] = {**MODELS, **(further or {})}
    kinds = {kind: json_schema(kind, model) for kind, model in models.items()}
    fresh = {kind: json_schema(kind, model) for kind, model in models.items()}
    return {**kinds, WHOLE: whole_schema(fresh)}


def write_schemas(folder: Path, further: Mapping[str, type[BaseModel]] | None = None) -> Iterator[Path]:
    """Write ``KIND.schema.json`` for every kind into a folder, and hand on the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in schemas(further).items():
        path = folder / f"{name}.schema.json"
        path.write_text(json.dumps(schema, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        yield path


def _simplify(node: Any) -> None:
    """Drop what only pydantic needs: generated titles, and null where a key may simply be left out."""
    if isinstance(node, list):
        for each in node:
            _simplify(each)
        return
    if not isinstance(node, dict):
        return
    if isinstance(node.get("title"), str):
        del node["title"]
    if node.get("default", 0) is None:
        del node["default"]
    options = node.get("anyOf")
    if isinstance(options, list):
        rest = [option for option in options if option.get("type") != "null"]
        if len(rest) == 1:
            del node["anyOf"]
            node.update(rest[0])
        else:
            node["anyOf"] = rest
    for each in list(node.values()):
        _simplify(each)


def _redirect(node: Any, kind: str) -> None:
    """Point references into the definitions of the kind, once its schema is a definition itself."""
    if isinstance(node, list):
        for each in node:
            _redirect(each, kind)
    elif isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            node["$ref"] = node["$ref"].replace("#/$defs/", f"#/$defs/{kind}/$defs/")
        for each in node.values():
            _redirect(each, kind)
