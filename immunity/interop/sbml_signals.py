"""Formulas of a model read from SBML as signals, numbers and laws of the rule language."""

from __future__ import annotations

import re
from dataclasses import replace
from keyword import iskeyword
from typing import Any

from immunity.interop.algebra import Factor, Formula, NoSuchShape, Product, names_in, split, worked_out, written
from immunity.interop.sbml_math import TIME
from immunity.interop.sbml_model import Document

PLACE = "system"
OWNER = "model"
_FAR = "1e+30"
_SLIVER = 1e-9  # in which a step rises: of the time, of what is compared, or of one
_TAKEN = {PLACE, OWNER, TIME, "age", "host", "each", "exp", "log", "per_time"}


class FormulaWriter:
    """Writes what formulas of one document need; ``signals`` grows as they are written.

    Attributes
    ----------
    ids : dict          SBML's name -> a name as the language has them
    unit : str          of amounts
    variable : set      names that change in time
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.unit = "cell" if document.counted else "pmol"
        self.ids: dict[str, str] = {}
        for key in (*document.constants, *document.amounts, *document.follows, *(c.id for c in document.changes)):
            self._id(key)
        self.variable = {*document.amounts, *document.follows, TIME}
        self.signals: list[dict[str, Any]] = []
        self.made: dict[tuple[str, Formula], str] = {}

    # names -----------------------------------------------------------------------------------------

    def _id(self, key: str) -> str:
        if key not in self.ids:
            plain = re.sub(r"[^a-z0-9_]", "_", key.lower()).strip("_") or "x"
            plain = plain if plain[0].isalpha() else f"x_{plain}"
            word, attempt = plain, 1
            while word in self.ids.values() or word in _TAKEN or iskeyword(word):
                attempt += 1
                word = f"{plain}_{attempt}"
            self.ids[key] = word
        return self.ids[key]

    def named(self, key: str) -> str:
        """What people call it."""
        amount = self.document.amounts.get(key)
        return amount.name if amount else key

    def signal_of(self, key: str) -> str:
        """The signal that a name means."""
        return f"value_of_{self.ids[key]}" if key in self.document.follows else f"level_of_{self.ids[key]}"

    def level(self, key: str) -> None:
        """Declare the signal of an amount."""
        size = self.document.amounts[key].size
        weight = f"{1.0 / size!r} 1/{self.unit}"
        self.signals.append(
            {"id": self.signal_of(key), "sum": [{"of": f"{self.ids[key]} at {PLACE}", "weight": weight}], "unit": "1"}
        )

    # formulas --------------------------------------------------------------------------------------

    def fixed(self, term: Product, unit: str = "1") -> Any:
        """A number that is a product of constants."""
        names = sorted(names_in((term,)))
        if not names:
            return f"{term.coefficient!r} {unit}" if unit != "1" else repr(term.coefficient)
        text = written((term,), lambda name: self.ids[name])
        where = {self.ids[name]: f"{OWNER}.{self.ids[name]}" for name in names}
        if unit != "1":
            return {"derived": f"({text}) * per_time", "where": {**where, "per_time": f"1 {unit}"}}
        return {"derived": text, "where": where}

    def signal(self, id: str, formula: Formula) -> str:
        """A declared signal that is a sum of products."""
        terms, constant = [], []
        for term in formula:
            fixed, moving = split(term, self.variable)
            if not moving.factors:
                constant.append(term)
            else:
                terms.append({"of": self._product(moving), "weight": self.fixed(fixed)})
        row: dict[str, Any] = {"id": id}
        if terms:
            row["sum"] = terms
        if constant or not terms:
            row["constant"] = self.fixed(constant[0]) if len(constant) == 1 else self._summed(tuple(constant))
        self.signals.append({**row, "unit": "1"})
        return id

    def _summed(self, constant: Formula) -> Any:
        names = sorted({name for term in constant for name in names_in((term,))})
        text = written(constant, lambda name: self.ids[name])
        if not names:
            return repr(sum(term.coefficient for term in constant))
        return {"derived": text, "where": {self.ids[name]: f"{OWNER}.{self.ids[name]}" for name in names}}

    def _product(self, moving: Product) -> str:
        """The signal of a product of what changes."""
        if len(moving.factors) == 1:
            factor, exponent = moving.factors[0]
            if exponent == 1.0 and factor.kind in ("name", "sum"):
                return self._bare(factor)
        key = "product", (moving,)
        if key not in self.made:
            laws = self.laws(moving)
            self.made[key] = f"product_{len(self.made) + 1}"
            self.signals.append({"id": self.made[key], **laws, "unit": "1"})
        return self.made[key]

    def _bare(self, factor: Factor) -> str:
        """The signal of a name, or of a sum in brackets."""
        if factor.kind == "name":
            if factor.name == TIME:
                return self._clock()
            return self.signal_of(factor.name)
        if factor.kind == "up":
            return self._product(Product(((factor, 1.0),), 1.0))
        key = "sum", factor.of
        if key not in self.made:
            self.made[key] = f"sum_{len(self.made) + 1}"
            self.signal(self.made[key], factor.of)
        return self.made[key]

    def _clock(self) -> str:
        if not any(row["id"] == "clock_of_model" for row in self.signals):
            weight = f"1 1/{self.document.unit_of_time}"
            self.signals.append({"id": "clock_of_model", "sum": [{"of": TIME, "weight": weight}], "unit": "1"})
        return "clock_of_model"

    def laws(self, moving: Product) -> dict[str, list[Any]]:
        """What multiplies a hazard or a signal."""
        laws: dict[str, list[Any]] = {}
        for factor, exponent in moving.factors:
            if factor.kind == "exp":
                inside = tuple(replace(term, coefficient=term.coefficient * exponent) for term in factor.of)
                laws.setdefault("exp", []).append({"signal": self._bare(Factor("sum", of=inside)), "of": "1"})
            elif factor.kind == "log":
                if exponent != int(exponent) or exponent < 0.0:
                    raise NoSuchShape("a broken power of a logarithm")
                law = {"signal": self._bare(Factor("sum", of=factor.of)), "of": "1"}
                laws.setdefault("log", []).extend([law] * int(exponent))
            elif factor.kind == "step":
                laws.setdefault("curve", []).append(self._step(factor.of))
            elif factor.kind == "up" and exponent == 1.0:
                laws.setdefault("curve", []).append(self._up(factor.of))
            elif exponent == 1.0:
                laws.setdefault("with", []).append(self._bare(factor))
            elif exponent == -1.0:
                laws.setdefault("divided_by", []).append(self._bare(factor))
            else:
                laws.setdefault("power", []).append(
                    {"signal": self._bare(factor), "of": "1", "exponent": repr(exponent)}
                )
        return laws

    def _up(self, formula: Formula) -> dict[str, Any]:
        return {"signal": self._bare(Factor("sum", of=formula)), "points": [["0", "0"], [_FAR, _FAR]]}

    def _step(self, formula: Formula) -> dict[str, Any]:
        """A step at a time, which no run strides over, or where something passes nothing."""
        clock = [term for term in formula if names_in((term,)) == {TIME}]
        rest = tuple(term for term in formula if term not in clock)
        if (
            len(clock) == 1
            and clock[0].factors == ((Factor("name", TIME), 1.0),)
            and not names_in(rest) & self.variable
        ):
            at = -worked_out(rest, self.document.constants) / clock[0].coefficient
            before, after = ("0", "1") if clock[0].coefficient > 0.0 else ("1", "0")
            unit = self.document.unit_of_time
            if at <= 0.0:
                return {"signal": TIME, "points": [[f"0 {unit}", after], [f"1 {unit}", after]]}
            return {"signal": TIME, "points": [[f"{at!r} {unit}", before], [f"{at * (1.0 + _SLIVER)!r} {unit}", after]]}
        return {
            "signal": self._bare(Factor("sum", of=formula)),
            "points": [[repr(-_SLIVER), "0"], [repr(_SLIVER), "1"]],
        }
