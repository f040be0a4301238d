r"""RTF -> text or the HTML that is packed in it, after the specifications [MS-OXRTFCP] and [MS-OXRTFEX].

Outlook keeps the text of many mails in this form only. In `{\*\htmltag ...}` stand pieces of the page it came from;
what `\htmlrtf` encloses is for programs that know RTF alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

MAX_RTF = 5_000_000
"""Bytes of unpacked RTF that are read: markup of markup, of which a tenth is text."""

_PACKED = b"LZFu"
_PLAIN = b"MELA"
_START = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbol"
    rb"ArialTimes New RomanCourier{\colortbl\red0\green0\blue0" + b"\r\n" + rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
"""What the dictionary of the packing begins with."""

_RING = 4096
_TOKEN = re.compile(
    r"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,9})? ?|\\'(?P<byte>[0-9a-fA-F]{2})|\\(?P<sign>[^a-zA-Z])"
    r"|(?P<group>[{}])|[\r\n]+|(?P<text>[^\\{}\r\n]+)|\\"
)
_SKIPPED = frozenset(
    "fonttbl colortbl stylesheet info pict object themedata listtable listoverridetable rsidtbl generator "
    "header footer headerl headerr footerl footerr xmlnstbl mmathPr latentstyles datastore fldinst".split()
)
_SAID = {
    "par": "\n", "line": "\n", "row": "\n", "sect": "\n\n", "page": "\n", "tab": "\t", "cell": " ", "emdash": "\u2014",
    "endash": "\u2013", "lquote": "\u2018", "rquote": "\u2019", "ldblquote": "\u201c", "rdblquote": "\u201d", "bullet": "\u2022",
}  # fmt: skip
_SIGNS = {"~": "\xa0", "_": "-", "{": "{", "}": "}", "\\": "\\", "\n": "\n", "\r": "\n"}


def unpack_rtf(data: bytes) -> bytes:
    """Unpack what Outlook stores; what is cut or damaged gives what stands before the damage."""
    kind = data[8:12]
    if kind == _PLAIN:
        return data[16 : 16 + MAX_RTF]
    if kind != _PACKED:
        return data[:MAX_RTF] if data.lstrip().startswith(rb"{\rtf") else b""
    limit = min(int.from_bytes(data[4:8], "little"), MAX_RTF)
    out = bytearray(_START)  # the ring is a window on what was said so far
    place, end = 16, len(data)
    while place < end and len(out) - len(_START) < limit:
        flags, place = data[place], place + 1
        for bit in range(8):
            if not flags >> bit & 1:
                out += data[place : place + 1]
                place += 1
            elif place + 1 < end:
                length = (data[place + 1] & 15) + 2
                back = (len(out) - (data[place] << 4 | data[place + 1] >> 4)) % _RING
                place += 2
                if back == 0:  # a reference to the very place that is written: the end
                    return bytes(out[len(_START) :])
                _repeat(out, back, length)
    return bytes(out[len(_START) : len(_START) + limit])


def _repeat(out: bytearray, back: int, length: int) -> None:
    if back > len(out):  # before the beginning the ring is empty
        out += bytes(length)
        return
    piece = bytes(out[len(out) - back : len(out) - back + length])
    while len(piece) < length:
        piece += piece
    out += piece[:length]


@dataclass(frozen=True)
class _Group:
    """What holds until the brace that closes. `unicode_skip`: characters that stand in for one beyond the code page."""

    skipped: bool = False
    of_html: bool = False
    for_rtf: bool = False
    unicode_skip: int = 1


def read_rtf(data: bytes) -> tuple[str, bool]:
    r"""Return what an RTF document says, and whether that is the HTML packed in it (`\fromhtml`)."""
    from_html = rb"\fromhtml" in data[:2_000]
    return _Reader(data.decode("latin-1"), from_html=from_html).read(), from_html


class _Reader:
    def __init__(self, rtf: str, *, from_html: bool) -> None:
        self._rtf = rtf
        self._from_html = from_html
        self._group = _Group()
        self._stack: list[_Group] = []
        self._said: list[str] = []
        self._bytes = bytearray()
        self._code_page = "cp1252"
        self._to_skip = 0

    def read(self) -> str:
        place = 0
        while token := _TOKEN.match(self._rtf, place):
            place = token.end()
            if token["byte"] is None:
                self._flush()
            if token["group"]:
                self._enter_or_leave(token["group"])
            elif token["word"]:
                number = int(token["number"]) if token["number"] else None
                place += max(number or 0, 0) if token["word"] == "bin" else 0
                self._control(token["word"], number)
            elif token["byte"]:
                self._say_byte(int(token["byte"], 16))
            elif token["sign"] == "*":
                self._group = replace(self._group, skipped=not self._rtf.startswith(r"\htmltag", place))
            else:
                self._say(_SIGNS.get(token["sign"], "") if token["sign"] else token["text"] or "")
        self._flush()
        return "".join(self._said)

    def _enter_or_leave(self, brace: str) -> None:
        if brace == "{":
            self._stack.append(self._group)
        elif self._stack:
            self._group = self._stack.pop()
        self._to_skip = 0

    def _control(self, word: str, number: int | None) -> None:
        if word == "u" and number is not None:
            self._say(chr(number % 65536))
            self._to_skip = self._group.unicode_skip
        elif word == "uc":
            self._group = replace(self._group, unicode_skip=min(max(number or 0, 0), 8))
        elif word == "ansicpg" and number:
            self._code_page = f"cp{number}" if number != 65001 else "utf-8"
        elif word == "htmltag":
            self._group = replace(self._group, of_html=True, for_rtf=False)
        elif word == "htmlrtf":
            self._group = replace(self._group, for_rtf=number != 0)
        elif word in _SKIPPED:
            self._group = replace(self._group, skipped=True)
        elif word in _SAID:
            self._say(_SAID[word])

    def _say(self, text: str) -> None:
        skip = min(self._to_skip, len(text))
        self._to_skip -= skip
        if not self._is_silent():
            self._said.append(text[skip:])

    def _say_byte(self, byte: int) -> None:
        if self._to_skip:
            self._to_skip -= 1
        elif not self._is_silent():
            self._bytes.append(byte)

    def _is_silent(self) -> bool:
        return self._group.skipped or (self._from_html and self._group.for_rtf and not self._group.of_html)

    def _flush(self) -> None:
        """Decode bytes when all that stand together are there: in some code pages two are a character."""
        if self._bytes:
            self._said.append(_decode(bytes(self._bytes), self._code_page))
            self._bytes.clear()


def _decode(data: bytes, code_page: str) -> str:
    try:
        return data.decode(code_page)
    except (LookupError, UnicodeDecodeError):
        return data.decode("cp1252", "replace")
