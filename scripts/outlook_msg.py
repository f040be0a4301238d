"""Write a .msg file as Outlook does, from the published specifications [MS-OXMSG] (what is in it) and [MS-CFB] (how).

It is for fixtures: the reader in analyzer/read/msg.py shares no code with it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Tree = dict[str, "bytes | Tree"]

SECTOR, MINI = 512, 64
MINI_CUTOFF = 4096
FREE, END, OF_FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
STREAM, STORAGE, ROOT = 2, 1, 5
UNICODE, STRING_8, BINARY, LONG, TIME, OBJECT = 0x1F, 0x1E, 0x102, 0x3, 0x40, 0xD


@dataclass(frozen=True)
class Person:
    """A sender or recipient; `within` is the name that Exchange gives people of the same company."""

    name: str
    smtp: str = ""
    within: str = ""
    kind: int = 1  # 1: To, 2: Cc


@dataclass(frozen=True)
class File:
    """An attachment: bytes, or another mail."""

    name: str
    content: bytes | Mail
    kind: str = "application/octet-stream"


@dataclass(frozen=True)
class Mail:
    """What is written. `code_page` None: as Unicode; else text is stored in 8 bits, as Outlook did before 2003."""

    subject: str
    sender: Person
    to: Sequence[Person] = ()
    body: str | None = None
    html: bytes | None = None
    rtf: bytes | None = None
    headers: str = ""
    message_id: str = ""
    in_reply_to: str = ""
    sent: datetime | None = None
    code_page: int | None = None
    files: Sequence[File] = field(default=())


def write_msg(path: Path, mail: Mail) -> None:
    """Write `mail` to `path`."""
    path.write_bytes(compound_file(_message(mail, top=True)))


def packed_rtf(rtf: bytes) -> bytes:
    """Pack RTF as [MS-OXRTFCP] wants it, without looking for repetitions."""
    out = bytearray()
    for start in range(0, len(rtf), 8):
        piece = rtf[start : start + 8]
        out += b"\0" + piece if len(piece) == 8 else b""
    rest = rtf[len(rtf) // 8 * 8 :]
    place = (207 + len(rtf)) % 4096  # a reference to where the next byte would go is the end
    out += bytes([1 << len(rest)]) + rest + struct.pack(">H", place << 4)
    return struct.pack("<IIII", len(out) + 12, len(rtf), 0x75465A4C, _crc(bytes(out))) + bytes(out)


def _crc(data: bytes) -> int:
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xEDB88320 if value & 1 else 0)
    return value


def _message(mail: Mail, *, top: bool) -> Tree:
    strings = {
        0x001A: "IPM.Note",
        0x0037: mail.subject,
        0x0C1A: mail.sender.name,
        0x0C1E: "EX" if mail.sender.within else "SMTP",
        0x0C1F: mail.sender.within or mail.sender.smtp,
        0x5D01: mail.sender.smtp if mail.sender.within else None,
        0x0E04: "; ".join(person.name for person in mail.to if person.kind == 1),
        0x0E03: "; ".join(person.name for person in mail.to if person.kind == 2),
        0x007D: mail.headers or None,
        0x1035: mail.message_id or None,
        0x1042: mail.in_reply_to or None,
        0x1000: mail.body,
    }
    longs = {0x0E07: 1, 0x3FDE: 65001, 0x340D: 0x40000 if mail.code_page is None else 0}
    if mail.code_page is not None:
        longs |= {0x3FFD: mail.code_page, 0x3FDE: mail.code_page}
    tree, table = _properties(strings, {0x1013: mail.html, 0x1009: mail.rtf}, longs, mail)
    counts = struct.pack("<IIII", len(mail.to), len(mail.files), len(mail.to), len(mail.files))
    tree["__properties_version1.0"] = bytes(8) + counts + (bytes(8) if top else b"") + table
    for number, person in enumerate(mail.to):
        tree[f"__recip_version1.0_#{number:08X}"] = _recipient(person, number, mail)
    for number, file in enumerate(mail.files):
        tree[f"__attach_version1.0_#{number:08X}"] = _attachment(file, number, mail)
    if top:
        tree["__nameid_version1.0"] = {f"__substg1.0_000{number}0102": b"" for number in (2, 3, 4)}
    return tree


def _recipient(person: Person, number: int, mail: Mail) -> Tree:
    strings = {
        0x3001: person.name,
        0x3002: "EX" if person.within else "SMTP",
        0x3003: person.within or person.smtp,
        0x39FE: person.smtp or None,
    }
    tree, table = _properties(strings, {}, {0x0C15: person.kind, 0x3000: number}, mail)
    tree["__properties_version1.0"] = bytes(8) + table
    return tree


def _attachment(file: File, number: int, mail: Mail) -> Tree:
    inner = isinstance(file.content, Mail)
    strings = {0x3001: file.name, 0x3704: file.name[:12], 0x3707: file.name, 0x370E: None if inner else file.kind}
    data = None if isinstance(file.content, Mail) else file.content
    tree, table = _properties(strings, {0x3701: data}, {0x3705: 5 if inner else 1, 0x0E21: number}, mail)
    if isinstance(file.content, Mail):
        tree[f"__substg1.0_3701{OBJECT:04X}"] = _message(file.content, top=False)
        table += struct.pack("<HHIII", OBJECT, 0x3701, 6, FREE, 1)
    tree["__properties_version1.0"] = bytes(8) + table
    return tree


def _properties(
    strings: dict[int, str | None], blobs: dict[int, bytes | None], longs: dict[int, int], mail: Mail
) -> tuple[Tree, bytes]:
    """Return the streams of the long properties, and the table of all."""
    kind = UNICODE if mail.code_page is None else STRING_8
    encoding = "utf-16-le" if mail.code_page is None else f"cp{mail.code_page}"
    tree: Tree = {}
    table = b""
    values = [(number, kind, text.encode(encoding, "replace")) for number, text in strings.items() if text is not None]
    values += [(number, BINARY, blob) for number, blob in blobs.items() if blob is not None]
    for number, what, value in sorted(values):
        tree[f"__substg1.0_{number:04X}{what:04X}"] = value
        size = len(value) + {UNICODE: 2, STRING_8: 1}.get(what, 0)  # the end that is not stored counts
        table += struct.pack("<HHIII", what, number, 6, size, 0)
    for number, long in longs.items():
        table += struct.pack("<HHIII", LONG, number, 6, long, 0)
    if mail.sent and 0x0037 in strings:
        ticks = round((mail.sent - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds() * 10_000_000)
        table += struct.pack("<HHIQ", TIME, 0x0039, 6, ticks)
    return tree, table


@dataclass
class _Entry:
    name: str
    kind: int
    content: bytes = b""
    left: int = FREE
    right: int = FREE
    child: int = FREE
    red: bool = False
    start: int = END
    size: int = 0


def compound_file(tree: Tree) -> bytes:
    """Write storages and streams as a file of version 3 with sectors of 512 bytes."""
    entries = [_Entry("Root Entry", ROOT)]
    _enter(tree, entries[0], entries)
    mini = b""
    mini_fat: list[int] = []
    for entry in entries:
        if entry.kind == STREAM and 0 < len(entry.content) < MINI_CUTOFF:
            entry.start, entry.size = len(mini_fat), len(entry.content)
            mini += _padded(entry.content, MINI)
            mini_fat += _chain(len(mini_fat), len(mini) // MINI - len(mini_fat))
    entries[0].content = mini
    large = [entry for entry in entries if entry.kind == ROOT or len(entry.content) >= MINI_CUTOFF]
    directory = _padded(bytes(128 * len(entries)), SECTOR)
    mini_table = _padded(struct.pack(f"<{len(mini_fat)}I", *mini_fat), SECTOR, b"\xff")
    sizes = [len(directory), len(mini_table), *(len(_padded(entry.content, SECTOR)) for entry in large)]
    sectors = sum(sizes) // SECTOR
    of_fat = next(number for number in count(1) if number * SECTOR // 4 >= sectors + number)
    fat = [OF_FAT] * of_fat
    starts = []
    for size in sizes:
        starts.append(len(fat) if size else END)
        fat += _chain(len(fat), size // SECTOR)
    for entry, start in zip(large, starts[2:], strict=True):
        entry.start, entry.size = start, len(entry.content)
    header = struct.pack(
        "<8s16sHHHHH6xIIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", bytes(16), 0x3E, 3, 0xFFFE, 9, 6,
        0, of_fat, starts[0], 0, MINI_CUTOFF, starts[1], len(mini_table) // SECTOR, END, 0, 0,
    )  # fmt: skip
    header = _padded(header + struct.pack(f"<{of_fat - 1}I", *range(1, of_fat)), SECTOR, b"\xff")
    table = _padded(struct.pack(f"<{len(fat)}I", *fat), SECTOR, b"\xff")
    directory = _padded(b"".join(map(_directory_entry, entries)), SECTOR)
    return header + table + directory + mini_table + b"".join(_padded(entry.content, SECTOR) for entry in large)


def _enter(tree: Tree, parent: _Entry, entries: list[_Entry]) -> None:
    """Add the entries of a storage, as a balanced tree in the order of the specification: by length, then by letters."""
    numbers: list[int] = []
    for name in sorted(tree, key=lambda name: (len(name), name.upper())):
        content = tree[name]
        entry = _Entry(name, STREAM, content) if isinstance(content, bytes) else _Entry(name, STORAGE)
        numbers.append(len(entries))
        entries.append(entry)
        if isinstance(content, dict):
            _enter(content, entry, entries)
    parent.child = _balance(numbers, entries, depth=len(numbers).bit_length())


def _balance(numbers: list[int], entries: list[_Entry], depth: int) -> int:
    if not numbers:
        return FREE
    middle = len(numbers) // 2
    entry = entries[numbers[middle]]
    entry.red = depth == 1 and len(entries) > 2  # only the lowest row: every way down has as many black ones
    entry.left = _balance(numbers[:middle], entries, depth - 1)
    entry.right = _balance(numbers[middle + 1 :], entries, depth - 1)
    return numbers[middle]


def _directory_entry(entry: _Entry) -> bytes:
    name = (entry.name + "\0").encode("utf-16-le")
    return struct.pack(
        "<64sHBBIII16sIQQIQ", name, len(name), entry.kind, 0 if entry.red else 1, entry.left, entry.right, entry.child,
        bytes(16), 0, 0, 0, entry.start if entry.kind != STORAGE else 0, entry.size,
    )  # fmt: skip


def _chain(first: int, length: int) -> list[int]:
    return [*range(first + 1, first + length), END] if length else []


def _padded(data: bytes, size: int, filler: bytes = b"\0") -> bytes:
    return data + filler * (-len(data) % size)
