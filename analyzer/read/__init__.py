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
from analyzer.read.text import MAX_BYTES, letter_from_text, writable

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
    source = writable(str(path))
    if _is_folder(path):
        raise ReadError(f"{source}: is a folder; name its letters one by one, or use `analyzer batch {source} -o DIR`")
    adapter = _ADAPTERS.get(path.suffix.lower(), letter_from_text)
    return adapter(_read_bytes(path, source), source)


def read_letters(path: Path, *, leave_out: Path | None = None) -> Iterator[Letter | ReadError]:
    """Yield every letter in a .jsonl file, a letter file, or a folder of them (sorted, all depths).

    What cannot be read is yielded as the error that says why, so that one broken letter never ends a run. A missing
    path raises. What stands in the folder `leave_out` (the output of a run) is no letter.
    """
    if _is_folder(path):
        yield from _letters_in_folder(path, leave_out.resolve() if leave_out else None)
    elif path.suffix.lower() == ".jsonl":
        yield from letters_from_jsonl(path)
    else:
        try:
            letter = read_letter(path)
        except ReadError as error:
            if _is_missing(path):
                raise
            yield error
        else:
            yield letter


def _letters_in_folder(folder: Path, leave_out: Path | None) -> Iterator[Letter | ReadError]:
    for path in sorted(folder.rglob("*")):
        is_letter = path.suffix.lower() in (*_ADAPTERS, ".jsonl")
        is_link = path.is_symlink() and (is_letter or _is_folder(path))
        if not is_letter and not is_link:
            continue
        # The folder that holds it is asked: it is none of the links, which may lead nowhere.
        if leave_out is not None and path.parent.resolve().is_relative_to(leave_out):
            continue
        if is_link:
            source = writable(str(path))
            yield ReadError(f"{source}: is a link; links inside a folder are not followed, copy what it leads to")
        elif path.is_file():
            try:
                yield from read_letters(path)
            except ReadError as error:
                yield error


def _is_folder(path: Path) -> bool:
    """Ask what `Path.is_dir` does, which raises where a name is too long."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _is_missing(path: Path) -> bool:
    try:
        return not path.exists()
    except OSError:
        return True


def _read_bytes(path: Path, source: str) -> bytes:
    try:
        with path.open("rb") as file:
            return _within_limit(file.read(MAX_BYTES + 1), source)
    except FileNotFoundError:
        raise ReadError(f"{source}: there is no such file; check the spelling of the path") from None
    except OSError as error:
        raise ReadError(f"{source}: cannot be read ({error.strerror}); check the path and its permissions") from error


def _within_limit(data: bytes, source: str) -> bytes:
    if len(data) > MAX_BYTES:
        limit = MAX_BYTES // 1_000_000
        raise ReadError(f"{source}: is larger than {limit} MB, which no letter is; cut the letter out of it")
    return data
