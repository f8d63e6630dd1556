"""Formulas of derived numbers: arithmetic on quantities, dimensions checked at every step."""

from __future__ import annotations

import ast
import copy
import math
import warnings
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from types import CodeType

from immunity.language.errors import Location, RuleError, fail
from immunity.language.quantity import DIMENSIONLESS, Quantity
from immunity.language.units import Dimension

MAX_FORMULA = 500
MAX_DEPTH = 40

Value = tuple[float, Dimension]

_FUNCTIONS: dict[str, Callable[[float], float]] = {"log": math.log, "exp": math.exp, "sqrt": math.sqrt}
_FOLDED: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}


class _Fault(Exception):
    """A fault inside a formula: its code, and the fields of its message."""

    def __init__(self, code: str, reason: str = "", text: str | None = None) -> None:
        super().__init__(code, reason, text)
        self.code, self.reason, self.text = code, reason, text


def evaluate(formula: object, where: Mapping[str, Quantity], *, at: Location | None = None) -> Quantity:
    """Work out a formula such as ``"k_max / k"`` with its units.

    Parameters
    ----------
    formula : str                     numbers, names, + - * / **, parentheses, log, exp, sqrt
    where : mapping of Quantity       what the names stand for
    at : Location, optional           where it stands, for the error

    Raises
    ------
    RuleError
        E308 not a formula, E309 unknown name, E310 units do not fit, E311 no finite value.
    """
    if not isinstance(formula, str):
        raise fail("E308", at=at, text=formula, reason="a formula is text in quotes")
    try:
        value, dimension = _value(_tree(formula), where, 0)
        if not math.isfinite(value):
            raise _Fault("E311", "the value is too large")
    except _Fault as fault:
        raise _report(fault, formula, where, at) from None
    except (ZeroDivisionError, OverflowError, ValueError) as error:
        raise fail("E311", at=at, text=formula, reason=_plain(error)) from None
    return Quantity(value, dimension, formula)


def number(formula: str, values: Mapping[str, float], *, at: Location | None = None) -> float:
    """Work out a formula whose units were checked before, of bare numbers: the same digits, and much quicker.

    Raises
    ------
    RuleError
        E311 no finite value.
    """
    try:
        value = eval(_code(formula), dict(_FUNCTIONS, __builtins__={}), values)  # arithmetic, as ``evaluate`` found
        if isinstance(value, complex):
            raise ValueError
    except (ZeroDivisionError, OverflowError, ValueError) as error:
        raise fail("E311", at=at, text=formula, reason=_plain(error)) from None
    if not math.isfinite(value):
        raise fail("E311", at=at, text=formula, reason="the value is too large")
    return value


@lru_cache(maxsize=5_000)
def _code(formula: str) -> CodeType:
    """A formula as code, with every literal as the float that it stands for."""
    tree = ast.Expression(copy.deepcopy(_tree(formula)))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            node.value = float(node.value)  # pyright: ignore[reportArgumentType]
    return compile(tree, "(formula)", "eval")


def names_in(formula: str) -> frozenset[str] | None:
    """Collect the names a formula uses, functions aside; None where it cannot be read."""
    try:
        nodes = list(ast.walk(_tree(formula)))
    except _Fault:
        return None
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    return frozenset(node.id for node in nodes if isinstance(node, ast.Name) and id(node) not in called)


def _report(fault: _Fault, formula: str, where: Mapping[str, Quantity], at: Location | None) -> RuleError:
    if fault.code == "E309":
        return fail("E309", at=at, text=fault.text, known=where)
    return fail(fault.code, at=at, text=formula, reason=fault.reason)


def _plain(error: Exception) -> str:
    if isinstance(error, ZeroDivisionError):
        return "it divides by zero"
    if isinstance(error, OverflowError):
        return "the value is too large"
    return "a logarithm or root of a number that is not positive"


@lru_cache(maxsize=5_000)
def _tree(formula: str) -> ast.expr:
    if not formula.strip():
        raise _Fault("E308", "it is empty")
    if len(formula) > MAX_FORMULA:
        raise _Fault("E308", f"it has more than {MAX_FORMULA} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Python only warns of "1if", which is no arithmetic
            return ast.parse(formula.strip().replace("^", "**"), mode="eval").body
    except (SyntaxError, Warning, ValueError, RecursionError, MemoryError):
        raise _Fault("E308", "a sign, a name or a parenthesis is missing or misplaced") from None


def _value(node: ast.expr, where: Mapping[str, Quantity], depth: int) -> Value:
    if depth > MAX_DEPTH:
        raise _Fault("E308", "it is nested too deeply")
    if isinstance(node, ast.Constant):
        if type(node.value) not in (int, float):
            raise _Fault("E308", f"{str(node.value)!r} is not a number")
        return float(node.value), DIMENSIONLESS  # pyright: ignore[reportArgumentType]
    if isinstance(node, ast.Name):
        if node.id not in where:
            raise _Fault("E309", text=node.id)
        return where[node.id].value, where[node.id].dimension
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        value, dimension = _value(node.operand, where, depth + 1)
        return (-value if isinstance(node.op, ast.USub) else value), dimension
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left, where, depth + 1), _value(node.right, where, depth + 1)
        return _joined(node.op, left, right)
    if isinstance(node, ast.Call):
        return _called(node, where, depth)
    raise _Fault("E308", "only arithmetic is allowed")


def _joined(operator: ast.operator, left: Value, right: Value) -> Value:
    if isinstance(operator, ast.Pow):
        return _raised(left, right)
    fold = _FOLDED.get(type(operator))
    if fold is None:
        raise _Fault("E308", "only + - * / and ** join numbers")
    if isinstance(operator, ast.Add | ast.Sub):
        if left[1] != right[1]:
            raise _Fault("E310", f"{left[1]} and {right[1]} cannot be added or subtracted")
        dimension = left[1]
    else:
        dimension = left[1] * right[1] if isinstance(operator, ast.Mult) else left[1] / right[1]
    return fold(left[0], right[0]), dimension


def _raised(left: Value, right: Value) -> Value:
    if right[1] != DIMENSIONLESS:
        raise _Fault("E310", f"the exponent is {right[1]}, but has to be a pure number")
    if left[0] < 0 and right[0] != int(right[0]):
        raise ValueError
    exponent = Fraction(right[0]).limit_denominator(12)
    if left[1] != DIMENSIONLESS and (abs(float(exponent) - right[0]) > 1e-12 or abs(exponent) > 12):
        raise _Fault("E310", f"{left[1]} cannot be raised to the power {right[0]:g}")
    return math.pow(left[0], right[0]), left[1] if left[1] == DIMENSIONLESS else left[1] ** exponent


def _called(node: ast.Call, where: Mapping[str, Quantity], depth: int) -> Value:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name not in _FUNCTIONS or len(node.args) != 1 or node.keywords:
        raise _Fault("E308", "the functions are log(x), exp(x) and sqrt(x)")
    value, dimension = _value(node.args[0], where, depth + 1)
    if name == "sqrt":
        return _FUNCTIONS[name](value), dimension ** Fraction(1, 2)
    if dimension != DIMENSIONLESS:
        raise _Fault("E310", f"{name} is taken of {dimension}, but needs a pure number")
    return _FUNCTIONS[name](value), DIMENSIONLESS
