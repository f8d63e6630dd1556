"""Similarity of members of a set, from positions in a space or from groups they share; only pairs that are alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from immunity.compiler.members import MemberRow
from immunity.language.errors import Location, fail
from immunity.language.models import Epitope, Similarity
from immunity.language.quantity import DIMENSIONLESS, expect, parse_quantity

BLOCK = 256  # rows of distances at a time, so that no table of all pairs is ever held


@dataclass
class Neighbours:
    """Who is like whom: for each member, those alike as seen from it and those it is alike to as seen from them."""

    of: dict[str, list[str]] = field(default_factory=dict)
    to: dict[str, list[str]] = field(default_factory=dict)


def pairs_of(
    rows: Mapping[str, MemberRow], members: Sequence[str], similarity: Similarity, at: Location
) -> dict[tuple[str, str], float]:
    """Similarity of all pairs that are alike, in the order of the members; a member is as 1 to itself.

    Positions in one space: exp(-(distance / width)^2). Groups: the share of the first one's that the second has too.

    Raises
    ------
    RuleError
        E431 for positions of different lengths, without a width, or for both positions and groups; E516 for a width or
        a least similarity that is not positive.
    """
    width = _positive(similarity.width.value, at) if similarity.width is not None else None
    least = _positive(similarity.least.value, at)
    found: dict[tuple[str, str], float] = {}
    spaces: dict[str, list[tuple[str, list[float]]]] = {}
    groups: dict[str, dict[str, float]] = {}
    for name in members:
        row = rows[name]
        epitope = row.record.epitopes.get(similarity.by) if row.record else None
        found[name, name] = 1.0
        if epitope is None:
            continue
        where = row.entry.at(*row.path, "epitopes", similarity.by)
        _check(epitope, width, name, where)
        if epitope.at is not None:
            spot = spaces.setdefault(epitope.space or "", [])
            if spot and len(spot[0][1]) != len(epitope.at):
                raise fail(
                    "E431", at=where, text=name, reason=f"others of its space have {len(spot[0][1])} coordinates"
                )
            spot.append((name, epitope.at))
        else:
            groups[name] = dict.fromkeys(epitope.groups, 1.0) if isinstance(epitope.groups, list) else epitope.groups
    for spots in spaces.values():
        assert width is not None
        found |= _near(spots, width, least)
    found |= _sharing(groups, least)
    position = {name: k for k, name in enumerate(members)}
    return dict(sorted(found.items(), key=lambda pair: (position[pair[0][0]], position[pair[0][1]])))


def neighbours_of(pairs: Mapping[tuple[str, str], float]) -> Neighbours:
    """Lists of those alike, both ways."""
    found = Neighbours()
    for first, second in pairs:
        found.of.setdefault(first, []).append(second)
        found.to.setdefault(second, []).append(first)
    return found


def _check(epitope: Epitope, width: float | None, name: str, where: Location) -> None:
    if (epitope.at is None) == (not epitope.groups):
        raise fail("E431", at=where, text=name, reason="it needs either a position or groups")
    if epitope.at is not None and width is None:
        raise fail("E431", at=where, text=name, reason="its set says no width for positions")
    if isinstance(epitope.groups, dict) and min(epitope.groups.values(), default=1.0) <= 0.0:
        raise fail("E431", at=where, text=name, reason="the weight of a group has to be positive")


def _positive(text: str | None, at: Location) -> float:
    value = expect(parse_quantity(text, at=at), DIMENSIONLESS, at=at).value
    if value <= 0:
        raise fail("E516", at=at, text=text, reason="it has to be positive")
    return value


def _near(spots: Sequence[tuple[str, list[float]]], width: float, least: float) -> dict[tuple[str, str], float]:
    names = [name for name, _ in spots]
    where = np.asarray([spot for _, spot in spots], float)
    found: dict[tuple[str, str], float] = {}
    for start in range(0, len(names), BLOCK):
        apart = where[start : start + BLOCK, None, :] - where[None, :, :]
        alike = np.exp(-(apart**2).sum(axis=2) / width**2)
        for row, column in np.argwhere(alike >= least):
            found[names[start + row], names[column]] = float(alike[row, column])
    return found


def _sharing(groups: Mapping[str, Mapping[str, float]], least: float) -> dict[tuple[str, str], float]:
    holders: dict[str, list[str]] = {}
    for name, held in groups.items():
        for group in held:
            holders.setdefault(group, []).append(name)
    found: dict[tuple[str, str], float] = {}
    for name, held in groups.items():
        total = sum(held.values())
        shared: dict[str, float] = {}
        for group, weight in held.items():
            for other in holders[group]:
                shared[other] = shared.get(other, 0.0) + min(weight, groups[other][group])
        for other, common in shared.items():
            if common / total >= least:
                found[name, other] = common / total
    return found
