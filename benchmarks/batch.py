"""How fast `analyzer batch` is and what it weighs, on mailboxes that scripts/make_mailbox.py makes.

Usage: python benchmarks/batch.py [--size 60M] [--large 240M] [--rounds 2] [--keep FOLDER]

Everything is measured in whole processes, in turn, and the best of the rounds counts: read the ratios of one run. The
figures of the issue are those of `--size 200M --large 4G`. Memory is read from /proc, so on Linux alone.
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
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parent.parent))

from scripts.make_mailbox import bytes_of, make_mailbox

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
    first: float = 0.0
    tree: float = 0.0
    largest: float = 0.0


def measure(command: list[str], parts: Path | None = None) -> Measured:
    """Run a command and watch it."""
    found = Measured(0.0)
    begin = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            sizes = list(_memory(process.pid))
            found.tree, found.largest = max(found.tree, sum(sizes)), max([found.largest, *sizes])
            if parts and not found.first and any(parts.glob("*.jsonl")):
                found.first = time.perf_counter() - begin
            time.sleep(0.02)
    found.seconds = time.perf_counter() - begin
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
        "--size", type=bytes_of, default=bytes_of("60M"), help="of the mailbox that speed is measured on"
    )
    parser.add_argument(
        "--large", type=bytes_of, default=bytes_of("240M"), help="of the one that memory is compared on"
    )
    parser.add_argument("--rounds", type=int, default=2)
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
        parse.append(measure([sys.executable, "-c", PARSE, str(small_box)]).seconds)
        one.append(batch(small_box, folder / f"one{number}", 1).seconds)
        two.append(batch(small_box, folder / f"two{number}", 2))
    fastest = min(two, key=lambda found: found.seconds)
    rate = made.messages / min(one)
    print(f"mailbox.mbox and policy.default   {made.messages / min(parse):8.0f} messages/s")
    print(f"analyzer batch -j 1               {rate:8.0f} messages/s, {min(parse) / min(one):.2f} times as many")
    print(
        f"analyzer batch -j 2               {made.messages / fastest.seconds:8.0f} messages/s, {min(one) / fastest.seconds:.2f} times -j 1"
    )
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


if __name__ == "__main__":
    main()
