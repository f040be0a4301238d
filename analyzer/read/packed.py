"""What comes out of packed files, as streams: compressed ones, and the members of archives.

Each raises one of BROKEN where a file is damaged or ends too soon; none of them ends early without saying so.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import IO, TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path
    from typing import BinaryIO, Self

BROKEN = (
    *(EOFError, OSError, RuntimeError, ValueError, NotImplementedError, struct.error),
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError),
)

_BROKEN_HEADERS = (tarfile.InvalidHeaderError, tarfile.TruncatedHeaderError)  # type: ignore[attr-defined]
_CHUNK = 1 << 16
_MEMORY = 256_000_000  # bytes; what was packed with a larger dictionary was made to hurt
_ZSTD_FRAME = 0xFD2FB528
_ZSTD_SKIPPED = range(0x184D2A50, 0x184D2A60)
_RAN_OUT = "it ends too soon"


_LOCAL = struct.Struct("<4s2xHH8xI4xHH")  # mark, flags, method, packed size, sizes of the name and of the extra field
_LOCAL_MARK = b"PK\3\4"
_IS_LOCKED, _SIZE_FOLLOWS, _IS_UTF_8 = 1, 8, 0x800  # flags


class Stream(Protocol):
    """What can be read on, and is at its end where nothing comes."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes."""
        ...


@dataclass(frozen=True)
class Member:
    """One name in an archive. `refused` says why it is not to be unpacked, "" where it may be.

    `stands_alone`: where it is damaged, the others can be read all the same.
    """

    name: str
    open: Callable[[], Stream]
    refused: str = ""
    stands_alone: bool = False


def decompressed(packed: BinaryIO, kind: str) -> Stream:
    """Return what is packed in gz, bz2, xz or zst; a tar as it stands."""
    if not packed.read(1):
        raise EOFError(_RAN_OUT)
    packed.seek(0)
    if kind == "gz":
        return gzip.GzipFile(fileobj=packed)
    if kind == "bz2":
        return bz2.BZ2File(packed)
    if kind == "xz":
        return _Xz(packed)
    return _Zstd(packed) if kind == "zst" else packed


def zip_members(path: Path) -> Generator[Member]:
    """Yield the members of a zip archive; folders are none."""
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile:  # its table of contents stands at the end, which a download that broke off lacks
        yield from _members_without_contents(path)
        raise
    with archive:
        for info in archive.infolist():
            if not info.is_dir():
                name = info.filename.replace("\\", "/")  # as some Windows programs write
                with ExitStack() as opened:
                    yield Member(
                        name, partial(_open_in_zip, archive, info, opened), _zip_refused(info), stands_alone=True
                    )


def _open_in_zip(archive: zipfile.ZipFile, info: zipfile.ZipInfo, opened: ExitStack) -> Stream:
    """Open a member until the next one is asked for; the archive stays open as long as any is."""
    return opened.enter_context(archive.open(info))


def tar_members(stream: Stream) -> Generator[Member]:
    """Yield the members of a tar archive, each to be read before the next; folders are none."""
    with tarfile.open(fileobj=cast("IO[bytes]", stream), mode="r|", tarinfo=_Header) as archive:
        while info := archive.next():
            archive.members = []  # type: ignore[attr-defined]  # it would keep all, and memory with them
            if not info.isdir():
                yield Member(
                    info.name, cast("Callable[[], Stream]", partial(archive.extractfile, info)), _tar_refused(info)
                )


def _members_without_contents(path: Path) -> Generator[Member]:
    """Yield what can be read of a zip from its beginning on; each member is read before the next."""
    with path.open("rb") as file:
        while len(head := file.read(_LOCAL.size)) == _LOCAL.size and head.startswith(_LOCAL_MARK):
            _, flags, method, size, name_size, extra_size = _LOCAL.unpack(head)
            name = file.read(name_size).decode("utf-8" if flags & _IS_UTF_8 else "cp437", "replace")
            begin = file.seek(extra_size, 1)
            if method != zipfile.ZIP_DEFLATED or flags & _IS_LOCKED:
                # Stored as it is: where it ends is known only from its header, if at all.
                if flags & (_IS_LOCKED | _SIZE_FOLLOWS) or method != zipfile.ZIP_STORED:
                    return
                stream: _Inflated | _Part = _Part(file, size)
            else:
                stream = _Inflated(file)
            if not name.endswith("/"):
                yield Member(name.replace("\\", "/"), lambda stream=stream: stream)  # type: ignore[misc]
            while stream.read(_CHUNK):  # what nobody wanted
                pass
            file.seek(begin + stream.taken)
            rest = file.read(24 + len(_LOCAL_MARK))  # sizes may follow
            file.seek(begin + stream.taken + max(0, rest.find(_LOCAL_MARK)))


