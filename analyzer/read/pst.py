"""Outlook's own stores (.pst, .ost), folder by folder; needs the extra `outlook`."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.errors import ReadError
from analyzer.read import mapi
from analyzer.read.attached import Attachment
from analyzer.read.foreign import DAMAGE, damaged, extra_missing
from analyzer.read.mapi import MESSAGE_CODE_PAGE, Item, code_page, from_filetime, letter_of_item
from analyzer.read.text import MAX_BYTES, decode_bytes, writable
from analyzer.records import Letter, RawMail, Shard

if TYPE_CHECKING:
    from collections.abc import Container, Iterator
    from typing import Self

SHARD_MESSAGES = 500
_MAX_DEPTH = 50  # folders within folders
_MAX_PARTS = 200  # recipients, and attachments, that are looked at
_ROOTS = frozenset(
    {"top of personal folders", "top of outlook data file", "ipm_subtree", "root - mailbox", "root - public"}
)
"""Folders that Outlook does not show: those below them are the first that have a name to their reader."""

Pff = Any  # what pypff gives: it says nothing about its types

_FOLDER_KIND = 0x3613
_ATTACH_KIND = 0x370E
_ATTACH_NAMES = (0x3707, 0x3704, 0x3001)
_TEXT, _TEXT_8_BIT, _BYTES = 0x001F, 0x001E, 0x0102
_OF_RECIPIENTS = (mapi.RECIPIENT_TYPE, mapi.DISPLAY_NAME, mapi.SMTP_ADDRESS, mapi.EMAIL_ADDRESS)
_OF_MESSAGES = frozenset(value for name, value in vars(mapi).items() if name.isupper() and isinstance(value, int))


def plan_pst(path: Path, source: str) -> Iterator[Shard | ReadError]:
    """Cut every folder of a store into ranges of messages; what cannot be read is yielded as the error that says why."""
    try:
        with _store(path, source) as store:
            known = path.stat()
            stamp = f"{known.st_size} {known.st_mtime_ns}"
            for name, labels, folder in _folders(store.get_root_folder(), source, ()):
                count = folder.get_number_of_sub_messages() if _is_mail(folder) else 0
                for start in range(0, count, SHARD_MESSAGES):
                    stop = min(start + SHARD_MESSAGES, count)
                    digest = hashlib.blake2b(f"{stamp} {name} {start}".encode(), digest_size=16).hexdigest()
                    yield Shard(name, str(path), "pst", start, stop, start + 1, digest=digest, labels=labels)
    except ReadError as error:
        error.source = source
        yield error


def read_pst(shard: Shard) -> Iterator[RawMail | Letter | ReadError]:
    """Read a range of a folder's messages; one that is damaged gives the error that says so."""
    try:
        with _store(Path(shard.path), shard.source) as store:
            folder = _find(store, shard.source)
            for number in range(shard.start, shard.stop):
                source = f"{shard.source}#{shard.first + number - shard.start}"
                try:
                    yield _letter(folder.get_sub_message(number), shard, source)
                except ReadError as error:
                    yield error
                except DAMAGE:
                    yield ReadError(f"{source}: is damaged; open it in Outlook and save it as .msg", source=source)
    except ReadError as error:
        error.source = error.source or shard.source
        yield error


def _folders(
    folder: Pff,
    place: str,
    labels: tuple[str, ...],
    depth: int = 0,
) -> Iterator[tuple[str, tuple[str, ...], Pff]]:
    """Yield every folder with its place and its labels: the one that holds others first."""
    yield place, labels, folder
    if depth == _MAX_DEPTH:
        return
    used: set[str] = set()
    for number in range(folder.get_number_of_sub_folders()):
        inner = folder.get_sub_folder(number)
        name = _name_of(inner) or "folder"
        shown = name.replace("/", "_").replace("#", "_")
        shown = shown if shown not in used else f"{shown} ({number + 1})"
        used.add(shown)
        hidden = depth <= 1 and name.lower() in _ROOTS
        yield from _folders(inner, f"{place}/{shown}", labels if hidden else (*labels, name), depth + 1)


