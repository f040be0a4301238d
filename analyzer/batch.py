"""Many letters -> one folder of results: one line for every letter read, and nothing lost."""

from __future__ import annotations

import contextlib
import csv
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analyzer.errors import ReadError
from analyzer.present import json_line, to_json
from analyzer.read import read_letters
from analyzer.reasons import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import TextIO

    from analyzer.pipeline import Analyzer
    from analyzer.records import Letter

COLUMNS = (
    "id",
    "source",
    "date",
    "company",
    "role",
    "contact",
    "kind",
    "reason",
    "stage",
    "vacancy",
    "action",
    "send_by",
    "after",
    "until",
    "status",
)


@dataclass
class Total:
    """What a run met. Every message read is in exactly one of the other four."""

    read: int = 0
    analysed: int = 0
    other: int = 0
    duplicates: int = 0
    skipped: int = 0
    due: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return it as JSON."""
        return dict(self.__dict__)

    def in_words(self, output: Path) -> str:
        """Return the last lines of a run: first what is due, then the sum."""
        things = "1 email is due" if self.due == 1 else f"{self.due} emails are due"
        return (
            f"{things}; they stand in {output / 'results.jsonl'}.\n"
            f"{self.read} read = {self.analysed} about applications + {self.other} other mail "
            f"+ {self.duplicates} duplicates + {self.skipped} skipped (see skipped.csv)."
        )


def run_batch(paths: Sequence[Path], output: Path, analyzer: Analyzer) -> Total:
    """Analyse every letter in `paths` into `output`, each file written beside its place and moved there when whole.

    Raises ReadError where a path does not exist or the folder cannot be written.
    """
    for path in paths:
        if not path.exists():
            raise ReadError(f"{path}: there is no such file or folder; check the spelling of the path")
    total = Total()
    names = ("results.jsonl", "results.csv", "skipped.csv")
    beside = {name: output / f".{name}.{os.getpid()}.tmp" for name in names}
    try:
        output.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (
            _private(beside["results.jsonl"]) as lines,
            _private(beside["results.csv"]) as table,
            _private(beside["skipped.csv"]) as skipped,
        ):
            _write_all(
                _progress(_letters(paths, output)), analyzer, total, lines, csv.writer(table), csv.writer(skipped)
            )
        for name, path in beside.items():
            path.replace(output / name)
    except OSError as error:
        raise ReadError(
            f"{output}: cannot be written ({error.strerror}); name a folder that you may write to"
        ) from error
    finally:
        for path in beside.values():
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                path.unlink()
    return total


def _write_all(
    letters: Iterator[Letter | ReadError],
    analyzer: Analyzer,
    total: Total,
    lines: TextIO,
    table: Any,  # noqa: ANN401  csv's writers have no public type
    skipped: Any,  # noqa: ANN401
) -> None:
    table.writerow(COLUMNS)
    skipped.writerow(("id", "message_id", "reason"))
    seen: set[str] = set()
    for letter in letters:
        total.read += 1
        if isinstance(letter, ReadError):
            total.skipped += 1
            skipped.writerow(("", "", _cell(str(letter))))
            continue
        row = to_json(analyzer.analyze(letter))
        if row["id"] in seen:
            total.duplicates += 1
            continue
        seen.add(row["id"])
        if row["kind"] == Kind.OTHER:
            total.other += 1
            row["body"] = None
        else:
            total.analysed += 1
        total.due += row["status"] == "due"
        lines.write(json_line(row) + "\n")
        table.writerow([_cell(row[column]) for column in COLUMNS])


def _letters(paths: Sequence[Path], output: Path) -> Iterator[Letter | ReadError]:
    for path in paths:
        yield from read_letters(path, leave_out=output)


def _progress(letters: Iterator[Letter | ReadError]) -> Iterator[Letter | ReadError]:
    """Show how far it is, on stderr and at a terminal only."""
    if not sys.stderr.isatty():
        yield from letters
        return
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    with Progress(TextColumn("{task.completed} letters"), TimeElapsedColumn(), transient=True) as bar:
        task = bar.add_task("letters", total=None)
        for letter in letters:
            yield letter
            bar.advance(task)


def _cell(value: object) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    text = "" if value is None else " ".join(str(value).split())
    return "'" + text if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def _private(path: Path) -> TextIO:
    """Open a new file that its owner alone can read."""
    return os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8", errors="replace", newline=""
    )
