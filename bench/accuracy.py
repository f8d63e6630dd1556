"""How far results at the default accuracy are from those at a thousandth of it, scenario by scenario.

python -m bench.accuracy [SCENARIO ...]

The worst relative difference of any readout at any output time; of what is below its limit of detection, below a
hundredth of its own maximum, or nothing but rounding (below 1e-20), the difference is taken relative to that.
"""

from __future__ import annotations

import sys

import numpy as np

import immunity as im

NOTHING = 1e-20
RTOL, REFERENCE = 1e-3, 1e-6


def worst(scenario: str) -> tuple[float, str]:
    """The largest difference, and the readout that has it."""
    rough, fine = (im.run(scenario, rtol=rtol, record_pools=False).record for rtol in (RTOL, REFERENCE))
    rows, found = min(len(rough.time), len(fine.time)), (0.0, "")
    for column, info in enumerate(rough.infos):
        one, two = rough.readout[:rows, 0, column], fine.readout[:rows, 0, column]
        known = np.isfinite(one) & np.isfinite(two)
        most = float(np.abs(two[known]).max(initial=0.0))
        if most > NOTHING:
            least = max(info.limit_of_detection or 0.0, 0.01 * most)
            off = float((np.abs(one - two)[known] / np.maximum(np.abs(two[known]), least)).max())
            found = max(found, (off, info.id))
    return found


if __name__ == "__main__":
    parts = []
    for name in sys.argv[1:] or im.list("scenarios"):
        parts.append(worst(name))
        print(f"{parts[-1][0]:.5f}  {name}  {parts[-1][1]}", flush=True)
    beyond = sum(off > 0.01 for off, _ in parts)
    print(f"median {np.median([off for off, _ in parts]):.1e}, above 1 %: {beyond} of {len(parts)}")
