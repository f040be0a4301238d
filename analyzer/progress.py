"""How far a run is: a bar at a terminal, elsewhere a line a minute, both on stderr."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.records import Shard
    from analyzer.state import Entry


class Progress:
    """Counts what is done and shows it. `size` is how many bytes the input has, as far as its files tell."""

    EVERY = 60.0

    def __init__(self, size: int) -> None:
        self.size = size
        self._messages = self._found = self._bytes = self._known = 0
        self._start = self._said = time.monotonic()
        self._bar: Any = None

    def __enter__(self) -> Progress:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, TextColumn
            from rich.progress import Progress as Bar

            columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
            self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._bar.add_task("starting", total=max(self.size, 1))
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def planned(self, shard: Shard, *, todo: bool) -> None:
        """Take note of a shard; what is done already is behind us."""
        self._known += _weight(shard)
        if not todo:
            self._bytes += _weight(shard)

    def done(self, shard: Shard, entries: Sequence[Entry]) -> None:
        """Take note of a shard that was read."""
        self._bytes += _weight(shard)
        self._messages += len(entries)
        self._found += sum(entry.kind not in {"", "other"} for entry in entries)
        self.beat()

    def writing(self, person: str) -> None:
        """Say that the last pass has begun."""
        if self._bar:
            self._bar.update(0, description=f"writing {person}".strip(), refresh=True)

    def beat(self) -> None:
        """Show how far it is, if it is time to."""
        if self._bar:
            self._bar.update(
                0, completed=self._bytes, total=max(self.size, self._known, 1), description=self.in_words()
            )
        elif time.monotonic() - self._said >= self.EVERY:
            self._said = time.monotonic()
            sys.stderr.write(f"{self.in_words()}\n")
            sys.stderr.flush()

    def in_words(self) -> str:
        """Return the rate, what was found so far, and the time that is left."""
        passed = max(time.monotonic() - self._start, 0.001)
        words = f"{self._messages:,} messages, {self._messages / passed:,.0f}/s, {self._found:,} about applications"
        share = self._bytes / max(self.size, self._known, 1)
        if share > _EARLY:
            left = passed * (1 - share) / share
            words += f", about {f'{left / 60:.0f} min' if left > 90 else f'{left:.0f} s'} left"
        return words


_EARLY = 0.01  # before so much is read, any guess at the rest is a bad one


def _weight(shard: Shard) -> int:
    """Return how many bytes a shard has, 0 where nobody knows."""
    return shard.stop - shard.start if shard.format in {"mbox", "jsonl"} else 0
