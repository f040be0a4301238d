"""Mail on disk -> letters. `plan` finds shards of work, `read_shard` reads one, `read_mail` parses a message of it.

    shards.py       files and folders -> shards                  formats.py   what a file is
    mbox.py         a mailbox in one file                        labels.py    where it lies -> labels
    jsonl.py        one letter a line                            disk.py      a file in blocks
    table.py        CSV, TSV, XLSX, Parquet                      archive.py   archives and packed files -> a folder
    pst.py          Outlook's data files                         packed.py    what comes out of them
    files.py        one letter a file, by these adapters:
      text.py       .txt .md, standard input     decode, headers that were pasted along
      eml.py        .eml .emlx, maildir          MIME, the part that is the letter
      html.py       .html, and the HTML in mail  visible text
      msg.py, document.py                        Outlook's .msg; .pdf and .docx

`read_letter` reads one letter, `read_letters` all in a path. What cannot be read is a `ReadError` with one line;
nothing else leaves this package.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from analyzer.errors import ReadError
from analyzer.read.eml import read_mail
from analyzer.read.files import read_files, read_one
from analyzer.read.jsonl import read_jsonl
from analyzer.read.mbox import read_mbox
from analyzer.read.shards import plan
from analyzer.read.text import MAX_BYTES, letter_from_text, writable
from analyzer.records import Letter, RawMail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from analyzer.records import Shard

__all__ = [
    "LETTER_SUFFIXES",
    "MAX_BYTES",
    "plan",
    "read_letter",
    "read_letters",
    "read_mail",
    "read_shard",
    "read_stream",
]

LETTER_SUFFIXES = (".txt", ".md", ".eml", ".emlx", ".html", ".htm")
"""Suffixes of letters that are text, whatever else is read."""


def read_stream(stream: BinaryIO, source: str = "standard input") -> Letter:
    """Read one pasted or piped letter; raises ReadError when there is nothing in it to read."""
    data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        limit = MAX_BYTES // 1_000_000
        raise ReadError(f"{source}: is larger than {limit} MB, which no letter is; cut the letter out of it")
    return letter_from_text(data, source)


def read_letter(path: Path) -> Letter:
    """Read the file at `path` as one letter, by its suffix; what has no known suffix is read as text."""
    if str(path) == "-":
        return read_stream(sys.stdin.buffer)
    source = writable(str(path))
    try:
        is_folder = path.is_dir()
    except OSError:  # the name is too long
        is_folder = False
    if is_folder:
        raise ReadError(f"{source}: is a folder; name its letters one by one, or use `analyzer batch {source} -o DIR`")
    return read_one(path, source)


def read_letters(path: Path, *, leave_out: Path | None = None) -> Iterator[Letter | ReadError]:
    """Yield every letter in a file or a folder, at all depths and in sorted order.

    What cannot be read is yielded as the error that says why, so that one broken letter never ends a run. A missing
    path raises. What stands in the folder `leave_out` (the output of a run) is no letter.
    """
    with TemporaryDirectory(prefix="analyzer-") as scratch:
        for found in plan([path], scratch=Path(scratch), leave_out=leave_out):
            if isinstance(found, ReadError):
                yield found
            else:
                yield from map(_parsed, read_shard(found))


def read_shard(shard: Shard) -> Iterator[RawMail | Letter | ReadError]:
    """Yield exactly one item for each message of a shard, in order; it is the same whenever and wherever it is read."""
    try:
        for item in _reader(shard):
            yield item if isinstance(item, ReadError) else _placed(item, shard)
    except ReadError as error:
        error.source = error.source or shard.source
        yield error


def _reader(shard: Shard) -> Iterator[RawMail | Letter | ReadError]:
    if shard.format == "mbox":
        return read_mbox(shard)
    if shard.format == "files":
        return read_files(shard)
    if shard.format == "jsonl":
        return read_jsonl(shard)
    if shard.format == "pst":
        from analyzer.read.pst import read_pst

        return read_pst(shard)
    from analyzer.read.table import read_table

    return read_table(shard)


def _placed(item: RawMail | Letter, shard: Shard) -> RawMail | Letter:
    """Give an item the labels and the person of its shard; a person of its own, from a table, comes first."""
    labels = tuple(dict.fromkeys((*shard.labels, *item.labels)))
    return replace(item, labels=labels, person=item.person or shard.person)


def _parsed(item: RawMail | Letter | ReadError) -> Letter | ReadError:
    try:
        return read_mail(item) if isinstance(item, RawMail) else item
    except ReadError as error:
        return error
