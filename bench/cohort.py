"""A large cohort: memory of each process, and hosts a second against two bare loops.

    python -m bench.cohort [HOSTS] [WORKERS] [--out FOLDER]

With a folder it can be stopped, and goes on from there when the same is said again; hosts a second are those of what
was still to be run.

Ten thousand hosts, 21 days of pneumonia, five readouts kept. The bare loops run the same hosts in as many processes
without keeping anything. Processor time, which other work on the machine alters less than seconds, is of workers and
loops alone, with what it takes to start them. Memory is read where Linux tells it: what a process that is about to
become another had, is not counted.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

KEPT = 5
LOOK = 0.2  # seconds
TOLD = 100  # hosts after which a line says so
WORKER = b"immunity.cohorts.worker"
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


def peak(process: str) -> float:
    """The most memory (MB) that a process has held since it became what it is; 0 if nobody can tell."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return max((float(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), default=0.0)


def watch(peaks: list[float], stop: threading.Event) -> None:
    """Keep the most memory that any worker of this process has held."""
    while not stop.wait(LOOK):
        for tasks in Path("/proc/self/task").glob("*/children"):
            with contextlib.suppress(OSError):  # gone meanwhile
                for worker in tasks.read_text().split():
                    if WORKER in Path(f"/proc/{worker}/cmdline").read_bytes():
                        peaks.append(peak(worker))
        peaks[:] = [max(peaks)]


def spent() -> float:
    """Processor time (s) of processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(hosts: int, workers: int, out: str) -> None:
    """Run the cohort, then the bare loops, and print what both cost."""
    import immunity as im

    keep = [info.id for info in im.case("pneumococcal_pneumonia").model.readouts][:KEPT]
    im.cohort("pneumococcal_pneumonia", hosts=2, days=21, seed=1, keep=keep)  # compiles
    peaks, stop = [0.0], threading.Event()
    watcher = threading.Thread(target=watch, args=(peaks, stop))
    watcher.start()
    there = sum(int(part.stem.rpartition("-")[2]) for part in Path(out).rglob("hosts-*.npz"))
    before, start, told = spent(), time.perf_counter(), [there]

    def tell(done: int, total: int) -> None:
        if done // TOLD > told[0] // TOLD:
            told[0] = done
            print(f"{done} of {total} hosts, {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)

    try:
        im.cohort(
            "pneumococcal_pneumonia", hosts=hosts, days=21, seed=1, workers=workers, keep=keep, out=out,
            resume=any(Path(out).iterdir()), progress=tell,
        )  # fmt: skip
    finally:
        stop.set()
        watcher.join()
    ran = hosts - there
    took, cost = time.perf_counter() - start, (spent() - before) / max(ran, 1)
    print(f"memory at most: this process {peak(str(os.getpid())):.0f} MB, a worker {peaks[0]:.0f} MB")
    print(f"{ran} of {hosts} hosts, {workers} workers: {ran / took:.2f} hosts/s, {cost:.3f} s of processor time a host")
    fewer = min(hosts, 200)
    before = spent()
    bare = bare_loops(fewer, workers)
    bare_cost = (spent() - before) / fewer
    print(f"bare loops ({fewer} hosts): {bare:.2f} hosts/s, {bare_cost:.3f} s")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hosts", nargs="?", type=int, default=10_000)
    parser.add_argument("workers", nargs="?", type=int, default=2)
    parser.add_argument("--out", metavar="FOLDER")
    said = parser.parse_args()
    if said.out:
        Path(said.out).mkdir(parents=True, exist_ok=True)
        measure(said.hosts, said.workers, said.out)
        return
    with tempfile.TemporaryDirectory() as out:
        measure(said.hosts, said.workers, out)


if __name__ == "__main__":
    main()
