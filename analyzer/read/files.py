"""Files of one letter each: which adapter reads which, and shards of many small files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.errors import ReadError
from analyzer.read.disk import unreadable
from analyzer.read.eml import letter_from_eml, read_mail
from analyzer.read.formats import HEAD, LETTERS, is_maildir_name, looks_like_mail
from analyzer.read.html import letter_from_html
from analyzer.read.labels import folder_labels
from analyzer.read.mbox import cut_note
from analyzer.read.text import MAX_BYTES, letter_from_text
from analyzer.records import RawMail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from analyzer.records import Letter, Shard

_COUNT_LINE = 100  # bytes of an .emlx that are given to its first line at most


def letter_from_emlx(data: bytes, source: str) -> Letter:
    """Read a message of Apple Mail: the bytes it has, the message, and a property list with its flags."""
    return letter_from_eml(_within_emlx(data), source)


def _letter_from_msg(data: bytes, source: str) -> Letter:
    from analyzer.read.msg import letter_from_msg

    return letter_from_msg(data, source)


def _letter_from_pdf(data: bytes, source: str) -> Letter:
    from analyzer.read.document import letter_from_pdf

    return letter_from_pdf(data, source)


def _letter_from_docx(data: bytes, source: str) -> Letter:
    from analyzer.read.document import letter_from_docx

    return letter_from_docx(data, source)


ADAPTERS: dict[str, Callable[[bytes, str], Letter]] = {
    ".txt": letter_from_text,
    ".md": letter_from_text,
    ".eml": letter_from_eml,
    ".emlx": letter_from_emlx,
    ".html": letter_from_html,
    ".htm": letter_from_html,
    ".msg": _letter_from_msg,
    ".pdf": _letter_from_pdf,
    ".docx": _letter_from_docx,
}
_MAIL = frozenset({".eml", ".emlx"})


def read_one(path: Path, source: str) -> Letter:
    """Read the file at `path` as one letter."""
    found = _read_file(path, source)
    return read_mail(found) if isinstance(found, RawMail) else found


def read_files(shard: Shard) -> Iterator[RawMail | Letter | ReadError]:
    """Yield what each file of a shard holds: mail as it stands, other letters read."""
    for source in shard.files:
        tail = source.removeprefix(shard.source)
        folders = tuple(label for label in folder_labels(tail) if label != shard.person)
        try:
            found = _read_file(Path(shard.path + tail), source)
        except ReadError as error:
            error.source = source
            yield error
        else:
            yield replace(found, labels=tuple(dict.fromkeys((*folders, *found.labels))))


def _read_file(path: Path, source: str) -> RawMail | Letter:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1 + _COUNT_LINE)
    except OSError as error:
        raise unreadable(error, source) from error
    if _is_mail(path, data[:HEAD]):
        return _raw_mail(data, source, path.suffix.lower())
    if len(data) > MAX_BYTES:
        limit = MAX_BYTES // 1_000_000
        raise ReadError(f"{source}: is larger than {limit} MB, which no letter is; cut the letter out of it")
    return ADAPTERS.get(path.suffix.lower(), letter_from_text)(data, source)


def _is_mail(path: Path, head: bytes) -> bool:
    """Say whether it is mail; a file of no known name is where it begins as mail or lies where a maildir keeps its."""
    suffix = path.suffix.lower()
    return suffix in _MAIL or is_maildir_name(path) or (suffix not in LETTERS and looks_like_mail(head))


def _raw_mail(data: bytes, source: str, suffix: str) -> RawMail:
    if suffix == ".emlx":
        data = _within_emlx(data)
    if len(data) > MAX_BYTES:
        return RawMail(data[:MAX_BYTES], source, notes=(cut_note(),))
    return RawMail(data, source)


def _within_emlx(data: bytes) -> bytes:
    """Return the message in an .emlx; what has no such first line is a message as it stands."""
    line = data[:_COUNT_LINE].partition(b"\n")[0]
    if not line.strip().isdigit():
        return data
    return data[len(line) + 1 :][: int(line)]
