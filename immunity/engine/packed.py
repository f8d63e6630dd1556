"""Groups of arrays that kernels take as one address.

By value, a group is seven words an array, in every call: some eight hundred in all, and most of the time of compiling.
Here kernels get the address of a table with where each array lies and how long it is, and read from it what they use.
In Python and in kernels alike, the arrays are attributes.
"""

from __future__ import annotations

import dataclasses
import functools
import zlib
from functools import cached_property
from inspect import get_annotations
from typing import Any, ClassVar, get_args

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.datamodel import models
from numba.core.extending import NativeValue, lower_getattr_generic, register_model, unbox
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.np.numpy_support import as_dtype, from_dtype

Grid = np.ndarray[tuple[int, int], np.dtype[np.float64]]
Words = np.ndarray[tuple[int], np.dtype[np.uint64]]
WordGrid = np.ndarray[tuple[int, int], np.dtype[np.uint64]]
Counts = np.ndarray[tuple[int], np.dtype[np.int64]]


class Packed:
    """Base of frozen dataclasses whose fields are arrays (contiguous, of any dimension), counts and numbers.

    The fields may not be exchanged, for the table says where they lie; what is in the arrays may.
    """

    table: ClassVar[np.ndarray]  # where every array lies and its shape, and the numbers; uint64, as the fields are
    address: ClassVar[int]  # of the table

    def __post_init__(self) -> None:
        """Lay the table; refuse arrays that kernels would misread.

        At once, not when a kernel asks: two threads that ask first would each lay one, and one of them would be freed.
        """
        words: list[Any] = []
        for field in dataclasses.fields(self):  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
            value = getattr(self, field.name)
            if not isinstance(value, np.ndarray):
                words.append(np.array([value], _number(value)).view(np.uint64)[0])
                continue
            if not (value.flags.c_contiguous and value.flags.aligned and value.dtype.isnative):
                raise ValueError(f"{type(self).__name__}.{field.name} is not contiguous")
            words += [value.ctypes.data, *value.shape]
        table = np.array(words, np.uint64)
        self.__dict__.update(table=table, address=table.ctypes.data)  # the dataclass is frozen

    @cached_property
    def _numba_type_(self) -> PackedType:
        layout = []
        for field in dataclasses.fields(self):  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
            value = getattr(self, field.name)
            array = isinstance(value, np.ndarray)
            layout.append((field.name, (value.dtype if array else _number(value)).str, value.ndim if array else -1))
        return PackedType(type(self).__name__, tuple(layout))

    @classmethod
    @functools.cache
    def kind(cls) -> PackedType:
        """What kernels take, as the annotations say: code can be compiled before there is a group."""
        said = get_annotations(cls, eval_str=True)
        layout = []
        for field in dataclasses.fields(cls):  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
            number = np.dtype(said[field.name]) if said[field.name] in (int, float) else None
            dtype, dimensions = (number, -1) if number else array_of(said[field.name])
            layout.append((field.name, dtype.str, dimensions))
        return PackedType(cls.__name__, tuple(layout))

    def __getstate__(self) -> dict[str, Any]:
        """The fields alone: in another process they lie elsewhere."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    def __setstate__(self, fields: dict[str, Any]) -> None:
        """Lay the table where the fields lie now."""
        self.__dict__.update(fields)
        self.__post_init__()


def array_of(said: Any) -> tuple[np.dtype[Any], int]:
    """The numbers and dimensions of an annotated array.

    >>> array_of(NDArray[np.uint8])
    (dtype('uint8'), 1)
    """
    shape, kind = get_args(said)
    return np.dtype(get_args(kind)[0]), 2 if get_args(shape) == (int, int) else 1


def _number(value: Any) -> np.dtype[Any]:
    return np.dtype(np.float64 if isinstance(value, float) else np.int64)


class PackedType(types.Type):
    """What Numba knows of a group: its fields as (name, dtype, dimensions), -1 for a number."""

    def __init__(self, group: str, layout: tuple[tuple[str, str, int], ...]) -> None:
        self.group, self.layout = group, layout
        super().__init__(f"{group}_{zlib.crc32(repr(layout).encode()):08x}")  # short: names of kernels are made of it

    @property
    def key(self) -> object:
        """What tells two of them apart."""
        return self.group, self.layout

    def place(self, name: str) -> tuple[int, types.Type] | None:
        """Where in the table a field stands, and its type; None if there is no such field."""
        at = 0
        for field, dtype, dimensions in self.layout:
            if field == name:
                scalar = from_dtype(np.dtype(dtype))
                return at, scalar if dimensions < 0 else types.Array(scalar, dimensions, "C")
            at += 1 + max(dimensions, 0)
        return None


@register_model(PackedType)
class _Address(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: PackedType) -> None:
        super().__init__(manager, kind, ir.IntType(64).as_pointer())


@infer_getattr
class _Fields(AttributeTemplate):
    key = PackedType

    def generic_resolve(self, packed: PackedType, attr: str) -> types.Type | None:
        place = packed.place(attr)
        return None if place is None else place[1]


@lower_getattr_generic(PackedType)
def _read_field(context: Any, builder: Any, packed: PackedType, table: Any, attr: str) -> Any:
    """Read where an array lies; that never changes, so that the compiler may keep it at hand."""
    place = packed.place(attr)
    assert place is not None
    at, kind = place
    always = builder.module.add_metadata([])

    def word(number: int, as_type: Any) -> Any:
        where = cgutils.gep_inbounds(builder, table, number)
        read = builder.load(builder.bitcast(where, as_type.as_pointer()))
        read.set_metadata("invariant.load", always)
        return read

    if not isinstance(kind, types.Array):
        return word(at, context.get_value_type(kind))
    model, length = context.data_model_manager[kind], context.get_value_type(types.intp)
    size = as_dtype(kind.dtype).itemsize
    shape = [word(at + 1 + axis, length) for axis in range(kind.ndim)]
    strides = [length(size)]
    for axis in range(kind.ndim - 1, 0, -1):
        strides.insert(0, builder.mul(strides[0], shape[axis]))
    array = ir.Constant(model.get_value_type(), None)  # nobody owns it: kernels count no references
    members = [
        ("data", word(at, context.get_data_type(kind.dtype).as_pointer())),
        ("itemsize", length(size)),
        ("nitems", functools.reduce(builder.mul, shape)),
        *((("shape", axis), each) for axis, each in enumerate(shape)),
        *((("strides", axis), each) for axis, each in enumerate(strides)),
    ]
    for name, value in members:
        name, *axis = (name,) if isinstance(name, str) else name
        array = builder.insert_value(array, value, (model.get_field_position(name), *axis))
    return array


@unbox(PackedType)
def _take(kind: PackedType, thing: Any, c: Any) -> NativeValue:
    number = c.pyapi.object_getattr_string(thing, "address")
    failed = cgutils.is_null(c.builder, number)
    address = cgutils.alloca_once_value(c.builder, ir.Constant(ir.IntType(64), 0))
    with c.builder.if_then(c.builder.not_(failed), likely=True):
        c.builder.store(c.pyapi.long_as_longlong(number), address)
        c.pyapi.decref(number)
    pointer = c.builder.inttoptr(c.builder.load(address), c.context.get_value_type(kind))
    return NativeValue(pointer, is_error=failed)
