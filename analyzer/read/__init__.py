"""Path -> letters: one adapter a format behind `read_letter` (one) and `read_letters` (many).

    text.py    .txt .md, standard input     decode, headers that were pasted along
    eml.py     .eml                         MIME, the part that is the letter
    html.py    .html, and the HTML in mail  visible text
    jsonl.py   .jsonl                       one letter a line

A letter that cannot be read raises `ReadError` with one line; nothing else leaves this package.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from analyzer.errors import ReadError
from analyzer.read.eml import letter_from_eml
from analyzer.read.html import letter_from_html
from analyzer.read.jsonl import letters_from_jsonl
from analyzer.read.text import MAX_BYTES, letter_from_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from analyzer.records import Letter

__all__ = ["LETTER_SUFFIXES", "MAX_BYTES", "read_letter", "read_letters", "read_stream"]

_ADAPTERS: dict[str, Callable[[bytes, str], Letter]] = {
    ".txt": letter_from_text,
    ".md": letter_from_text,
    ".eml": letter_from_eml,
    ".html": letter_from_html,
    ".htm": letter_from_html,
}
LETTER_SUFFIXES = tuple(_ADAPTERS)


def read_stream(stream: BinaryIO, source: str = "standard input") -> Letter:
    """Read one pasted or piped letter; raises ReadError when there is nothing in it to read."""
    return letter_from_text(_within_limit(stream.read(MAX_BYTES + 1), source), source)


def read_letter(path: Path) -> Letter:
    """Read the file at `path` as one letter, by its suffix; what has no known suffix is read as text."""
    if str(path) == "-":
        return read_stream(sys.stdin.buffer)
    source = str(path)
    if path.is_dir():
        raise ReadError(f"{source}: is a folder; name its letters one by one, or use `analyzer batch {source} -o DIR`")
    adapter = _ADAPTERS.get(path.suffix.lower(), letter_from_text)
    return adapter(_read_bytes(path), source)


def read_letters(path: Path) -> Iterator[Letter | ReadError]:
    """Yield every letter in a .jsonl file, a letter file, or a folder of them (sorted, all depths).

    What cannot be read is yielded as the error that says why, so that one broken letter never ends a run. A missing
    path raises.
    """
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if file.suffix.lower() in (*_ADAPTERS, ".jsonl"))
        for file in found:
            if file.is_symlink():
                yield ReadError(f"{file}: is a link; links inside a folder are not followed, copy the file instead")
            elif file.is_file():
                yield from read_letters(file)
    elif path.suffix.lower() == ".jsonl":
        yield from letters_from_jsonl(path)
    else:
        try:
            letter = read_letter(path)
        except ReadError as error:
            if not path.exists():
                raise
            yield error
        else:
            yield letter


def _read_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return _within_limit(file.read(MAX_BYTES + 1), str(path))
    except FileNotFoundError:
        raise ReadError(f"{path}: there is no such file; check the spelling of the path") from None
    except OSError as error:
        raise ReadError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from error


def _within_limit(data: bytes, source: str) -> bytes:
    if len(data) > MAX_BYTES:
        limit = MAX_BYTES // 1_000_000
        raise ReadError(f"{source}: is larger than {limit} MB, which no letter is; cut the letter out of it")
    return data