def _is_mail(folder: Pff) -> bool:
    """Tell whether a folder may hold mail: one of appointments or contacts says so."""
    kind = _Properties(folder, (_FOLDER_KIND,)).text(_FOLDER_KIND)
    return kind in {"", "IPF"} or kind.startswith(("IPF.Note", "IPF.Imap", "IPF.Files"))


def _find(store: Pff, place: str) -> Pff:
    """Return the folder of a shard: its place ends in the names of the folders that lead to it."""
    found, longest = store.get_root_folder(), 0
    for name, _, folder in _folders(found, "", ()):
        if place.endswith(name) and len(name) > longest:
            found, longest = folder, len(name)
    return found


def _letter(message: Pff, shard: Shard, source: str) -> Letter:
    properties = _Properties(message, _OF_MESSAGES)
    people = [] if message.recipients is None else message.recipients.record_sets
    recipients = [_Properties.of_record(record, _OF_RECIPIENTS) for record in islice(people, _MAX_PARTS)]
    attached = (message.get_attachment(number) for number in range(min(message.number_of_attachments, _MAX_PARTS)))
    item = Item(properties, recipients, (_attachment(part) for part in attached))
    return letter_of_item(item, source, shard.labels, shard.person)


def _attachment(part: Pff) -> Attachment:
    properties = _Properties(part, (_ATTACH_KIND, *_ATTACH_NAMES))
    name = next((name for number in _ATTACH_NAMES if (name := properties.text(number))), "")
    return Attachment(properties.text(_ATTACH_KIND).lower(), name, partial(_content, part))


def _content(part: Pff) -> bytes:
    try:
        content: bytes = part.read_buffer(min(part.get_size(), MAX_BYTES))
    except DAMAGE:
        return b""
    return content


class _Properties:
    """The properties of one message, recipient or attachment that are asked for by their `numbers`."""

    def __init__(self, item: Pff, numbers: Container[int]) -> None:
        self._values: dict[int, tuple[int, bytes]] = {}
        for record in item.record_sets:
            self._take(record, numbers)

    @classmethod
    def of_record(cls, record: Pff, numbers: Container[int]) -> Self:
        """Take the properties of a recipient, which is one record."""
        properties = cls.__new__(cls)
        properties._values = {}
        properties._take(record, numbers)
        return properties

    def _take(self, record: Pff, numbers: Container[int]) -> None:
        for entry in record.entries:
            if entry.entry_type in numbers and entry.data is not None:
                self._values.setdefault(entry.entry_type, (entry.value_type, entry.data))

    def text(self, number: int) -> str:
        kind, value = self._values.get(number, (0, b""))
        if kind == _TEXT:
            return value.decode("utf-16-le", "replace").rstrip("\0")
        if kind == _TEXT_8_BIT:
            return decode_bytes(value, code_page(self.number(MESSAGE_CODE_PAGE)))[0].rstrip("\0")
        return ""

    def data(self, number: int) -> bytes:
        kind, value = self._values.get(number, (0, b""))
        return value if kind == _BYTES else b""

    def number(self, number: int) -> int:
        return int.from_bytes(self._values.get(number, (0, b""))[1][:4], "little", signed=True)

    def moment(self, number: int) -> float | None:
        return from_filetime(int.from_bytes(self._values.get(number, (0, b""))[1][:8], "little"))


def _name_of(folder: Pff) -> str:
    try:
        return " ".join(writable(folder.get_name() or "").split())[:200]
    except DAMAGE:
        return ""


@contextmanager
def _store(path: Path, source: str) -> Iterator[Pff]:
    try:
        import pypff
    except ImportError:
        raise extra_missing(source, "Outlook's .pst", "outlook") from None
    store = pypff.file()
    try:
        with path.open("rb") as file:
            store.open_file_object(file)
            yield store
            store.close()
    except DAMAGE as error:
        raise damaged(source, "Outlook store") from error
