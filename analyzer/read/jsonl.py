"""JSON Lines: one letter a line, in the field names of the corpus."""

from __future__ import annotations

import json
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.errors import ReadError
from analyzer.read import disk
from analyzer.read.disk import unreadable
from analyzer.read.text import MAX_BYTES, parse_date, parse_instant, writable
from analyzer.records import Letter, Shard

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO


def plan_jsonl(path: Path, source: str) -> Iterator[Shard | ReadError]:
    """Yield shards of whole lines. A blank line ends one: it has a number, as in any editor, but is no letter."""
    try:
        with path.open("rb") as file:
            for start, stop, first, digest in _pieces(file):
                yield Shard(source, str(path), "jsonl", start, stop, first, digest=digest)
    except OSError as error:
        yield unreadable(error, source)


def _pieces(file: BinaryIO) -> Iterator[tuple[int, int, int, str]]:
    start = stop = 0
    first, known = 1, blake2b(digest_size=16)
    for number, (line, size) in enumerate(_lines(file), 1):
        is_blank = not line.strip()
        if stop > start and (is_blank or stop - start >= disk.SHARD_BYTES):
            yield start, stop, first, known.hexdigest()
            start, first, known = stop, number, blake2b(digest_size=16)
        stop += size
        if is_blank:
            start, first = stop, number + 1
        else:
            known.update(line)
    if stop > start:
        yield start, stop, first, known.hexdigest()


def read_jsonl(shard: Shard) -> Iterator[Letter | ReadError]:
    """Yield the letter of each line of a shard, or the error that says why it is none."""
    try:
        with Path(shard.path).open("rb") as file:
            file.seek(shard.start)
            position = shard.start
            for number, (line, size) in enumerate(_lines(file), shard.first):
                yield _letter(line, f"{shard.source}#{number}")
                position += size
                if position >= shard.stop:
                    break
    except OSError as error:
        yield unreadable(error, shard.source)


def _lines(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Yield every line with its size, of one that is too long no more than shows it; memory stays bounded."""
    while line := file.readline(MAX_BYTES + 1):
        size, rest = len(line), line
        while len(rest) > MAX_BYTES and not rest.endswith(b"\n"):
            rest = file.readline(MAX_BYTES + 1)
            size += len(rest)
        yield line, size


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
        person=_text(row, "person"),
        instant=parse_instant(_text(row, "date")),
    )


def _text(row: dict[str, Any], field: str) -> str:
    value = row.get(field)
    return " ".join(writable(str(value)).split()) if isinstance(value, str | int) else ""
