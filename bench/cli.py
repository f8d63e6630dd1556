"""Cold and warm start of the command line, and its memory.

    python -m bench.cli [SCENARIO]

Cold: the first run ever, in an empty cache folder, so that kernels and rule book are compiled.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np


def run_once(words: list[str], cache: Path, out: Path) -> tuple[float, float, float]:
    """Run the command line; return wall seconds, processor seconds and megabytes (largest resident set)."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    command = [sys.executable, "-m", "immunity", *words, "--out", str(out)]
    begin = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    complaint = process.stderr.read() if process.stderr else b""
    _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - begin
    if status != 0:
        raise RuntimeError(complaint.decode())
    return took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024.0


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", nargs="?", default="cut_finger")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    print(f"{arguments.scenario:24}{'wall s':>8}{'cpu s':>8}{'MB':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for label, mode in (("deterministic", []), ("stochastic", ["--stochastic"])):
            words, cache = ["run", arguments.scenario, *mode], Path(folder) / f"cache_{label}"
            cold = run_once(words, cache, Path(folder) / f"{label}_cold")
            warm = [run_once(words, cache, Path(folder) / f"{label}_{k}") for k in range(arguments.repeats)]
            for when, (wall, cpu, memory) in (("cold", cold), ("warm", np.median(warm, axis=0))):
                print(f"{f'{label}, {when}':24}{wall:8.1f}{cpu:8.1f}{memory:8.0f}")


if __name__ == "__main__":
    main()
