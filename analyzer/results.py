"""Results -> the tables of an output folder, in one pass; and the results of a folder back again.

Each file is written beside its place, readable by its owner alone, and moved there when all are whole. No cell of a
table becomes a formula, breaks a line, or holds a character that nobody can see.
"""

from __future__ import annotations

import contextlib
import csv
import json
import os
import re
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.errors import RunError
from analyzer.present import json_line
from analyzer.reasons import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import BinaryIO, TextIO

RESULTS = "results.jsonl"
SKIPPED = "skipped.csv"

MAX_CELL = 2000
"""A cell that is longer is cut; the whole text is in results.jsonl."""

_BATCH = 5000  # rows of results.parquet that are in memory at once


@dataclass(frozen=True)
class Column:
    """A column of results.csv and results.parquet. `type` is text, date, number or truth; empty means not known."""

    name: str
    type: str
    meaning: str
    get: Callable[[Mapping[str, Any]], object] | None = None

    def value(self, row: Mapping[str, Any]) -> object:
        """Return what the column holds for a result."""
        return self.get(row) if self.get else row.get(self.name)


def _inside(outer: str, inner: str) -> Callable[[Mapping[str, Any]], object]:
    return lambda row: (row.get(outer) or {}).get(inner)


def _came_back(row: Mapping[str, Any]) -> object:
    return ((row.get("application") or {}).get("came_back") or {}).get("date")


COLUMNS = (
    Column("id", "text", "The result's id, as in results.jsonl."),
    Column("source", "text", "Where the message was read: a file, or mailbox#number."),
    Column("message_id", "text", "Its Message-ID."),
    Column("date", "date", "The day it was sent, from its own header."),
    Column("from", "text", "Who sent it."),
    Column("subject", "text", "Its subject."),
    Column("kind", "text", "rejection, acknowledgement, interview, offer, or other for mail that is about no application."),
    Column("rejection", "number", "How plainly it reads like a rejection, from 0 to 1.", _inside("kinds", "rejection")),
    Column("reason", "text", "The first reason that a rejection shows; empty where it gives none, as about half do."),
    Column("shown", "text", "All reasons that it shows, the first one first.", lambda row: row.get("shown") or ()),
    Column("stage", "text", "How far the application went: application, interview or final."),
    Column("stage_from", "text", "Who says so: the letter, the thread (other messages) or the reader."),
    Column("vacancy", "text", "Whether the position is closed, open or unknown, as the letter says."),
    Column("ineligible", "truth", "Whether the letter names a condition that rules the reader out."),
    Column("timeframe", "text", "When the letter says to come back, in its own words."),
    Column("company", "text", "The company, as found in the message."),
    Column("role", "text", "The position, as found in the message."),
    Column("contact", "text", "The person who signed."),
    Column("action", "text", "What to do: wait, follow_up or move_on."),
    Column("send_by", "date", "The day by which the thank-you is best sent."),
    Column("after", "date", "Look again, or write again, from this day."),
    Column("until", "date", "After this day there is no point in it."),
    Column("status", "text", "due, upcoming, lapsed, answered or came_back, on the day of the run."),
    Column("because", "text", "Why this is what to do."),
    Column("to", "text", "Whom the draft goes to.", lambda row: (row.get("draft") or {}).get("to") or ()),
    Column("application", "text", "The same for all messages about one application.", _inside("application", "id")),
    Column("furthest", "text", "How far that application went, of all its messages.", _inside("application", "furthest")),
    Column("applied", "date", "The day of the application, where a message shows it.", _inside("application", "applied")),
    Column("days_to_answer", "number", "Days from then to the rejection.", _inside("application", "days_to_answer")),
    Column("answered", "date", "The day on which the reader answered, if so.", _inside("application", "answered")),
    Column("came_back", "date", "The day of an invitation or offer that followed, if one did.", _came_back),
    Column("notes", "text", "Codes of what is odd about the message.", lambda row: [n["code"] for n in row.get("notes") or ()]),
    Column("model", "text", "The model that read it."),
)  # fmt: skip


@dataclass
class Written:
    """How many lines went where: every result is `analysed` or `other`."""

    analysed: int = 0
    other: int = 0
    skipped: int = 0


