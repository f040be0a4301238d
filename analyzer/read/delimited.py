"""CSV and its kin: any delimiter and encoding, line ends between quotes, records of any length at bounded memory.

Records are cut by the same parser when work is planned and when it is done, so that a shard always begins and ends
between two of them.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import sys
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzer.read.text import MAX_BYTES, decode_bytes, encoding_of

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = 512_000
"""Bytes at the top that are looked at to tell how a file is written."""

_DELIMITERS = ",;\t|"
_SAMPLE = 100_000  # characters that are parsed with each delimiter
_BACKSLASHED = re.compile(r'[^\\]\\"(?![,;\t|\r\n]|$)')
_DOUBLED = re.compile(r'[^,;\t|\r\n"]""')
_SEP = re.compile(r"sep=([^\"\w\s]|\t)\r?\n", re.IGNORECASE)
_QUOTE = re.compile(rb'"')
_QUOTE_OR_END = re.compile(rb'["\n]')
_NONE = "\x1f"
"""A delimiter that no text has, for a file of one column."""

_LINE_BREAK = "\x0b"  # stands for a lone CR while a record is parsed, for the parser takes it for the end


@dataclass(frozen=True)
class Layout:
    """How a file is written. `start`: where its first record begins. `in_bytes`: its places are bytes that can be cut."""

    encoding: str
    delimiter: str
    escaped: bool
    start: int
    in_bytes: bool


@dataclass(frozen=True)
class Record:
    """One row. `begin` and `end` are its bytes, half open; `cut`: what was beyond 10 MB of it is missing."""

    cells: list[str]
    begin: int
    end: int
    cut: bool


def find_layout(head: bytes, *, tabs: bool = False) -> Layout:
    """Tell from its first HEAD bytes how a file is written."""
    encoding = encoding_of(head)
    start = next(
        (len(mark) for mark in (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) if head.startswith(mark)), 0
    )
    text = head[start:].decode(encoding, "replace")
    in_cr = text.count("\r") - text.count("\r\n") > text.count("\n")
    in_bytes = not encoding.startswith("utf-16") and not in_cr
    delimiter = ""
    if announced := _SEP.match(text):  # Excel's own way
        delimiter = announced[1]
        start += len(announced[0].encode(encoding))
        text = text[announced.end() :]
    escaped = _BACKSLASHED.search(text) is not None and _DOUBLED.search(text) is None
    delimiter = delimiter or ("\t" if tabs and "\t" in text else _find_delimiter(text[:_SAMPLE], escaped=escaped))
    return Layout(encoding, delimiter, escaped, start, in_bytes)


def read_records(file: io.BufferedReader, layout: Layout, start: int, stop: int) -> Iterator[Record]:
    """Yield the records between two places; blank lines and rows of empty cells are none."""
    csv.field_size_limit(2 * MAX_BYTES)
    lines = _Lines(file, layout, start, stop)
    reader = csv.reader(
        lines,
        delimiter=layout.delimiter,
        doublequote=not layout.escaped,
        escapechar="\\" if layout.escaped else None,
    )
    while True:
        begin = lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        if any(cell.strip() for cell in cells):
            cells = [cell.replace(_LINE_BREAK, "\n") for cell in cells]
            yield Record(cells, begin, lines.position, lines.cut)


class _Lines:
    """The lines of a file for the parser, which takes one after the other; it never gets more than 10 MB a record."""

    def __init__(self, file: io.BufferedReader, layout: Layout, start: int, stop: int) -> None:
        file.seek(start)
        self._file = file if layout.in_bytes else io.BufferedReader(_Transcoded(file, layout.encoding))
        self._encoding = layout.encoding if layout.in_bytes else "utf-8"
        self._stop = stop if layout.in_bytes else sys.maxsize
        self._size = self._quotes = 0
        self.position = start
        self.cut = False

    def begin(self) -> int:
        """Begin a record, and return where."""
        self._size = self._quotes = 0
        self.cut = False
        return self.position

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if not self._size and self.position >= self._stop:
            raise StopIteration
        line = self._read(max(MAX_BYTES - self._size, 1))
        if not line:
            raise StopIteration
        closing = ""
        if self._size >= MAX_BYTES:
            closing = '"' if self._quotes % 2 else ""
            self._skip_rest(line)
        return self._decode(line).rstrip("\r\n").replace("\r", _LINE_BREAK) + closing + "\n"

    def _read(self, limit: int) -> bytes:
        line = self._file.readline(limit)
        self.position += len(line)
        self._size += len(line)
        self._quotes += line.count(b'"')
        return line

    def _skip_rest(self, line: bytes) -> None:
        """Go on to the end of the record: the first line end with all quotes closed."""
        self.cut = True
        ended = line.endswith(b"\n") and self._quotes % 2 == 0
        while not ended and (block := self._file.peek(1)):
            stop = (_QUOTE if self._quotes % 2 else _QUOTE_OR_END).search(block)
            taken = self._file.read(stop.end() if stop else len(block))
            self.position += len(taken)
            ended = taken.endswith(b"\n") and stop is not None and self._quotes % 2 == 0
            self._quotes += taken.endswith(b'"')

    def _decode(self, line: bytes) -> str:
        try:
            return line.decode(self._encoding)
        except UnicodeDecodeError:
            return decode_bytes(line)[0]


class _Transcoded(io.RawIOBase):
    """UTF-16, or lines that end in CR, as UTF-8 with line feeds; places in it are no bytes of the file."""

    def __init__(self, file: io.BufferedReader, encoding: str) -> None:
        super().__init__()
        self._file = file
        decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._decoder = io.IncrementalNewlineDecoder(decoder, translate=True)
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what BufferedReader hands over
        while not self._left:
            block = self._file.read(65_536)
            self._left = self._decoder.decode(block, final=not block).encode("utf-8", "replace")
            if not block:
                break
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size


def _find_delimiter(text: str, *, escaped: bool) -> str:
    """Return the delimiter that cuts most rows into the same number of cells, more than one."""

    def score(delimiter: str) -> tuple[float, int]:
        escape = "\\" if escaped else None
        rows = csv.reader(
            io.StringIO(text, newline=None), delimiter=delimiter, escapechar=escape, doublequote=not escaped
        )
        widths = Counter(len(row) for row in rows if row)
        width, count = max(widths.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
        return (count / widths.total() if width > 1 else 0.0), width

    best = max(_DELIMITERS, key=score)
    return best if score(best)[0] > 0.5 or '"' in text else _NONE  # lines of prose have commas here and there
