"""What the readers of other programs' files share: a missing extra, a damaged file, an archive that is a bomb."""

from __future__ import annotations

import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

from analyzer.errors import ReadError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

MAX_UNPACKED = 100_000_000
MAX_RATIO = 100
"""What unpacks to more than 100 MB *and* to more than a hundred times its size is no document."""

MAX_MEMBERS = 10_000

DAMAGE = (
    *(
        ArithmeticError,
        AssertionError,
        AttributeError,
        EOFError,
        LookupError,
        MemoryError,
        NotImplementedError,
        OSError,
    ),
    *(RecursionError, StopIteration, TypeError, ValueError, struct.error, zipfile.BadZipFile, zlib.error),
)
"""Parsers of binary formats raise any of these, somewhere deep inside, where bytes are missing or lie."""


def extra_missing(source: str, what: str, extra: str) -> ReadError:
    """Return the one line for a format whose reader is not installed."""
    return ReadError(f"{source}: reading {what} needs an extra; get it with: pip install 'analyzer[{extra}]'")


def damaged(source: str, what: str) -> ReadError:
    """Return the one line for a file that is not what it says, or no longer whole."""
    return ReadError(f"{source}: is damaged or no {what}; open it in its own program and copy the letter's words")


def refuse_bomb(file: Path | BinaryIO, source: str) -> None:
    """Raise ReadError where an Office file, which is a zip archive, would unpack to what no memory holds."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
    except DAMAGE as error:
        raise damaged(source, "Office file") from error
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if len(members) > MAX_MEMBERS or (unpacked > MAX_UNPACKED and unpacked > MAX_RATIO * max(packed, 1)):
        raise ReadError(f"{source}: unpacks to far more than it weighs; no letter does, so it was not opened")