def write_results(
    results: Iterable[Mapping[str, Any]], folder: Path, *, skipped: Iterable[tuple[str, str, str]] = ()
) -> Written:
    """Write results.jsonl, results.csv, skipped.csv and, where pyarrow is installed, results.parquet.

    `skipped` holds an id, a Message-ID and a reason for each message that could not be read; it is read after
    `results`. Raises RunError where the folder cannot be written.
    """
    beside = {name: folder / f".{name}.part" for name in (RESULTS, "results.csv", "results.parquet", SKIPPED)}
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with contextlib.ExitStack() as stack:
            lines, table, left_out = (
                stack.enter_context(_text(beside[name])) for name in (RESULTS, "results.csv", SKIPPED)
            )
            parquet = stack.enter_context(_parquet(beside["results.parquet"]))
            written = _write_rows(results, lines, _writer(table), parquet)
            written.skipped = _write_skipped(skipped, _writer(left_out))
        for name, path in beside.items():
            if path.exists():
                path.replace(folder / name)
            else:
                (folder / name).unlink(missing_ok=True)  # an earlier run had pyarrow: its rows are not these
    except OSError as error:
        raise RunError(
            f"{folder}: cannot be written ({error.strerror}); name a folder that you may write to"
        ) from error
    finally:
        for path in beside.values():
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                path.unlink()
    return written


def _write_rows(
    results: Iterable[Mapping[str, Any]],
    lines: TextIO,
    table: Any,  # noqa: ANN401  csv's writers have no public type
    parquet: Callable[[list[list[object]]], None],
) -> Written:
    written = Written()
    table.writerow([column.name for column in COLUMNS])
    rows = iter(results)
    while batch := list(islice(rows, _BATCH)):
        values = []
        for row in batch:
            lines.write(json_line(row) + "\n")
            values.append([column.value(row) for column in COLUMNS])
            table.writerow(["" if value is None else cell(value) for value in values[-1]])
            if row["kind"] == Kind.OTHER:
                written.other += 1
            else:
                written.analysed += 1
        parquet(values)
    return written


def _write_skipped(skipped: Iterable[tuple[str, str, str]], table: Any) -> int:  # noqa: ANN401
    table.writerow(("id", "message_id", "reason"))
    count = 0
    for row in skipped:
        table.writerow([cell(value) for value in row])
        count += 1
    return count


@contextlib.contextmanager
def _parquet(path: Path) -> Iterator[Callable[[list[list[object]]], None]]:
    """Give a function that adds rows (a value a column) to a Parquet file; without pyarrow, one that does nothing."""
    try:
        import pyarrow as pa
        from pyarrow import parquet as pq
    except ImportError:
        yield lambda _: None
        return
    types = {"text": pa.string(), "date": pa.date32(), "number": pa.float64(), "truth": pa.bool_()}
    schema = pa.schema([(column.name, types[column.type]) for column in COLUMNS])
    with _private(path) as file, pq.ParquetWriter(file, schema) as writer:

        def add(rows: list[list[object]]) -> None:
            arrays = []
            for column, values in zip(COLUMNS, zip(*rows, strict=True), strict=True):
                built = pa.lib.StringBuilder()  # pa.array would load all of pandas to ask whether a list is one of its
                built.append_values([None if value is None else _typed(column.type, value) for value in values])
                arrays.append(built.finish().cast(types[column.type]))
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))

        yield add


def _typed(kind: str, value: object) -> str | None:
    """Return the text of a value from which its column is made, None where it is no such value."""
    if kind == "text":
        return _in_one_line(value)
    if kind == "date":
        with contextlib.suppress(ValueError):
            return date.fromisoformat(str(value)).isoformat()
        return None
    return json.dumps(bool(value)) if kind == "truth" else repr(float(value))  # type: ignore[arg-type]  # from JSON


def cell(value: object) -> str:
    """Return a cell that no spreadsheet takes for a formula, whatever separator it splits lines at."""
    if value is None or isinstance(value, bool | int | float):
        return "" if value is None else json.dumps(value)
    text = _in_one_line(value)
    if ";" in text:
        text = _AFTER_SEPARATOR.sub(r"\1'\2", text)
    return f"'{text}" if text[:1] in _STARTERS else text


# What a spreadsheet may take for the beginning of a formula, also in the wide and small forms of East Asian keyboards.
_STARTERS = frozenset("=+-@\u2212\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b")
# Where a comma is the decimal sign, Excel splits lines at semicolons, inside quotes too.
_AFTER_SEPARATOR = re.compile(f"(;[\"' ]*)([{re.escape(''.join(sorted(_STARTERS)))}])")


