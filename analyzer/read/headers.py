"""The header of a mail: raw values -> what a Letter holds.

Both ways of reading a mail, the thorough one (eml.py) and the first look (peek.py), end here, so that they agree.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzer.read.text import decode_bytes, parse_date, parse_instant, writable

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

MAX_HEADER = 10_000
"""Bytes of one header that are read: a thousand recipients say no more about a letter than the first hundred."""

HEADER_NAMES = (
    *("subject", "from", "reply-to", "to", "cc", "message-id", "date"),
    *("references", "in-reply-to", "x-gm-thrid", "x-gmail-labels"),
)

_NAMES = b"|".join(name.encode() for name in HEADER_NAMES)
_FOLDED = rb"[^\n]*(?:\n[ \t][^\n]*)*"
# All are looked for from a line end on: "^" would be tried at every byte.
_LINE = re.compile(rb"\n(%b):(%b)" % (_NAMES, _FOLDED), re.IGNORECASE)
_MIME_LINE = re.compile(rb"\n(content-%b)" % _FOLDED, re.IGNORECASE)
_READ_LINE = re.compile(rb"\n((?:(?:%b):|content-)%b)" % (_NAMES, _FOLDED), re.IGNORECASE)
_NO_HEADER = re.compile(rb"\n(?![ \t]|[!-9;-~]+:|\Z)")
_END = re.compile(rb"\n(?=\r?\n)")
_MAX_HEAD = 200_000
_ENCODED = re.compile(r"=\?([^?*\s]{1,60})(?:\*[^?\s]{0,20})?\?([BbQq])\?(.{0,2000}?)\?=")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,998}>")
_LABEL = re.compile(r'\s*(?:"([^"]*)"|([^,]+))')


@dataclass(frozen=True)
class Headers:
    """What the header of a mail says; the meaning of each field is that of Letter."""

    subject: str
    sender: str
    reply_to: str
    to: str
    cc: str
    message_id: str
    sent: date | None
    instant: float | None
    thread: tuple[str, ...]
    labels: tuple[str, ...]


def read_headers(raw: Callable[[str], bytes]) -> Headers:
    """Read the headers; `raw` gives the value of the first header of a name (in lower case), b"" where there is none."""
    value = {name: header_value(raw(name)) for name in HEADER_NAMES}
    return Headers(
        subject=value["subject"],
        sender=value["from"],
        reply_to=value["reply-to"],
        to=value["to"],
        cc=value["cc"],
        message_id=value["message-id"],
        sent=parse_date(value["date"]) if value["date"] else None,
        instant=parse_instant(value["date"]) if value["date"] else None,
        thread=read_thread(value["references"], value["in-reply-to"], value["x-gm-thrid"]),
        labels=read_labels(value["x-gmail-labels"]),
    )


def scan_headers(head: bytes) -> Headers:
    """Read the header block `head` as it stands, without a parser."""
    first: dict[str, bytes] = {}
    for name, value in _LINE.findall(b"\n" + head):
        first.setdefault(name.decode().lower(), value)
    return read_headers(lambda name: first.get(name, b""))


def plain_header(data: bytes) -> bytes:
    """Return the header block of a mail, without the blank line below it.

    b"" where there is none, or where not every line is a header or goes on with one: only where all are can no parser
    read it in another way.
    """
    end = _END.search(data, 0, _MAX_HEAD)
    head = data[: end.end()] if end else b""
    lone = b"\r" in head and head.count(b"\r") != head.count(b"\r\n")
    return b"" if lone or head[:1] in b" \t" or _NO_HEADER.search(b"\n" + head) else head


def mime_headers(head: bytes) -> bytes:
    """Return those lines of a header block that say how the body is to be read."""
    return b"".join(line + b"\n" for line in _MIME_LINE.findall(b"\n" + head))


def needed_headers(head: bytes) -> bytes:
    """Return those lines of a header block that are read: most of the others say how the mail has travelled."""
    return b"".join(line + b"\n" for line in _READ_LINE.findall(b"\n" + head))


def read_thread(references: str, in_reply_to: str, gmail: str = "") -> tuple[str, ...]:
    """Return the Message-IDs that a mail answers to, oldest first, each once, and Gmail's own name of the thread."""
    found = _MESSAGE_ID.findall(f"{references} {in_reply_to}")
    if gmail.isdigit():
        found.append(f"gmail:{gmail}")
    return tuple(dict.fromkeys(found))


def read_labels(value: str) -> tuple[str, ...]:
    """Part labels at commas, except those between quotes."""
    labels = ((quoted or plain).strip() for quoted, plain in _LABEL.findall(value))
    return tuple(dict.fromkeys(label for label in labels if label))


def header_value(raw: bytes) -> str:
    """Decode one header to one line; an encoded word that cannot be decoded stays as it stands."""
    raw = raw.strip()
    if not raw:
        return ""
    if len(raw) > MAX_HEADER:
        raw = raw[:MAX_HEADER].rsplit(None, 1)[0]  # no address is cut in two
    is_ascii = raw.isascii()
    text = raw.decode("ascii") if is_ascii else decode_bytes(raw)[0]
    if is_ascii and "=?" not in text:
        return " ".join(text.split())
    if "=?" in text:
        text = decode_words(" ".join(text.splitlines()))
    return " ".join(writable(text).split())


def decode_words(text: str) -> str:
    """Decode the encoded words (RFC 2047) in a line; neighbours are joined first, for some cut a character in two."""
    pieces: list[str] = []
    charset, waiting, last = "", b"", 0
    for word in _ENCODED.finditer(text):
        payload = _payload(word)
        between = text[last : word.start()]
        if payload is None:
            continue
        if between.strip() or not waiting or word[1].lower() != charset:
            pieces.append(decode_bytes(waiting, charset)[0])
            pieces.append(between if between.strip() or not last else "")
            waiting = b""
        charset, waiting, last = word[1].lower(), waiting + payload, word.end()
    return "".join((*pieces, decode_bytes(waiting, charset)[0], text[last:]))


def _payload(word: re.Match[str]) -> bytes | None:
    try:
        encoded = word[3].encode("ascii")
        if word[2] in "Qq":
            return binascii.a2b_qp(encoded, header=True)
        return binascii.a2b_base64(encoded + b"=" * (-len(encoded) % 4))
    except ValueError:  # not ASCII, or no base64
        return None
