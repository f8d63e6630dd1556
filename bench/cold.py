"""What the first run ever costs: kernels compiled into an empty cache, and once more with a full one.

    python -m bench.cold [--stochastic]

Processor time and the most memory held, of a whole `immunity run cut_finger`.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile


def cost(arguments: list[str], cache: str) -> tuple[float, float]:
    """Return processor time (s) and peak memory (MB) of one run in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    code = "from immunity.cli.main import main; main()"
    report = "import atexit, resource; atexit.register(lambda: print('peak', resource.getrusage(0).ru_maxrss));"
    done = subprocess.run(
        [sys.executable, "-c", report + code, *arguments],
        env={**os.environ, "XDG_CACHE_HOME": cache},
        capture_output=True,
        text=True,
        check=True,
    )
    peak = int(done.stdout.rsplit("peak", 1)[1])
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before, peak / 1024


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stochastic", action="store_true")
    wanted = ["run", "cut_finger", *(["--stochastic"] if parser.parse_args().stochastic else [])]
    with tempfile.TemporaryDirectory() as cache:
        for name in ("first run ever", "second run"):
            seconds, peak = cost(wanted, cache)
            print(f"{name:16}{seconds:8.1f} s of processor time{peak:8.0f} MB")


if __name__ == "__main__":
    main()
