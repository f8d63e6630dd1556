"""What pydantic finds wrong with an entry, said as located errors of the catalogue."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from immunity.language.errors import Location, RuleError, fail
from immunity.language.models import Number
from immunity.language.read import Document

MAX_REFUSALS = 200  # of one entry; a near miss is looked for in each

_CURVE = "Write 'curve: {signal: ..., points: [...]}', with two points close together where it jumps."
_DELAY = (
    "There is no fixed delay. Nearest is a state with 'stages: {STATE: n}' and a 'mean_time' of the flow out of it: "
    "arrivals are spread by the mean time over the root of n."
)
# what other languages have and this one has not, and what does the same here
_INSTEAD = {
    **dict.fromkeys(("delay", "lag"), _DELAY),
    **dict.fromkeys(("piecewise", "if", "when", "step", "above", "heaviside"), _CURVE),
    **dict.fromkeys(("min", "max"), "Write 'saturates', 'needs' or 'curve'."),
    "divide": "Write 'divided_by: [signal]'.",
    "ln": "Write 'log: {signal: ..., of: ...}'.",
    "sqrt": "Write 'power: {signal: ..., of: ..., exponent: 0.5}'.",
    "formula": "A hazard is a number times laws; 'derived:' computes a number from others.",
    "rate": "Write 'hazard', in 1/time per unit of what undergoes it.",
    "kinetics": "A hazard is a number times laws; see the list of laws in the reference of the rule language.",
}

_EXPECTED = {
    "string_type": "text in quotes",
    "string_sub_type": "text in quotes",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
}
# keys whose text is a quantity, whatever the model
_QUANTITY_KEYS = frozenset(("dose", "every", "until", "settle", "value", "values", "where", "floor", "lo", "hi", "gsd"))
_QUANTITY_KEYS |= {"below", "r", "offset", "limit_of_detection", "numbers", "points"}
_LISTS = ("flows", "signals", "readouts", "events", "exposures", "changes", "correlations")
_FOUND: dict[type, str] = {
    type(None): "nothing",
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "a mapping",
}


def describe(value: object) -> str:
    """Say in plain words what kind of value was found."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"the number {value}"
    if isinstance(value, str) and value:
        return f"the text {value[:40]!r}"
    return _FOUND.get(type(value), "something else")


def locate(document: Document, path: Iterable[str | int], *, key: bool = False) -> Location:
    """Find the place of a path of a record in its document.

    A record knows more steps than its document where a short form was unfolded (one law stands for a list of laws, a
    text for a number); such steps are passed over.
    """
    data: Any = document.data
    found: tuple[str | int, ...] = ()
    for step in path:
        name = step.rstrip("_") if isinstance(step, str) else step
        if _holds(data, name):
            found, data = (*found, name), data[name]
    return document.at(*found, key=key)


def _holds(data: Any, step: str | int) -> bool:
    if isinstance(data, list):
        return isinstance(step, int) and step < len(data)
    return isinstance(data, dict) and step in data


def refusals(error: ValidationError, model: type[BaseModel], document: Document) -> Iterator[RuleError]:
    """Say everything that pydantic found wrong.

    Parameters
    ----------
    error : ValidationError
    model : type            the model that the document was held against
    document : Document
    """
    details = error.errors(include_url=False)[:MAX_REFUSALS]
    found = [(detail["loc"][:-1], _refusal(detail, model, document)) for detail in details]
    misspelt = {(owner, refusal.suggestion) for owner, refusal in found if refusal.code == "E201"}
    told: set[tuple[str, str]] = set()
    for owner, refusal in found:
        where = (str(refusal.location), refusal.message)
        # a union reports each of its members, and a misspelt key is not missing as well
        if where not in told and (refusal.code != "E202" or (owner, refusal.text) not in misspelt):
            told.add(where)
            yield refusal


def _refusal(detail: Mapping[str, Any], model: type[BaseModel], document: Document) -> RuleError:
    path: tuple[str | int, ...] = detail["loc"]
    sort: str = detail["type"]
    given: Any = detail["input"]
    key = next((str(step) for step in reversed(path) if isinstance(step, str)), "the entry")
    if sort == "extra_forbidden":
        known = list(_keys(_annotations(model, path[:-1])))
        at = locate(document, path, key=True)
        if key in _INSTEAD:
            return fail("E212", at=at, text=key, hint=_INSTEAD[key].rstrip("."))
        return fail("E201", at=at, text=key, known=known, owner=_owner(path[:-1], document))
    if sort == "missing" and isinstance(path[-1], int):
        return fail("E209", at=locate(document, path), text=given, key=key, reason="the list is too short")
    if sort == "missing":
        at = locate(document, path[:-1])
        return fail("E202", at=at, text=key, owner=_owner(path[:-1], document))
    at = locate(document, path)
    if sort == "literal_error":
        return fail("E204", at=at, text=given, key=key, known=_literals(_annotations(model, path)))
    if sort in _EXPECTED:
        wanted = not _QUANTITY_KEYS.isdisjoint(path) or any(_is_number(each) for each in _annotations(model, path))
        if wanted and isinstance(given, int | float):
            return fail("E301", at=at, text=given, found=describe(given))
        return fail("E203", at=at, text=given, key=key, expected=_EXPECTED[sort], found=describe(given))
    reason = str(detail.get("ctx", {}).get("error") or detail["msg"])
    return fail("E209", at=at, text=given, key=key, reason=reason[:1].lower() + reason[1:].rstrip("."))


def _owner(path: tuple[str | int, ...], document: Document) -> str:
    """Name the mapping that a key belongs to."""
    data: Any = document.data
    kind = "The entry"
    for step in path:
        if isinstance(step, str):
            kind = f"The {step.removesuffix('s')}" if step in _LISTS else f"'{step}'"
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            continue
    name = next(
        (data[key] for key in ("id", "verb") if isinstance(data, dict) and isinstance(data.get(key), str)), None
    )
    return f"{kind} {name!r}" if name else kind


def _is_number(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Number)


def _alternatives(annotation: Any) -> Iterator[Any]:
    """Unwrap optional, annotated and union types."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _alternatives(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for each in get_args(annotation):
            yield from _alternatives(each)
    else:
        yield annotation


def _annotations(model: type[BaseModel], path: Iterable[str | int]) -> list[Any]:
    """Find the types that may stand at a path of a model."""
    current: list[Any] = [model]
    for step in path:
        # a step that leads nowhere names a member of a union
        current = [each for one in current for each in _step(one, step)] or current
    return current


def _step(annotation: Any, step: str | int) -> Iterator[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            if step in (name, field.alias):
                yield from _alternatives(field.annotation)
        return
    origin, args = get_origin(annotation), [each for each in get_args(annotation) if each is not Ellipsis]
    if origin is dict and isinstance(step, str):
        yield from _alternatives(args[1])
    elif origin in (list, tuple) and isinstance(step, int):
        yield from _alternatives(args[min(step, len(args) - 1)])


def _keys(annotations: list[Any]) -> Iterator[str]:
    for annotation in annotations:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from (field.alias or name for name, field in annotation.model_fields.items())


def _literals(annotations: list[Any]) -> list[str]:
    return [str(each) for one in annotations if get_origin(one) is Literal for each in get_args(one)]
