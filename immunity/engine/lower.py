"""Elements of arrays and loops over ranges in a few instructions of LLVM, where Numba writes thirty to eighty.

Numba takes an array apart into all its members before it reads an element, and counts the steps of a range by division.
LLVM finds out what of it matters; but to write, print, read and tidy all that took half the time of compiling.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir as llvm
from numba.core import cgutils, ir, types
from numba.core.compiler_machinery import register_pass
from numba.core.datamodel.registry import default_manager
from numba.core.ir_utils import get_definition, guard
from numba.core.lowering import Lower
from numba.core.typed_passes import NativeLowering
from numba.np.arrayobj import load_item, store_item

_ARRAY = default_manager[types.Array(types.float64, 1, "C")]
_DATA, _SHAPE = _ARRAY.get_field_position("data"), _ARRAY.get_field_position("shape")


class KernelLower(Lower):
    """Numba's way from types to LLVM, but for what kernels do most."""

    def lower_expr(self, resty: Any, expr: Any) -> Any:
        """Loops by ones, and elements at a place that is written down."""
        if expr.op == "getiter" and self._counts(expr):
            return self._begin(expr)
        if expr.op == "iternext":
            begun = guard(get_definition, self.func_ir, expr.value)
            if isinstance(begun, ir.Expr) and begun.op == "getiter" and self._counts(begun):
                return self._next(expr)
        if expr.op in ("pair_first", "pair_second") and isinstance(self.typeof(expr.value.name), types.Pair):
            return self.builder.extract_value(self.loadvar(expr.value.name), int(expr.op == "pair_second"))
        if expr.op == "static_getitem" and expr.index_var is not None:
            kind = self.typeof(expr.value.name)
            if _listed(kind, self.typeof(expr.index_var.name)) and resty == kind.dtype:
                return load_item(self.context, self.builder, kind, self._place(expr.value, expr.index_var))
        return super().lower_expr(resty, expr)

    def lower_getitem(self, resty: Any, expr: Any, value: Any, index: Any, signature: Any) -> Any:
        """An element of an array."""
        kind = self.typeof(value.name)
        if _listed(kind, self.typeof(index.name)) and resty == kind.dtype:
            return load_item(self.context, self.builder, kind, self._place(value, index))
        return super().lower_getitem(resty, expr, value, index, signature)

    def lower_inst(self, inst: Any) -> Any:
        """Set an element at a place that is written down as one at any other."""
        if not isinstance(inst, ir.StaticSetItem) or inst.index_var is None:
            return super().lower_inst(inst)
        if not _listed(self.typeof(inst.target.name), self.typeof(inst.index_var.name)):
            return super().lower_inst(inst)
        return self.lower_setitem(inst.target, inst.index_var, inst.value, self.fndesc.calltypes[inst])

    def lower_setitem(self, target_var: Any, index_var: Any, value_var: Any, signature: Any) -> Any:
        """Set an element of an array."""
        kind, given = self.typeof(target_var.name), self.typeof(value_var.name)
        if not _listed(kind, self.typeof(index_var.name)) or not isinstance(given, types.Number | types.Boolean):
            return super().lower_setitem(target_var, index_var, value_var, signature)
        value = self.context.cast(self.builder, self.loadvar(value_var.name), given, kind.dtype)
        return store_item(self.context, self.builder, kind, value, self._place(target_var, index_var))

    def _place(self, array_var: Any, index_var: Any) -> Any:
        """Pointer to an element."""
        index_kind = self.typeof(index_var.name)
        array, index = self.loadvar(array_var.name), self.loadvar(index_var.name)
        if isinstance(index_kind, types.BaseTuple):
            kinds = tuple(index_kind)  # pyright: ignore
            row = self._counted(array, 0, self.builder.extract_value(index, 0), kinds[0])
            place = self._counted(array, 1, self.builder.extract_value(index, 1), kinds[1])
            place = self.builder.add(self.builder.mul(row, self._length(array, 1)), place)
        else:
            place = self._counted(array, 0, index, index_kind)
        return self.builder.gep(self.builder.extract_value(array, _DATA), [place])

    def _counted(self, array: Any, axis: int, index: Any, kind: Any) -> Any:
        """A place from the start, of one that may be told from the end."""
        if not kind.signed:
            return self.context.cast(self.builder, index, kind, types.uintp)
        place = self.context.cast(self.builder, index, kind, types.intp)
        if isinstance(place, llvm.Constant) and place.constant >= 0:
            return place
        back = self.builder.icmp_signed("<", place, place.type(0))
        return self.builder.select(back, self.builder.add(place, self._length(array, axis)), place)

    def _length(self, array: Any, axis: int) -> Any:
        return self.builder.extract_value(array, (_SHAPE, axis))

    def _counts(self, begun: Any) -> bool:
        """Whether an iterator is of ``range(stop)`` or ``range(start, stop)``, in whole numbers as they usually are."""
        made = guard(get_definition, self.func_ir, begun.value)
        return (
            self.typeof(begun.value.name) in (types.range_state32_type, types.range_state64_type)
            and isinstance(made, ir.Expr)
            and made.op == "call"
            and len(made.args) < 3
            and self.typeof(made.func.name) == self.context.typing_context.resolve_value_type(range)
        )

    def _begin(self, expr: Any) -> Any:
        """An iterator over a range: where it stands, where it ends, by how much, how many are left."""
        limits, builder = self.loadvar(expr.value.name), self.builder
        start, stop = builder.extract_value(limits, 0), builder.extract_value(limits, 1)
        now, left = (cgutils.alloca_once(builder, start.type) for _ in range(2))
        builder.store(start, now)
        builder.store(builder.sub(stop, start), left)
        iterator = llvm.Constant(self.context.get_value_type(self.fndesc.calltypes[expr].return_type), llvm.Undefined)
        for at, member in enumerate((now, stop, start.type(1), left)):
            iterator = builder.insert_value(iterator, member, at)
        return iterator

    def _next(self, expr: Any) -> Any:
        """The next number, and whether there is one."""
        iterator, builder = self.loadvar(expr.value.name), self.builder
        where = builder.extract_value(iterator, 0)
        now = builder.load(where)
        more = builder.icmp_signed("<", now, builder.extract_value(iterator, 1))
        builder.store(builder.add(now, now.type(1)), where)
        pair = llvm.Constant(llvm.LiteralStructType([now.type, more.type]), llvm.Undefined)
        return builder.insert_value(builder.insert_value(pair, now, 0), more, 1)


@register_pass(mutates_CFG=True, analysis_only=False)
class KernelLowering(NativeLowering):
    """The pass that lowers."""

    _name = "kernel_lowering"

    @property
    def lowering_class(self) -> Any:
        """Ours."""
        return KernelLower


def _listed(kind: Any, index: Any) -> bool:
    """Whether this is an element of an array of numbers whose elements lie in a row."""
    if not (
        isinstance(kind, types.Array) and kind.layout == "C" and isinstance(kind.dtype, types.Number | types.Boolean)
    ):
        return False
    if isinstance(index, types.BaseTuple):
        return kind.ndim == len(index) == 2 and all(isinstance(each, types.Integer) for each in index)  # pyright: ignore
    return kind.ndim == 1 and isinstance(index, types.Integer)