def _in_one_line(value: object) -> str:
    """Return the text in one line, without control characters and those that nobody can see."""
    text = "; ".join(map(str, value[:MAX_CELL])) if isinstance(value, list | tuple) else str(value)
    text = text[: 4 * MAX_CELL]  # of a hostile header that goes on for megabytes, enough to fill a cell
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " if char.isspace() else "" for char in text)
    text = " ".join(text.split())
    return text if len(text) <= MAX_CELL else f"{text[: MAX_CELL - 1]}\u2026"


def _writer(file: TextIO) -> Any:  # noqa: ANN401  csv's writers have no public type
    return csv.writer(file, quoting=csv.QUOTE_ALL)


def _private(path: Path) -> BinaryIO:
    """Open a new file that its owner alone can read, and never what a link points to."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _text(path: Path) -> TextIO:
    import io

    return io.TextIOWrapper(_private(path), encoding="utf-8", errors="replace", newline="")


def read_results(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the results of a folder; raises RunError at a line that is none."""
    path = folder / RESULTS
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                yield _parsed(line, f"{path}:{number}")
    except OSError as error:
        raise RunError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from error


def _parsed(line: bytes, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict) or not _fits(row, _SHAPE):
        raise RunError(f"{where}: is not a result; run `analyzer batch` into this folder again")
    return row


_NONE = type(None)
_TEXT = (str, _NONE)
_PERSON = {"name": _TEXT, "address": _TEXT}
_SHAPE = {
    "id": str,
    "kind": str,
    "kinds": {kind.value: (float, int) for kind in Kind},
    **dict.fromkeys("date subject from body stage vacancy timeframe company role contact".split(), _TEXT),
    **dict.fromkeys("action send_by after until because status".split(), _TEXT),
    "shown": [str],
    "evidence": [{"reason": str, "start": int, "end": int, "text": str}],
    "boilerplate": [[int, int]],
    "policy": {"rule": str, "source": str},
    "notes": [{"code": str, "text": str}],
    "draft": ({"purpose": str, "to": [str], "cc": [str], "subject": str, "body": str, "missing": [str]}, _NONE),
    "application": (
        {"id": str, "company": _TEXT, "days_to_answer": (int, _NONE), "open": bool, "people": ([_PERSON], _NONE)},
        _NONE,
    ),
}
"""What those who read results rely on: a tuple lists what a value may be, a list what each of its values must be
(or, with several, what they must be in turn)."""


def _fits(value: object, shape: Any) -> bool:  # noqa: ANN401  a type, or types in dicts, lists and tuples
    if isinstance(shape, tuple):
        return any(_fits(value, one) for one in shape)
    if isinstance(shape, list) and len(shape) > 1:
        return isinstance(value, list) and len(value) == len(shape) and all(map(_fits, value, shape))
    if isinstance(shape, list):
        return isinstance(value, list) and all(_fits(one, shape[0]) for one in value)
    if isinstance(shape, dict):
        return isinstance(value, dict) and all(
            name in value and _fits(value[name], inner) for name, inner in shape.items()
        )
    return isinstance(value, shape)


def result_folders(folder: Path) -> list[Path]:
    """Return the folders with results: this one, or else (under --people) one for each person, in order of name."""
    if (folder / RESULTS).is_file():
        return [folder]
    try:
        inside = sorted(folder.iterdir())
    except OSError:  # not a folder, or not one that may be listed: there are no results here
        return []
    return [path for path in inside if not path.is_symlink() and (path / RESULTS).is_file()]


def pointer() -> Path:
    """Return the file that names the output folder that was used last."""
    import platformdirs

    return Path(platformdirs.user_state_dir("analyzer")) / "last_output"


def remember_folder(folder: Path) -> None:
    """Note the output folder of a run, for `analyzer next` without a folder; private, since it says where mail is."""
    path = pointer()
    with contextlib.suppress(OSError):  # a convenience: a run must not fail for the want of it
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = path.with_name(f".{path.name}.{os.getpid()}.part")
        with _private(beside) as file:
            file.write(os.fsencode(folder.absolute()) + b"\n")
        beside.replace(path)


def last_folder() -> Path | None:
    """Return the output folder that was used last, if it is still there."""
    try:
        folder = Path(os.fsdecode(pointer().read_bytes().removesuffix(b"\n")))
    except OSError:
        return None
    return folder if folder.is_absolute() and folder.is_dir() else None
