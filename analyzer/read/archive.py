"""An archive or a packed file -> a folder of what may be mail in it, in the scratch folder of a run.

An archive is hostile until shown otherwise: what its members are called decides nothing but the name of a file below a
new folder, sizes are counted as they come out, not as they are declared, and only files are unpacked. It is unpacked
whole into a folder beside its place and moved there, so that a run that goes on finds all of it or nothing.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from analyzer.errors import ReadError
from analyzer.read.disk import BLOCK
from analyzer.read.formats import HEAD, format_of, is_tar, unpacked_name
from analyzer.read.packed import BROKEN, Member, decompressed, tar_members, zip_members
from analyzer.read.text import writable

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from analyzer.read.packed import Stream

NESTING = 3
"""Archives within archives that are opened, the outermost counted."""

FREE_BYTES = 100_000_000
RATIO = 100
"""What unpacks to more than 100 MB *and* to more than a hundred times its size is a bomb."""

MAX_MEMBERS = 1_000_000
MAX_DEPTH = 100
"""Folders within folders in an archive; deeper ones are bait for what walks or removes them."""

_LISTED = 1000  # refused members that are named one by one
_GROWING = frozenset({"mbox", "jsonl"})  # half of such a file is half of its letters, not half a letter
_MARK = "unpacked.json"
_ELSEWHERE = re.compile(r"[/\\]|[A-Za-z]:")
_SEPARATOR = re.compile(r"[/\\]")
_NO_SUCH_NAMES = frozenset(
    {errno.ENAMETOOLONG, errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.EILSEQ, errno.EINVAL, errno.ENOENT}
)
_DAMAGED = "is damaged or not whole; what could be unpacked was read, download it again for the rest"
_BOMB = "unpacks to more than a hundred times its size, as no mail does; the rest was left out"


class _TooMuchError(Exception):
    """More comes out of an archive than may."""


@dataclass
class Budget:
    """Bytes that may still come out of an archive and all archives in it."""

    left: int

    def spend(self, size: int) -> None:
        """Count what came out; raises where it is too much."""
        self.left -= size
        if self.left < 0:
            raise _TooMuchError


def budget_of(path: Path) -> Budget:
    """Return what the outermost archive may unpack to."""
    try:
        return Budget(max(FREE_BYTES, RATIO * path.stat().st_size))
    except OSError:  # unpacking it will say why
        return Budget(FREE_BYTES)


@dataclass
class Unpacked:
    """What came out. `single` is the file that was packed without an archive; `refused` pairs a member with a reason."""

    folder: Path
    single: str = ""
    size: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    more: int = 0

    def refuse(self, member: str, reason: str) -> None:
        """Note what was not unpacked; "" stands for the rest of the archive."""
        if not member or len(self.refused) < _LISTED:
            self.refused.append((member, reason))
        else:
            self.more += 1

    def errors(self, source: str) -> Iterator[ReadError]:
        """Yield an error for each thing that was refused."""
        for member, reason in self.refused:
            shown = writable(f"{source}/{member}") if member else source
            yield ReadError(f"{shown}: {reason}", source=shown)
        if self.more:
            yield ReadError(f"{source}: {self.more} more members were left out for such reasons", source=source)


@dataclass(frozen=True)
class Packed:
    """A packed file: where it is, what it is called (with its suffix), how it is packed, whether the user named it."""

    path: Path
    name: str
    kind: str
    named: bool


def unpack(packed: Packed, source: str, scratch: Path, budget: Budget) -> Unpacked | None:
    """Unpack what may be mail, or find it unpacked already; None where a packed file holds no mail.

    Raises ReadError where nothing can be unpacked: the file cannot be opened, or the disk is full.
    """
    try:
        about = packed.path.stat()
        known = f"{packed.path.absolute()}\0{about.st_size}\0{about.st_mtime_ns}".encode("utf-8", "surrogateescape")
        place = scratch / blake2b(known, digest_size=12).hexdigest()
        if (place / _MARK).exists():
            found = Unpacked(place / "mail", **json.loads((place / _MARK).read_text("utf-8")))
            budget.left -= found.size
            return found
        return _unpack_beside(packed, place, budget, about.st_mtime_ns)
    except OSError as error:
        reason = f"cannot be unpacked ({error.strerror or error}); check the space on the disk and the permissions"
        raise ReadError(f"{source}: {reason}", source=source) from error


def _unpack_beside(packed: Packed, place: Path, budget: Budget, time: int) -> Unpacked | None:
    beside = place.with_name(f".{place.name}.tmp")
    shutil.rmtree(beside, ignore_errors=True)  # left by a run that was killed
    beside.mkdir(parents=True, mode=0o700)
    unpacked, before = Unpacked(beside / "mail"), budget.left
    unpacked.folder.mkdir(mode=0o700)
    try:
        if not _fill(packed, unpacked, budget):
            return None
        _set_times(unpacked.folder, time)
        unpacked.size = before - max(0, budget.left)
        about = {name: value for name, value in vars(unpacked).items() if name != "folder"}
        (beside / _MARK).write_text(json.dumps(about), "utf-8")
        beside.replace(place)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    unpacked.folder = place / "mail"
    return unpacked


def _fill(packed: Packed, unpacked: Unpacked, budget: Budget) -> bool:
    """Write what may be mail. What is broken ends it, and what came before stays. False: a packed file of no mail."""
    try:
        if packed.kind == "zip":
            _fill_from(zip_members(packed.path), unpacked, budget)
            return True
        with packed.path.open("rb") as file:
            return _fill_from_stream(_Counted(decompressed(file, packed.kind), budget), packed, unpacked)
    except _TooMuchError:
        unpacked.refuse("", _BOMB)
    except BROKEN as error:
        _raise_if_of_disk(error)
        unpacked.refuse("", _DAMAGED)
    return True


def _fill_from_stream(stream: Stream, packed: Packed, unpacked: Unpacked) -> bool:
    head = _read_full(stream, HEAD)
    whole = _Rejoined(head, stream)
    if is_tar(head) or packed.kind == "tar":
        _fill_from(tar_members(whole), unpacked, None)
        return True
    name = unpacked_name(packed.name)
    found = format_of(name, head, named=packed.named)
    if found is None:
        return False
    unpacked.single = "packed" + PurePosixPath(name).suffix
    _write(whole, unpacked.folder / unpacked.single, keep_half=found in _GROWING)
    return True


def _fill_from(members: Generator[Member], unpacked: Unpacked, budget: Budget | None) -> None:
    """Write members; `budget` is None where what they come from is counted already."""
    with closing(members):
        for number, member in enumerate(members):
            if number >= MAX_MEMBERS:
                unpacked.refuse("", f"holds more than {MAX_MEMBERS:,} members; the rest was left out")
                return
            if not _is_welcome(member, unpacked):
                continue
            try:
                stream = _Counted(member.open(), budget) if budget else member.open()
                _unpack_member(member.name, stream, number, unpacked)
            except BROKEN as error:
                _raise_if_of_disk(error)
                if not member.stands_alone:
                    raise
                unpacked.refuse(member.name, "is damaged; download the archive again")


def _is_welcome(member: Member, unpacked: Unpacked) -> bool:
    reason = member.refused
    folders = _SEPARATOR.split(member.name)
    if _ELSEWHERE.match(member.name) or ".." in folders or folders[-1] in {"", "."}:
        reason = "lies outside of the archive, where nothing is written"
    elif len(folders) > MAX_DEPTH:
        reason = f"lies in more than {MAX_DEPTH} folders"
    if reason:
        unpacked.refuse(member.name, f"{reason}; it was left out")
    return not reason


def _unpack_member(name: str, stream: Stream, number: int, unpacked: Unpacked) -> None:
    """Write one member if it may be mail; of two with one name (to this disk) the second has its number in it."""
    head = _read_full(stream, HEAD)
    found = format_of(name, head)
    if not found:
        return
    path = unpacked.folder / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.exists():
            path = path.with_name(f"{path.stem}~{number}{path.suffix}")
        _write(_Rejoined(head, stream), path, keep_half=found in _GROWING)
    except OSError as error:
        if error.errno not in _NO_SUCH_NAMES:
            raise
        unpacked.refuse(name, "has a name that no file can have here; it was left out")


def _write(stream: Stream, path: Path, *, keep_half: bool) -> None:
    """Write a file that its owner alone can read; half a file only where half of it is worth reading."""
    file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    try:
        with file:
            while data := stream.read(BLOCK):
                file.write(data)
    except (_TooMuchError, *BROKEN):
        if not keep_half:
            path.unlink(missing_ok=True)
        raise


def _set_times(folder: Path, time: int) -> None:
    """Give what was unpacked the time of its archive: unpacked anew, it is known as what it was."""
    for parent, _, names in os.walk(folder):
        for name in names:
            os.utime(Path(parent, name), ns=(time, time))


def _raise_if_of_disk(error: BaseException) -> None:
    """Raise what is the disk's trouble, not the archive's: only that has a number."""
    if isinstance(error, OSError) and error.errno is not None:
        raise error


def _read_full(stream: Stream, size: int) -> bytes:
    """Read until there is `size`, for some streams give less than they have."""
    data = b""
    while len(data) < size and (more := stream.read(size - len(data))):
        data += more
    return data


class _Rejoined:
    """A stream whose beginning was read already."""

    def __init__(self, head: bytes, stream: Stream) -> None:
        self._head, self._stream = head, stream

    def read(self, size: int, /) -> bytes:
        if not self._head:
            return self._stream.read(size)
        data, self._head = self._head[:size], self._head[size:]
        return data


class _Counted:
    """A stream whose bytes are spent from a budget."""

    def __init__(self, stream: Stream, budget: Budget) -> None:
        self._stream, self._budget = stream, budget

    def read(self, size: int, /) -> bytes:
        # Up to the last byte that may come, so that what was good is all there; and one more, to see whether more would.
        data = self._stream.read(min(size, max(1, self._budget.left)))
        self._budget.spend(len(data))
        return data
