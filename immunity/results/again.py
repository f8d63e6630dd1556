"""How to get a result again: a command line that can be pasted, and the same in Python."""

from __future__ import annotations

import shlex
from typing import Any

from immunity.results.record import Record

_MAX_FILES = 6  # more files than this are a folder that whoever pastes knows


def command_of(record: Record) -> str:
    """The command line that gives a run or a cohort again."""
    many = len(record.host) > 1
    words = ["immunity", "cohort" if many else "run", _scenario(record)]
    host, changes, days = _asked(record)
    words += _settings(host, changes, days) + _overlays(record)
    if many:
        words += ["--hosts", str(len(record.host)), "--seed", str(record.seed)]
        return _line(words + ([] if record.mode == "stochastic" else ["--deterministic"]) + _accuracy(record))
    return _line(words + _randomness(record) + _accuracy(record))


def command_of_pair(one: Record, two: Record) -> str:
    """The command line that compares two runs again, or two commands where one cannot say it."""
    (mine, changed, days), (other, changes, other_days) = _asked(one), _asked(two)
    common = {key: value for key, value in mine.items() if other.get(key) == value}
    if changed or days != other_days or common != mine:
        return f"{command_of(one)}\n{command_of(two)}"
    words = ["immunity", "compare", _scenario(one), _scenario(two)]
    words += _settings(common, changes, days)
    alone = {key: value for key, value in other.items() if key not in common}
    words += ["--other-host", *(f"{key}={_text(value)}" for key, value in alone.items())] if alone else []
    return _line(words + _overlays(two) + _randomness(one) + _accuracy(one))


def python_of(record: Record) -> str:
    """The same in Python."""
    host, changes, days = _asked(record)
    many = len(record.host) > 1
    arguments = [repr(_scenario(record))]
    arguments += [f"hosts={len(record.host)}"] if many else []
    arguments += [f"host={host!r}"] if host else []
    arguments += [f"changes={changes!r}"] if changes else []
    arguments += [f"days={days!r}"] if days is not None else []
    random = record.mode == "stochastic"
    arguments += [] if random == many else [f"stochastic={random}"]
    arguments += [f"seed={record.seed}"] if random or many or record.draws else []
    arguments += ["vary=True"] if record.draws and not many else []
    rtol = record.provenance.get("relative_tolerance", 1e-3)
    arguments += [f"rtol={rtol!r}"] if rtol != 1e-3 else []
    files = _files(record)
    arguments += [f"book=im.load(overlays={files!r})"] if files else []
    return f"im.{'cohort' if many else 'run'}({', '.join(arguments)})"


def _asked(record: Record) -> tuple[dict[str, Any], dict[str, Any], float | None]:
    """Attributes of the host, other changes, and days, as the caller gave them."""
    changes = dict(record.provenance.get("asked", {}).get("changes", {}))
    days = changes.pop("days", None)
    host = {key.removeprefix("host."): value for key, value in changes.items() if key.startswith("host.")}
    return host, {key: value for key, value in changes.items() if not key.startswith("host.")}, days


def _scenario(record: Record) -> str:
    return str(record.provenance.get("asked", {}).get("scenario", record.scenario))


def _files(record: Record) -> list[str]:
    found = [str(file) for file in record.provenance.get("asked", {}).get("files", [])]
    return [file for file in found if file != _scenario(record)]


def _settings(host: dict[str, Any], changes: dict[str, Any], days: float | None) -> list[str]:
    words = ["--host", *(f"{key}={_text(value)}" for key, value in host.items())] if host else []
    words += ["--with", *(f"{key}={_text(value)}" for key, value in changes.items())] if changes else []
    return words + ([] if days is None else ["--days", f"{days:g}"])


def _overlays(record: Record) -> list[str]:
    files = _files(record)
    if len(files) > _MAX_FILES:
        return ["--overlay", "FOLDER"]
    return [word for file in files for word in ("--overlay", file)]


def _randomness(record: Record) -> list[str]:
    words = ["--stochastic"] if record.mode == "stochastic" else []
    words += ["--vary"] if record.draws else []
    return words + (["--seed", str(record.seed)] if words else [])


def _accuracy(record: Record) -> list[str]:
    rtol = record.provenance.get("relative_tolerance", 1e-3)
    return [] if rtol == 1e-3 else ["--rtol", f"{rtol:g}"]


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_text(v) for v in value)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_quoted(v)}" for key, v in value.items()) + "}"
    return str(value)


def _quoted(value: Any) -> str:
    text = _text(value)
    return f'"{text}"' if isinstance(value, str) and any(c in text for c in " :,#") else text


def _line(words: list[str]) -> str:
    return " ".join(shlex.quote(word) for word in words)
