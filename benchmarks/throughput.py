"""How many letters a second one process reads after loading, for each half of a letter's way, and what it weighs.

Usage: python benchmarks/throughput.py [--letters 1000]
"""

from __future__ import annotations

import argparse
import resource
import time
from datetime import date
from itertools import cycle, islice

from analyzer.corpus import bundled_letters, held_out_groups, read_corpus
from analyzer.model import WEIGHTS, find_model
from analyzer.pipeline import Analyzer


def main() -> None:
    """Measure on the held-out voices of the bundled corpus, repeated as often as needed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--letters", type=int, default=1000)
    count = parser.parse_args().letters
    examples = [e for e in read_corpus([bundled_letters()]) if e.group in held_out_groups()]
    letters = list(islice(cycle(e.letter for e in examples), count))
    analyzer = Analyzer.load(model="default", today=date(2026, 3, 2))
    analyzer.analyze(letters[0])
    start = time.perf_counter()
    verdicts = [analyzer.read_verdict(letter) for letter in letters]
    middle = time.perf_counter()
    for verdict in verdicts:
        analyzer.complete(verdict)
    end = time.perf_counter()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = sum(file.stat().st_size for file in find_model("default").iterdir()) / 1e6
    print(f"{count} letters, one process")
    print(f"clean and classify      {count / (middle - start):8.0f} letters/s")
    print(f"extract, decide, draft  {count / (end - middle):8.0f} letters/s")
    print(f"one letter more         {1000 * (end - start) / count:8.2f} ms")
    print(f"resident memory, peak   {memory:8.0f} MB")
    print(f"model on disk           {size:8.1f} MB ({WEIGHTS} and its manifest and card)")


if __name__ == "__main__":
    main()
