"""The pieces of compiled code that an entry calls, made ready: taken from disk, or made while others make others."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

import llvmlite.binding as binding
from numba.core.dispatcher import Dispatcher
from numba.core.registry import cpu_target

from immunity.engine.keep import keep_kernel, kernel_file
from immunity.engine.parts import Joint
from immunity.engine.shared import Shared
from immunity.engine.telling import tell_done, tell_start
from immunity.language.user_cache import locked, read_kept, say_once

PATIENCE = 120.0  # seconds after which one makes what another process has been making for so long
PAUSE = 0.03  # seconds between looks at what others make


class Work(Protocol):
    """Something to be made ready."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def size(self) -> int:
        """How much there is to compile, roughly."""
        ...

    @property
    def file(self) -> Path | None:
        """Where it is kept, once it is made; None if nowhere."""
        ...

    def take(self, *, whatever: bool = False) -> bool:
        """Have it ready, unless another process is making it (or whatever that does); say whether it is."""
        ...


class Piece:
    """The shared kernels of a module."""

    def __init__(self, module: str) -> None:
        self.name = module.rpartition(".")[2]
        self.kernels: list[Shared] = []
        self._library: Any = None  # the code is there for as long as this is

    @property
    def size(self) -> int:
        """Bytes that Python's own compiler made of it."""
        return sum(len(function.__code__.co_code) for function in _reach(self._functions)[0])

    @property
    def file(self) -> Path | None:
        """By all that decides what the code is."""
        said = [(kernel.name, kernel.signature) for kernel in self.kernels]
        return kernel_file(self.name, said, _codegen())

    @property
    def _functions(self) -> list[Callable[..., Any]]:
        return [kernel.py_func for kernel in self.kernels]

    def take(self, *, whatever: bool = False) -> bool:
        """Have it ready, unless another process is making it."""
        if self._library is not None:
            return True
        codegen, file = _codegen(), self.file
        content = None if file is None else read_kept(file)
        if content is None:
            with locked(file) as mine:
                if not (mine or whatever):
                    return False
                content = None if file is None else read_kept(file)  # it may have been made by now
                if content is None:
                    content = pickle.dumps(self._make(codegen))
                    if file is not None:
                        keep_kernel(file, content)
        try:
            self._link(codegen, *pickle.loads(content))
        except Exception as error:  # whatever comes of code that another version wrote
            say_once(f"a kernel in the cache {file} cannot be used ({type(error).__name__})")
            self._link(codegen, *self._make(codegen))
        return True

    def _make(self, codegen: Any) -> tuple[bytes, list[str]]:
        """Machine code, and what the kernels are called in it."""
        library, names = Joint(codegen, self.name), []
        for kernel in self.kernels:
            kernel.part.compile(kernel.signature.args)
            made = kernel.part.overloads[kernel.signature.args]
            if made.signature.return_type != kernel.signature.return_type:
                raise TypeError(f"{kernel} returns {made.signature.return_type}, not {kernel.signature.return_type}")
            library.add(made.library, made.fndesc.llvm_func_name)
            names.append(made.fndesc.llvm_func_name)
        return library.object_code(), names

    def _link(self, codegen: Any, code: bytes, names: list[str]) -> None:
        nothing = binding.parse_assembly("").as_bitcode()
        self._library = codegen.unserialize_library((self.name, "object", (code, nothing)))
        for kernel, name in zip(self.kernels, names, strict=True):
            kernel.cell.value = codegen._engine.get_function_address(name)


_pieces: dict[str, Piece] = {}


def _codegen() -> Any:
    context: Any = cpu_target.target_context
    return context.codegen()


def add_to_piece(kernel: Shared) -> None:
    """Have a shared kernel compiled with the others of its module."""
    piece_of(kernel).kernels.append(kernel)


def piece_of(kernel: Shared) -> Piece:
    """The piece that a shared kernel is in."""
    module = kernel.py_func.__module__
    if module not in _pieces:
        _pieces[module] = Piece(module)
    return _pieces[module]


def pieces_for(function: Callable[..., Any]) -> list[Piece]:
    """All that is to be ready before a function is called."""
    found: dict[Piece, None] = {}
    waiting = [function]
    while waiting:
        met = {piece_of(kernel): None for kernel in _reach(waiting)[1]}
        waiting = [each for piece in met if piece not in found for each in piece._functions]
        found.update(met)
    for kernel in (kernel for piece in found for kernel in piece.kernels):
        kernel.name_cell()  # or code that calls it cannot even be laid down in memory
    return list(found)


def size_of(function: Callable[..., Any]) -> int:
    """How much there is to compile of an entry itself, as of a piece."""
    return sum(len(each.__code__.co_code) for each in _reach([function])[0])


def _reach(functions: Iterable[Callable[..., Any]]) -> tuple[list[Callable[..., Any]], list[Shared]]:
    """The functions that are compiled into one piece with some, and the shared kernels that all of them call."""
    reached: dict[Any, None] = dict.fromkeys(functions)
    met: dict[Shared, None] = {}
    waiting = list(reached)
    while waiting:
        function = waiting.pop()
        names = function.__code__.co_names
        for value in (function.__globals__.get(name) for name in names):
            if isinstance(value, Shared):
                met[value] = None
            elif isinstance(value, Dispatcher) and value.py_func not in reached:
                reached[value.py_func] = None
                waiting.append(value.py_func)
    return list(reached), list(met)


def make_ready(works: Iterable[Work]) -> None:
    """Have all of it ready, the largest first; what other processes are making is left to them meanwhile."""
    waiting = sorted(works, key=lambda work: -work.size)
    missing = {work.name for work in waiting if work.file is None or not work.file.exists()}
    for name in missing:
        tell_start(name)
    since = time.monotonic()
    try:
        while waiting:
            impatient = time.monotonic() - since > PATIENCE
            left = []
            for work in waiting:
                if work.take(whatever=impatient):
                    tell_done(work.name)
                else:
                    left.append(work)
            if len(left) == len(waiting):
                time.sleep(PAUSE)
            else:
                since = time.monotonic()
            waiting = left
    finally:
        for name in missing:
            tell_done(name)
