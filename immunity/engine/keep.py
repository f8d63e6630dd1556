"""Compiled kernels, kept by content: the same for every environment that has the same engine, Numba and processor.

Numba's own cache is tied to where a file lies and when it was written, does not notice an edit in an imported file, and
fails on a file that was cut. Here a file has the name of all that decides its content, and whatever is wrong with it,
the kernel is compiled.
"""

from __future__ import annotations

import hashlib
import pickle
import sys
from pathlib import Path
from typing import Any

import llvmlite
import numba
import numpy as np
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from immunity.engine.telling import tell_done, tell_start
from immunity.language.user_cache import cache_folder, forget_oldest, keep, read_kept, say_once

KEPT = 160  # files, of some versions


def content_key() -> str:
    """Digest of all that decides what kernels compile to, but for the processor."""
    digest = hashlib.sha256(f"{sys.version} {numba.__version__} {llvmlite.__version__} {np.__version__}".encode())
    here = Path(__file__).parent
    constants = here.parent / "compiler" / "tables.py"  # some are compiled in
    for source in (*sorted(here.glob("*.py")), constants):
        digest.update(f"\0{source.name}\0".encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


class KernelCache:
    """What Numba asks before it compiles a function, and tells afterwards."""

    def __init__(self, function: Any) -> None:
        self._name = f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}"

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled function for a signature, or None: then it is compiled."""
        target_context.refresh()
        content = None
        file = self.file(sig, target_context.codegen())
        if file is not None:
            content = read_kept(file)
        if content is not None:
            try:
                return CompileResult._rebuild(target_context, *pickle.loads(content))
            except Exception as error:  # whatever comes of code that another version wrote
                say_once(f"a kernel in the cache {file} cannot be used ({type(error).__name__})")
        tell_start(self._name)
        return None

    def save_overload(self, sig: Any, made: Any) -> None:
        """Keep a function that was compiled, if it can be."""
        tell_done(self._name)
        file = self.file(sig, made.codegen)
        if file is None:
            return
        try:
            content = dumps(made._reduce())
        except Exception as error:
            say_once(f"a kernel cannot be kept ({type(error).__name__}: {error})")
            return
        keep_kernel(file, content)

    def file(self, sig: Any, codegen: Any) -> Path | None:
        """Where the function for a signature is kept."""
        return kernel_file(self._name, sig, codegen)


def kernel_file(name: str, kind: Any, codegen: Any) -> Path | None:
    """Where compiled code of some kind is kept; None if nowhere."""
    folder = cache_folder("kernels")
    if folder is None:
        return None
    key = hashlib.sha256(f"{_CONTENT} {kind} {codegen.magic_tuple()}".encode()).hexdigest()[:24]
    return folder / f"{name}-{key}.kernel"


def keep_kernel(file: Path, content: bytes) -> None:
    """Keep compiled code, if it can be."""
    if keep(file, content):
        forget_oldest(file.parent, "*.kernel", KEPT)


_CONTENT = content_key()
