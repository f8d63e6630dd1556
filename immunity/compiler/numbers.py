"""Parameters: every number of a book, once, by name, in base units."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from immunity.compiler.bind import Scope
from immunity.compiler.derive import Formula
from immunity.compiler.similarity import Neighbours
from immunity.compiler.space import Space
from immunity.language.errors import Location, fail
from immunity.language.formula import evaluate
from immunity.language.models import Number
from immunity.language.quantity import DIMENSIONLESS, Dimension, Quantity, parse_quantity

# what a name under `where` looks like when it stands for another number
_NAME = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+")
_BRACKET = re.compile(r"\[")


@dataclass(frozen=True)
class Parameter:
    """One number in base units, with its origin and evidence.

    Attributes
    ----------
    where : tuple of (name, value)    numbers that stand in its formula and nowhere else; they have its evidence
    """

    name: str
    value: float
    dimension: Dimension
    text: str
    location: Location | None
    status: str
    source: tuple[str, ...] = ()
    page: str | None = None
    note: str | None = None
    where: tuple[tuple[str, str], ...] = ()


@dataclass
class Matches:
    """What patterns and names of families mean while there are so many numbers (``state``)."""

    state: tuple[int, int, int] = (0, 0, 0)
    of_patterns: dict[str, list[int]] = field(default_factory=dict)
    families: dict[str, list[int]] = field(default_factory=dict)


@dataclass
class Numbers:
    """The growing list of parameters, shared by all rules.

    Attributes
    ----------
    used : set                parameters that some rule needs
    lowest : dict             parameter -> whether it has to be positive (True) or just not negative (False)
    frozen : set              parameters that hosts and scenarios cannot change
    declared : int or None    how many are declared outside rules; only these can be used elsewhere (None: unknown yet)
    neighbours : dict         ``SET.SIMILARITY`` -> which members are alike; all other pairs have no number
    formulas : list           derived numbers that follow others, each after those it needs
    matched : Matches         what patterns and families mean, as long as the lists above do not grow
    stand_ins : dict          place of a number in a rule (``cell.rule.hazard``) -> declared numbers that stand there
    """

    space: Space
    rows: list[Parameter] = field(default_factory=list)
    index: dict[str, int] = field(default_factory=dict)
    used: set[int] = field(default_factory=set)
    lowest: dict[int, bool] = field(default_factory=dict)
    frozen: set[int] = field(default_factory=set)
    formulas: list[Formula] = field(default_factory=list)
    neighbours: dict[str, Neighbours] = field(default_factory=dict)
    declared: int | None = None
    matched: Matches = field(default_factory=Matches, repr=False, compare=False)
    stand_ins: dict[str, set[int]] = field(default_factory=dict, repr=False, compare=False)

    def __getitem__(self, index: int) -> Parameter:
        return self.rows[index]

    def find_declared(self, name: str, at: Location) -> int:
        """The parameter of a name that was declared outside rules, so that the order of rules does not matter."""
        index = self.index.get(name)
        if index is None or index >= (len(self.rows) if self.declared is None else self.declared):
            raise fail("E410", at=at, text=name, known=[row.name for row in self.rows[: self.declared]])
        self.used.add(index)
        return index

    def open_names(self) -> list[str]:
        """Names that hosts and scenarios may change."""
        return [row.name for index, row in enumerate(self.rows) if index not in self.frozen]

    def kept_matches(self) -> dict[str, list[int]]:
        """What patterns meant when last asked; nothing once there are more numbers."""
        return self._present_matches().of_patterns

    def of_family(self, name: str) -> list[int]:
        """The parameters of a name, and those that have it before a bracket, which hosts and scenarios may change."""
        present = self._present_matches()
        if not present.families:
            for index, row in enumerate(self.rows):
                if index not in self.frozen:
                    for family in (row.name, *(row.name[: bracket.start()] for bracket in _BRACKET.finditer(row.name))):
                        present.families.setdefault(family, []).append(index)
        return present.families.get(name, [])

    def _present_matches(self) -> Matches:
        state = len(self.rows), len(self.frozen), len(self.formulas)
        if self.matched.state != state:
            self.matched = Matches(state)
        return self.matched


def constant(numbers: Numbers, value: float) -> int:
    """A bare number that belongs to the grammar (a default of 1 or 0), not to biology."""
    name = f"{value:g}"
    if name not in numbers.index:
        numbers.index[name] = len(numbers.rows)
        numbers.frozen.add(len(numbers.rows))
        numbers.rows.append(Parameter(name, value, DIMENSIONLESS, name, None, "constant"))
    return numbers.index[name]


def within(numbers: Numbers, index: int, *, at: Location | None, positive: bool = False) -> int:
    """Note that a parameter has to be positive, or must not be negative; hand the index back.

    Raises
    ------
    RuleError
        E516 if it is not so.
    """
    strict = numbers.lowest[index] = positive or numbers.lowest.get(index, False)
    check_range(numbers, index, numbers[index].value, numbers[index].text, strict, at=at)
    return index


def check_range(numbers: Numbers, index: int, value: float, text: str, positive: bool, *, at: Location | None) -> None:
    """Hold a value, given in the book or by a host, against the range of its parameter."""
    if value < 0 or (positive and value == 0):
        reason = f"{numbers[index].name} {'has to be positive' if positive else 'cannot be negative'}"
        raise fail("E516", at=at, text=text, reason=reason)


def _evaluated(numbers: Numbers, number: Number, formula: str, at: Location) -> tuple[Quantity, Formula | None]:
    """The value of a derived number, and its formula if that names other numbers of the book."""
    where: dict[str, Quantity] = {}
    follows: dict[str, int] = {}
    for symbol, given in number.where.items():
        if _NAME.fullmatch(given):
            follows[symbol] = numbers.find_declared(given, at)
            named = numbers[follows[symbol]]
            where[symbol] = Quantity(named.value, named.dimension, named.text)
        else:
            where[symbol] = parse_quantity(given, at=at)
    quantity = evaluate(formula, where, at=at)
    return quantity, Formula(len(numbers.rows), formula, where, follows, at) if follows else None


def register(numbers: Numbers, name: str, number: Number, text: str | None, at: Location) -> int:
    """The parameter of a name, made on first use; two different numbers never share a name."""
    if name in numbers.index:
        index = numbers.index[name]
        if numbers[index].location != at:
            raise fail("E413", at=at, text=name, kind="number", first=str(numbers[index].location))
        return index
    if text is not None:
        quantity, formula = parse_quantity(text, at=at), None
    else:
        assert number.derived is not None
        quantity, formula = _evaluated(numbers, number, number.derived, at)
    status = number.status or ("derived" if number.derived else "assumed")
    page = None if number.page is None else str(number.page)
    index = numbers.index[name] = len(numbers.rows)
    literals = tuple((symbol, given) for symbol, given in number.where.items() if not _NAME.fullmatch(given))
    numbers.rows.append(
        Parameter(
            name=name,
            value=quantity.value,
            dimension=quantity.dimension,
            text=quantity.text,
            location=at,
            status=status,
            source=tuple(number.source),
            page=page,
            note=number.note,
            where=literals,
        )
    )
    if formula:
        numbers.formulas.append(formula)
    return index


def parameter_of(numbers: Numbers, name: str, number: Number, scope: Scope, *, at: Location) -> int:
    """The parameter a number in a rule means for one instance, registered on first use.

    Raises
    ------
    RuleError
        E512 unless the number says exactly one of value, derived, values, use; E404, E408, E410 for unknown names;
        E413 where another number has the name; E521 for a formula that names a number of each member.
    """
    check_form(number, at)
    if number.derived is not None:
        _check_formula(number, scope, at)
    if number.use is not None:
        index = used_number(numbers, number.use, scope, at=at)
        numbers.stand_ins.setdefault(name, set()).add(index)
    elif number.values is not None:
        index = _member_number(numbers, name, number, scope, at)
    else:
        index = register(numbers, name, number, number.value, at)
    numbers.used.add(index)
    return index


def check_form(number: Number, at: Location) -> None:
    given = [number.value is not None, number.derived is not None, number.values is not None, number.use is not None]
    if sum(given) != 1 or (number.values is None) != (number.by is None):
        raise fail("E512", at=at)


def _check_formula(number: Number, scope: Scope, at: Location) -> None:
    """A formula of a rule for each member is one for all, so that it cannot name a number of each."""
    for given in number.where.values():
        bound = scope.env.get(given.rpartition(".")[0]) if _NAME.fullmatch(given) else None
        if bound is not None and bound.domain != "set" and bound.name != given.rpartition(".")[0]:
            raise fail("E521", at=at, text=given, name=bound.name)


def _member_number(numbers: Numbers, name: str, number: Number, scope: Scope, at: Location) -> int:
    assert number.by is not None and number.values is not None
    bound = scope.env.get(number.by)
    group = bound.group if bound else number.by
    members = family_of(numbers, number, group, at)
    if bound is None:
        raise fail("E408", at=at, text=number.by, known=list(scope.env))
    return register(numbers, f"{name}[{bound.name}]", number, number.values[members[bound.name]], at)


def family_of(numbers: Numbers, number: Number, group: str, at: Location) -> dict[str, int]:
    """The members that a number given by ``values`` has one value for each of, with their positions."""
    sets = numbers.space.sets
    assert number.values is not None
    if group not in sets:
        raise fail("E404", at=at, text=number.by, known=sets)
    if group in numbers.space.membership.open:
        raise fail("E430", at=at, text=group)
    if len(number.values) != len(sets[group]):
        raise fail("E513", at=at, text=number.by, expected=len(sets[group]), count=len(number.values))
    return numbers.space.positions(group)


def used_number(numbers: Numbers, text: str, scope: Scope, *, at: Location) -> int:
    """The index of a declared number: ``OWNER.KEY``, or ``KEY`` of the rule's own entity, with indices if it has any.

    What an entity or a place does not declare it has from the first of its classes that does.

    Raises
    ------
    RuleError
        E410 for a number that is not declared.
    """
    bare, bracket, indices = text.strip().removesuffix("]").partition("[")
    owner, dot, key = bare.strip().rpartition(".")
    value = scope.env.get(owner)
    if value is not None and value.domain != "set":
        owner = value.name
    elif value is not None and not bracket and f"{value.group}.{key}[{value.name}]" in numbers.index:
        return numbers.find_declared(f"{value.group}.{key}[{value.name}]", at)
    elif not dot and scope.entity:
        owner = scope.entity
    name = f"{owner}.{key}" if owner else key
    if bracket:
        name += f"[{','.join(_member(word.strip(), scope) for word in indices.split(','))}]"
    elif name not in numbers.index:
        name = _of_class(numbers, owner, key) or name
    return numbers.find_declared(name, at)


def _of_class(numbers: Numbers, owner: str, key: str) -> str | None:
    """The number that a class gives to those of its members that do not declare it; the first class that has it."""
    space = numbers.space
    entry = space.entities.get(owner) or space.places.get(owner)
    names = (f"{group}.{key}" for group in entry.record.is_) if entry else ()
    return next((name for name in names if name in numbers.index), None)


def _member(word: str, scope: Scope) -> str:
    return scope.env[word].name if word in scope.env else word
