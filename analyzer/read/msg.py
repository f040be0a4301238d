"""A mail saved from Outlook (.msg): a small file system in a file ([MS-OXMSG]); needs the extra `outlook`."""

from __future__ import annotations

import io
import struct
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

from analyzer.errors import ReadError
from analyzer.read.attached import Attachment
from analyzer.read.foreign import DAMAGE, damaged, extra_missing
from analyzer.read.mapi import (
    INTERNET_CODE_PAGE,
    MESSAGE_CODE_PAGE,
    Item,
    code_page,
    from_filetime,
    letter_of_item,
)
from analyzer.read.text import decode_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.records import Letter

MAX_EMBEDDED = 3
"""Mails within mails that are opened to find the letter."""

_ATTACH_DATA = 0x3701
_ATTACH_NAMES = (0x3707, 0x3704, 0x3001)
_ATTACH_KIND = 0x370E
_MAX_PARTS = 200  # recipients, and attachments, that are looked at
_PROPERTIES = "__properties_version1.0"
_TEXT, _TEXT_8_BIT, _BYTES, _STORAGE = 0x001F, 0x001E, 0x0102, 0x000D

Place = tuple[str, ...]


def letter_from_msg(data: bytes, source: str) -> Letter:
    """Read a .msg file: the mail's own text, or the mail or document attached to it where it has none."""
    try:
        import olefile
    except ImportError:
        raise extra_missing(source, "Outlook's .msg", "outlook") from None
    if not data.startswith(olefile.MAGIC):
        raise damaged(source, "Outlook mail")
    try:
        with warnings.catch_warnings(action="ignore"), olefile.OleFileIO(io.BytesIO(data)) as file:
            return _letter(_Tree(file), (), source, MAX_EMBEDDED)
    except DAMAGE as error:
        raise damaged(source, "Outlook mail") from error


def _letter(tree: _Tree, place: Place, source: str, deep: int) -> Letter:
    properties = _Properties(tree, place, 32 if not place else 24)
    recipients = [_Properties(tree, part, 8, properties) for part in tree.parts(place, "__recip_version1.0_#")]
    attached = [_Properties(tree, part, 8, properties) for part in tree.parts(place, "__attach_version1.0_#")]
    item = Item(properties, recipients, [_attachment(part) for part in attached])
    try:
        return letter_of_item(item, source)
    except ReadError:
        inner = [part.place for part in attached if part.embedded() in tree.storages]
        if not inner or deep == 0:
            raise
        return _letter(tree, (*inner[0], _stream(_ATTACH_DATA, _STORAGE)), source, deep - 1)


def _attachment(part: _Properties) -> Attachment:
    name = next((name for number in _ATTACH_NAMES if (name := part.text(number))), "")
    return Attachment(part.text(_ATTACH_KIND).lower(), name, partial(part.data, _ATTACH_DATA))


class _Tree:
    """The streams of a file by their place."""

    def __init__(self, file: Any) -> None:  # noqa: ANN401  olefile is imported only where it is used
        self._file = file
        self._streams = {tuple(place) for place in file.listdir()}
        self.storages = {place[:depth] for place in self._streams for depth in range(1, len(place))}

    def read(self, place: Place) -> bytes | None:
        """Return what a stream holds, None where there is none."""
        if place not in self._streams:
            return None
        content: bytes = self._file.openstream(list(place)).read()
        return content

    def parts(self, place: Place, prefix: str) -> list[Place]:
        """Return the recipients or attachments of the message at `place`."""
        depth = len(place)
        found = (part for part in self.storages if len(part) == depth + 1 and part[:depth] == place)
        return sorted(part for part in found if part[depth].startswith(prefix))[:_MAX_PARTS]


class _Properties:
    """The properties of one message, recipient or attachment: long ones are streams, short ones stand in a table."""

    def __init__(self, tree: _Tree, place: Place, header: int, message: _Properties | None = None) -> None:
        self._tree = tree
        self.place = place
        table = tree.read((*place, _PROPERTIES)) or b""
        self._fixed = dict(_entries(table[header:]))
        pages = (self.number(number) for number in (MESSAGE_CODE_PAGE, INTERNET_CODE_PAGE))
        self._code_page: str | None = message._code_page if message else code_page(next(filter(None, pages), 0))

    def text(self, number: int) -> str:
        wide = self._tree.read((*self.place, _stream(number, _TEXT)))
        if wide is not None:
            return wide.decode("utf-16-le", "replace").rstrip("\0")
        narrow = self._tree.read((*self.place, _stream(number, _TEXT_8_BIT))) or b""
        return decode_bytes(narrow, self._code_page)[0].rstrip("\0")

    def data(self, number: int) -> bytes:
        return self._tree.read((*self.place, _stream(number, _BYTES))) or b""

    def number(self, number: int) -> int:
        return struct.unpack("<i", self._fixed.get(number, bytes(8))[:4])[0]  # type: ignore[no-any-return]

    def moment(self, number: int) -> float | None:
        return from_filetime(int.from_bytes(self._fixed.get(number, b""), "little"))

    def embedded(self) -> Place:
        """Return where the mail lies that is attached, if one is."""
        return (*self.place, _stream(_ATTACH_DATA, _STORAGE))


def _entries(table: bytes) -> Iterator[tuple[int, bytes]]:
    for start in range(0, len(table) - 15, 16):
        yield int.from_bytes(table[start + 2 : start + 4], "little"), table[start + 8 : start + 16]


def _stream(number: int, kind: int) -> str:
    return f"__substg1.0_{number:04X}{kind:04X}"
