"""What Numba has found out of the call of a builtin, it is not asked again while kernels are compiled.

Every `a[i]`, `a * b` and `min(a, b)` is typed, and once more when it is lowered, by trying all that Numba knows of that
name, from strings to sets: ten thousand times for three hundred different calls, half of all that compiling took.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from numba.core.compiler_lock import global_compiler_lock
from numba.core.types.functions import BaseFunction

_met: dict[Any, Any] = {}  # (function, context, types of arguments) -> signature


@contextlib.contextmanager
def recalled_calls() -> Iterator[None]:
    """Look up the types of calls that were met before, for as long as this lasts; nobody else compiles meanwhile."""
    with global_compiler_lock:
        usual = BaseFunction.get_call_type

        def get_call_type(function: Any, context: Any, args: Any, kws: Any) -> Any:
            key = function, context, tuple(args), tuple(sorted(kws.items()) if kws else ())
            signature = _met.get(key)
            if signature is None:
                signature = _met[key] = usual(function, context, args, kws)
            return signature

        BaseFunction.get_call_type = get_call_type  # type: ignore[method-assign]  # pyright: ignore[reportAttributeAccessIssue]
        try:
            yield
        finally:
            BaseFunction.get_call_type = usual
