"""Plain text: bytes -> str whatever the encoding, and the headers that people paste along with a letter."""

from __future__ import annotations

import codecs
import re
from datetime import date
from email.utils import parsedate_to_datetime

from analyzer.errors import ReadError
from analyzer.records import Letter, Note

MAX_BYTES = 10_000_000
"""No letter is larger; what is gets refused before it is decoded."""

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_HEADER = re.compile(r"(From|To|Cc|Subject|Date|Sent|Reply-To|Message-ID)[ \t]*:[ \t]?(.*)", re.IGNORECASE)
_NO_CHARSETS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"})
"""Python's own codecs that no letter is written in; some take more than linear time."""
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
    """Decode as declared, else as the byte order mark says, else as UTF-8, else as Windows-1252.

    Raises ReadError for what is no text at all. Bytes that mean nothing in the last resort become U+FFFD, with a note.
    """
    encoding = next((name for mark, name in _BOMS if data.startswith(mark)), None) or _utf16_without_mark(data)
    if encoding is None and b"\0" in data:
        raise ReadError(f"{source}: is not text (it holds NUL bytes); save the letter as .txt or .eml and try again")
    notes: tuple[Note, ...] = ()
    for name in (encoding, declared, "utf-8-sig", "cp1252"):
        text = _try_decode(data, name)
        if text is not None:
            break
    else:
        text = data.decode("cp1252", "replace")
        notes = (Note("undecodable", "Some characters could not be read; they show as \ufffd."),)
    odd = sum(1 for char in text if char < " " and char not in "\t\n\r\f\x1b") + text.count("\x7f")
    if odd > _MAX_ODD * len(text):
        raise ReadError(f"{source}: is not text (binary content); save the letter as .txt or .eml and try again")
    return text, notes


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
    # The standard parser knows neither the "at" of Gmail and Apple Mail nor a day without a time.
    for words in (value, value.replace(" at ", " "), f"{value} 00:00"):
        try:
            return parsedate_to_datetime(words).date()
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    try:
        return date.fromisoformat(value.strip()[:10])
    except ValueError:
        return None


def refuse_empty(text: str, source: str) -> None:
    """Raise ReadError where no letter or digit is left to read."""
    if not any(char.isalnum() for char in text):
        raise ReadError(f"{source}: there is no text in it; paste the words of the letter")


def writable(text: str) -> str:
    """Return `text` with "?" for each half of a surrogate pair, which no file can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


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
