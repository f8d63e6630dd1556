"""What the first run ever costs: kernels compiled into an empty cache, and once more with a full one.

    python -m bench.cold [--stochastic]

Of a whole `immunity run cut_finger`: seconds that one waits, seconds of processor time and the most memory held, and
the processor time of what compiles beside it. On a busy machine one waits longer than either of them works.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time

REPORT = """
import atexit, resource
def report():
    own, beside = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    times = (each.ru_utime + each.ru_stime for each in (own, beside))
    print("used", *times, own.ru_maxrss / 1024)
atexit.register(report)
from immunity.cli.main import main
main()
"""


def cost(arguments: list[str], cache: str) -> list[float]:
    """Return what one run takes: wall time, processor time of itself and of what helps it (s), peak memory (MB)."""
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", REPORT, *arguments],
        env={**os.environ, "XDG_CACHE_HOME": cache},
        capture_output=True,
        text=True,
        check=True,
    )
    took = time.perf_counter() - begin
    return [took, *map(float, done.stdout.rsplit("used", 1)[1].split())]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stochastic", action="store_true")
    wanted = ["run", "cut_finger", *(["--stochastic"] if parser.parse_args().stochastic else [])]
    print(f"{'':16}{'waited, s':>11}{'itself, s':>11}{'beside, s':>11}{'MB':>6}")
    with tempfile.TemporaryDirectory() as cache:
        for name in ("first run ever", "second run"):
            took, own, beside, peak = cost(wanted, cache)
            print(f"{name:16}{took:11.1f}{own:11.1f}{beside:11.1f}{peak:6.0f}", flush=True)


if __name__ == "__main__":
    main()
