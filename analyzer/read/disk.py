"""A file as the disk gives it: in blocks, its trouble in one line, its content as a digest."""

from __future__ import annotations

import os
from hashlib import blake2b
from typing import TYPE_CHECKING

from analyzer.errors import ReadError

if TYPE_CHECKING:
    import re
    from typing import BinaryIO

SHARD_BYTES = 8_000_000
"""Work is cut into pieces of about this size: small enough to start at once, large enough that a piece costs nothing."""

BLOCK = 1 << 20


def unreadable(error: OSError, source: str) -> ReadError:
    """Return the one line for a file that the system does not give."""
    if isinstance(error, FileNotFoundError):
        return ReadError(f"{source}: there is no such file; check the spelling of the path", source=source)
    reason = error.strerror or error
    return ReadError(f"{source}: cannot be read ({reason}); check the path and its permissions", source=source)


def digest_of(file: BinaryIO, start: int, stop: int) -> str:
    """Return what names the bytes from `start` to `stop`."""
    known = blake2b(digest_size=16)
    file.seek(start)
    while start < stop and (block := file.read(min(BLOCK, stop - start))):
        known.update(block)
        start += len(block)
    return known.hexdigest()


class Blocks:
    """A window on an open file that moves along it. Every position is one of the file, at memory of one block."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.size = os.fstat(file.fileno()).st_size
        self._block = BLOCK
        self._start = 0
        self._data = b""

    def find(self, pattern: re.Pattern[bytes], position: int) -> int:
        """Return where `pattern` matches first at or after `position`, -1 if nowhere.

        A match begins with a line end and is shorter than a block. A pattern finds bytes in two thirds of the time of
        bytes.find.
        """
        if not self._start <= position < self._start + len(self._data):
            self._move(position)
        while (found := pattern.search(self._data, position - self._start)) is None:
            if len(self._data) < self._block:  # the end of the file
                return -1
            line_end = self._start + self._data.rfind(b"\n")  # what begins there may go on in the next block
            seen = self._start + len(self._data)
            position = line_end if line_end >= position and line_end > self._start else seen
            self._move(position)
        return self._start + found.start()

    def peek(self, position: int, size: int) -> bytes:
        """Return `size` bytes from `position` on, fewer at the end of the file. The window stays where it is."""
        start = position - self._start
        if start >= 0 and start + size <= len(self._data):
            return self._data[start : start + size]
        self.file.seek(position)
        return self.file.read(size)

    def _move(self, position: int) -> None:
        self.file.seek(position)
        self._start, self._data = position, self.file.read(self._block)
