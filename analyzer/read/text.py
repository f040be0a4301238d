"""Plain text: bytes -> str whatever the encoding, and the headers that people paste along with a letter."""

from __future__ import annotations

import codecs
import re
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

from analyzer.errors import ReadError
from analyzer.records import Letter, Note

MAX_BYTES = 10_000_000
"""No letter is larger; what is gets refused before it is decoded."""

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_BY_MARK = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_HEADER = re.compile(r"(From|To|Cc|Subject|Date|Sent|Reply-To|Message-ID)[ \t]*:[ \t]?(.*)", re.IGNORECASE)
_NO_CHARSETS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"})
"""Python's own codecs that no letter is written in; some take more than linear time."""
_WIDER = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "iso-8859-8-i": "iso-8859-8",
    "x-mac-roman": "mac-roman",
}
"""What mail programs call an encoding -> the one that they write."""
_GUESSED = "cp1251 koi8_r cp1250 cp1253 cp1255 cp1256 cp874 cp932 euc_jp gb18030 big5 cp949".split()
_GUESS_FROM = 65_536  # bytes; a guess takes a thousand times as long as decoding
_MIN_SHARE = 0.3  # of the letters beyond ASCII: Western text has fewer, and is what cp1252 is for
_MARKUP = re.compile(rb"<[^<>]{0,2000}>")
_HIGH = bytes(range(128, 256))
_C1 = re.compile(rb"[\x80-\x9f]")
_CONTROLS = bytes(byte for byte in (*range(32), 127) if byte not in b"\t\n\r\f\x1b")
_MAX_ODD = 0.05  # share of control characters above which bytes are no text


def letter_from_text(data: bytes, source: str) -> Letter:
    """Read plain text; headers in its first lines ("Subject: ...") become those of the letter."""
    text, notes = decode(data, source)
    headers, rest = split_headers(text)
    if not rest.strip():
        rest, headers = text, {}
    refuse_empty(rest, source)
    return Letter(
        text=rest,
        source=source,
        subject=headers.get("subject", ""),
        sender=headers.get("from", ""),
        reply_to=headers.get("reply-to", ""),
        to=headers.get("to", ""),
        cc=headers.get("cc", ""),
        message_id=headers.get("message-id", ""),
        sent=parse_date(headers.get("date") or headers.get("sent") or ""),
        notes=notes,
    )


def decode(data: bytes, source: str, declared: str | None = None) -> tuple[str, tuple[Note, ...]]:
    """Decode as the byte order mark says, else as declared, else as UTF-8, else by a guess.

    Raises ReadError for what is no text at all. Bytes that mean nothing in the last resort become U+FFFD, with a note.
    """
    if b"\0" in data and _marked(data) is None:
        raise ReadError(f"{source}: is not text (it holds NUL bytes); save the letter as .txt or .eml and try again")
    text, whole = decode_bytes(data, declared)
    raw = text.encode()
    if len(raw) - len(raw.translate(None, _CONTROLS)) > _MAX_ODD * len(text):
        raise ReadError(f"{source}: is not text (binary content); save the letter as .txt or .eml and try again")
    notes = () if whole else (Note("undecodable", "Some characters could not be read; they show as \ufffd."),)
    return text, notes


def decode_bytes(data: bytes, declared: str | None = None) -> tuple[str, bool]:
    """Decode whatever it is, and say whether every byte meant something. Never raises."""
    for name in (_marked(data), _believed(data, declared), "utf-8-sig"):
        text = _try_decode(data, name)
        if text is not None:
            return text, True
    text = data.decode("utf-8", "replace")
    lost = text.count("\ufffd")
    if len(text) - len(text.encode("ascii", "ignore")) > 2 * lost:  # UTF-8 that was cut or damaged here and there
        return text, False
    for name in (_guess(data), "cp1252"):
        text = _try_decode(data, name) or ""
        if text:
            return text, True
    return data.decode("cp1252", "replace"), False


def encoding_of(head: bytes) -> str:
    """Tell the encoding of a file from its beginning, where nobody declares it."""
    for mark, name in _BY_MARK.items():
        if head.startswith(mark):
            return name
    if wide := _utf16_without_mark(head):
        return wide
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # which does not mind an end within a character
    except UnicodeDecodeError:
        return _guess(head) or "cp1252"
    return "utf-8"


def is_encoding(declared: str) -> bool:
    """Tell whether anything can be decoded as it is declared."""
    return _codec(declared) is not None


