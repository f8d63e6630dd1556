"""All faults of a pass, not only its first: what can be judged by itself is, and the next pass needs a sound one."""

from __future__ import annotations

from types import TracebackType

from immunity.language.errors import RuleError, RuleErrors

ONCE = ("E503", "E420")  # a circle is met from each of its members


class Faults:
    """Collects what goes wrong in blocks ``with faults:``, each of which ends at its first fault; `settle` tells."""

    def __init__(self) -> None:
        self.found: list[RuleError] = []

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, RuleErrors):
            self.found += error.errors
            return True
        if isinstance(error, RuleError):
            self.found.append(error)
            return True
        return False

    def settle(self) -> None:
        """Raise what was found, each fault once.

        Raises
        ------
        RuleError
            Where there is one.
        RuleErrors
            Where there are several.
        """
        told: dict[object, RuleError] = {}
        for error in self.found:
            told.setdefault(error.code if error.code in ONCE else (error.code, error.location, error.message), error)
        found = list(told.values())
        if len(found) > 1:
            raise RuleErrors(found)
        if found:
            raise found[0]