class _Part:
    """So many bytes of a file."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._left = file, size
        self.taken = 0

    def read(self, size: int, /) -> bytes:
        data = self._file.read(min(size, self._left))
        if self._left and not data:
            raise EOFError(_RAN_OUT)
        self._left -= len(data)
        self.taken += len(data)
        return data


class _Inflated:
    """What a member unpacks to, which knows itself where it ends."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._inflate = file, zlib.decompressobj(-zlib.MAX_WBITS)
        self._waiting = b""
        self.taken = 0

    def read(self, size: int, /) -> bytes:
        while not self._inflate.eof:
            packed = self._waiting or self._file.read(_CHUNK)
            if not packed:
                raise EOFError(_RAN_OUT)
            data = self._inflate.decompress(packed, size)
            self._waiting = self._inflate.unconsumed_tail
            self.taken += len(packed) - len(self._waiting) - len(self._inflate.unused_data)
            if data:
                return data
        return b""


def _zip_refused(info: zipfile.ZipInfo) -> str:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "is a link"
    if kind not in {0, stat.S_IFREG}:
        return "is no plain file"
    return "is locked with a password" if info.flag_bits & 1 else ""


def _tar_refused(info: tarfile.TarInfo) -> str:
    if info.issym() or info.islnk():
        return "is a link"
    # The holes of a sparse file weigh nothing and unpack to any size.
    return "" if info.isreg() and not info.issparse() else "is no plain file"


class _Header(tarfile.TarInfo):
    """A header that says so when it is broken, where others take it for the end of the archive."""

    @classmethod
    def fromtarfile(cls, tarfile_: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(tarfile_)
        except _BROKEN_HEADERS as error:
            raise tarfile.ReadError(str(error)) from error


class _Xz:
    """The standard reader of xz, with a limit on memory, which that one does not offer."""

    def __init__(self, packed: BinaryIO) -> None:
        self._packed = packed
        self._part = self._next_part()

    def read(self, size: int, /) -> bytes:
        while True:
            if self._part.eof:
                rest = self._part.unused_data or self._packed.read(_CHUNK)
                rest = rest.lstrip(b"\0")  # streams may be padded
                if not rest:
                    return b""
                self._part = self._next_part()
            else:
                rest = self._packed.read(_CHUNK) if self._part.needs_input else b""
                if self._part.needs_input and not rest:
                    raise EOFError(_RAN_OUT)
            if data := self._part.decompress(rest, size):
                return data

    def _next_part(self) -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(memlimit=_MEMORY)


class _Zstd:
    """zstandard's reader, which takes a file that was cut for one that ends."""

    def __init__(self, packed: BinaryIO) -> None:
        import zstandard

        self._is_whole = _zstd_is_whole(packed)
        self._error = zstandard.ZstdError
        packed.seek(0)
        self._reader = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(
            packed, read_across_frames=True
        )

    def read(self, size: int, /) -> bytes:
        try:
            data = self._reader.read(size)
        except self._error as error:
            raise ValueError(str(error)) from error
        if not data and not self._is_whole:
            raise EOFError(_RAN_OUT)
        return data


def _zstd_is_whole(packed: BinaryIO) -> bool:
    """Walk over frames and the headers of their blocks (RFC 8878, section 3.1)."""
    import zstandard

    size = packed.seek(0, 2)
    at = 0
    while at < size:
        packed.seek(at)
        head = packed.read(18)
        magic = int.from_bytes(head[:4], "little")
        if magic in _ZSTD_SKIPPED:
            at += 8 + int.from_bytes(head[4:8], "little")
            continue
        if magic != _ZSTD_FRAME:
            return False
        try:
            at += zstandard.frame_header_size(head)
            checksum = 4 if zstandard.get_frame_parameters(head).has_checksum else 0
        except zstandard.ZstdError:
            return False
        at = _zstd_blocks_stop(packed, at) + checksum
    return at == size


def _zstd_blocks_stop(packed: BinaryIO, at: int) -> int:
    """Return where the blocks of a frame end, which is beyond the end of the file where some are missing."""
    while True:
        packed.seek(at)
        head = packed.read(3)
        value = int.from_bytes(head, "little")
        is_run = value >> 1 & 3 == 1  # one byte, to be repeated
        at += 3 + (1 if is_run else value >> 3)
        if len(head) < 3 or value & 1:
            return at
