"""Kernels as parts of an entry: their code is kept as it was lowered, and optimised once, in the entry that calls them.

Numba optimises every function with all that it calls, and makes machine code of it. Of functions that call each other
eight deep, most would be optimised eight times, for machine code that nobody calls.
"""

from __future__ import annotations

from typing import Any

from llvmlite.binding import Linkage
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder

IDLE = {  # passes that find nothing to do in kernels: these hold no closures, literals or expressions of whole arrays
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

    def finalize(self) -> None:
        """Add what is called, and optimise nothing."""
        self._raise_if_finalized()
        self._shared_module = module = self._final_module
        for function in module.functions:
            if not function.is_declaration and function.linkage == Linkage.external:
                function.linkage = "linkonce_odr"
        for library in dict.fromkeys(self._linking_libraries):
            if hasattr(self, "_reload_init"):  # not before Numba 0.62
                self._reload_init.update(library._reload_init)
            module.link_in(library._get_module_for_linking(), preserve=True)
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        """There is none."""
        self._ensure_finalized()
        return 0


class PartCompiler(CompilerBase):
    """Numba's way of compiling, into a part."""

    def define_pipelines(self) -> list[Any]:
        """Those of Numba."""
        state = self.state
        state.library = Part(state.targetctx.codegen(), state.func_id.func_qualname)
        manager = DefaultPassBuilder.define_nopython_pipeline(state)
        manager.passes = [(each, why) for each, why in manager.passes if each.__name__ not in IDLE]
        return [manager]
