"""Infusions: flows that fill a pool from outside at a rate that dated events switch on and off.

They are added to the tables of the one case that has them, so that they cost nothing elsewhere. In stochastic mode
countable things that are infused arrive one by one.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from immunity.compiler.tables import Ints, Origin, Tables
from immunity.language.quantity import base_unit, parse_unit


@dataclass(frozen=True)
class Inflow:
    """One infused course: the pool that it fills, and where it was written."""

    pool: int
    name: str
    origin: Origin


def with_inflows(tables: Tables, inflows: Sequence[Inflow]) -> Tables:
    """Tables with one more flow and one more parameter (its rate in base units per day, 0) for each inflow.

    The parameter of inflow k is ``len(tables.theta) + k``.
    """
    if not inflows:
        return tables
    flows, names, n = tables.flows, tables.names, len(inflows)
    first, pools = len(tables.theta), np.array([inflow.pool for inflow in inflows], np.int32)
    labels = _apart([inflow.name for inflow in inflows], set(names.flow))
    units = [base_unit(parse_unit(names.pool_unit[pool])[1]) for pool in pools]
    return replace(
        tables,
        theta=np.concatenate([tables.theta, np.zeros(n)]),
        flows=replace(
            flows,
            primary=np.concatenate([flows.primary, np.full(n, -1, np.int32)]),
            coefficient=np.concatenate([flows.coefficient, np.ones(n)]),
            factor_ptr=_longer(flows.factor_ptr, n, 1),
            factor=np.concatenate([flows.factor, np.arange(first, first + n, dtype=np.int32)]),
            power=np.concatenate([flows.power, np.ones(n, np.int8)]),
            law_ptr=_longer(flows.law_ptr, n, 0),
            stoich_ptr=_longer(flows.stoich_ptr, n, 1),
            stoich_pool=np.concatenate([flows.stoich_pool, pools]),
            stoich_coefficient=np.concatenate([flows.stoich_coefficient, np.ones(n)]),
            stoich_weight=np.concatenate([flows.stoich_weight, np.full(n, -1, np.int32)]),
            touches_countable=np.concatenate([flows.touches_countable, tables.countable[pools]]),
            key=np.concatenate([flows.key, _keys(labels, set(flows.key.tolist()))]),
            jac_ptr=_longer(flows.jac_ptr, n, 0),
        ),
        names=replace(
            names,
            flow=(*names.flow, *labels),
            parameter=(*names.parameter, *(f"{label}.rate" for label in labels)),
            parameter_unit=(*names.parameter_unit, *(f"{unit}/day" for unit in units)),
        ),
        flow_origin=(*tables.flow_origin, *(inflow.origin for inflow in inflows)),
    )


def _longer(ptr: Ints, n: int, step: int) -> Ints:
    """Pointers with n more rows of ``step`` entries each."""
    return np.concatenate([ptr, ptr[-1] + step * np.arange(1, n + 1)]).astype(np.int32)


def _apart(names: Sequence[str], taken: set[str]) -> list[str]:
    """Names of which no two are the same."""
    found: list[str] = []
    for name in names:
        label, again = name, 1
        while label in taken:
            again += 1
            label = f"{name}_{again}"
        taken.add(label)
        found.append(label)
    return found


def _keys(names: Sequence[str], taken: set[int]) -> np.ndarray:
    """A key of a random stream for each name, none of them taken."""
    found: list[int] = []
    for name in names:
        key, again = zlib.crc32(name.encode()), 0
        while key in taken:
            again += 1
            key = zlib.crc32(f"{name}#{again}".encode())
        taken.add(key)
        found.append(key)
    return np.array(found, np.uint32)
