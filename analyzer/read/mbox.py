"""A mailbox in one file: where its messages begin, shards of whole messages, and a shard's messages.

A message begins at a From_ line (formats.FROM_LINE) after a blank line or at the start of the file, or where a
Content-Length leads. What is found from one message on depends on nothing before it, so that whoever reads a shard
finds the messages that were counted when it was planned.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from analyzer.errors import ReadError
from analyzer.read import disk
from analyzer.read.disk import Blocks, digest_of, unreadable
from analyzer.read.formats import FROM_LINE, looks_like_mail
from analyzer.read.text import MAX_BYTES
from analyzer.records import Note, RawMail, Shard

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BOM = b"\xef\xbb\xbf"
_FROM_LINE_AND_MORE = 1500  # bytes: a From_ line with the beginning of the next
_HEADERS = (8_000, 64_000)  # bytes in which the end of a header is looked for, first try and last
_END_OF_HEADER = re.compile(rb"\n\r?\n")
_LENGTH_NAME = re.compile(rb"\n[Cc]ontent-[Ll]ength:")
_LENGTH = re.compile(rb"[ \t]*(\d{1,15})[ \t]*\r?\n")
_QUOTED = re.compile(rb"\n>(?=>*From )")  # looked for from its line end on: "^" would be tried at every byte
_QUOTED_FIRST = re.compile(rb">+From ")
_FROM = re.compile(rb"\nFrom ")
_FROM_OR_QUOTED = re.compile(rb"\n>*From ")


class Extent(NamedTuple):
    """Where one message stands, and whether there may be lines in it that a writer of mailboxes has quoted."""

    start: int
    stop: int
    quoted: bool


def plan_mbox(path: Path, source: str) -> Iterator[Shard | ReadError]:
    """Yield shards as they are found, in one way through the file."""
    try:
        with path.open("rb") as file:
            blocks = Blocks(file)
            begin, error = _first_message(blocks, source)
            if error:
                yield error
            yield from _shards(blocks, begin, Shard(source=source, path=str(path), format="mbox"))
    except OSError as error:
        yield unreadable(error, source)


def read_mbox(shard: Shard) -> Iterator[RawMail | ReadError]:
    """Yield the messages of a shard."""
    try:
        with open(shard.path, "rb") as file:  # noqa: PTH123  a path as it was planned, not a Path
            blocks = Blocks(file)
            for number, extent in enumerate(extents(blocks, shard.start, quoted=True), shard.first):
                yield _message(blocks, extent, f"{shard.source}#{number}")
                if extent.stop >= shard.stop:
                    break
    except OSError as error:
        yield unreadable(error, shard.source)


def extents(blocks: Blocks, begin: int, *, quoted: bool = False) -> Iterator[Extent]:
    """Yield where each message stands, the first at `begin`; look for quoted lines on the way if `quoted`."""
    while begin < blocks.size:
        stop, found = _counted_stop(blocks, begin), False
        if stop is None:
            stop, found = _next_message(blocks, begin, quoted=quoted)
        yield Extent(begin, stop, found)
        begin = stop


def _shards(blocks: Blocks, begin: int, whole: Shard) -> Iterator[Shard]:
    first, count = 1, 0
    for extent in extents(blocks, begin):
        count += 1
        if extent.stop - begin >= disk.SHARD_BYTES or extent.stop >= blocks.size:
            digest = digest_of(blocks.file, begin, extent.stop)
            yield Shard(whole.source, whole.path, whole.format, begin, extent.stop, first, digest=digest)
            begin, first, count = extent.stop, first + count, 0


def _first_message(blocks: Blocks, source: str) -> tuple[int, ReadError | None]:
    """Return where the first message begins, and what is wrong with the bytes before it.

    A file that was cut at its head begins with the rest of a message, or with one that lost its From_ line.
    """
    begin = len(_BOM) if blocks.peek(0, len(_BOM)) == _BOM else 0
    head = blocks.peek(begin, _HEADERS[0])
    if FROM_LINE.match(head):
        return begin, None
    first, _ = _next_message(blocks, begin)
    if not head[: first - begin].strip():
        return first, None
    if looks_like_mail(head) and first - begin <= MAX_BYTES:
        return begin, None
    lost = f"{first - begin:,} bytes before its first message" if first < blocks.size else "the whole of it"
    reason = f"does not begin as a mailbox does, and {lost} cannot be read; export it again"
    return first, ReadError(f"{source}: {reason}", source=source)


def _next_message(blocks: Blocks, position: int, *, quoted: bool = False) -> tuple[int, bool]:
    """Return where the first From_ line after `position` stands, the end of the file if there is none.

    Only if `quoted`, say as well whether there is a quoted one before it: one search for both costs hardly more.
    """
    pattern = _FROM_OR_QUOTED if quoted else _FROM
    is_quoted = blocks.peek(position, 1) == b">"  # no line end stands before the first line of a file
    while (found := blocks.find(pattern, position)) >= 0:
        position = found + 1
        if pattern is _FROM_OR_QUOTED and blocks.peek(position, 1) == b">":
            is_quoted, pattern = True, _FROM
            continue
        above = blocks.peek(max(0, found - 2), min(2, found))
        is_blank = above.endswith(b"\n") or above in {b"", b"\r", b"\n\r"}
        if is_blank and FROM_LINE.match(blocks.peek(position, _FROM_LINE_AND_MORE)):
            return position, is_quoted
    return blocks.size, is_quoted


def _counted_stop(blocks: Blocks, begin: int) -> int | None:
    """Return where the Content-Length of a message leads, if that is the next From_ line or the end of the file.

    Many lengths lie, for other programs have changed the mail since; one that leads to such a place does not.
    """
    for size in _HEADERS:
        head = blocks.peek(begin, size)
        end = _END_OF_HEADER.search(head)
        if end or len(head) < size:
            break
    if not end:
        return None
    name = _LENGTH_NAME.search(head, 0, end.end())
    length = _LENGTH.match(head, name.end()) if name else None
    if not length:
        return None
    stop = begin + end.end() + int(length[1])
    if stop >= blocks.size:
        return blocks.size if stop == blocks.size else None
    rest = blocks.peek(stop, _FROM_LINE_AND_MORE)
    line_end = 2 if rest.startswith(b"\r\n") else 1 if rest.startswith(b"\n") else 0
    if stop + line_end == blocks.size:
        return blocks.size
    return stop + line_end if FROM_LINE.match(rest, line_end) else None


def _message(blocks: Blocks, extent: Extent, source: str) -> RawMail:
    start, stop, _ = extent
    first = blocks.peek(start, min(stop - start, _FROM_LINE_AND_MORE))
    if first.startswith(b"From "):
        start += first.find(b"\n") + 1
    if stop - start > MAX_BYTES:
        return RawMail(_unquoted(blocks.peek(start, MAX_BYTES), extent), source, notes=(cut_note(),))
    stop -= _separator(blocks.peek(max(start, stop - 4), min(4, stop - start)))
    return RawMail(_unquoted(blocks.peek(start, stop - start), extent), source)


def _unquoted(data: bytes, extent: Extent) -> bytes:
    """Take one ">" from each line that a writer of mailboxes quoted.

    Whether ">>From " was quoted (mboxrd) or stood so in the letter (mboxo, which quotes "From " alone) cannot be known.
    Taken for mboxrd, a wrong guess takes one ">" from a quotation that stays one; the other way round, a line of the
    letter would stay quoted and be set aside. Where a length was declared and is right, nothing was quoted (mboxcl2).
    """
    if not extent.quoted:
        return data
    return _QUOTED.sub(b"\n", data[1:] if _QUOTED_FIRST.match(data) else data)


def _separator(end: bytes) -> int:
    """Return how long the blank line is that stands between messages."""
    if end.endswith((b"\n\r\n", b"\r\n\r\n")):
        return 2
    return 1 if end.endswith(b"\n\n") else 0


def cut_note() -> Note:
    """Return the note on a message that is longer than any letter."""
    return Note("cut", f"The message is very long; its first {MAX_BYTES // 1_000_000} MB were read.")