def split_headers(text: str) -> tuple[dict[str, str], str]:
    """Part the header lines that a letter was pasted with from the letter; keys are in lower case.

    A single line that looks like a header ("To: all applicants") is the letter's own text, except a subject or the
    address of a sender with a blank line below.
    """
    headers: dict[str, str] = {}
    lines = text.lstrip("\ufeff \t\r\n").split("\n")
    last = 0
    for number, line in enumerate(lines):
        match = _HEADER.fullmatch(line.rstrip("\r"))
        if not match:
            break
        headers[match[1].lower()] = match[2].strip()
        last = number + 1
    if len(headers) == 1:
        apart = last < len(lines) and not lines[last].strip()
        believed = apart and ("subject" in headers or "@" in headers.get("from", ""))
    else:
        believed = not headers.keys().isdisjoint({"subject", "from"})
    return (headers, "\n".join(lines[last:])) if believed else ({}, text)


def parse_date(value: str) -> date | None:
    """Return the calendar day of a mail or ISO date, in the sender's own time zone; None if it is none."""
    moment = _parse_moment(value)
    if moment is not None:
        return moment.date()
    try:
        return date.fromisoformat(value.strip()[:10])
    except ValueError:
        return None


def parse_instant(value: str) -> float | None:
    """Return the moment of a mail or ISO date in seconds since 1970, UTC where it names no zone; None if it is none."""
    moment = _parse_moment(value)
    if moment is None:
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (OverflowError, ValueError):  # a zone that leads out of the calendar
        return None


def refuse_empty(text: str, source: str) -> None:
    """Raise ReadError where no letter or digit is left to read."""
    if not any(char.isalnum() for char in text):
        raise ReadError(f"{source}: there is no text in it; paste the words of the letter")


def writable(text: str) -> str:
    """Return `text` with "?" for each half of a surrogate pair, which no file can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


@lru_cache(maxsize=16)  # of each mail both the day and the moment are asked for
def _parse_moment(value: str) -> datetime | None:
    # The standard parser knows neither the "at" of Gmail and Apple Mail nor a day without a time.
    for words in (value, value.replace(" at ", " "), f"{value} 00:00"):
        try:
            return parsedate_to_datetime(words)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def _marked(data: bytes) -> str | None:
    return next((name for mark, name in _BOMS if data.startswith(mark)), None) or _utf16_without_mark(data)


def _believed(data: bytes, declared: str | None) -> str | None:
    """Return the encoding that `declared` means, None where the bytes show that it cannot be meant."""
    name = _codec(declared or "")
    if name is None:
        return None
    if name in {"iso8859-1", "ascii"} and _C1.search(data):  # its control characters: the sender means another one
        return None
    if name.startswith(("utf-16", "utf-32")) and b"\0" not in data:
        return None
    return name


def _codec(declared: str) -> str | None:
    try:
        return codecs.lookup(_WIDER.get(declared.lower(), declared)).name
    except (LookupError, ValueError):
        return None


def _guess(data: bytes) -> str | None:
    """Guess the encoding of a text with many letters beyond ASCII; with few of them no guess is worth anything."""
    head = data[:_GUESS_FROM]
    head = head[: head.rfind(b"\n") + 1] or head
    letters = re.sub(rb"[^A-Za-z\x80-\xff]", b"", _MARKUP.sub(b"", head))
    high = len(letters) - len(letters.translate(None, _HIGH))
    if high < _MIN_SHARE * len(letters):
        return None
    from charset_normalizer import from_bytes

    best = from_bytes(head, cp_isolation=_GUESSED).best()
    return best.encoding if best else None


def _try_decode(data: bytes, encoding: str | None) -> str | None:
    if encoding is None:
        return None
    try:
        if codecs.lookup(encoding).name in _NO_CHARSETS:
            return None
        return writable(data.decode(encoding))
    except (LookupError, ValueError):
        return None


def _utf16_without_mark(data: bytes) -> str | None:
    """Windows tools write UTF-16 without a mark; in English nearly every second byte of it is NUL."""
    head = data[:1000]
    if len(head) < 4:
        return None
    if head[1::2].count(0) > 0.4 * len(head[1::2]) and 0 not in head[::2]:
        return "utf-16-le"
    if head[::2].count(0) > 0.4 * len(head[::2]) and 0 not in head[1::2]:
        return "utf-16-be"
    return None
