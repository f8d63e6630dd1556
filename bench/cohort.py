"""A large cohort: memory of each process, and hosts a second against two bare loops.

    python -m bench.cohort [hosts] [workers]

Ten thousand hosts, 21 days of pneumonia, five readouts kept. The bare loops run the same hosts in as many processes
without keeping anything.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time

KEPT = 5
BARE = """
import sys, time
import immunity as im
from immunity.cohorts import run_case
case = im.case("pneumococcal_pneumonia", days=21)
run_case(case, stochastic=True, seed=1, host=0, vary=True)
start = time.perf_counter()
for host in range(int(sys.argv[1]), int(sys.argv[2])):
    run_case(case, stochastic=True, seed=1, host=host, vary=True)
print(time.perf_counter() - start)
"""


def bare_loops(hosts: int, workers: int) -> float:
    """Hosts a second of bare loops in several processes at once."""
    share = -(-hosts // workers)
    loops = [
        subprocess.Popen([sys.executable, "-c", BARE, str(k * share), str((k + 1) * share)], stdout=subprocess.PIPE)
        for k in range(workers)
    ]
    return share * workers / max(float(loop.communicate()[0]) for loop in loops)


def main(hosts: int = 10_000, workers: int = 2) -> None:
    import immunity as im

    bare = bare_loops(min(hosts, 200), workers)
    keep = [info.id for info in im.case("pneumococcal_pneumonia").model.readouts][:KEPT]
    with tempfile.TemporaryDirectory() as out:
        im.cohort("pneumococcal_pneumonia", hosts=2, days=21, seed=1, keep=keep)  # compiles
        start = time.perf_counter()
        im.cohort("pneumococcal_pneumonia", hosts=hosts, days=21, seed=1, workers=workers, keep=keep, out=out)
        took = time.perf_counter() - start
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{hosts} hosts, {workers} workers: {hosts / took:.2f} hosts/s, bare loops {bare:.2f} hosts/s")
    print(f"memory at most: this process {own:.0f} MB, a worker {largest:.0f} MB")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
