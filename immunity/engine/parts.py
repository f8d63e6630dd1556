"""Kernels as parts of an entry: their code is kept as it was lowered, and optimised once, in the entry that calls them.

Numba optimises every function with all that it calls, and makes machine code of it. Of functions that call each other
eight deep, most would be optimised eight times, for machine code that nobody calls.
"""

from __future__ import annotations

from typing import Any

from llvmlite.binding import Linkage
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.typed_passes import NativeLowering

from immunity.engine.lower import KernelLowering
from immunity.engine.tidy import Tidy

IDLE = {  # passes that find nothing to do in kernels, which hold no closures, literals or expressions of whole arrays;
    # and what is there to be looked at
    "WithLift",
    "InlineClosureLikes",
    "RewriteSemanticConstants",
    "DeadBranchPrune",
    "RewriteDynamicRaises",
    "MakeFunctionToJitFunction",
    "InlineInlinables",
    "FindLiterallyCalls",
    "LiteralUnroll",
    "InlineOverloads",
    "NopythonRewrites",
    "IRLegalization",
    "GenericRewrites",
    "AnnotateTypes",
}


class _Codegen:
    """The code generator, for a library without machine code: there is nowhere to write a function's environment to."""

    def __init__(self, codegen: Any) -> None:
        self._codegen = codegen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._codegen, name)

    def set_env(self, env_name: str, env: Any) -> None:
        """Do nothing: kernels have no use for Python objects."""


class Part(JITCodeLibrary):
    """Code of a function that only compiled functions call."""

    @property
    def codegen(self) -> Any:
        """Without a place for the environment."""
        return _Codegen(self._codegen)

    def add_llvm_module(self, ll_module: Any) -> None:
        """Take code as it is."""
        ll_module.data_layout = self._codegen._data_layout
        self._final_module.link_in(ll_module)

    def finalize(self) -> None:
        """Optimise nothing, and leave what is called to the entry."""
        self._raise_if_finalized()
        self._shared_module = module = self._final_module
        for function in module.functions:
            if not function.is_declaration and function.linkage == Linkage.external:
                function.linkage = "linkonce_odr"
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        """There is none."""
        self._ensure_finalized()
        return 0


class Whole(JITCodeLibrary):
    """Code of an entry, with all that it calls."""

    def add_llvm_module(self, ll_module: Any) -> None:
        """Take code as it is."""
        ll_module.data_layout = self._codegen._data_layout
        self._final_module.link_in(ll_module)

    def finalize(self) -> None:
        """Take in each part once, however many call it."""
        found = dict.fromkeys(self._linking_libraries)
        waiting = list(found)
        while waiting:
            library = waiting.pop()
            if isinstance(library, Part):
                new = [each for each in library._linking_libraries if each not in found]
                found.update(dict.fromkeys(new))
                waiting += new
        self._linking_libraries = list(found)
        super().finalize()

    def _optimize_final_module(self) -> None:
        """Once: Numba goes through it all once more before, for the sake of counts of references."""
        passes = self._codegen._module_pass_manager()
        if not isinstance(passes, tuple):  # before Numba 0.62
            super()._optimize_final_module()
            return
        manager, builder = passes
        with self._recorded_timings.record("Module passes", builder):
            manager.run(self._final_module, builder)


class Joint(Whole):
    """Code of several kernels, with all that they call, to be found by their names."""

    def add(self, part: Part, name: str) -> None:
        """Take in a kernel."""
        part._get_module_for_linking().get_function(name).linkage = "external"  # or it is left out: nobody calls it
        self.add_linking_library(part)

    def object_code(self) -> bytes:
        """Machine code."""
        self.finalize()
        return self._object

    def _finalize_final_module(self) -> None:
        self._object: bytes = self._codegen._tm.emit_object(self._final_module)
        self._finalized = True


def _passes(state: Any) -> list[Any]:
    """Numba's way of compiling, without what finds nothing to do."""
    manager = DefaultPassBuilder.define_nopython_pipeline(state)
    ours: dict[Any, Any] = {NativeLowering: KernelLowering}
    manager.passes = [(ours.get(each, each), why) for each, why in manager.passes if each.__name__ not in IDLE]
    manager.passes.insert(2, (Tidy, "less to compile"))
    manager._ENFORCING = False  # no pass is distrusted: to list what lives where after each takes as long as the passes
    return [manager]


class EntryCompiler(CompilerBase):
    """Compiles into a whole."""

    def define_pipelines(self) -> list[Any]:
        """One."""
        self.state.library = Whole(self.state.targetctx.codegen(), self.state.func_id.func_qualname)
        self.state.library.enable_object_caching()  # so that it can be kept on disk
        return _passes(self.state)


class PartCompiler(CompilerBase):
    """Compiles into a part."""

    def define_pipelines(self) -> list[Any]:
        """One."""
        self.state.library = Part(self.state.targetctx.codegen(), self.state.func_id.func_qualname)
        return _passes(self.state)
