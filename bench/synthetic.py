"""A body-shaped net without biology: 40 places, 25 entities, 1,000 pools, 3,000 flows.

Everything passes through the first place (the blood). Cells live days to months and cross the blood in minutes to
hours; molecules live minutes to a day; cells activate, divide and secrete as molecules tell them (Hill laws). The
numbers come from a fixed seed. `python -m bench.synthetic` prints what the net consists of.
"""

from __future__ import annotations

import numpy as np

from bench.net import NetBuilder, Row
from immunity.compiler.tables import EVENT_ADD, EVENT_SCALE, Events, Tables

N_PLACE, N_CELL, N_MOLECULE = 40, 15, 10
N_ROAMING_CELL, N_ROAMING_MOLECULE = 8, 4
DAYS = 30.0


def body_shaped(n_place: int = N_PLACE, *, seed: int = 20261121) -> Tables:
    """Build the net; the number of pools and flows is proportional to ``n_place``."""
    draw = np.random.Generator(np.random.Philox(seed))
    net = NetBuilder()

    def between(low: float, high: float) -> float:
        """A number evenly spread on a logarithmic scale."""
        return float(np.exp(draw.uniform(np.log(low), np.log(high))))

    volume = [net.parameter(f"place{p}.volume", between(0.2, 5.0), "volume") for p in range(n_place)]
    cell = [
        [net.pool(f"cell{c} at place{p}", between(1e5, 1e8), floor=1.0) for c in range(N_CELL)] for p in range(n_place)
    ]
    molecule = [
        [
            net.pool(f"molecule{m} at place{p}", between(10.0, 1e3), unit="ng", countable=False, floor=1e-3)
            for m in range(N_MOLECULE)
        ]
        for p in range(n_place)
    ]
    sensed = [
        [net.amount(f"level{m} at place{p}", molecule[p][m], divisor=volume[p], unit="ng/L") for m in range(N_MOLECULE)]
        for p in range(n_place)
    ]
    crowd = [
        net.signal(f"crowd at place{p}", [("pool", x, 1.0, -1) for x in cell[p]], divisor=volume[p], unit="cell/L")
        for p in range(n_place)
    ]

    # one entity has the same kinetics everywhere, up to a factor of two
    cell_life = [between(1.0, 200.0) for _ in range(N_CELL)]
    molecule_life = [between(3 / 1440, 1.0) for _ in range(N_MOLECULE)]
    cell_stay = [between(0.1, 10.0) for _ in range(N_ROAMING_CELL)]
    molecule_stay = [between(0.02, 0.5) for _ in range(N_ROAMING_MOLECULE)]
    blood_stay = between(0.01, 0.05)

    def up(name: str, signal: int, top: float) -> Row:
        n = float(draw.choice([1.0, 2.0, 3.0]))
        return net.hill(name, signal, base=1.0, top=top, half=between(30.0, 3e3), n=n, unit="mass/volume")

    def down(name: str, signal: int, half: float, unit: str) -> Row:
        return net.hill(name, signal, base=1.0, top=0.05, half=half, n=2.0, unit=unit)

    def roam(name: str, here: int, blood: int, stay: float, law: list[Row]) -> None:
        net.flow(f"{name}.leave", here, 1.0 / (stay * between(0.7, 1.4)), [(here, -1), (blood, 1)])
        share = 1.0 / (blood_stay * between(0.5, 2.0) * n_place)
        net.flow(f"{name}.enter", blood, share, [(blood, -1), (here, 1)], laws=law)

    for p in range(n_place):
        for c in range(N_CELL):
            net.flow(
                f"die cell{c} at place{p}", cell[p][c], 1.0 / (cell_life[c] * between(0.7, 1.4)), [(cell[p][c], -1)]
            )
        for m in range(N_MOLECULE):
            clearance = 1.0 / (molecule_life[m] * between(0.7, 1.4))
            net.flow(f"clear molecule{m} at place{p}", molecule[p][m], clearance, [(molecule[p][m], -1)])
        if p > 0:
            for c in range(N_ROAMING_CELL):
                law = [up(f"call cell{c} to place{p}", sensed[p][c % N_MOLECULE], 20.0)] if c % 2 else []
                roam(f"roam cell{c} place{p}", cell[p][c], cell[0][c], cell_stay[c], law)
            for m in range(N_ROAMING_MOLECULE):
                roam(f"roam molecule{m} place{p}", molecule[p][m], molecule[0][m], molecule_stay[m], [])
        for m in range(N_MOLECULE):
            source, told = int(draw.integers(N_CELL)), int(draw.integers(N_MOLECULE))
            per_cell = between(1e-6, 1e-4) / molecule_life[m]
            laws = [up(f"alarm{m} at place{p}", sensed[p][told], 10.0)]
            laws.append(down(f"brake{m} at place{p}", sensed[p][m], 1e4, "mass/volume"))
            net.flow(f"secrete molecule{m} at place{p}", cell[p][source], per_cell, [(molecule[p][m], 1.0)], laws=laws)
        for k in range(12):
            start, end = k, (k + 1 + int(draw.integers(N_CELL - 1))) % N_CELL
            law = up(f"convert{k} at place{p}", sensed[p][int(draw.integers(N_MOLECULE))], 50.0)
            changes = [(cell[p][start], -1), (cell[p][end], 1)]
            net.flow(f"convert{k} at place{p}", cell[p][start], between(1e-3, 0.05), changes, laws=[law])
        for c in range(N_CELL - 3, N_CELL):
            law = down(f"room{c} at place{p}", crowd[p], 1e8, "cell/volume")
            net.flow(f"divide cell{c} at place{p}", cell[p][c], between(0.05, 0.5), [(cell[p][c], 1)], laws=[law])
    for k in range(n_place * 8 // 5):
        c, p = k % N_CELL, int(draw.integers(n_place))
        net.flow(f"make cell{c} source{k}", -1, between(1e5, 1e7), [(cell[p][c], 1)], unit="cell/time")
    for m in range(N_MOLECULE):
        net.readout(f"place1.molecule{m}", sensed[1][m], unit="ng/L")
    return net.tables()


def insult(tables: Tables) -> Events:
    """A dose of one molecule at one place on day 1, and a loss of one kind of cell from the blood on day 5."""
    pool = tables.names.pool
    rows = [
        (1.0, EVENT_ADD, pool.index("molecule1 at place2"), 1e5),
        (5.0, EVENT_SCALE, pool.index("cell3 at place0"), 0.1),
    ]
    return Events(
        np.array([row[0] for row in rows]),
        np.array([row[1] for row in rows], dtype=np.uint8),
        np.array([row[2] for row in rows], dtype=np.int32),
        np.array([row[3] for row in rows]),
    )


def main() -> None:
    """Print what the net consists of."""
    tables = body_shaped()
    print(f"{tables.n_pool} pools, {tables.n_flow} flows, {tables.n_signal} signals, {len(tables.theta)} numbers")


if __name__ == "__main__":
    main()
