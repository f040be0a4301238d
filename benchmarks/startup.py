"""How long the commands take as whole processes, as shares of importing the five packages, measured in turn with it.

Usage: python benchmarks/startup.py [--rounds 9]

The first lines of an answer are timed to the moment when they can be read from a pipe.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
LETTER = ROOT / "data/samples/rejection.txt"
ANALYZER = [sys.executable, "-m", "analyzer"]
CASES = {
    "import of the five packages": [sys.executable, "-c", "import spacy, sklearn, pandas, typer, joblib"],
    "analyzer analyze letter.txt": [*ANALYZER, "analyze", str(LETTER)],
    "  its first lines": [*ANALYZER, "analyze", str(LETTER)],
    "analyzer --help": [*ANALYZER, "--help"],
}
BARS = {"analyzer analyze letter.txt": 0.6, "  its first lines": 0.25, "analyzer --help": 0.1}


def seconds(command: list[str], *, first_lines: bool) -> float:
    """Return the time to the end of the process, or to its first output."""
    start = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT, env={**os.environ}
    ) as process:
        out = process.stdout
        if out is None:
            raise SystemExit("no pipe to the program")
        out.read1()
        first = time.perf_counter() - start
        out.read()
    whole = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: ended with {process.returncode}")
    return first if first_lines else whole


def main() -> None:
    """Measure all cases in turn, round by round, and print medians."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    taken: dict[str, list[float]] = {case: [] for case in CASES}
    for number in range(rounds + 1):
        for case, command in CASES.items():
            value = seconds(command, first_lines="first" in case)
            if number:  # the first round fills the caches
                taken[case].append(value)
    base = statistics.median(taken["import of the five packages"])
    print(f"{'':<30} {'median s':>9} {'share':>7} {'bar':>5}   ({rounds} rounds)")
    for case, values in taken.items():
        median = statistics.median(values)
        print(f"{case:<30} {median:>9.3f} {median / base:>7.3f} {BARS.get(case, ''):>5}")


if __name__ == "__main__":
    main()
