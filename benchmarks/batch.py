"""How fast `analyzer batch` is and what it weighs, on mailboxes that scripts/make_mailbox.py makes.

Usage: python benchmarks/batch.py [--size 200M] [--large 600M] [--rounds 3] [--keep FOLDER]

Everything is measured in whole processes, in turn, so that what else the machine does meets all alike. A ratio is taken
within a round, and the median of the rounds is printed: by the clock, and by the processor time of the whole tree, which
hardly depends on what else is running. Two processes against one can only be told by the clock, on a machine with two
idle cores. The figures of the issue are those of `--large 4G`. Memory is read from /proc, so on Linux alone.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parent.parent))

from scripts.make_mailbox import Made, bytes_of, make_mailbox

PARSE = """
import mailbox, sys
from email import message_from_binary_file, policy
box = mailbox.mbox(sys.argv[1], factory=lambda file: message_from_binary_file(file, policy=policy.default), create=False)
count = 0
for message in box:
    count += 1
    try:
        body = message.get_body(("plain", "html"))
        body and body.get_content()
    except (KeyError, LookupError, ValueError):
        pass
print(count)
"""
"""The other program: parse each message as the standard library's documentation says, and take its body."""


@dataclass
class Measured:
    """What one process and its children took. `first` is when the first part was there; memory in MB."""

    seconds: float
    cpu: float = 0.0
    first: float = 0.0
    tree: float = 0.0
    largest: float = 0.0


def measure(command: list[str], parts: Path | None = None) -> Measured:
    """Run a command and watch it."""
    found = Measured(0.0)
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
        sizes = list(_memory(process.pid))
        found.tree, found.largest = max(found.tree, sum(sizes)), max([found.largest, *sizes])
        if parts and not found.first and any(parts.glob("*.jsonl")):
            found.first = time.perf_counter() - begin
        time.sleep(0.05)
    found.seconds, found.cpu = time.perf_counter() - begin, ended[2].ru_utime + ended[2].ru_stime
    process.returncode = os.waitstatus_to_exitcode(ended[1])
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    return found


def _memory(pid: int) -> list[float]:
    """Return the resident memory of a process and all below it."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii", "replace")
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    except OSError:  # it has just ended
        return []
    own = next((float(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS")), 0.0)
    return [own, *(size for child in children for size in _memory(int(child)))]


def batch(mailbox: Path, output: Path, jobs: int) -> Measured:
    """Run a batch."""
    command = [sys.executable, "-m", "analyzer", "batch", str(mailbox), "-o", str(output), "-j", str(jobs)]
    return measure(command, output / ".analyzer" / "parts")


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--size", type=bytes_of, default=bytes_of("200M"), help="of the mailbox that speed is measured on"
    )
    parser.add_argument(
        "--large", type=bytes_of, default=bytes_of("600M"), help="of the one that memory is compared on"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--keep", type=Path, help="a folder for the mailboxes and results; default: one that goes again"
    )
    asked = parser.parse_args()
    os.environ["ANALYZER_NOW"] = "2026-03-02"
    with TemporaryDirectory() if asked.keep is None else nullcontext(asked.keep) as folder:
        Path(folder).mkdir(exist_ok=True, parents=True)
        _all(Path(folder), asked.size, asked.large, asked.rounds)


def _all(folder: Path, size: int, large: int, rounds: int) -> None:
    small_box, large_box = folder / f"{size}.mbox", folder / f"{large}.mbox"
    made, more = make_mailbox(small_box, size=size), make_mailbox(large_box, size=large)
    print(f"{made.messages} messages in {made.size / 1e6:.0f} MB; {more.messages} in {more.size / 1e6:.0f} MB")
    parse, one, two = [], [], []
    for number in range(rounds):
        parse.append(measure([sys.executable, "-c", PARSE, str(small_box)]))
        one.append(batch(small_box, folder / f"one{number}", 1))
        two.append(batch(small_box, folder / f"two{number}", 2))
    for name, runs in (
        ("mailbox.mbox, policy.default", parse),
        ("analyzer batch -j 1", one),
        ("analyzer batch -j 2", two),
    ):
        print(f"{name:33} {_rate(made, runs)}")
    print(
        f"one process against that parse    {_ratio(parse, one, 'seconds'):8.2f} by the clock, {_ratio(parse, one, 'cpu'):.2f} by processor time"
    )
    print(
        f"two processes against one         {_ratio(one, two, 'seconds'):8.2f} by the clock (load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)"
    )
    fastest = min(two, key=lambda found: found.seconds)
    whole = batch(large_box, folder / "large", 2)
    print(
        f"-j 2 on the large one             {more.messages / whole.seconds:8.0f} messages/s, first part after {whole.first:.1f} s"
    )
    print(
        f"memory of the tree, small, large  {fastest.tree:8.0f} MB, {whole.tree:.0f} MB ({whole.tree / fastest.tree:.2f} times)"
    )
    print(f"largest process, small, large     {fastest.largest:8.0f} MB, {whole.largest:.0f} MB")
    again = batch(large_box, folder / "large", 2)
    print(f"the large one once more           {again.seconds:8.2f} s")


def _rate(made: Made, runs: list[Measured]) -> str:
    rate = made.messages / median(run.seconds for run in runs)
    cpu = 1000 * median(run.cpu for run in runs) / made.messages
    return f"{rate:8.0f} messages/s, {cpu:.2f} ms of processor time each"


def _ratio(slow: list[Measured], fast: list[Measured], what: str) -> float:
    """Return how many times as much the slow runs took, the median of the rounds."""
    return float(median(getattr(a, what) / getattr(b, what) for a, b in zip(slow, fast, strict=True)))


if __name__ == "__main__":
    main()
