"""A saved email: MIME with all that goes wrong in it."""

from __future__ import annotations

import email
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from typing import TYPE_CHECKING

from analyzer.errors import ReadError
from analyzer.read.html import visible_text
from analyzer.read.text import decode, parse_date, refuse_empty
from analyzer.records import Letter, Note

if TYPE_CHECKING:
    from email.message import Message

MAX_PARTS = 1_000
"""A letter of more MIME parts is bait: parsing nested ones costs more than linear time."""


def letter_from_eml(data: bytes, source: str) -> Letter:
    """Read an .eml file. Broken MIME with text left in it is read, with a note; without text it raises ReadError."""
    if not data.strip():
        raise ReadError(f"{source}: there is no text in it; paste the words of the letter")
    if data.count(b"oundary=") > MAX_PARTS:
        raise ReadError(f"{source}: has thousands of nested parts, as no letter has; paste the letter's words instead")
    message = email.message_from_bytes(data)
    text, notes = _letter_text(message, source)
    refuse_empty(text, source)
    return Letter(
        text=text,
        source=source,
        subject=_header(message, "Subject"),
        sender=_header(message, "From"),
        reply_to=_header(message, "Reply-To"),
        to=_header(message, "To"),
        cc=_header(message, "Cc"),
        message_id=_header(message, "Message-ID"),
        sent=parse_date(_header(message, "Date")),
        notes=notes,
    )


def _letter_text(message: Message, source: str) -> tuple[str, tuple[Note, ...]]:
    """Take the first plain part that says something, else the first HTML part."""
    plain, markup = "", ""
    notes: tuple[Note, ...] = ()
    for part in message.walk():
        if part.is_multipart() or part.get_filename():
            continue
        kind = part.get_content_type()
        if (kind == "text/plain" and not plain.strip()) or (kind == "text/html" and not markup):
            text, found = _part_text(part, source)
            notes = (*notes, *found)
            if kind == "text/plain":
                plain = text
            else:
                markup = text
    seen = visible_text(markup) if markup else ""
    # Some senders put a stub into the plain part ("your mail program cannot show this message").
    text = plain if plain.strip() and len(plain.split()) * 3 >= len(seen.split()) else seen
    if message.defects or any(part.defects for part in message.walk()):
        notes = (*notes, Note("broken_mail", "The email is damaged; this is the text that could be read."))
    return text, tuple(dict.fromkeys(notes))


def _part_text(part: Message, source: str) -> tuple[str, tuple[Note, ...]]:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return "", ()
    return decode(payload, source, part.get_content_charset())


def _header(message: Message, name: str) -> str:
    """Decode one header to one line; what cannot be decoded is returned as it stands."""
    raw = message.get(name)
    if raw is None:
        return ""
    try:
        value = str(make_header(decode_header(raw)))
    except (HeaderParseError, LookupError, ValueError):
        value = str(raw)
    value = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return " ".join(value.split())
