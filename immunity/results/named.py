"""Readouts as attributes, for the tabulator key: ``run.blood.crp`` is ``run["blood.crp"]``."""

from __future__ import annotations

from typing import Any

from immunity.results.present import UnknownName


class UnknownAttribute(AttributeError):
    """An attribute that a result does not have, with the nearest readout that it does."""

    users_fault = True  # see :func:`immunity.language.errors.plainly`


class Named:
    """What a name with dots leads to: a result, or a place of it."""

    def _find(self, name: str) -> Any:
        """A readout, or those that begin so.

        Raises
        ------
        UnknownAttribute
        """
        result, prefix = self._whole()
        full = f"{prefix}{name}"
        known = result.readouts
        if full in known:
            return result[full]
        if any(each.startswith(f"{full}.") for each in known):
            return Readings(result, f"{full}.")
        raise UnknownAttribute(str(UnknownName("readout", full, known)))

    def _whole(self) -> tuple[Any, str]:
        return self, ""

    def _next(self) -> set[str]:
        """The words that may follow."""
        result, prefix = self._whole()
        return {name.removeprefix(prefix).split(".")[0] for name in result.readouts if name.startswith(prefix)}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "record":  # what a result lacks while it is being made
            raise AttributeError(name)
        return self._find(name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._next()})


class Readings(Named):
    """The readouts of a place: ``run.blood``."""

    def __init__(self, result: Any, prefix: str) -> None:
        self._result, self._prefix = result, prefix

    def _whole(self) -> tuple[Any, str]:
        return self._result, self._prefix

    def __dir__(self) -> list[str]:
        return sorted(self._next())

    def __repr__(self) -> str:
        names = [name for name in self._result.readouts if name.startswith(self._prefix)]
        return f"{len(names)} readouts: {', '.join(names)}"
