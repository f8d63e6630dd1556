"""Kernels that many call: machine code of their own, module by module, which callers find by address.

A `kernel` is compiled into every entry that calls it, and an entry with all that it calls is one piece of work, of ten
seconds. Shared kernels of a module are compiled together, once, and kept. Several processes can make these pieces at a
time, and none makes what another is making. A call goes through a cell that holds the address.
"""

from __future__ import annotations

import ctypes
import inspect
import zlib
from collections.abc import Callable
from functools import cached_property
from typing import Any, get_args, get_origin

import llvmlite.binding as binding
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.datamodel import models
from numba.core.typing.templates import signature
from numba.extending import lower_builtin, register_model, typeof_impl
from numba.np.numpy_support import from_dtype

from immunity.engine.packed import Packed, array_of

_SCALARS: dict[Any, types.Type] = {bool: types.boolean, int: types.int64, float: types.float64, None: types.none}


class Shared:
    """A shared kernel: what callers know of it, and the cell where they find it.

    Attributes
    ----------
    part         the kernel, as it would be compiled into an entry
    py_func      the function in Python
    cell         the address of its code; 0 until there is any
    """

    def __init__(self, part: Any) -> None:
        self.part, self.py_func = part, part.py_func
        self.name = f"{self.py_func.__module__}.{self.py_func.__qualname__}"
        self.cell = ctypes.c_void_p(0)

    def __repr__(self) -> str:
        return f"<shared kernel {self.name}>"

    @cached_property
    def signature(self) -> Any:
        """As the annotations say: callers need not know more to be compiled."""
        return signature_of(self.py_func)

    @cached_property
    def kind(self) -> SharedType:
        """What it is to Numba, which is told how to write a call."""
        lower_builtin(self, *self.signature.args)(_call_of(self))
        return SharedType(self)

    @cached_property
    def symbol(self) -> str:
        """What the cell is called in compiled code."""
        return f"{self.name}.{zlib.crc32(repr(self.signature).encode()):08x}"

    def name_cell(self) -> None:
        """Let compiled code find the cell."""
        binding.add_symbol(self.symbol, ctypes.addressof(self.cell))


def signature_of(function: Callable[..., Any]) -> Any:
    """What a function takes and returns, by its annotations."""
    said = inspect.get_annotations(function, eval_str=True)
    result = said.pop("return")
    return signature(kind_of(result), *map(kind_of, said.values()))


def kind_of(said: Any) -> types.Type:
    """What Numba calls what an annotation says.

    >>> kind_of(float), kind_of(tuple[float, bool])
    (float64, Tuple(float64, bool))
    """
    if said in _SCALARS:
        return _SCALARS[said]
    if isinstance(said, type) and issubclass(said, Packed):
        return said.kind()
    if get_origin(said) is tuple:
        return types.Tuple([kind_of(each) for each in get_args(said)])
    dtype, dimensions = array_of(said)
    return types.Array(from_dtype(dtype), dimensions, "C")


class SharedType(types.Callable, types.Dummy):
    """What Numba knows of a shared kernel."""

    def __init__(self, kernel: Shared) -> None:
        self.kernel = kernel
        super().__init__(repr(kernel))

    def get_call_type(self, context: Any, args: Any, kws: Any) -> Any:
        """The one signature, if what is given can be taken for it."""
        signature = self.kernel.signature
        given = [types.unliteral(kind) for kind in args]
        fits = not kws and len(given) == len(signature.args)
        if not fits or any(context.can_convert(*each) is None for each in zip(given, signature.args, strict=True)):
            raise TypeError(f"{self.kernel} takes {signature.args}, not {args} {kws or ''}")
        return signature

    def get_call_signatures(self) -> Any:
        """That one."""
        return [self.kernel.signature], False

    def get_impl_key(self, sig: Any) -> Any:
        """By this Numba finds how a call is written."""
        return self.kernel


register_model(SharedType)(models.OpaqueModel)


@typeof_impl.register(Shared)
def _typeof(kernel: Shared, c: Any) -> SharedType:
    return kernel.kind


def _call_of(kernel: Shared) -> Callable[..., Any]:
    """How a call is written: as of any compiled function, at the address that stands in the cell."""

    def call(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        convention = context.call_conv
        function = convention.get_function_type(sig.return_type, sig.args)
        cell = builder.module.globals.get(kernel.symbol)
        if cell is None:
            cell = ir.GlobalVariable(builder.module, function.as_pointer(), kernel.symbol)
        status, result = convention.call_function(builder, builder.load(cell), sig.return_type, sig.args, args)
        with cgutils.if_unlikely(builder, status.is_error):
            convention.return_status_propagate(builder, status)
        return result

    return call
