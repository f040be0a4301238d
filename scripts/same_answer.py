"""Check that several installations of the program give the same answers to the sample letters.

Usage: python scripts/same_answer.py ANALYZER ANALYZER...
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

SAMPLES = sorted((Path(__file__).parent.parent / "data/samples").glob("*.txt"))

with tempfile.TemporaryDirectory() as elsewhere:  # not in the checkout, where it would be imported from
    env = {**os.environ, "ANALYZER_NOW": "2026-03-02"}
    answers = {
        program: subprocess.run(
            [program, "analyze", "--json", *map(str, SAMPLES)],
            capture_output=True,
            text=True,
            check=True,
            cwd=elsewhere,
            env=env,
        ).stdout
        for program in sys.argv[1:]
    }
if len(set(answers.values())) != 1 or not all(answers.values()):
    raise SystemExit(f"the answers differ: {answers}")
print(f"{len(answers)} installations, {len(SAMPLES)} letters: the same answers")
