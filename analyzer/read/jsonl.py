"""JSON Lines: one letter a line, in the field names of the corpus."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from analyzer.errors import ReadError
from analyzer.read.text import MAX_BYTES, parse_date, writable
from analyzer.records import Letter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO


def letters_from_jsonl(path: Path) -> Iterator[Letter | ReadError]:
    """Yield a letter, or the error that says why it is none, for every line that is not blank."""
    source = writable(str(path))
    try:
        with path.open("rb") as file:
            for number, line in enumerate(_lines(file), 1):
                if line.strip():
                    yield _letter(line, f"{source}#{number}")
    except FileNotFoundError:
        raise ReadError(f"{source}: there is no such file; check the spelling of the path") from None
    except OSError as error:
        raise ReadError(f"{source}: cannot be read ({error.strerror}); check the path and its permissions") from error


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield every line, of one that is too long no more than shows it; memory stays bounded."""
    while line := file.readline(MAX_BYTES + 1):
        yield line
        while len(line) > MAX_BYTES and not line.endswith(b"\n"):
            line = file.readline(MAX_BYTES + 1)


def _letter(line: bytes, source: str) -> Letter | ReadError:
    if len(line) > MAX_BYTES:
        return ReadError(f"{source}: is larger than {MAX_BYTES // 1_000_000} MB, which no letter is; cut it down")
    try:
        row: Any = json.loads(line)
    except (ValueError, RecursionError):
        return ReadError(f"{source}: is not a JSON object; each line must be one")
    if not isinstance(row, dict) or not isinstance(row.get("body"), str):
        return ReadError(f"{source}: has no field 'body' with the letter's text")
    if not any(char.isalnum() for char in row["body"]):
        return ReadError(f"{source}: there is no text in its 'body'")
    return Letter(
        text=writable(row["body"]),
        source=source,
        subject=_text(row, "subject"),
        sender=_text(row, "from"),
        reply_to=_text(row, "reply_to"),
        to=_text(row, "to"),
        cc=_text(row, "cc"),
        message_id=_text(row, "message_id"),
        sent=parse_date(_text(row, "date")),
        id=_text(row, "id"),
    )


def _text(row: dict[str, Any], field: str) -> str:
    value = row.get(field)
    return " ".join(writable(str(value)).split()) if isinstance(value, str | int) else ""
