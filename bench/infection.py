"""A net of 27 countable pools that any stochastic simulator runs: an infection that spreads between three places."""

from __future__ import annotations

import numpy as np

from bench.net import NetBuilder
from immunity.compiler.tables import Events, Tables

N_PLACE, N_STAGE = 3, 4
NO_EVENTS = Events(np.empty(0), np.empty(0, np.uint8), np.empty(0, np.int32), np.empty(0))


def infection(scale: float = 1.0) -> Tables:
    """Build the net. Mass action only; ``scale`` multiplies all counts."""
    net = NetBuilder()
    target = [net.pool(f"target at place{p}", 1e5 * scale) for p in range(N_PLACE)]
    stages = [[net.pool(f"infected.stage{k} at place{p}") for k in range(N_STAGE)] for p in range(N_PLACE)]
    making = [net.pool(f"infected.making at place{p}") for p in range(N_PLACE)]
    virion = [net.pool(f"virion at place{p}", 20.0 * scale if p == 0 else 0.0) for p in range(N_PLACE)]
    killer = [net.pool(f"killer at place{p}", 50.0 * scale) for p in range(N_PLACE)]
    dead = [net.pool(f"dead at place{p}") for p in range(N_PLACE)]
    for p in range(N_PLACE):
        at = f"place{p}"
        virions, killers = net.amount(f"virions at {at}", virion[p]), net.amount(f"killers at {at}", killer[p])
        net.flow(
            f"infect at {at}",
            target[p],
            1.2e-5 / scale,
            [(target[p], -1), (virion[p], -1), (stages[p][0], 1)],
            laws=[net.proportional(virions)],
        )
        chain = [*stages[p], making[p]]
        for k in range(N_STAGE):
            net.flow(f"mature{k} at {at}", chain[k], 8.0, [(chain[k], -1), (chain[k + 1], 1)])
        net.flow(f"shed at {at}", making[p], 20.0, [(virion[p], 1)])
        net.flow(f"die at {at}", making[p], 1.0, [(making[p], -1), (dead[p], 1)])
        net.flow(f"clear at {at}", virion[p], 5.0, [(virion[p], -1)])
        kill = [net.proportional(killers)]
        net.flow(f"kill at {at}", making[p], 1e-3 / scale, [(making[p], -1), (dead[p], 1)], laws=kill)
        called = [net.proportional(net.amount(f"making at {at}", making[p]))]
        net.flow(f"divide at {at}", killer[p], 2e-4 / scale, [(killer[p], 1)], laws=called)
        net.flow(f"leave at {at}", killer[p], 0.1, [(killer[p], -1)])
        net.flow(f"make at {at}", -1, 5.0 * scale, [(killer[p], 1)])
        net.flow(f"remove at {at}", dead[p], 0.5, [(dead[p], -1)])
        there = (p + 1) % N_PLACE
        net.flow(f"spread from {at}", virion[p], 0.2, [(virion[p], -1), (virion[there], 1)])
        net.flow(f"regrow at {at}", target[p], 0.05, [(target[p], 1)])
        net.flow(f"wear at {at}", target[p], 0.05, [(target[p], -1)])
        net.readout(f"{at}.virion", virions)
    return net.tables()
