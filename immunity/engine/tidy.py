"""Less to compile, before Numba compiles it: what a kernel reads of a group of arrays it reads once."""

from __future__ import annotations

import operator
from typing import Any

from numba.core import ir
from numba.core.compiler_machinery import FunctionPass, register_pass
from numba.core.ir_utils import replace_vars

COMPARISONS = {operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne, operator.not_}


@register_pass(mutates_CFG=False, analysis_only=False)
class Tidy(FunctionPass):
    """What Numba makes of Python's bytecode, without what says the same again.

    Each ``group.array`` is a read of its own, some fifteen instructions that LLVM then finds to be the same. Fields
    never change, so they are read where the kernel begins. A constant is one within a block, and an ``if a < b``
    branches on the comparison, rather than on ``bool`` of it.
    """

    _name = "tidy_kernel"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Rewrite the blocks of a function."""
        function = state.func_ir
        blocks, defined = function.blocks, function._definitions
        start = blocks[min(blocks)]
        arguments = {
            line.target.name: at
            for at, line in enumerate(start.body)
            if isinstance(line, ir.Assign) and isinstance(line.value, ir.Arg)
        }
        given = {name for name in arguments if len(defined[name]) == 1}
        reads: dict[Any, Any] = {}
        first: list[Any] = []
        same: dict[str, Any] = {}
        for block in blocks.values():
            constants: dict[Any, Any] = {}
            kept = []
            for line in block.body:
                value = line.value if isinstance(line, ir.Assign) else None
                if isinstance(value, ir.Expr) and value.op == "getattr" and value.value.name in given:
                    key: Any = value.value.name, value.attr
                    if _is_first(line, reads, key, same, defined):
                        first.append(line)
                    continue
                if isinstance(value, ir.Const | ir.Global) and line.target.name.startswith("$"):
                    key = type(value), type(value.value), repr(value.value)
                    if not _is_first(line, constants, key, same, defined):
                        continue
                kept.append(line)
            block.body = kept
        where = max(arguments.values(), default=-1) + 1  # they come before all else
        start.body[where:where] = first
        replace_vars(blocks, same)
        for block in blocks.values():
            _branch_on_comparison(block, defined)
        return True


def _is_first(line: Any, met: dict[Any, Any], key: Any, same: dict[str, Any], defined: Any) -> bool:
    """Whether a value is met for the first time; else its variable is to be the one of then."""
    variable = met.setdefault(key, line.target)
    if variable is line.target:
        return True
    same[line.target.name] = variable
    del defined[line.target.name]
    return False


def _branch_on_comparison(block: Any, defined: Any) -> None:
    branch = block.body[-1]
    if not isinstance(branch, ir.Branch):
        return
    lines = {line.target.name: line for line in block.body if isinstance(line, ir.Assign)}
    truth = lines.get(branch.cond.name)
    if truth is None or not (isinstance(truth.value, ir.Expr) and truth.value.op == "call"):
        return
    asks = lines.get(truth.value.func.name)
    if asks is None or getattr(asks.value, "value", None) is not bool:
        return
    found = lines.get(truth.value.args[0].name)
    if found is not None and isinstance(found.value, ir.Expr) and found.value._kws.get("fn") in COMPARISONS:
        branch.cond = found.target
        block.body = [line for line in block.body if line is not truth]
        del defined[truth.target.name]
